import { Decimal, isNumeric, parts, withoutTrailingZeros, type Numeric } from './decimal.ts';
import { equalJson, equalValues } from './equality.ts';
import { conversion, isObject, unwrap, type Item } from './item.ts';
import { Quantity } from './quantity.ts';
import type { StaticType } from './staticType.ts';
import { Temporal } from './temporal.ts';
import type { FhirObject, Value } from './value.ts';

/**
 * A set of items by equality, for `distinct`, `|`, `intersect` and their like. Items come in the
 * form of a static type; what is equal is decided by their System values.
 */
export class ItemSet {
  readonly #keys = new Set<string | boolean>();
  readonly #objects = new JsonSet();
  /** Dates, times and quantities: their equality is not that of any one text. */
  readonly #others: Value[] = [];
  readonly #type: StaticType;

  constructor(type: StaticType) {
    this.#type = type;
  }

  /** Whether it was not there before. An element without a value equals no other. */
  add(item: Item, type = this.#type): boolean {
    const value = valueOf(item, type);
    if (value === undefined) return true;
    const key = keyOf(value);
    if (key !== undefined) {
      const { size } = this.#keys;
      return this.#keys.add(key).size > size;
    }
    if (isJson(value)) return this.#objects.add(value);
    if (this.#finds(value)) return false;
    this.#others.push(value);
    return true;
  }

  has(item: Item, type = this.#type): boolean {
    const value = valueOf(item, type);
    if (value === undefined) return false;
    const key = keyOf(value);
    if (key !== undefined) return this.#keys.has(key);
    return isJson(value) ? this.#objects.has(value) : this.#finds(value);
  }

  #finds(value: Value): boolean {
    return this.#others.some((other) => equalValues(value, other) === true);
  }
}

/**
 * Complex elements by equality. Those that a look at their own properties cannot tell apart are
 * compared whole; once many of them look alike, the others of that look are told apart by a text.
 */
class JsonSet {
  readonly #byLook = new Map<number, FhirObject[]>();
  #texts: Set<string> | undefined;

  add(json: FhirObject): boolean {
    const look = lookOf(json);
    const alike = this.#byLook.get(look);
    if (alike === undefined) {
      this.#byLook.set(look, [json]);
      return true;
    }
    if (alike.some((other) => equalJson(json, other))) return false;
    if (alike.length < mostAlike) return alike.push(json) > 0;
    this.#texts ??= new Set();
    const { size } = this.#texts;
    return this.#texts.add(textOf(json)).size > size;
  }

  has(json: FhirObject): boolean {
    const alike = this.#byLook.get(lookOf(json));
    if (alike === undefined) return false;
    if (alike.some((other) => equalJson(json, other))) return true;
    return this.#texts !== undefined && this.#texts.has(textOf(json));
  }
}

const mostAlike = 16;
/** Characters of a text that its look is drawn from. */
const looked = 24;

/** The same for equal elements, whatever the order of their properties; cheap, and no more. */
function lookOf(json: FhirObject): number {
  let look = 0;
  for (const key in json) {
    const value: unknown = json[key];
    const own = typeof value === 'string' ? textLook(value) : value === true ? 2 : 1;
    look = (look + Math.imul(textLook(key), 31) + own) | 0;
  }
  return look;
}

function textLook(text: string): number {
  let look = text.length;
  const end = Math.min(look, looked);
  for (let at = 0; at < end; at++) look = (Math.imul(look, 33) + text.charCodeAt(at)) | 0;
  return look;
}

function valueOf(item: Item, type: StaticType): Value | undefined {
  const convert = conversion(type);
  return convert === undefined ? unwrap(item) : convert(item);
}

/** The same key for equal values and only for them, where there is one. */
function keyOf(value: Value): string | boolean | undefined {
  if (typeof value === 'string') return `'${value}`;
  if (typeof value === 'boolean') return value;
  return isNumeric(value) ? numberKey(value) : undefined;
}

function isJson(value: Value): value is FhirObject {
  return isObject(value) && !(value instanceof Temporal) && !(value instanceof Quantity);
}

function numberKey(value: Numeric): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return Decimal.of(withoutTrailingZeros(parts(value))).text;
}

/** The same text for equal elements and only for them. */
function textOf(json: unknown): string {
  if (isNumeric(json)) return numberKey(json);
  if (Array.isArray(json)) return `[${json.map(textOf).join()}]`;
  if (!isObject(json)) return JSON.stringify(json);
  const members = Object.keys(json)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${textOf(json[key])}`);
  return `{${members.join()}}`;
}
