import {
  binaryPrefixes,
  customary,
  metric,
  otherCustomary,
  otherMetric,
  prefixes,
} from './ucumAtoms.ts';
import { Decimal, add, divide, multiply, powerOfTen, subtract, type Numeric } from './decimal.ts';

/**
 * A unit of UCUM (The Unified Code for Units of Measure, 2.1, case sensitive): atoms with prefixes, products,
 * quotients, exponents and annotations. Arbitrary units (`[iU]`), and atoms whose worth the table does
 * not say, convert only into themselves.
 */
export interface Unit {
  /** Canonical text of the exponents of the base units, for example `g.m-3`. */
  readonly dimension: string;
  /** An amount in this unit as one in base units, and back. */
  toBase(amount: Numeric): Numeric;
  fromBase(amount: Numeric): Numeric | undefined;
  /** The base unit of this one times the other raised to `power`, as UCUM code. */
  times(other: Unit, power: 1 | -1): string;
}

interface Ratio {
  readonly numerator: Numeric;
  readonly denominator: Numeric;
}

interface Term extends Ratio {
  readonly exponents: ReadonlyMap<string, number>;
  /** Added before the ratio is applied: degrees. */
  readonly offset?: Numeric;
}

const base = new Set(['m', 'g', 's', 'rad', 'K', 'C', 'cd', '[iU]']);
const kelvin: ReadonlyMap<string, number> = new Map([['K', 1]]);
/** Degrees: not a multiple of the kelvin, so they stand alone. */
const degrees: Readonly<Record<string, Term>> = {
  Cel: { ...exactly('1'), offset: new Decimal('273.15'), exponents: kelvin },
  '[degF]': { numerator: 5, denominator: 9, offset: new Decimal('459.67'), exponents: kelvin },
};

const parsed = new Map<string, Unit | null>();
/** A hospital uses some hundred units; a hostile file may use any number. */
const mostCached = 10_000;
const longest = 250;
/** How deep units in parentheses may stand in others. */
const deepest = 20;

/** Whether a code is one of UCUM. */
export function isUnit(code: string): boolean {
  return parseUnit(code) !== undefined;
}

/** The unit of a UCUM code, `undefined` if it is none. */
export function parseUnit(code: string): Unit | undefined {
  const found = parsed.get(code);
  if (found !== undefined) return found ?? undefined;
  if (code === '' || code.length > longest || !/^[!-~]+$/.test(code)) return undefined;
  const degree = Object.hasOwn(degrees, code) ? degrees[code] : undefined;
  const term = degree ?? new UnitReader(code).whole();
  const unit = term === undefined ? null : unitOf(term);
  if (parsed.size < mostCached) parsed.set(code, unit);
  return unit ?? undefined;
}

class UnitReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(code: string) {
    this.#text = code;
  }

  whole(): Term | undefined {
    const term = this.#term();
    return this.#at === this.#text.length ? term : undefined;
  }

  #term(): Term | undefined {
    if (++this.#depth > deepest) return undefined;
    let power: 1 | -1 = this.#take('/') ? -1 : 1;
    let left: Term = unity;
    for (;;) {
      const right = this.#component();
      if (right === undefined) return undefined;
      left = product(left, right, power);
      if (this.#take('.')) power = 1;
      else if (this.#take('/')) power = -1;
      else break;
    }
    this.#depth--;
    return left;
  }

  #component(): Term | undefined {
    if (this.#take('(')) {
      const inner = this.#term();
      return this.#take(')') ? inner : undefined;
    }
    const isAnnotated = this.#annotation();
    if (isAnnotated !== undefined) return isAnnotated ? unity : undefined;
    const own = simple(this.#symbol());
    return this.#annotation() === false ? undefined : own;
  }

  /** `{text}`; undefined where there is none, false where it is not closed. */
  #annotation(): boolean | undefined {
    if (!this.#take('{')) return undefined;
    const end = this.#text.indexOf('}', this.#at);
    const inside = this.#text.slice(this.#at, Math.max(end, 0));
    if (end < 0 || inside.includes('{')) return false;
    this.#at = end + 1;
    return true;
  }

  /** Up to the next operator; what stands in brackets is one name. */
  #symbol(): string {
    const start = this.#at;
    let inside = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const mark = this.#text[this.#at] as string;
      if (mark === '[') inside = true;
      else if (mark === ']') inside = false;
      else if (!inside && './(){}'.includes(mark)) break;
    }
    return this.#text.slice(start, this.#at);
  }

  #take(mark: string): boolean {
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }
}

/** A number, or an atom with prefix and exponent. */
function simple(symbol: string): Term | undefined {
  if (/^\d+$/.test(symbol)) return { ...exactly(symbol), exponents: none };
  const whole = atom(symbol);
  if (whole !== undefined) return whole;
  const [, bare = '', digits] = /^(.*?)([+-]?\d+)$/.exec(symbol) ?? [];
  const exponent = Number(digits);
  const unit = digits === undefined ? undefined : atom(bare);
  return unit === undefined || Math.abs(exponent) > 30 ? undefined : raise(unit, exponent);
}

const none: ReadonlyMap<string, number> = new Map();
const unity: Term = { ...exactly('1'), exponents: none };

function exactly(factor: string): Ratio {
  return { numerator: new Decimal(factor), denominator: 1 };
}

function atom(text: string): Term | undefined {
  if (Object.hasOwn(customary, text)) return madeOf(customary[text] as readonly [string, string]);
  if (otherCustomary.has(text)) return itself(text);
  const own = plain(text);
  if (own !== undefined) return own;
  for (const length of [2, 1]) {
    const scale = scaleOf(text.slice(0, length));
    const rest = scale && plain(text.slice(length));
    if (scale !== undefined && rest !== undefined) return product(scale, rest, 1);
  }
  return undefined;
}

function scaleOf(prefix: string): Term | undefined {
  if (Object.hasOwn(prefixes, prefix)) return tenTo(prefixes[prefix] as number);
  if (!Object.hasOwn(binaryPrefixes, prefix)) return undefined;
  return { ...exactly(String(2 ** (binaryPrefixes[prefix] as number))), exponents: none };
}

function itself(text: string): Term {
  return { ...exactly('1'), exponents: new Map([[text, 1]]) };
}

/** An atom that takes prefixes, without one. */
function plain(text: string): Term | undefined {
  if (otherMetric.has(text)) return itself(text);
  if (!Object.hasOwn(metric, text)) return undefined;
  if (base.has(text)) return itself(text);
  return madeOf(metric[text] as readonly [string, string]);
}

function tenTo(power: number): Term {
  const ten = Decimal.of({ coefficient: powerOfTen(Math.abs(power)), scale: 0 });
  return power < 0
    ? { numerator: 1, denominator: ten, exponents: none }
    : { numerator: ten, denominator: 1, exponents: none };
}

/** The table writes what an atom is made of as base units with exponents. */
function madeOf([factor, units]: readonly [string, string]): Term {
  const exponents = new Map<string, number>();
  for (const part of units === '1' ? [] : units.split('.')) {
    const [, name, exponent] = /^([A-Za-z]+|\[iU\])(-?\d+)?$/.exec(part) as unknown as string[];
    exponents.set(name as string, Number(exponent ?? 1));
  }
  return { ...exactly(factor), exponents };
}

function product(left: Term, right: Term, power: 1 | -1): Term {
  const exponents = new Map(left.exponents);
  for (const [name, exponent] of right.exponents) {
    exponents.set(name, (exponents.get(name) ?? 0) + power * exponent);
  }
  const [top, bottom] =
    power === 1 ? [right.numerator, right.denominator] : [right.denominator, right.numerator];
  return {
    numerator: multiply(left.numerator, top),
    denominator: multiply(left.denominator, bottom),
    exponents,
  };
}

function raise(term: Term, exponent: number): Term {
  let result = unity;
  for (let time = 0; time < Math.abs(exponent); time++) {
    result = product(result, term, exponent < 0 ? -1 : 1);
  }
  return result;
}

function unitOf(term: Term): Unit & { term: Term } {
  const { numerator, denominator, offset = 0 } = term;
  return {
    term,
    dimension: written(term.exponents),
    toBase: (amount) => scaled(add(amount, offset), numerator, denominator) ?? amount,
    fromBase: (amount) => {
      const back = scaled(amount, denominator, numerator);
      return back === undefined ? undefined : subtract(back, offset);
    },
    times: (other, power) => {
      const right = (other as Unit & { term: Term }).term;
      return written(product(term, right, power).exponents) || '1';
    },
  };
}

function scaled(amount: Numeric, top: Numeric, bottom: Numeric): Numeric | undefined {
  const multiplied = multiply(amount, top);
  return bottom === 1 ? multiplied : divide(multiplied, bottom);
}

function written(exponents: ReadonlyMap<string, number>): string {
  return [...exponents]
    .filter(([, exponent]) => exponent !== 0)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, exponent]) => (exponent === 1 ? name : `${name}${exponent}`))
    .join('.');
}
