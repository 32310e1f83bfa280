import { JsonNumber } from '../../base/json.ts';

/** A FHIR JSON object, from `JSON.parse` or `parseJson`, never changed. */
export type FhirJson = { readonly [name: string]: unknown };

export function isObject(value: unknown): value is FhirJson {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber)
  );
}

/** Whether anything stands beside a primitive in an object: looked for once, where it is asked of each. */
export function hasBeside(object: FhirJson): boolean {
  for (const key in object) if (key.charCodeAt(0) === underscore) return true;
  return false;
}

const underscore = 0x5f;

/** A text as it is; every other value, which may not even convert to a text, is ''. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
