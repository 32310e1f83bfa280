import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { isJsonObject, parseJson, type Json, type JsonObject } from '../src/base/json.ts';
import { toR4 } from '../src/formats/fhirVersions/convert.ts';
import { versions } from '../src/formats/fhirVersions/versions.ts';

interface Stu3Miss {
  cause:
    'more is kept than expected' | 'something expected is not there' | 'another value' | 'no R4';
  file: string;
  /** Places where the two differ, some of them. */
  paths: string;
}

export interface Stu3Measure {
  pairs: number;
  equal: number;
  /** Expected ones without an input of that name. */
  unpaired: number;
  misses: Stu3Miss[];
}

const mostPaths = 6;

/**
 * Resources of `input/` beside those of the same name in `expected/`, by what the JSON means: members in
 * any order; an instant as an instant, whatever zone it is written in; numbers by value; a list of
 * one as the one; a name of a resource, where R4 changed it, as the name it has now; and the two bases
 * that the extensions of STU3 have (`3.0`, and `r3` of older tools) as the same.
 */
export function measureStu3(folder: string): Stu3Measure {
  const misses: Stu3Miss[] = [];
  let [pairs, unpaired] = [0, 0];
  for (const file of readdirSync(path.join(folder, 'expected')).toSorted()) {
    const input = path.join(folder, 'input', file);
    if (!existsSync(input)) {
      unpaired++;
      continue;
    }
    pairs++;
    const given = parseJson(readFileSync(input, 'utf8'));
    const expected = parseJson(readFileSync(path.join(folder, 'expected', file), 'utf8'));
    const { resource } = toR4(given as JsonObject, 'STU3');
    if (resource === undefined) misses.push({ cause: 'no R4', file, paths: '' });
    else {
      const found = differences(flat(resource), flat(expected));
      if (found !== undefined) misses.push({ file, ...found });
    }
  }
  return { pairs, equal: pairs - misses.length, unpaired, misses };
}

function differences(
  own: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): Omit<Stu3Miss, 'file'> | undefined {
  const missing = [...expected.keys()].filter((place) => !own.has(place));
  const other = [...expected].filter(
    ([place, value]) => own.has(place) && own.get(place) !== value,
  );
  const more = [...own.keys()].filter((place) => !expected.has(place));
  const told = (paths: readonly string[]): string => paths.slice(0, mostPaths).join(' ');
  if (missing.length > 0) return { cause: 'something expected is not there', paths: told(missing) };
  if (other.length > 0)
    return { cause: 'another value', paths: told(other.map(([place]) => place)) };
  return more.length > 0 ? { cause: 'more is kept than expected', paths: told(more) } : undefined;
}

/** Scalars by their places. */
function flat(json: Json, place = '', found = new Map<string, string>()): Map<string, string> {
  if (json === null) return found;
  if (Array.isArray(json)) {
    const kept = json.filter((each) => each !== null);
    for (const [at, each] of kept.entries()) {
      flat(each, kept.length === 1 ? place : `${place}[${at}]`, found);
    }
  } else if (isJsonObject(json)) {
    for (const [name, each] of Object.entries(json)) {
      const end = name === 'extension' ? extensionsInOrder(each) : each;
      flat(
        end,
        place === '' ? name : `${place}.${name.replace('valuedateTime', 'valueDateTime')}`,
        found,
      );
    }
  } else found.set(place, meaning(String(json)));
  return found;
}

function extensionsInOrder(json: Json): Json {
  if (!Array.isArray(json)) return json;
  const url = (each: Json): string => (isJsonObject(each) ? JSON.stringify(each['url'] ?? '') : '');
  return json.toSorted((left, right) => url(left).localeCompare(url(right)));
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const renamed = versions.STU3.renamed;

function meaning(text: string): string {
  if (instant.test(text)) return String(new Date(text).getTime());
  if (/^-?\d+\.\d+$/.test(text)) return text.replace(/\.?0+$/, '');
  return text
    .replace(
      'http://hl7.org/fhir/r3/StructureDefinition/',
      'http://hl7.org/fhir/3.0/StructureDefinition/',
    )
    .replace(/^([A-Z]\w+)(?=\/)/, (name) => renamed[name] ?? name);
}
