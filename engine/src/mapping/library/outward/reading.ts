import { isJsonObject, JsonNumber, type Json, type JsonObject } from '../../../base/json.ts';

/**
 * An element of a FHIR resource that is being written as something else. Whoever takes a value marks
 * it, so that what no rule took can be told when all of them have had their turn.
 */
export class Reading {
  readonly value: JsonObject;
  /** Without indexes: `Patient.contact.name`. */
  readonly path: string;
  readonly #taken = new Set<string>();
  readonly #inner = new Map<string, readonly Reading[]>();
  #isWhole = false;

  constructor(value: JsonObject, path: string) {
    this.value = value;
    this.path = path;
  }

  /** A primitive as it is written, not marked; undefined where it is none. */
  peek(name: string): string | undefined {
    return textOf(this.value[name]);
  }

  /** A primitive as it is written. */
  text(name: string): string | undefined {
    const text = textOf(this.value[name]);
    if (text !== undefined) this.#taken.add(name);
    return text;
  }

  /** Primitives of a list, not marked. */
  peekAll(name: string): string[] {
    const value = this.value[name];
    return Array.isArray(value) ? value.map(textOf).filter((each) => each !== undefined) : [];
  }

  /** All primitives of a list. */
  texts(name: string): string[] {
    const found = this.peekAll(name);
    if (found.length > 0) this.#taken.add(name);
    return found;
  }

  /** An element, or the first of a list of them. */
  child(name: string): Reading | undefined {
    return this.all(name)[0];
  }

  /** Elements of that name, one or a list of them. */
  all(name: string): readonly Reading[] {
    let found = this.#inner.get(name);
    if (found === undefined) {
      const value = this.value[name];
      const list = Array.isArray(value) ? value : [value];
      found = list.filter(isJsonObject).map((each) => new Reading(each, `${this.path}.${name}`));
      this.#inner.set(name, found);
    }
    return found;
  }

  /** The only present one of `value[x]` and its like: `Quantity` of `valueQuantity`. */
  choice(name: string): { type: string; name: string } | undefined {
    const shape = new RegExp(`^${name}([A-Z][A-Za-z0-9]*)$`);
    for (const key of Object.keys(this.value)) {
      const type = shape.exec(key)?.[1];
      if (type !== undefined) return { type, name: key };
    }
    return undefined;
  }

  /** What stands in it is said, of the elements inside it too. */
  takeWhole(): void {
    this.#isWhole = true;
  }

  /** Somebody says it elsewhere, or it needs not be said. */
  take(name: string): void {
    this.#taken.add(name);
  }

  /** Paths of what nobody took; an element of which nothing was taken is one path. */
  unread(): string[] {
    const paths = new Set<string>();
    this.#gather(paths);
    return [...paths];
  }

  #gather(paths: Set<string>): void {
    if (this.#isWhole) return;
    for (const [name, value] of Object.entries(this.value)) {
      if (name === 'resourceType' || this.#taken.has(name)) continue;
      const inner = this.#inner.get(name);
      const touched = inner?.some((each) => each.isTouched) === true;
      if (!touched) {
        if (!isEmpty(value)) paths.add(`${this.path}.${name}`);
      } else for (const each of inner ?? []) each.#gather(paths);
    }
  }

  /** Whether anything of it was taken. */
  get isTouched(): boolean {
    if (this.#isWhole || this.#taken.size > 0) return true;
    return [...this.#inner.values()].some((list) => list.some((each) => each.isTouched));
  }
}

/** A resource, its type being its path. */
export function readingOf(resource: JsonObject): Reading {
  return new Reading(resource, textOf(resource['resourceType']) ?? '');
}

function isEmpty(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.every(isEmpty);
  return value === undefined || value === null;
}

function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'boolean' ? String(value) : undefined;
}
