import {
  compareNumbers,
  divide,
  multiply,
  parts,
  rescale,
  withoutTrailingZeros,
  type Numeric,
} from './decimal.ts';
import { calendarCodes, calendarUnit, Quantity } from './quantity.ts';
import type { CalendarUnit } from './temporal.ts';
import { parseUnit, type Unit } from './ucum.ts';

/** Order of two quantities, `undefined` if their units cannot be converted into each other. */
export function compareQuantities(left: Quantity, right: Quantity): number | undefined {
  const pair = inOneUnit(left, right);
  return pair === undefined ? undefined : compareNumbers(pair[0], pair[1]);
}

/** Whether units convert into each other. */
export function areComparable(left: Quantity, right: Quantity): boolean {
  const [a, b] = [unitOf(left), unitOf(right)];
  return a !== undefined && b !== undefined && a.dimension === b.dimension;
}

/** Equal once rounded to the less precise of the two; units that do not convert are different. */
export function equivalentQuantities(left: Quantity, right: Quantity): boolean {
  if (left.unit === right.unit) return roundedEqual(left.value, right.value);
  const [a, b] = [unitOf(left, true), unitOf(right, true)];
  if (a === undefined || b === undefined || a.dimension !== b.dimension) return false;
  return roundedEqual(a.toBase(left.value), b.toBase(right.value));
}

function roundedEqual(left: Numeric, right: Numeric): boolean {
  const [a, b] = [withoutTrailingZeros(parts(left)), withoutTrailingZeros(parts(right))];
  const scale = Math.min(a.scale, b.scale);
  return compareNumbers(rescale(left, scale, 'half-up'), rescale(right, scale, 'half-up')) === 0;
}

function inOneUnit(left: Quantity, right: Quantity): [Numeric, Numeric] | undefined {
  if (left.unit === right.unit && left.calendar === right.calendar) {
    return [left.value, right.value];
  }
  if (isVariable(left) !== isVariable(right)) return undefined;
  if (isVariable(left)) return [inMonths(left), inMonths(right)];
  const [a, b] = [unitOf(left), unitOf(right)];
  if (a === undefined || b === undefined || a.dimension !== b.dimension) return undefined;
  return [a.toBase(left.value), b.toBase(right.value)];
}

/** Calendar years and months have no fixed length: they compare only with each other. */
function isVariable({ calendar, unit }: Quantity): boolean {
  return calendar && (unit === 'year' || unit === 'month');
}

function inMonths({ value, unit }: Quantity): Numeric {
  return unit === 'year' ? multiply(value, 12) : value;
}

/** The UCUM unit; for calendar years and months only where `approximate` is enough. */
function unitOf(quantity: Quantity, approximate = false): Unit | undefined {
  if (!quantity.calendar) return parseUnit(quantity.unit);
  if (isVariable(quantity) && !approximate) return undefined;
  return parseUnit(calendarCodes[quantity.unit as CalendarUnit]);
}

/** Sum or difference, in the unit of `left`; `undefined` if the units do not convert. */
export function addQuantities(
  left: Quantity,
  right: Quantity,
  combine: (left: Numeric, right: Numeric) => Numeric,
): Quantity | undefined {
  if (left.unit === right.unit && left.calendar === right.calendar) {
    return withValue(left, combine(left.value, right.value));
  }
  const [to, from] = [unitOf(left), unitOf(right)];
  if (to === undefined || from === undefined || to.dimension !== from.dimension) return undefined;
  const converted = to.fromBase(from.toBase(right.value));
  return converted === undefined ? undefined : withValue(left, combine(left.value, converted));
}

/** The quantity in another unit, `undefined` if the units do not convert. */
export function inUnit(quantity: Quantity, code: string): Quantity | undefined {
  const word = calendarUnit(code);
  const zero = word === undefined ? new Quantity(0, code) : new Quantity(0, word, code);
  return addQuantities(zero, quantity, (_, amount) => amount);
}

export function withValue(quantity: Quantity, value: Numeric): Quantity {
  return new Quantity(value, quantity.unit, quantity.calendar ? quantity.word : undefined);
}

/** Product in base units where both have a dimension, else in the unit of the one that has. */
export function multiplyQuantities(left: Quantity, right: Quantity): Quantity | undefined {
  if (right.unit === '1') return withValue(left, multiply(left.value, right.value));
  if (left.unit === '1') return withValue(right, multiply(left.value, right.value));
  const [a, b] = [unitOf(left), unitOf(right)];
  if (a === undefined || b === undefined) return undefined;
  const unit = a.times(b, 1);
  return new Quantity(multiply(a.toBase(left.value), b.toBase(right.value)), unit);
}

export function divideQuantities(left: Quantity, right: Quantity): Quantity | undefined {
  if (right.unit === '1' || left.unit === right.unit) {
    const quotient = divide(left.value, right.value);
    if (quotient === undefined) return undefined;
    return right.unit === '1' ? withValue(left, quotient) : new Quantity(quotient, '1');
  }
  const [a, b] = [unitOf(left), unitOf(right)];
  if (a === undefined || b === undefined) return undefined;
  const quotient = divide(a.toBase(left.value), b.toBase(right.value));
  return quotient === undefined ? undefined : new Quantity(quotient, a.times(b, -1));
}
