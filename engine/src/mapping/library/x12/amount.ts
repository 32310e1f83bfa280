/** A sum of money, exact: `units` of a 10th to the power of `scale`. */
export interface Amount {
  units: bigint;
  scale: number;
}

export const nothing: Amount = { units: 0n, scale: 0 };

/** An amount of X12 (type R): `100`, `12.50`, `-.5`. Undefined when it is none. */
export function amountOf(written: string): Amount | undefined {
  const [, sign = '', whole = '', fraction = ''] =
    /^(-?)(\d{0,18})(?:\.(\d{0,18}))?$/.exec(written.trim()) ?? [];
  if (whole === '' && fraction === '') return undefined;
  const units = BigInt(whole + fraction);
  return { units: sign === '-' ? -units : units, scale: fraction.length };
}

/** What is written, or nothing where nothing or no number is. */
export const amountOr0 = (written: string): Amount => amountOf(written) ?? nothing;

export function plus(one: Amount, other: Amount): Amount {
  if (one.scale === other.scale) return { units: one.units + other.units, scale: one.scale };
  const scale = Math.max(one.scale, other.scale);
  return { units: unitsAt(one, scale) + unitsAt(other, scale), scale };
}

export function minus(one: Amount, other: Amount): Amount {
  return plus(one, negative(other));
}

export const negative = ({ units, scale }: Amount): Amount => ({ units: -units, scale });

export const isNothing = ({ units }: Amount): boolean => units === 0n;

export function sumOf(amounts: readonly Amount[]): Amount {
  return amounts.reduce(plus, nothing);
}

/** As digits, with no fewer places than it came with and at least cents. */
export function amountText(amount: Amount): string {
  const scale = Math.max(2, amount.scale);
  const units = unitsAt(amount, scale);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function unitsAt({ units, scale }: Amount, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale);
}
