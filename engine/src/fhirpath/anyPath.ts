import { none, type Code } from './code.ts';
import type { Place } from './expressionError.ts';
import { box, FhirElement, isObject, TypeInfo, type Item } from './item.ts';
import { fhirType, type FhirType } from './model.ts';
import { readChoice, readItem, readItems } from './reading.ts';
import { anyType } from './staticType.ts';
import { compileMany } from './steps.ts';

type ReadChildren = (item: FhirElement) => readonly Item[];

/** A step from items that carry their type: what they have is found out for each type once. */
export function compileAnyMember(base: Code, name: string, at: Place): Code {
  const readers = new Map<FhirType, ReadChildren>();
  const read = (item: Item): readonly Item[] => {
    if (!(item instanceof FhirElement)) return infoMember(item, name);
    if (item.type === undefined) return untypedChildren(item, name);
    let reader = readers.get(item.type);
    if (reader === undefined) {
      reader = childReader(item.type, name, at);
      readers.set(item.type, reader);
    }
    return reader(item);
  };
  return compileMany(base, anyType, read, at);
}

/** `type().name` and `type().namespace`. */
function infoMember(item: Item, name: string): readonly Item[] {
  if (!(item instanceof TypeInfo)) return none;
  return name === 'name' || name === 'namespace' ? [item[name]] : none;
}

/** Reads the children of one name of items of one type; they carry their type. */
export function childReader(type: FhirType, name: string, at: Place): ReadChildren {
  const element = type.elements.get(name);
  const [first] = element?.properties ?? [];
  if (element === undefined || first === undefined) return () => none;
  const content = type.kind === 'primitive' ? extraContent : jsonContent;
  if (element.properties.length > 1) {
    const read = readChoice(element.properties, at);
    return (item) => listed(content(item), read);
  }
  if (!element.many) {
    const read = readItem(first.key, first.type, at);
    return (item) => listed(content(item), read).map((child) => box(child, first.type));
  }
  const read = readItems(first.key, first.type);
  return (item) => {
    const json = content(item);
    return isObject(json) ? read(json as Item).map((child) => box(child, first.type)) : none;
  };
}

function jsonContent(item: FhirElement): unknown {
  return item.value;
}

function extraContent(item: FhirElement): unknown {
  return item.extra;
}

function listed(json: unknown, read: (item: Item) => Item | undefined): readonly Item[] {
  const child = isObject(json) ? read(json) : undefined;
  return child === undefined ? none : [child];
}

/** A resource of no known type: its properties by name, types taken from the JSON. */
function untypedChildren({ value }: FhirElement, name: string): readonly Item[] {
  if (!isObject(value)) return none;
  const json = value[name] ?? choiceOf(value, name);
  if (json === undefined || json === null) return none;
  const list: readonly unknown[] = Array.isArray(json) ? json : [json];
  return list
    .filter((child) => child !== null)
    .map((child) => new FhirElement(guessType(child), child));
}

function choiceOf(value: { readonly [name: string]: unknown }, name: string): unknown {
  for (const key of Object.keys(value)) {
    if (key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length))) return value[key];
  }
  return undefined;
}

function guessType(json: unknown): FhirType | undefined {
  if (typeof json === 'string') return fhirType('string');
  if (typeof json === 'boolean') return fhirType('boolean');
  if (isObject(json) && typeof json['resourceType'] === 'string') {
    return fhirType(json['resourceType']);
  }
  return undefined;
}

/** All children of an item, in the order of the model. */
export function childrenOf(item: Item, at: Place): readonly Item[] {
  if (!(item instanceof FhirElement)) return none;
  if (item.type === undefined) {
    return isObject(item.value)
      ? Object.keys(item.value).flatMap((name) => untypedChildren(item, name))
      : none;
  }
  const json = item.type.kind === 'primitive' ? item.extra : item.value;
  if (!isObject(json)) return none;
  const { byKey, readers } = allReaders(item.type, at);
  // Types have many elements, and an item has few of them: only those are read.
  const present: number[] = [];
  for (const key in json) {
    const place = byKey.get(key);
    if (place !== undefined) present.push(place);
  }
  if (present.length > 1) present.sort((one, other) => one - other);
  const children: Item[] = [];
  let last = -1;
  for (const place of present) {
    if (place === last) continue;
    last = place;
    for (const child of readers[place]?.(item) ?? none) children.push(child);
  }
  return children;
}

interface Readers {
  /** Place among the readers by the keys of JSON, `birthDate` and `_birthDate`. */
  byKey: ReadonlyMap<string, number>;
  readers: readonly ReadChildren[];
}

const readersOf = new Map<FhirType, Readers>();

function allReaders(type: FhirType, at: Place): Readers {
  let all = readersOf.get(type);
  if (all === undefined) {
    const byKey = new Map<string, number>();
    const readers: ReadChildren[] = [];
    for (const [name, { properties }] of type.elements) {
      for (const { key } of properties) {
        byKey.set(key, readers.length).set(`_${key}`, readers.length);
      }
      readers.push(childReader(type, name, at));
    }
    all = { byKey, readers };
    readersOf.set(type, all);
  }
  return all;
}
