import { isJsonObject, JsonNumber } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';

/** One value of a concept as a resource states it; `system` is empty where none gives meaning. */
export interface ConceptValue {
  value: string;
  system: string;
  /** Number of the element it stands in, where elements are numbered; compared where facts state it. */
  sequence?: string;
}

export type Read = (resource: JsonObject) => ConceptValue[];

/** Every element at a dotted path (`name.family`), arrays flattened, in document order. */
export function elements(from: JsonObject, path: string): Json[] {
  const found: Json[] = [];
  collect(from, stepsOf(path), 0, found);
  return found;
}

function collect(
  value: Json | undefined,
  steps: readonly string[],
  at: number,
  found: Json[],
): void {
  if (value === undefined) return;
  const step = steps[at];
  if (Array.isArray(value)) for (const item of value) collect(item, steps, at, found);
  else if (step === undefined) found.push(value);
  else if (isJsonObject(value)) collect(value[step], steps, at + 1, found);
}

/** Paths are literals of the catalogue, so each is cut once and none is forgotten. */
const cutPaths = new Map<string, readonly string[]>();

function stepsOf(path: string): readonly string[] {
  let steps = cutPaths.get(path);
  if (steps === undefined) {
    steps = path.split('.');
    cutPaths.set(path, steps);
  }
  return steps;
}

/** The elements at a path that are objects. */
export function objects(from: JsonObject, path: string): JsonObject[] {
  return elements(from, path).filter(isJsonObject);
}

/** The primitives at a path as text, numbers with their digits; nulls (holes) are no values. */
export function texts(from: JsonObject, path: string): string[] {
  const all = elements(from, path);
  if (all.every((element) => typeof element === 'string')) return all;
  const found: string[] = [];
  for (const element of all) {
    if (typeof element === 'string') found.push(element);
    else if (typeof element === 'boolean') found.push(String(element));
    else if (element instanceof JsonNumber) found.push(element.text);
  }
  return found;
}

/** The first text at a path, or the empty text. */
export function text(from: JsonObject, path: string): string {
  const direct = from[path];
  return typeof direct === 'string' ? direct : firstText(from, path);
}

function firstText(from: JsonObject, path: string): string {
  return texts(from, path)[0] ?? '';
}

export function plain(values: readonly string[]): ConceptValue[] {
  return values.map((value) => ({ value, system: '' }));
}

/** Reads the primitives at any of several paths. */
export function textsAt(...paths: string[]): Read {
  const [only] = paths;
  if (only !== undefined && paths.length === 1) return (resource) => plain(texts(resource, only));
  return (resource) => plain(paths.flatMap((path) => texts(resource, path)));
}

/** Reads one part of those objects at a path that are wanted: the value of a certain identifier. */
export function partsOf(
  path: string,
  part: string,
  wanted: (element: JsonObject) => boolean,
): Read {
  return (resource) =>
    plain(
      objects(resource, path)
        .filter(wanted)
        .flatMap((element) => texts(element, part)),
    );
}

/** Reads what the elements of a list say, each with its `sequence`: lines of a claim. */
export function numbered(list: string, read: Read): Read {
  return (resource) =>
    objects(resource, list).flatMap((element) => {
      const sequence = text(element, 'sequence');
      return read(element).map((value) => ({ ...value, sequence }));
    });
}

/** Reads the references at any of several paths. */
export function referencesAt(...paths: string[]): Read {
  return textsAt(...paths.map((path) => `${path}.reference`));
}

/** Reads code and system of the Codings at any of several paths. */
export function codingsAt(...paths: string[]): Read {
  return (resource) =>
    paths
      .flatMap((path) => objects(resource, path))
      .map((coding) => ({ value: text(coding, 'code'), system: text(coding, 'system') }));
}

/**
 * Reads the codes of Codings of one system only, for elements that FHIR binds to it: the system is
 * then part of the concept, and a code under another system reads as none.
 */
export function codesOf(system: string, path: string): Read {
  return (resource) =>
    plain(
      objects(resource, path)
        .filter((coding) => text(coding, 'system') === system)
        .map((coding) => text(coding, 'code')),
    );
}
