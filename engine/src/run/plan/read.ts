import { createReadStream } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { HandoverError, exitCodes, systemCode } from '../../base/errors.ts';
import { sha256Hex, sha256HexOf } from '../../base/digest.ts';
import type { Problem } from '../../model/problem.ts';
import { isTerminologyFile } from '../../terminology/releases.ts';
import { planSchema, type PlanDocument } from './schema.ts';
import { judgeYaml, type PlaceOf, type YamlPath } from './shape.ts';

/** A file of the project as it stands, with its path from the project folder. */
export interface ProjectFile {
  path: string;
  text: string;
}

/** A file that drafts are judged by, by what is in it. */
export interface DigestedFile {
  path: string;
  sha256: string;
}

/** Everything a person wrote for one migration. Reading it changes nothing. */
export interface ProjectText {
  files: ProjectFiles;
  document: PlanDocument;
  /** SHA-256 over all of it as written (secrets stand in the environment, not in it). */
  digest: string;
  /** Where a path of the plan stands in the file, for problems found later. */
  place: PlaceOf;
}

/** The files of a project, as read from its folder or kept with a run's revision. */
export interface ProjectFiles {
  plan: string;
  mappings: ProjectFile[];
  codeMaps: ProjectFile[];
  /** TypeScript beside the mappings: functions that they name. */
  functions: ProjectFile[];
  /** Guides that drafts are judged by; those that are not there are none. */
  guides?: DigestedFile[];
  /** Releases and resources that codes are judged by. */
  terminology?: DigestedFile[];
}

/** `rest`: what is left of a thing with problems without them, to be judged further but not used. */
export type Judged<T> =
  | { value: T; rest?: never; problems: Problem[] }
  | { value?: never; rest?: T; problems: Problem[] };

/**
 * Read a project folder and judge the shape of its plan.
 * @throws HandoverError `plan-missing` (exit 2) when there is no `handover.yaml`.
 */
export async function readProject(folder: string): Promise<Judged<ProjectText>> {
  const plan = await planText(folder);
  const { value, rest } = judgeYaml(planFile, plan, planSchema, standIns);
  const document = value ?? rest;
  const none = { mappings: [], codeMaps: [], functions: [] };
  if (document === undefined) return judgeProject({ plan, ...none });
  const mappings = await filesBelow(folder, document.mappings, isMappingFile);
  const codeMaps = await filesBelow(folder, document.codeMaps, (name) => name.endsWith('.csv'));
  const functions = await filesBelow(folder, document.mappings, isCode);
  const guides = await guideFiles(folder, document.check.packages);
  const terminology = await terminologyFiles(folder, document.check.terminology);
  return judgeProject({ plan, mappings, codeMaps, functions, guides, terminology });
}

/** Other bytes under the same name are another guide: they judge otherwise, so the plan is another. */
async function guideFiles(folder: string, names: readonly string[]): Promise<DigestedFile[]> {
  const guides: DigestedFile[] = [];
  for (const path of names) {
    try {
      guides.push({ path, sha256: sha256Hex(await readFile(resolve(folder, path))) });
    } catch (error) {
      // That it is missing is a mistake of the plan, told where guides are loaded.
      if (systemCode(error) === undefined) throw error;
    }
  }
  return guides;
}

/** What a folder of terminology holds, sorted by path; other files in it are nobody's business. */
export async function terminologyFiles(
  folder: string,
  name: string | undefined,
): Promise<DigestedFile[]> {
  if (name === undefined) return [];
  const files: DigestedFile[] = [];
  const below = resolve(folder, name);
  for (const path of await namesBelow(below, (each) => isTerminologyFile(basename(each)))) {
    const file = join(below, path);
    files.push({ path: join(name, path), sha256: await sha256HexOf(createReadStream(file)) });
  }
  return files;
}

/** Beside the mappings stand their tests, each in a folder of its own. */
export function isMappingFile(name: string): boolean {
  return name.endsWith('.yaml') && !isGoldenFile(name);
}

/** `clinic/pt_demog.test/died.yaml` holds what the mapping `clinic/pt_demog.yaml` must make. */
export function isGoldenFile(name: string): boolean {
  return /\.test[\\/][^\\/]+\.yaml$/.test(name);
}

/** The same for files that are at hand already. */
export function judgeProject(files: ProjectFiles): Judged<ProjectText> {
  const { value, rest, place, problems } = judgeYaml(planFile, files.plan, planSchema, standIns);
  const { plan, mappings, codeMaps, functions, guides = [], terminology = [] } = files;
  const digest = sha256Hex(
    JSON.stringify([
      plan,
      mappings,
      codeMaps,
      ...(functions.length + guides.length + terminology.length > 0 ? [functions] : []),
      ...(guides.length + terminology.length > 0 ? [guides] : []),
      ...(terminology.length > 0 ? [terminology] : []),
    ]),
  );
  if (value !== undefined) return { value: { files, document: value, digest, place }, problems };
  return { ...(rest && { rest: { files, document: rest, digest, place } }), problems };
}

/** Neither the tests of functions nor declarations of types. */
function isCode(name: string): boolean {
  return name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name);
}

export const planFile = 'handover.yaml';

/** What the rest of a plan is judged with where its own is wrong. */
const standIns = { name: 'unnamed', sources: {}, targets: {}, strategy: { kind: 'big-bang' } };

async function planText(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, planFile), 'utf8');
  } catch (error) {
    throw new HandoverError('plan-missing', 'This folder has no handover.yaml.', {
      cause: error,
      exitCode: exitCodes.usage,
      next: 'Run `handover init` here, or name the project with --project DIR.',
    });
  }
}

/** The wanted files below a folder of the project, sorted by path; none if it is absent. */
export async function filesBelow(
  folder: string,
  below: string,
  wanted: (name: string) => boolean,
): Promise<ProjectFile[]> {
  const paths = await namesBelow(join(folder, below), wanted);
  return Promise.all(
    paths.map(async (name) => ({
      path: relative(folder, join(folder, below, name)),
      text: await readFile(join(folder, below, name), 'utf8'),
    })),
  );
}

async function namesBelow(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .filter(wanted)
      .toSorted();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

const variable = /\$\{([A-Z][A-Z0-9_]*)\}/g;

/** Whether a setting, or anything in it, is to come from the environment. */
export function holdsVariable(setting: unknown): boolean {
  return JSON.stringify(setting ?? null).search(variable) !== -1;
}

/**
 * Put the environment's values into settings. A variable that is not set is a problem at its place;
 * its value is never part of a message or a digest.
 */
export function resolveEnvironment(
  settings: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  path: YamlPath,
  project: Pick<ProjectText, 'place'>,
  problems: Problem[],
): unknown {
  if (typeof settings === 'string') {
    return settings.replace(variable, (whole, name: string) => {
      const value = environment[name];
      if (value !== undefined) return value;
      problems.push({
        file: planFile,
        ...project.place(path),
        code: 'environment-missing',
        message: `The environment has no ${name}.`,
        suggestion: `Set ${name} before running handover.`,
      });
      return whole;
    });
  }
  if (Array.isArray(settings)) {
    return settings.map((item, at) =>
      resolveEnvironment(item, environment, [...path, at], project, problems),
    );
  }
  if (typeof settings !== 'object' || settings === null) return settings;
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key,
      resolveEnvironment(value, environment, [...path, key], project, problems),
    ]),
  );
}
