import { isJsonObject } from '../../src/base/json.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';

/** One element of a resource and the way to it. */
export interface Place {
  /** Member names and array indexes from the root. */
  steps: readonly (string | number)[];
  /** The last member name on the way: `family` for `name[0].family`, `given` for `given[1]`. */
  key: string;
  /** The steps without indexes, joined by dots: `name.family`. */
  plain: string;
  value: Json;
}

/** Every element below the root, containers too, in the order of the document. */
export function placesOf(resource: JsonObject): Place[] {
  const places: Place[] = [];
  const walk = (value: Json, steps: readonly (string | number)[]): void => {
    if (steps.length > 0) places.push(placeAt(value, steps));
    if (Array.isArray(value)) value.forEach((item, index) => walk(item, [...steps, index]));
    else if (isJsonObject(value)) {
      for (const [key, member] of Object.entries(value)) walk(member, [...steps, key]);
    }
  };
  walk(resource, []);
  return places;
}

function placeAt(value: Json, steps: readonly (string | number)[]): Place {
  const names = steps.filter((step) => typeof step === 'string');
  return { steps, key: names.at(-1) ?? '', plain: names.join('.'), value };
}

/** `Patient.name[0].family` */
export function pathOf(resource: JsonObject, place: Place): string {
  const type = resource['resourceType'];
  return place.steps.reduce<string>(
    (path, step) => (typeof step === 'number' ? `${path}[${step}]` : `${path}.${step}`),
    typeof type === 'string' ? type : 'Resource',
  );
}

/** A copy of the resource with another value at a place; `undefined` takes the element out. */
export function withValue(
  resource: JsonObject,
  steps: readonly (string | number)[],
  value: Json | undefined,
): JsonObject {
  const changed = replaced(resource, steps, value);
  return isJsonObject(changed) ? changed : resource;
}

function replaced(from: Json, steps: readonly (string | number)[], value: Json | undefined): Json {
  const [step, ...rest] = steps;
  if (Array.isArray(from) && typeof step === 'number') {
    const item = rest.length === 0 ? value : replaced(from[step] ?? null, rest, value);
    return from.toSpliced(step, 1, ...(item === undefined ? [] : [item]));
  }
  if (!isJsonObject(from) || typeof step !== 'string') return from;
  const member = rest.length === 0 ? value : replaced(from[step] ?? null, rest, value);
  const copy = Object.assign(Object.create(null) as JsonObject, from);
  if (member === undefined) delete copy[step];
  else copy[step] = member;
  return copy;
}
