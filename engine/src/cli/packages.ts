import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { sha256Hex } from '../base/digest.ts';
import { HandoverError, exitCodes, systemCode, type ExitCode } from '../base/errors.ts';
import { draftJudge, type DraftJudge } from '../quality/draftJudge.ts';
import { baseDefinitions } from '../quality/validator/definitions/base.ts';
import {
  loadPackage,
  PackageError,
  type LoadedPackage,
} from '../quality/validator/definitions/package.ts';
import { Definitions } from '../quality/validator/definitions/store.ts';
import { terminologyFiles, type DigestedFile, type ProjectFiles } from '../run/plan/read.ts';
import type { PlanDocument } from '../run/plan/schema.ts';
import { definitionTerminology } from '../quality/validator/codes/definitionTerminology.ts';
import { Terminology } from '../terminology/terminology.ts';
import { loadTerminology, type LoadedFolder } from './terminologyFolder.ts';

/** FHIR R4 with implementation guides over it. */
export interface LoadedGuides {
  definitions: Definitions;
  packages: readonly LoadedPackage[];
}

/** Where guides are, and how a command ends that misses one. */
interface GuidePlace {
  folder: string;
  exitCode: ExitCode;
  /** What the files were when the plan was judged. */
  guides?: readonly DigestedFile[];
}

/**
 * Load implementation guides, and see that what is asked for is in them.
 * @throws HandoverError `package-missing`, `package-unreadable`, `profile-not-loaded`
 */
export function loadGuides(
  files: readonly string[],
  profiles: readonly string[],
  { folder, exitCode, guides = [] }: GuidePlace = { folder: '.', exitCode: exitCodes.usage },
): LoadedGuides {
  const definitions = new Definitions(baseDefinitions());
  const packages = files.map((file) => guideOf(file, { folder, exitCode, guides }, definitions));
  const unknown = profiles.find((each) => definitions.structure(each) === undefined);
  if (unknown === undefined) return { definitions, packages };
  throw new HandoverError('profile-not-loaded', `No definition of ${unknown} is loaded.`, {
    exitCode,
    next: 'Name the package that has it, or correct the canonical.',
  });
}

/**
 * What codes are answered from: R4 itself, guides, and over them what a site has put into a folder.
 * @throws HandoverError as `loadGuides` and `loadTerminology`
 */
export async function terminologyOver(
  guides: readonly string[],
  folder: string | undefined,
): Promise<LoadedFolder> {
  const base = definitionTerminology(loadGuides(guides, []).definitions);
  if (folder !== undefined) return loadTerminology(folder, exitCodes.usage, base);
  return { terminology: new Terminology(base), files: [], leftAlone: [] };
}

/** What drafts are judged by, of the plan and by what was in its files when a run began. */
export type JudgingFiles = Pick<ProjectFiles, 'guides' | 'terminology'>;

/** Gives the judge of drafts that a plan asks for. */
export type DraftJudges = (
  check: PlanDocument['check'],
  files?: JudgingFiles,
) => Promise<DraftJudge>;

/** A console may judge many plans in its life, and a release is large. */
const mostJudges = 4;

/**
 * Judges of drafts by what plans ask for; packages and terminology are read once.
 * @throws HandoverError as `loadGuides` and `loadTerminology`, `package-replaced`,
 * `terminology-replaced`
 */
export function draftJudges(folder: string): DraftJudges {
  const known = new Map<string, Promise<DraftJudge>>();
  return (check, files = {}) => {
    const key = JSON.stringify([check, files.guides, files.terminology]);
    let judge = known.get(key);
    if (judge === undefined) {
      if (known.size >= mostJudges) known.clear();
      judge = judgeBy(folder, check, files);
      known.set(key, judge);
      // What is missing may be there the next time.
      judge.catch(() => known.delete(key));
    }
    return judge;
  };
}

async function judgeBy(
  folder: string,
  { packages, profiles, terminology: name }: PlanDocument['check'],
  { guides = [], terminology: before }: JudgingFiles,
): Promise<DraftJudge> {
  const exitCode = exitCodes.planInvalid;
  const { definitions } = loadGuides(packages, profiles, { folder, exitCode, guides });
  if (name === undefined) return draftJudge(definitions, profiles);
  if (before !== undefined) {
    const now = await terminologyFiles(folder, name);
    if (JSON.stringify(now) !== JSON.stringify(before)) throw terminologyReplaced(name, exitCode);
  }
  const { terminology } = await loadTerminology(resolve(folder, name), exitCode);
  return draftJudge(definitions, profiles, terminology);
}

function guideOf(
  file: string,
  { folder, exitCode, guides = [] }: GuidePlace,
  definitions: Definitions,
): LoadedPackage {
  try {
    const bytes = readFileSync(resolve(folder, file));
    const before = guides.find(({ path }) => path === file);
    if (before !== undefined && before.sha256 !== sha256Hex(bytes)) throw replaced(file, exitCode);
    return loadPackage(bytes, definitions);
  } catch (error) {
    if (error instanceof PackageError) {
      throw new HandoverError('package-unreadable', `${file}: ${error.message}.`, {
        exitCode,
        next: 'Name a package of an implementation guide as it is published: package.tgz.',
      });
    }
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new HandoverError('package-missing', `There is no package ${file}.`, {
      exitCode,
      next: 'Put the package there, or correct its name.',
    });
  }
}

/** A run is judged by the codes it began with, or by none. */
function terminologyReplaced(name: string, exitCode: ExitCode): HandoverError {
  return new HandoverError(
    'terminology-replaced',
    `The folder of terminology ${name} does not hold what it did when the run began.`,
    {
      exitCode,
      next: 'Put the former files back and resume, or begin a new run with these.',
    },
  );
}

/** A run is judged by the guides it began with, or by none. */
function replaced(file: string, exitCode: ExitCode): HandoverError {
  return new HandoverError(
    'package-replaced',
    `The package ${file} is not the one that the run began with.`,
    {
      exitCode,
      next: 'Put the former file back and resume, or begin a new run with this one.',
    },
  );
}
