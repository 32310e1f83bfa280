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
import type { GuideFile } from '../run/plan/read.ts';

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
  guides?: readonly GuideFile[];
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

/** Judges of drafts by what plans ask for; packages are read once. */
export function draftJudges(
  folder: string,
): (
  check: { packages: readonly string[]; profiles: readonly string[] },
  guides?: readonly GuideFile[],
) => DraftJudge {
  const known = new Map<string, DraftJudge>();
  return (check, guides = []) => {
    const key = JSON.stringify([check, guides]);
    let judge = known.get(key);
    if (judge === undefined) {
      const { definitions } = loadGuides(check.packages, check.profiles, {
        folder,
        exitCode: exitCodes.planInvalid,
        guides,
      });
      judge = draftJudge(definitions, check.profiles);
      known.set(key, judge);
    }
    return judge;
  };
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
