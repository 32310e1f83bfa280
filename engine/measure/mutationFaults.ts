import type { ElementDefinition } from '../src/quality/validator/definitions/elements.ts';
import type { Definitions } from '../src/quality/validator/definitions/store.ts';
import { invariantFaults } from './mutationInvariants.ts';
import { bindingFaults, cardinalityFaults, fixedFaults, referenceFaults, slicingFaults } from './mutationProfiles.ts';

export type FaultKind =
  'structure' | 'primitive' | 'cardinality' | 'binding' | 'invariant' | 'slicing' | 'fixed' | 'reference';

export type Json = { [name: string]: unknown };

export interface Example {
  name: string;
  resource: Json;
  profiles: readonly string[];
}

/** A resource with one fault; `fault` says which, without the resource's type. */
export interface Candidate {
  kind: FaultKind;
  example: Example;
  resource: Json;
  fault: string;
}

/** A place in a resource: a property of an object in it. */
export interface Spot {
  holder: Json;
  key: string;
}

/** Everything that can be broken in an example, one thing at a time. */
export function candidatesOf(example: Example, definitions: Definitions): Candidate[] {
  const type = String(example.resource['resourceType']);
  const base = definitions.type(type)?.snapshot ?? [];
  const own = example.profiles.flatMap((each) => definitions.structure(each)?.snapshot ?? []);
  return [
    ...structureFaults(example, base),
    ...primitiveFaults(example, base),
    ...cardinalityFaults(example, own),
    ...bindingFaults(example, own, definitions),
    ...invariantFaults(example),
    ...slicingFaults(example, own, definitions),
    ...fixedFaults(example, own),
    ...referenceFaults(example, own, definitions),
  ];
}

/** A copy of the example with one change; undefined where `change` says that it is none. */
export function mutated(
  example: Example,
  kind: FaultKind,
  fault: string,
  change: (resource: Json) => boolean,
): Candidate[] {
  const resource = structuredClone(example.resource);
  return change(resource) ? [{ kind, example, resource, fault }] : [];
}

/** Every object in a resource that is of an element's path, by its definition's path without slices. */
export function spotsOf(resource: Json, path: string): Spot[] {
  const names = path.split('.').slice(1);
  const last = names.pop();
  if (last === undefined) return [];
  const holders = names.reduce<Json[]>(
    (found, name) => found.flatMap((each) => keysOf(each, name).flatMap((key) => objectsAt(each, key))),
    [resource],
  );
  return holders.flatMap((holder) => keysOf(holder, last).map((key) => ({ holder, key })));
}

/** Objects that could hold an element of that path, whether they do or not. */
export function holdersOf(resource: Json, path: string): Json[] {
  const names = path.split('.').slice(1, -1);
  return names.reduce<Json[]>(
    (found, name) => found.flatMap((each) => keysOf(each, name).flatMap((key) => objectsAt(each, key))),
    [resource],
  );
}

function keysOf(holder: Json, name: string): string[] {
  if (!name.endsWith('[x]')) return name in holder ? [name] : [];
  const start = name.replace('[x]', '');
  return Object.keys(holder).filter((key) => key.startsWith(start) && /^[A-Z]/.test(key.slice(start.length)));
}

function objectsAt(holder: Json, key: string): Json[] {
  const value = holder[key];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((each): each is Json => typeof each === 'object' && each !== null);
}

function structureFaults(example: Example, base: readonly ElementDefinition[]): Candidate[] {
  const plant = (fault: string, change: (resource: Json) => boolean): Candidate[] =>
    mutated(example, 'structure', fault, change);
  const complex = (resource: Json): Json | undefined =>
    Object.values(resource).flatMap((value) => (Array.isArray(value) ? value : [value])).find(
      (each): each is Json => typeof each === 'object' && each !== null && !('div' in each),
    );
  return [
    ...plant('unknown element', (resource) => ((resource['notAnElement'] = 'x'), true)),
    ...plant('unknown element inside', (resource) => {
      const inner = complex(resource);
      if (inner !== undefined) inner['notAnElement'] = true;
      return inner !== undefined;
    }),
    ...plant('unknown resource type', (resource) => ((resource['resourceType'] = 'Pateint'), true)),
    ...plant('empty object', (resource) => ((resource['implicitRules'] = {}), true)),
    ...plant('empty list', (resource) => ((resource['contained'] = []), true)),
    ...plant('null', (resource) => ((resource['language'] = null), true)),
    ...elementFaults(example, base),
  ];
}

/** Faults of the shape of each element that is there. */
function elementFaults(example: Example, base: readonly ElementDefinition[]): Candidate[] {
  return base.flatMap((element) => {
    const { path, max, type = [] } = element;
    const name = path.split('.').at(-1) as string;
    if (path.split('.').length !== 2 || name.endsWith('[x]') || !(name in example.resource)) return [];
    if (name === 'id' || name === 'meta') return [];
    const value = example.resource[name];
    const code = type[0]?.code ?? '';
    const plant = (fault: string, put: unknown): Candidate[] =>
      mutated(example, 'structure', fault, (resource) => ((resource[name] = put), true));
    return [
      ...(max === '1' ? plant('list where one is', [value]) : []),
      ...(max === '*' && Array.isArray(value) ? plant('one where a list is', value[0]) : []),
      ...(/^[A-Z]/.test(code) ? plant('text where an object is', max === '1' ? 'text' : ['text']) : []),
      ...(/^[a-z]/.test(code) && max === '1' ? plant('object where a value is', { value }) : []),
      ...mutated(example, 'structure', 'name misspelt', (resource) => {
        resource[`${name}s`] = value;
        return delete resource[name];
      }),
    ];
  });
}

const wrongValues: Readonly<Record<string, readonly unknown[]>> = {
  boolean: ['true', 1],
  date: ['2023-02-30', '23-1-1', '01/02/2023'],
  dateTime: ['2023-13-01', '2023-02-29T10:00:00Z', '2023-01-01T10:00:00', '2023-01-01T25:00:00Z'],
  instant: ['2023-01-01', '2023-01-01T10:00Z'],
  decimal: ['1.0', '12'],
  integer: [1.5, '3'],
  positiveInt: [0, -1],
  unsignedInt: [-1],
  uri: ['http://a b', ''],
  url: ['http://a b'],
  canonical: ['http://a b'],
  code: [' final', 'a  b', ''],
  id: ['has space', 'x'.repeat(65), 'under_score'],
  string: ['', 12],
  base64Binary: ['not base64!'],
  time: ['25:00:00', '10:00'],
};

function primitiveFaults(example: Example, base: readonly ElementDefinition[]): Candidate[] {
  return base.flatMap(({ path, max, type = [] }) => {
    if (max !== '1') return [];
    return type.flatMap(({ code }) => {
      const isId = path === `${String(example.resource['resourceType'])}.id`;
      const kind = isId ? 'id' : code;
      return (wrongValues[kind] ?? []).flatMap((value) =>
        mutated(example, 'primitive', `${kind} ${typeof value} ${String(value).slice(0, 12)}`, (resource) => {
          const spot = spotsOf(resource, path).find(({ key }) => !path.endsWith('[x]') || isOf(key, code));
          if (spot === undefined) return false;
          spot.holder[spot.key] = value;
          return true;
        }),
      );
    });
  });
}

function isOf(key: string, type: string): boolean {
  return key.endsWith(`${type.slice(0, 1).toUpperCase()}${type.slice(1)}`);
}
