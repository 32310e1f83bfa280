import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { LineCounter, parseDocument, isNode, type Document } from 'yaml';
import type { z } from 'zod';
import { HandoverError, exitCodes, systemCode } from '../../base/errors.ts';
import { sha256Hex } from '../../base/digest.ts';
import type { Problem } from '../../model/problem.ts';
import { planSchema, type PlanDocument } from './schema.ts';

/** A file of the project as it stands, with its path from the project folder. */
export interface ProjectFile {
  path: string;
  text: string;
}

/** Everything a person wrote for one migration. Reading it changes nothing. */
export interface ProjectText {
  files: ProjectFiles;
  document: PlanDocument;
  /** SHA-256 over all of it as written (secrets stand in the environment, not in it). */
  digest: string;
  /** Where a path of the plan stands in the file, for problems found later. */
  place(path: readonly (string | number)[]): { line: number; column: number };
}

/** The files of a project, as read from its folder or kept with a run's revision. */
export interface ProjectFiles {
  plan: string;
  mappings: ProjectFile[];
  codeMaps: ProjectFile[];
  /** TypeScript beside the mappings: functions that they name. */
  functions: ProjectFile[];
}

export type Judged<T> = { value: T; problems: Problem[] } | { value?: never; problems: Problem[] };

/**
 * Read a project folder and judge the shape of its plan.
 * @throws HandoverError `plan-missing` (exit 2) when there is no `handover.yaml`.
 */
export async function readProject(folder: string): Promise<Judged<ProjectText>> {
  const plan = await planText(folder);
  const { document, problems } = parsePlan(plan);
  if (document === undefined) return { problems };
  const mappings = await filesBelow(folder, document.mappings, '.yaml');
  const codeMaps = await filesBelow(folder, document.codeMaps, '.csv');
  const functions = await filesBelow(folder, document.mappings, '.ts');
  return judgeProject({ plan, mappings, codeMaps, functions: functions.filter(isCode) });
}

/** The same for files that are at hand already. */
export function judgeProject(files: ProjectFiles): Judged<ProjectText> {
  const { document, place, problems } = parsePlan(files.plan);
  if (document === undefined) return { problems };
  const { plan, mappings, codeMaps, functions } = files;
  const digest = sha256Hex(
    JSON.stringify([plan, mappings, codeMaps, ...(functions.length > 0 ? [functions] : [])]),
  );
  return { value: { files, document, digest, place }, problems };
}

/** Neither the tests of functions nor declarations of types. */
function isCode({ path }: ProjectFile): boolean {
  return !/\.(test|d)\.ts$/.test(path);
}

const planFile = 'handover.yaml';

function parsePlan(text: string): {
  document?: PlanDocument;
  place: ProjectText['place'];
  problems: Problem[];
} {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const place = placeIn(parsed, lines);
  if (parsed.errors.length > 0) {
    return { place, problems: parsed.errors.map((error) => yamlProblem(error, lines)) };
  }
  const judged = planSchema.safeParse(parsed.toJS() ?? {});
  if (judged.success) return { document: judged.data, place, problems: [] };
  return { place, problems: judged.error.issues.flatMap((issue) => shapeProblems(issue, place)) };
}

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

/** Files with this ending below a folder of the project, sorted by path; none if it is absent. */
async function filesBelow(folder: string, below: string, ending: string): Promise<ProjectFile[]> {
  let names: string[];
  try {
    names = await readdir(join(folder, below), { recursive: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
  const paths = names.filter((name) => name.endsWith(ending)).toSorted();
  return Promise.all(
    paths.map(async (name) => ({
      path: relative(folder, join(folder, below, name)),
      text: await readFile(join(folder, below, name), 'utf8'),
    })),
  );
}

type Place = ProjectText['place'];

function placeIn(document: Document.Parsed, lines: LineCounter): Place {
  return (path) => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) {
        const { line, col } = lines.linePos(node.range[0]);
        return { line, column: col };
      }
    }
    return { line: 1, column: 1 };
  };
}

function yamlProblem(
  error: { message: string; pos: [number, number] },
  lines: LineCounter,
): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  const message = error.message.split('\n')[0] ?? 'not YAML';
  return { file: planFile, line, column: col, code: 'yaml', message };
}

function shapeProblems(issue: z.core.$ZodIssue, place: Place): Problem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  const file = planFile;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      file,
      ...place([...path, key]),
      code: 'unknown-key',
      message: `"${[...path, key].join('.')}" is not a setting of the plan.`,
    }));
  }
  const name = path.join('.') || 'the plan';
  return [{ file, ...place(path), code: 'plan-shape', message: `"${name}": ${issue.message}.` }];
}

const variable = /\$\{([A-Z][A-Z0-9_]*)\}/g;

/**
 * Put the environment's values into settings. A variable that is not set is a problem at its place;
 * its value is never part of a message or a digest.
 */
export function resolveEnvironment(
  settings: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  path: readonly (string | number)[],
  project: ProjectText,
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
