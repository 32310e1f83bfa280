import { Decimal, add, divide, multiply, powerOfTen, subtract, type Numeric } from './decimal.ts';

/**
 * A unit of UCUM (The Unified Code for Units of Measure, 2.1) as far as quantities of a chart use
 * them: the metric atoms with prefixes, the customary and clinical ones of the table, products,
 * quotients, exponents and annotations. Arbitrary units (`[iU]`) convert only into themselves.
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

const prefixes: Readonly<Record<string, number>> = {
  Y: 24,
  Z: 21,
  E: 18,
  P: 15,
  T: 12,
  G: 9,
  M: 6,
  k: 3,
  h: 2,
  da: 1,
  d: -1,
  c: -2,
  m: -3,
  u: -6,
  n: -9,
  p: -12,
  f: -15,
  a: -18,
  z: -21,
  y: -24,
};

/** Atoms that take prefixes: factor and the units they are made of. */
const metric: Readonly<Record<string, readonly [string, string]>> = {
  m: ['1', 'm'],
  g: ['1', 'g'],
  s: ['1', 's'],
  rad: ['1', 'rad'],
  K: ['1', 'K'],
  C: ['1', 'C'],
  cd: ['1', 'cd'],
  mol: ['602213670000000000000000', '1'],
  eq: ['602213670000000000000000', '1'],
  osm: ['602213670000000000000000', '1'],
  L: ['0.001', 'm3'],
  l: ['0.001', 'm3'],
  Hz: ['1', 's-1'],
  N: ['1000', 'g.m.s-2'],
  Pa: ['1000', 'g.m-1.s-2'],
  bar: ['100000000', 'g.m-1.s-2'],
  J: ['1000', 'g.m2.s-2'],
  W: ['1000', 'g.m2.s-3'],
  cal: ['4184', 'g.m2.s-2'],
  V: ['1000', 'g.m2.s-2.C-1'],
  A: ['1', 'C.s-1'],
  Ohm: ['1000', 'g.m2.s-1.C-2'],
  Bq: ['1', 's-1'],
  Gy: ['1', 'm2.s-2'],
  Sv: ['1', 'm2.s-2'],
  kat: ['602213670000000000000000', 's-1'],
  U: ['10036894500000000', 's-1'],
  t: ['1000000', 'g'],
  eV: ['0.00000000000000016021773', 'g.m2.s-2'],
  'm[H2O]': ['9806650', 'g.m-1.s-2'],
  'm[Hg]': ['133322000', 'g.m-1.s-2'],
  '[iU]': ['1', '[iU]'],
  '[IU]': ['1', '[iU]'],
};

/** Atoms that take none. */
const customary: Readonly<Record<string, readonly [string, string]>> = {
  '10*': ['10', '1'],
  '10^': ['10', '1'],
  '%': ['0.01', '1'],
  '[ppm]': ['0.000001', '1'],
  '[ppb]': ['0.000000001', '1'],
  '[pi]': ['3.1415926535897932384626433832795', '1'],
  deg: ['0.017453292519943295769236907684886', 'rad'],
  min: ['60', 's'],
  h: ['3600', 's'],
  d: ['86400', 's'],
  wk: ['604800', 's'],
  mo: ['2629800', 's'],
  a: ['31557600', 's'],
  '[in_i]': ['0.0254', 'm'],
  '[ft_i]': ['0.3048', 'm'],
  '[yd_i]': ['0.9144', 'm'],
  '[mi_i]': ['1609.344', 'm'],
  '[lb_av]': ['453.59237', 'g'],
  '[oz_av]': ['28.349523125', 'g'],
  '[gr]': ['0.06479891', 'g'],
  '[ston_av]': ['907184.74', 'g'],
  '[stone_av]': ['6350.29318', 'g'],
  '[lb_tr]': ['373.2417216', 'g'],
  '[dr_av]': ['1.7718451953125', 'g'],
  '[gal_us]': ['0.003785411784', 'm3'],
  '[qt_us]': ['0.000946352946', 'm3'],
  '[pt_us]': ['0.000473176473', 'm3'],
  '[foz_us]': ['0.0000295735295625', 'm3'],
  '[tbs_us]': ['0.00001478676478125', 'm3'],
  '[tsp_us]': ['0.00000492892159375', 'm3'],
  '[cup_us]': ['0.0002365882365', 'm3'],
  '[drp]': ['0.00000005', 'm3'],
  '[Cal]': ['4184000', 'g.m2.s-2'],
  '[psi]': ['6894757.293168', 'g.m-1.s-2'],
  atm: ['101325000', 'g.m-1.s-2'],
  "'": ['0.00029088820866572159615394846141477', 'rad'],
};

const base = new Set(['m', 'g', 's', 'rad', 'K', 'C', 'cd', '[iU]']);
const kelvin: ReadonlyMap<string, number> = new Map([['K', 1]]);
/** Degrees: not a multiple of the kelvin, so they stand alone. */
const degrees: Readonly<Record<string, Term>> = {
  Cel: { ...exactly('1'), offset: new Decimal('273.15'), exponents: kelvin },
  '[degF]': { numerator: 5, denominator: 9, offset: new Decimal('459.67'), exponents: kelvin },
};

const parsed = new Map<string, Unit | null>();
const mostCached = 1000;

/** The unit of a UCUM code, `undefined` if it is none that is known here. */
export function parseUnit(code: string): Unit | undefined {
  const found = parsed.get(code);
  if (found !== undefined) return found ?? undefined;
  const term = degrees[code] ?? new UnitReader(code).whole();
  const unit = term === undefined ? null : unitOf(term);
  if (parsed.size < mostCached) parsed.set(code, unit);
  return unit ?? undefined;
}

class UnitReader {
  #rest: string;

  constructor(code: string) {
    this.#rest = code;
  }

  whole(): Term | undefined {
    const term = this.#term();
    return this.#rest === '' ? term : undefined;
  }

  #term(): Term | undefined {
    let left: Term | undefined = unity;
    if (!this.#rest.startsWith('/')) left = this.#component();
    while (left !== undefined) {
      const operator = this.#rest[0];
      if (operator !== '.' && operator !== '/') break;
      this.#rest = this.#rest.slice(1);
      const right = this.#component();
      left = right && product(left, right, operator === '.' ? 1 : -1);
    }
    return left;
  }

  #component(): Term | undefined {
    if (this.#take(/^\{[^}]*\}/) !== undefined) return unity;
    if (this.#take(/^\(/) !== undefined) {
      const inner = this.#term();
      return this.#take(/^\)/) === undefined ? undefined : inner;
    }
    const factor = this.#take(/^\d+(?![\d*^])/);
    const own = factor === undefined ? this.#simple() : { ...exactly(factor), exponents: none };
    this.#take(/^\{[^}]*\}/);
    return own;
  }

  /** An atom with prefix and exponent. */
  #simple(): Term | undefined {
    const text = this.#take(/^(?:10[*^]|(?:[A-Za-z%']|\[[^\]]*\])+)/);
    if (text === undefined) return undefined;
    const exponent = Number(this.#take(/^[+-]?\d+/) ?? 1);
    const unit = atom(text);
    return unit === undefined || Math.abs(exponent) > 30 ? undefined : raise(unit, exponent);
  }

  #take(pattern: RegExp): string | undefined {
    const match = pattern.exec(this.#rest);
    if (match === null) return undefined;
    this.#rest = this.#rest.slice(match[0].length);
    return match[0];
  }
}

const none: ReadonlyMap<string, number> = new Map();
const unity: Term = { ...exactly('1'), exponents: none };

function exactly(factor: string): Ratio {
  return { numerator: new Decimal(factor), denominator: 1 };
}

function atom(text: string): Term | undefined {
  if (Object.hasOwn(customary, text)) return madeOf(customary[text] as readonly [string, string]);
  if (Object.hasOwn(metric, text)) return plain(text);
  for (const length of [2, 1]) {
    const power = prefixes[text.slice(0, length)];
    const rest = text.slice(length);
    if (power === undefined || !Object.hasOwn(metric, rest)) continue;
    return product(tenTo(power), plain(rest), 1);
  }
  return undefined;
}

function plain(text: string): Term {
  if (base.has(text)) return { ...exactly('1'), exponents: new Map([[text, 1]]) };
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
