export type FaultKind =
  | 'structure'
  | 'primitive'
  | 'cardinality'
  | 'binding'
  | 'invariant'
  | 'slicing'
  | 'fixed'
  | 'reference';

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
    (found, name) =>
      found.flatMap((each) => keysOf(each, name).flatMap((key) => objectsAt(each, key))),
    [resource],
  );
  return holders.flatMap((holder) => keysOf(holder, last).map((key) => ({ holder, key })));
}

/** Objects that could hold an element of that path, whether they do or not. */
export function holdersOf(resource: Json, path: string): Json[] {
  const names = path.split('.').slice(1, -1);
  return names.reduce<Json[]>(
    (found, name) =>
      found.flatMap((each) => keysOf(each, name).flatMap((key) => objectsAt(each, key))),
    [resource],
  );
}

function keysOf(holder: Json, name: string): string[] {
  if (!name.endsWith('[x]')) return name in holder ? [name] : [];
  const start = name.replace('[x]', '');
  return Object.keys(holder).filter(
    (key) => key.startsWith(start) && /^[A-Z]/.test(key.slice(start.length)),
  );
}

function objectsAt(holder: Json, key: string): Json[] {
  const value = holder[key];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((each): each is Json => typeof each === 'object' && each !== null);
}
