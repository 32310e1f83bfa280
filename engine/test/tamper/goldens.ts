import { readFileSync } from 'node:fs';
import { isJsonObject, parseJson } from '../../src/base/json.ts';
import type { JsonObject } from '../../src/base/json.ts';

const names = [
  'patient',
  'practitioner',
  'encounter',
  'allergy-refuted',
  'allergy-none-known',
  'medication-statement',
  'medication-request',
];

/**
 * Resources of the five first types, full enough for every class of change to bite. The files are
 * not called `.json` because a formatter of JSON makes `0.5` of `0.50`.
 */
export function goldens(): JsonObject[] {
  return names.map((name) => {
    const file = new URL(`goldens/${name}.fhir`, import.meta.url);
    const value = parseJson(readFileSync(file, 'utf8'));
    if (!isJsonObject(value)) throw new TypeError(`golden ${name} is not an object`);
    return value;
  });
}
