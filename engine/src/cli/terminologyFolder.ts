import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { exitCodes, HandoverError, systemCode, type ExitCode } from '../base/errors.ts';
import {
  isJsonObject,
  JsonSyntaxError,
  parseJson,
  type Json,
  type JsonObject,
} from '../base/json.ts';
import { codeSystemOf, mapsOf, valueSetOf } from '../terminology/fhirTerminology.ts';
import { LocalUnits } from '../terminology/localUnits.ts';
import {
  isTerminologyFile,
  releaseOf,
  ReleaseProblem,
  unitsFile,
  type ReleaseLoader,
} from '../terminology/releases.ts';
import { Terminology, type TerminologyBase } from '../terminology/terminology.ts';

/** A file that was loaded, and what it is. */
export interface LoadedFile {
  file: string;
  summary: string;
  /** Concepts of its system so far, or codes of its map. */
  concepts: number;
}

export interface LoadedFolder {
  terminology: Terminology;
  files: LoadedFile[];
  /** Files that are none of these, or hold nothing to answer from. */
  leftAlone: string[];
}

/**
 * What a site has put into a folder: releases in their official layouts, known by the names of their
 * files, and CodeSystem, ValueSet and ConceptMap in JSON. Other files are left alone, and named.
 * @param base what it is laid over: the definitions of R4 and of guides
 * @throws HandoverError `terminology-missing`, `terminology-unreadable` with file and line
 */
export async function loadTerminology(
  folder: string,
  exitCode: ExitCode = exitCodes.usage,
  base?: TerminologyBase,
): Promise<LoadedFolder> {
  const terminology = new Terminology(base);
  const files: LoadedFile[] = [];
  const leftAlone: string[] = [];
  for (const file of await filesOf(folder, exitCode)) {
    if (!isTerminologyFile(path.basename(file))) {
      leftAlone.push(path.relative(folder, file));
      continue;
    }
    const name = path.basename(file);
    const release = releaseOf(name);
    try {
      if (release !== undefined) {
        const concepts = await loadLines(file, release.loader(terminology));
        files.push({ file: name, summary: release.summary, concepts });
      } else if (name === unitsFile) {
        files.push({ file: name, ...addUnits(terminology, await readFile(file, 'utf8')) });
      } else {
        const summary = addResources(terminology, parseJson(await readFile(file, 'utf8')));
        if (summary === undefined) leftAlone.push(path.relative(folder, file));
        else files.push({ file: name, ...summary });
      }
    } catch (error) {
      throw unreadable(name, error, exitCode);
    }
  }
  return { terminology, files, leftAlone };
}

async function loadLines(file: string, loader: ReleaseLoader): Promise<number> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  for await (const line of lines) loader.line(line);
  return loader.finish();
}

function addUnits(terminology: Terminology, text: string): Omit<LoadedFile, 'file'> {
  const units = new LocalUnits(text);
  const [problem] = units.problems;
  if (problem !== undefined) {
    throw new ReleaseProblem(`line ${problem.line}: ${problem.message}`);
  }
  terminology.addMap(units);
  return { summary: 'units of the site in UCUM', concepts: units.size };
}

function addResources(terminology: Terminology, json: Json): Omit<LoadedFile, 'file'> | undefined {
  if (!isJsonObject(json)) return undefined;
  if (json['resourceType'] === 'Bundle' && Array.isArray(json['entry'])) {
    let concepts = 0;
    for (const entry of json['entry']) {
      const resource = isJsonObject(entry) ? entry['resource'] : undefined;
      if (resource !== undefined) concepts += addResources(terminology, resource)?.concepts ?? 0;
    }
    return { summary: 'Bundle', concepts };
  }
  return addResource(terminology, json);
}

function addResource(
  terminology: Terminology,
  resource: JsonObject,
): Omit<LoadedFile, 'file'> | undefined {
  const type = resource['resourceType'];
  if (type === 'CodeSystem') {
    const table = codeSystemOf(resource);
    if (table !== undefined) terminology.addSystem(table);
    return { summary: type, concepts: table?.size ?? 0 };
  }
  if (type === 'ValueSet') {
    const rules = valueSetOf(resource);
    if (rules !== undefined) terminology.addValueSet(rules);
    return { summary: type, concepts: 0 };
  }
  if (type !== 'ConceptMap') return undefined;
  const maps = mapsOf(resource);
  for (const map of maps) terminology.addMap(map);
  return { summary: type, concepts: maps.reduce((sum, { size }) => sum + size, 0) };
}

async function filesOf(folder: string, exitCode: ExitCode): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .toSorted();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const message = `The folder of terminology ${folder} cannot be read (${code}).`;
    throw new HandoverError('terminology-missing', message, {
      exitCode,
      next: 'Name a folder of releases and FHIR resources, with --terminology or in the plan.',
      cause: error,
    });
  }
}

function unreadable(file: string, error: unknown, exitCode: ExitCode): unknown {
  if (!(error instanceof ReleaseProblem) && !(error instanceof JsonSyntaxError)) return error;
  return new HandoverError('terminology-unreadable', `${file}: ${error.message}.`, {
    exitCode,
    next: 'Take the file as its publisher gives it, or out of the folder.',
    cause: error,
  });
}
