import {
  compareNumbers,
  isNumeric,
  parts,
  rescale,
  withoutTrailingZeros,
  type Numeric,
} from './decimal.ts';
import { isObject } from './item.ts';
import { compareQuantities, equivalentQuantities } from './quantityArithmetic.ts';
import { Quantity } from './quantity.ts';
import { compareTemporals, Temporal } from './temporal.ts';
import type { FhirObject, Value } from './value.ts';
import type { JsonNumber } from '../base/json.ts';

/**
 * Equality of two items (FHIRPath N1 §6.1.1); `undefined` where precision or units leave it open.
 * Values of different types are not equal.
 */
export function equalValues(left: Value, right: Value): boolean | undefined {
  if (typeof left === 'string' || typeof left === 'boolean') return left === right;
  if (isNumeric(left)) {
    if (isNumeric(right)) return compareNumbers(left, right) === 0;
    return right instanceof Quantity ? equalQuantities(new Quantity(left, '1'), right) : false;
  }
  if (left instanceof Temporal) {
    if (!(right instanceof Temporal)) return false;
    if ((left.kind === 'time') !== (right.kind === 'time')) return false;
    const order = compareTemporals(left, right);
    return order === undefined ? undefined : order === 0;
  }
  if (left instanceof Quantity) {
    if (isNumeric(right)) return equalQuantities(left, new Quantity(right, '1'));
    return right instanceof Quantity ? equalQuantities(left, right) : false;
  }
  return isJson(right) && equalJson(left, right);
}

function equalQuantities(left: Quantity, right: Quantity): boolean | undefined {
  const order = compareQuantities(left, right);
  return order === undefined ? undefined : order === 0;
}

/** Collections are equal if their items are, in order; different sizes never are. */
export function equalCollections(
  left: readonly Value[],
  right: readonly Value[],
): boolean | undefined {
  if (left.length === 0 || right.length === 0) return undefined;
  if (left.length !== right.length) return false;
  let result: boolean | undefined = true;
  for (let at = 0; at < left.length; at++) {
    const equal = equalValues(left[at] as Value, right[at] as Value);
    if (equal === false) return false;
    if (equal === undefined) result = undefined;
  }
  return result;
}

/** JSON of complex types: the same children, numbers by value, in any order of properties. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (isNumeric(left)) return isNumeric(right) && compareNumbers(left, right) === 0;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, at) => equalJson(item, right[at]));
  }
  if (!isObject(left) || !isObject(right) || Array.isArray(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => key in right && equalJson(left[key], right[key]));
}

/** Equivalence of two items (FHIRPath N1 §6.1.2): never open. */
export function equivalentValues(left: Value, right: Value): boolean {
  if (typeof left === 'string') {
    return typeof right === 'string' && folded(left) === folded(right);
  }
  if (isNumeric(left) && isNumeric(right)) return equivalentNumbers(left, right);
  if (left instanceof Quantity && right instanceof Quantity) {
    return equivalentQuantities(left, right);
  }
  if (left instanceof Temporal || left instanceof Quantity || typeof left === 'boolean') {
    return equalValues(left, right) === true;
  }
  return isJson(left) && isJson(right) && equivalentJson(left, right);
}

/** Case and the kind and number of spaces make no difference. */
function folded(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, ' ');
}

/** Both are rounded to the precision of the less precise one. */
function equivalentNumbers(left: Numeric, right: Numeric): boolean {
  const scale = Math.min(
    withoutTrailingZeros(parts(left)).scale,
    withoutTrailingZeros(parts(right)).scale,
  );
  const a = rescale(left, scale, 'half-up');
  const b = rescale(right, scale, 'half-up');
  return a.parts.coefficient === b.parts.coefficient;
}

function equivalentJson(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && matchAll(left, right, equivalentJson);
  }
  if (isJson(left) && isJson(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    keys.delete('id');
    return [...keys].every((key) => equivalentJson(left[key], right[key]));
  }
  if (isPrimitive(left) && isPrimitive(right)) return equivalentValues(left, right);
  return left === right;
}

function isPrimitive(json: unknown): json is string | boolean | number | JsonNumber {
  return typeof json === 'string' || typeof json === 'boolean' || isNumeric(json);
}

/** A JSON object or list, not a System value. */
function isJson(value: unknown): value is FhirObject {
  const system = isNumeric(value) || value instanceof Temporal || value instanceof Quantity;
  return isObject(value) && !system;
}

/** Collections are equivalent if they hold equivalent items, in any order. */
export function equivalentCollections(left: readonly Value[], right: readonly Value[]): boolean {
  return left.length === right.length && matchAll(left, right, equivalentValues);
}

function matchAll<T>(
  left: readonly T[],
  right: readonly T[],
  matches: (left: T, right: T) => boolean,
): boolean {
  const open = [...right];
  return left.every((item) => {
    const at = open.findIndex((candidate) => matches(item, candidate));
    if (at === -1) return false;
    open.splice(at, 1);
    return true;
  });
}
