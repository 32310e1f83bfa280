import { JsonNumber, type Json, type JsonObject } from '../../src/base/json.ts';
import type { Chart } from './chart.ts';
import { codings, text, texts, values } from './chart.ts';
import { amount, moment, rounded, same, words, type Meaning } from './meaning.ts';

/** What one side says of an element: values by slot, as the components of an Observation by code. */
export type Reading = ReadonlyMap<string, readonly string[]>;

/** One thing that the tables can know and that is compared. */
export interface Field {
  name: string;
  /** Elements of the bundle that it speaks for, as the start of their paths. */
  covers: readonly string[];
  read(resource: JsonObject, chart: Chart): Reading;
  meaning: Meaning;
  /** Patient, code, status, value, unit or date. */
  clinical: boolean;
  /** `equal`: the same values; `theirs within ours`: the tables say more than the bundle. */
  compare: 'equal' | 'theirs within ours';
  /** Why the tables cannot know a value that only the bundle has; undefined where they can. */
  silent?(theirs: string, ours: readonly string[], slot: string): string | undefined;
}

/** An element of the bundles that no table has. */
export interface Unknowable {
  /** Start of the paths it speaks for. */
  element: string;
  why: string;
}

/** How resources of one type are joined and compared. */
export interface TypeRules {
  type: string;
  /** What a resource is joined by. */
  join(resource: JsonObject, chart: Chart): { exact: string; when?: string };
  fields: readonly Field[];
  unknowable: readonly Unknowable[];
  /** Why the tables cannot know a resource at all; undefined where they can. */
  outside?(resource: JsonObject): string | undefined;
}

type Options = Partial<Pick<Field, 'clinical' | 'compare' | 'covers'>> & {
  silent?: NonNullable<Field['silent']>;
};

type Read = (resource: JsonObject, chart: Chart) => readonly string[];

/** A field of one slot. */
export function field(name: string, read: Read, meaning: Meaning, options: Options = {}): Field {
  return slots(name, (resource, chart) => new Map([['', read(resource, chart)]]), meaning, options);
}

/** A field of several slots. */
export function slots(
  name: string,
  read: Field['read'],
  meaning: Meaning,
  options: Options = {},
): Field {
  const { clinical = false, compare = 'equal', covers = [name], silent } = options;
  return { name, covers, read, meaning, clinical, compare, ...(silent && { silent }) };
}

/** What clinicians act on. */
export const clinical = { clinical: true } as const;

export const exact = (path: string, options?: Options): Field =>
  field(path, (one) => texts(one, path), same, options);
export const wording = (path: string, options?: Options): Field =>
  field(path, (one) => texts(one, path), words, options);
export const time = (path: string, options?: Options): Field =>
  field(path, (one) => texts(one, path), moment, options);
export const money = (path: string, options?: Options): Field =>
  field(path, (one) => texts(one, path), amount, options);
export const measured = (path: string, options?: Options): Field =>
  field(path, (one) => texts(one, path), rounded, options);

/** Codings of the CodeableConcept at a path, by system and code. */
export const concept = (path: string, options?: Options): Field =>
  field(`${path}.coding`, (one) => codings(one, `${path}.coding`), same, options);

/** Where a reference leads, by Synthea's ids; the words beside it are the exporter's. */
export const reference = (path: string, options?: Options): Field =>
  field(path, (one, chart) => values(one, path).map((each) => chart.meaning(each)), same, options);

/** Paths of everything that says something, each once; an extension by the last part of its URL. */
export function leafPaths(resource: JsonObject): Set<string> {
  const found = new Set<string>();
  const walk = (node: Json, path: string): void => {
    if (Array.isArray(node)) for (const item of node) walk(item, path);
    else if (node !== null && typeof node === 'object' && !(node instanceof JsonNumber)) {
      const url = path.endsWith('extension') ? `(${text(node.url).split('/').at(-1) ?? ''})` : '';
      for (const [name, value] of Object.entries(node)) {
        if (url === '' || name !== 'url')
          walk(value, `${path}${url}${path === '' ? '' : '.'}${name}`);
      }
    } else found.add(path);
  };
  walk(resource, '');
  return found;
}

/** Whether a path is an element or stands below it. */
export function isUnder(path: string, element: string): boolean {
  if (!path.startsWith(element)) return false;
  const next = path[element.length];
  return next === undefined || next === '.' || next === '(';
}
