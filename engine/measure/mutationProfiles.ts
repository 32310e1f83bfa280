import { Terminology } from '../src/quality/validator/codes/terminology.ts';
import type { ElementDefinition } from '../src/quality/validator/definitions/elements.ts';
import type { Definitions } from '../src/quality/validator/definitions/store.ts';
import {
  holdersOf,
  mutated,
  spotsOf,
  type Candidate,
  type Example,
  type Json,
} from './mutationFaults.ts';

function isSliced({ id, path }: ElementDefinition): boolean {
  return (id ?? path).includes(':');
}

/** What must be there is taken away; what may be there once is there twice. */
export function cardinalityFaults(
  example: Example,
  own: readonly ElementDefinition[],
): Candidate[] {
  return own.flatMap((element) => {
    const { path, min = 0, max } = element;
    if (isSliced(element) || path.split('.').length < 2) return [];
    const gone = mutated(example, 'cardinality', `${path} is gone`, (resource) => {
      const spots = spotsOf(resource, path);
      if (min < 1 || spots.length === 0) return false;
      for (const { holder, key } of spots) {
        delete holder[key];
        delete holder[`_${key}`];
      }
      // What is left empty would be a fault of its own.
      return holdersOf(resource, path).every((holder) => Object.keys(holder).length > 0);
    });
    const twice = mutated(example, 'cardinality', `${path} is there twice`, (resource) => {
      const spot = spotsOf(resource, path).find(({ holder, key }) => Array.isArray(holder[key]));
      if (max !== '1' || spot === undefined) return false;
      const list = spot.holder[spot.key] as unknown[];
      list.push(structuredClone(list[0]));
      return list.length === 2;
    });
    return [...gone, ...twice];
  });
}

/** A code of a required binding becomes one that is none. */
export function bindingFaults(
  example: Example,
  own: readonly ElementDefinition[],
  definitions: Definitions,
): Candidate[] {
  const terminology = new Terminology(definitions);
  return own.flatMap((element) => {
    const { binding, path } = element;
    const valueSet = binding?.strength === 'required' ? binding.valueSet : undefined;
    if (isSliced(element) || valueSet === undefined) return [];
    // Only where all of the value set is loaded can anybody tell.
    if (terminology.inValueSet(valueSet, undefined, 'no-such-code') !== 'out') return [];
    return mutated(example, 'binding', path, (resource) => {
      const [spot] = spotsOf(resource, path);
      return spot !== undefined && spoil(spot.holder, spot.key, 'no-such-code');
    });
  });
}

function spoil(holder: Json, key: string, code: string): boolean {
  const value = holder[key];
  if (typeof value === 'string') {
    holder[key] = code;
    return true;
  }
  const [first] = (Array.isArray(value) ? value : [value]) as (Json | string)[];
  if (typeof first === 'string') {
    (value as unknown[])[0] = code;
    return true;
  }
  if (typeof first !== 'object' || first === null) return false;
  if (Array.isArray(first['coding'])) return spoil({ all: first['coding'] }, 'all', code);
  if (typeof first['code'] !== 'string') return false;
  first['code'] = code;
  return true;
}

/** The item that a required slice needs is taken away, or one that may be there once is doubled. */
export function slicingFaults(
  example: Example,
  own: readonly ElementDefinition[],
  definitions: Definitions,
): Candidate[] {
  return own.flatMap((element) => {
    const { id = '', path, sliceName, min = 0, max } = element;
    if (sliceName === undefined || id.split(':').length !== 2) return [];
    const tell = tellOf(element, own, definitions);
    const fault = `${path}:${sliceName}`;
    const find = (resource: Json): { list: Json[]; at: number; count: number } | undefined => {
      for (const { holder, key } of spotsOf(resource, path)) {
        const value = holder[key];
        if (!Array.isArray(value)) continue;
        const found = value.flatMap((each, at) => (tell?.(each) === true ? [at] : []));
        if (found[0] !== undefined)
          return { list: value as Json[], at: found[0], count: found.length };
      }
      return undefined;
    };
    return [
      ...mutated(example, 'slicing', `${fault} is gone`, (resource) => {
        const found = find(resource);
        if (found === undefined || min < 1 || found.count !== min || found.list.length < 2)
          return false;
        found.list.splice(found.at, 1);
        return true;
      }),
      ...mutated(example, 'slicing', `${fault} is there twice`, (resource) => {
        const found = find(resource);
        if (found === undefined || max !== '1') return false;
        found.list.push(structuredClone(found.list[found.at] as Json));
        return true;
      }),
    ];
  });
}

/** What tells the items of a slice: the url of an extension, or a pattern that it says. */
function tellOf(
  element: ElementDefinition,
  own: readonly ElementDefinition[],
  definitions: Definitions,
): ((item: unknown) => boolean) | undefined {
  const { id = '', type = [] } = element;
  const profile = type[0]?.code === 'Extension' ? type[0].profile?.[0] : undefined;
  const url = profile === undefined ? undefined : definitions.structure(profile)?.url;
  if (url !== undefined) return (item) => (item as Json)['url'] === url;
  const told = own
    .filter((each) => (each.id === id || each.id?.startsWith(`${id}.`)) === true)
    .flatMap(({ id: inner = '', pattern, fixed }) =>
      pattern === undefined && fixed === undefined
        ? []
        : [{ path: inner.slice(id.length + 1), wanted: pattern ?? fixed }],
    );
  if (told.length === 0 || told.some(({ path }) => path.includes(':'))) return undefined;
  return (item) =>
    told.every(({ path, wanted }) => has(item, path.split('.').filter(Boolean), wanted));
}

function has(value: unknown, path: readonly string[], wanted: unknown): boolean {
  const [name, ...rest] = path;
  if (Array.isArray(value)) return value.some((each) => has(each, path, wanted));
  if (name !== undefined) {
    return typeof value === 'object' && value !== null && has((value as Json)[name], rest, wanted);
  }
  if (typeof wanted !== 'object' || wanted === null) return value === wanted;
  return Object.entries(wanted as Json).every(([key, inner]) =>
    (Array.isArray(inner) ? inner : [inner]).every(
      (each) => typeof value === 'object' && value !== null && has((value as Json)[key], [], each),
    ),
  );
}

/** A value that a profile fixes, or gives a pattern for, is another. */
export function fixedFaults(example: Example, own: readonly ElementDefinition[]): Candidate[] {
  return own.flatMap((element) => {
    const { path, fixed, pattern, id = '' } = element;
    if (fixed === undefined && pattern === undefined) return [];
    // A slice of a choice is all that there can be.
    if (isSliced(element) && !/^[^:]*\[x\]:[^:]*$/.test(id)) return [];
    return mutated(example, 'fixed', path, (resource) => {
      const [spot] = spotsOf(resource, path);
      if (spot === undefined) return false;
      const value = spot.holder[spot.key];
      if (typeof value === 'string') {
        spot.holder[spot.key] = value.startsWith('http') ? 'http://example.org/other' : 'other';
        return true;
      }
      return spoil(spot.holder, spot.key, '8867-40');
    });
  });
}

/** A reference leads to a type that may not stand there. */
export function referenceFaults(
  example: Example,
  own: readonly ElementDefinition[],
  definitions: Definitions,
): Candidate[] {
  return own.flatMap((element) => {
    const { path, type = [] } = element;
    const targets = type.flatMap(({ targetProfile = [] }) => targetProfile);
    if (isSliced(element) || targets.length === 0) return [];
    const allowed = new Set(targets.map((each) => definitions.structure(each)?.type));
    const other = ['Slot', 'Linkage', 'Flag'].find((each) => !allowed.has(each)) as string;
    if (allowed.has('Resource') || allowed.has(undefined)) return [];
    return mutated(example, 'reference', path, (resource) => {
      const spot = spotsOf(resource, path).find(({ holder, key }) => {
        const [first] = [holder[key]].flat() as Json[];
        return typeof first?.['reference'] === 'string' && !first['reference'].startsWith('#');
      });
      const [first] = spot === undefined ? [] : ([spot.holder[spot.key]].flat() as Json[]);
      if (first === undefined) return false;
      first['reference'] = `${other}/other`;
      delete first['type'];
      return true;
    });
  });
}
