import { none } from './code.ts';
import { DataIssue, type Place } from './expressionError.ts';
import { boxResource, FhirElement, isObject, type Item } from './item.ts';
import type { FhirElementDefinition, FhirType } from './model.ts';
import type { FhirObject } from './value.ts';

/** Reads the one child of a property. A list where the model has one item must hold one. */
export function readItem(key: string, type: FhirType, at: Place): (item: Item) => Item | undefined {
  if (type.kind === 'primitive') return readPrimitive(key, type, at);
  const wrap = type.abstract ? boxResource : undefined;
  return (item) => {
    if (!isObject(item)) return undefined;
    const json = oneOf(item[key], at);
    if (json === undefined || wrap === undefined) return json;
    return wrap(json);
  };
}

/** JSON of the model's shape is taken as it is; `null` and a list of one are forgiven. */
function oneOf(json: unknown, at: Place): Item | undefined {
  if (typeof json !== 'object') return json as Item | undefined;
  if (json === null) return undefined;
  if (!Array.isArray(json)) return json as Item;
  if (json.length > 1) {
    throw new DataIssue('many-items', 'the resource has a list where FHIR has one item', at);
  }
  return (json[0] ?? undefined) as Item | undefined;
}

function readPrimitive(key: string, type: FhirType, at: Place): (item: Item) => Item | undefined {
  const extraKey = `_${key}`;
  return (item) => {
    if (!isObject(item)) return undefined;
    const json = item[key];
    const extra = item[extraKey];
    if (extra === undefined && typeof json !== 'object') return json as Item | undefined;
    const value = oneOf(json, at);
    return isObject(extra) ? new FhirElement(type, value, extra) : value;
  };
}

/** Reads all children of a property; without extensions, the list in the JSON itself. */
export function readItems(key: string, type: FhirType): (item: Item) => readonly Item[] {
  if (type.abstract) return (item) => listOf(item, key).map(boxResource);
  if (type.kind !== 'primitive') return (item) => listOf(item, key);
  const extraKey = `_${key}`;
  return (item) => {
    if (!isObject(item)) return none;
    const list = listOf(item, key);
    const extras = item[extraKey];
    return Array.isArray(extras) ? withExtras(list, extras, type) : list;
  };
}

function listOf(item: Item, key: string): readonly Item[] {
  if (!isObject(item)) return none;
  const json = item[key];
  if (json === undefined || json === null) return none;
  return (Array.isArray(json) ? json : [json]) as readonly Item[];
}

function withExtras(
  list: readonly Item[],
  extras: readonly (FhirObject | null)[],
  type: FhirType,
): Item[] {
  const items: Item[] = [];
  for (let at = 0; at < Math.max(list.length, extras.length); at++) {
    const value = list[at] ?? undefined;
    const extra = extras[at];
    if (isObject(extra)) items.push(new FhirElement(type, value, extra));
    else if (value !== undefined) items.push(value);
  }
  return items;
}

/** The child of whichever property of the choice is there, with its type. */
export function readChoice(
  properties: FhirElementDefinition['properties'],
  at: Place,
): (item: Item) => Item | undefined {
  const readers = properties.map(({ key, type }) => ({ type, read: readItem(key, type, at) }));
  return (item) => {
    for (const { type, read } of readers) {
      const child = read(item);
      if (child !== undefined) {
        return child instanceof FhirElement ? child : new FhirElement(type, child);
      }
    }
    return undefined;
  };
}
