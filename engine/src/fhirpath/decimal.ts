import { JsonNumber } from '../base/json.ts';

/**
 * An exact decimal number that keeps the digits it was written in: `1.10` stays `1.10`, and an
 * integer of 20 digits stays whole. The coefficient is parsed when arithmetic first asks for it.
 */
export class Decimal {
  /** Digits with an optional sign, point and exponent, as in JSON. */
  readonly text: string;
  readonly integer: boolean;
  #parts: Parts | undefined;
  #double: number | undefined;

  /** `text` must be a number in JSON's grammar: see {@link parseDecimal}. */
  constructor(text: string, integer = false) {
    this.text = text;
    this.integer = integer;
  }

  static of({ coefficient, scale }: Parts, integer = false): Decimal {
    const decimal = new Decimal(plainText(coefficient, scale), integer);
    decimal.#parts = { coefficient, scale };
    return decimal;
  }

  get parts(): Parts {
    return (this.#parts ??= partsOf(this.text));
  }

  /** The nearest double: for a first, cheap comparison. */
  get double(): number {
    return (this.#double ??= Number(this.text));
  }

  toString(): string {
    return this.text;
  }
}

/** The number `coefficient / 10 ** scale`; the scale is never negative. */
export interface Parts {
  readonly coefficient: bigint;
  readonly scale: number;
}

/** A number as the evaluator meets it; a `number` stands for the shortest text that gives it. */
export type Numeric = number | Decimal | JsonNumber;

export function isNumeric(value: unknown): value is Numeric {
  return typeof value === 'number' || value instanceof Decimal || value instanceof JsonNumber;
}

/** No exponent beyond this is expanded: `1e999999999` is a bomb, not a measurement. */
const largestExponent = 400;
const pattern = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/** A decimal of the text, or `undefined` if it is not a number (of a size that FHIR could mean). */
export function parseDecimal(text: string, integer = false): Decimal | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  if (match[4] !== undefined && Math.abs(Number(match[4])) > largestExponent) return undefined;
  return new Decimal(text.startsWith('+') ? text.slice(1) : text, integer);
}

function partsOf(text: string): Parts {
  const [, sign, whole, fraction = '', exponent] = pattern.exec(text) ?? ['', '', '0'];
  const digits = BigInt(`${whole}${fraction}`);
  const scale = fraction.length - Number(exponent ?? 0);
  const coefficient = sign === '-' ? -digits : digits;
  return scale >= 0
    ? { coefficient, scale }
    : { coefficient: coefficient * powerOfTen(-scale), scale: 0 };
}

export function parts(value: Numeric): Parts {
  if (value instanceof Decimal) return value.parts;
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    return { coefficient: BigInt(value), scale: 0 };
  }
  return partsOf(String(value));
}

export function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

function plainText(coefficient: bigint, scale: number): string {
  if (scale === 0) return coefficient.toString();
  const negative = coefficient < 0n;
  const digits = (negative ? -coefficient : coefficient).toString().padStart(scale + 1, '0');
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative ? `-${text}` : text;
}

/** The digits of any numeric. */
export function numberText(value: Numeric): string {
  return typeof value === 'number' ? String(value) : value.text;
}

/** The nearest double of any numeric. */
export function double(value: Numeric): number {
  if (typeof value === 'number') return value;
  return value instanceof Decimal ? value.double : Number(value.text);
}

/** Order of two numbers, exactly. Doubles decide unless they tie, since rounding keeps order. */
export function compareNumbers(left: Numeric, right: Numeric): number {
  const [a, b] = [double(left), double(right)];
  if (a < b) return -1;
  if (a > b) return 1;
  if (typeof left === 'number' && typeof right === 'number') return 0;
  return compareExactly(parts(left), parts(right));
}

function compareExactly(left: Parts, right: Parts): number {
  const [a, b] = align(left, right);
  return a < b ? -1 : a > b ? 1 : 0;
}

function align(left: Parts, right: Parts): [bigint, bigint] {
  if (left.scale === right.scale) return [left.coefficient, right.coefficient];
  return left.scale < right.scale
    ? [left.coefficient * powerOfTen(right.scale - left.scale), right.coefficient]
    : [left.coefficient, right.coefficient * powerOfTen(left.scale - right.scale)];
}

/** An integer as `number` where a double holds it, else as a Decimal. */
export function integerOf(value: bigint): number | Decimal {
  const nearest = Number(value);
  return Number.isSafeInteger(nearest)
    ? nearest
    : Decimal.of({ coefficient: value, scale: 0 }, true);
}

export function isInteger(value: Numeric): boolean {
  if (typeof value === 'number') return Number.isInteger(value);
  return value instanceof Decimal ? value.integer : /^-?\d+$/.test(value.text);
}

function both(left: Numeric, right: Numeric): boolean {
  return isInteger(left) && isInteger(right);
}

export function add(left: Numeric, right: Numeric): Numeric {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right;
    if (Number.isSafeInteger(sum) && both(left, right)) return sum;
  }
  const [a, b] = [parts(left), parts(right)];
  const [x, y] = align(a, b);
  if (both(left, right)) return integerOf(x + y);
  return Decimal.of({ coefficient: x + y, scale: Math.max(a.scale, b.scale) });
}

export function negate(value: Numeric): Numeric {
  if (typeof value === 'number') return value === 0 ? 0 : -value;
  const { coefficient, scale } = parts(value);
  return Decimal.of({ coefficient: -coefficient, scale }, isInteger(value));
}

export function subtract(left: Numeric, right: Numeric): Numeric {
  return add(left, negate(right));
}

export function multiply(left: Numeric, right: Numeric): Numeric {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right;
    if (Number.isSafeInteger(product) && both(left, right)) return product;
  }
  const [a, b] = [parts(left), parts(right)];
  const coefficient = a.coefficient * b.coefficient;
  if (both(left, right)) return integerOf(coefficient);
  return Decimal.of({ coefficient, scale: a.scale + b.scale });
}

/** Digits after the point that a quotient may have (FHIRPath N1 §4.1.4 asks for at least 8). */
const quotientScale = 28;

/** The quotient without trailing zeros, `undefined` for a division by zero. */
export function divide(left: Numeric, right: Numeric): Decimal | undefined {
  const [a, b] = [parts(left), parts(right)];
  if (b.coefficient === 0n) return undefined;
  const scaled = a.coefficient * powerOfTen(quotientScale + b.scale);
  const quotient = roundedQuotient(scaled, b.coefficient * powerOfTen(a.scale));
  return Decimal.of(withoutTrailingZeros({ coefficient: quotient, scale: quotientScale }));
}

/** `numerator / denominator` rounded to the nearest integer, halves away from zero. */
export function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  const rounded = (2n * top + bottom) / (2n * bottom);
  return negative ? -rounded : rounded;
}

export function withoutTrailingZeros({ coefficient, scale }: Parts): Parts {
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n;
    scale--;
  }
  return { coefficient, scale };
}

/** Quotient truncated to an integer, `undefined` for a division by zero. */
export function integerQuotient(left: Numeric, right: Numeric): number | Decimal | undefined {
  const [x, y] = align(parts(left), parts(right));
  return y === 0n ? undefined : integerOf(x / y);
}

/** What the truncated quotient leaves, with the sign of `left`; `undefined` for zero. */
export function remainder(left: Numeric, right: Numeric): Numeric | undefined {
  const [a, b] = [parts(left), parts(right)];
  const [x, y] = align(a, b);
  if (y === 0n) return undefined;
  if (both(left, right)) return integerOf(x % y);
  return Decimal.of({ coefficient: x % y, scale: Math.max(a.scale, b.scale) });
}

export type Rounding = 'half-up' | 'floor' | 'ceiling' | 'truncate';

/** The number with `scale` digits after the point. `half-up` takes halves away from zero. */
export function rescale(value: Numeric, scale: number, rounding: Rounding): Decimal {
  const from = parts(value);
  if (from.scale <= scale) {
    const coefficient = from.coefficient * powerOfTen(scale - from.scale);
    return Decimal.of({ coefficient, scale });
  }
  const divisor = powerOfTen(from.scale - scale);
  return Decimal.of({ coefficient: roundTo(from.coefficient, divisor, rounding), scale });
}

function roundTo(coefficient: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (rounding === 'half-up') return roundedQuotient(coefficient, divisor);
  const truncated = coefficient / divisor;
  if (rounding === 'truncate' || coefficient % divisor === 0n) return truncated;
  if (rounding === 'floor') return coefficient < 0n ? truncated - 1n : truncated;
  return coefficient > 0n ? truncated + 1n : truncated;
}

/** The number as an integer, rounded as told. */
export function toInteger(value: Numeric, rounding: Rounding): number | Decimal {
  return integerOf(rescale(value, 0, rounding).parts.coefficient);
}

/** A decimal for the result of a function that only doubles can compute. */
export function fromDouble(value: number): Numeric | undefined {
  if (!Number.isFinite(value)) return undefined;
  if (Number.isSafeInteger(value)) return Decimal.of({ coefficient: BigInt(value), scale: 0 });
  return Decimal.of(partsOf(String(value)));
}
