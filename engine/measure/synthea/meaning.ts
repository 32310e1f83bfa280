/** Whether what the bundle says (`theirs`) and what was migrated (`ours`) mean the same. */
export type Meaning = (theirs: string, ours: string) => boolean;

/** Code for code: ids, statuses, codes with their system. */
export const same: Meaning = (theirs, ours) => theirs === ours;

export const words: Meaning = (theirs, ours) => asTable(theirs) === asTable(ours);

/** The tables hold no comma and no line end inside a value: Synthea writes a space for each. */
export function asTable(value: string): string {
  return value.replaceAll(/\r\n|[\r\n,]/g, ' ').trim();
}

/**
 * A point in time: instants as instants, to the second that the tables have. Where a table has the
 * day alone, the day as the bundle wrote it, in its own offset: Synthea writes both by one clock.
 */
export const moment: Meaning = (theirs, ours) => {
  if (theirs === ours) return true;
  if (ours.length === dayLength || theirs.length === dayLength) {
    return theirs.slice(0, dayLength) === ours.slice(0, dayLength);
  }
  return seconds(theirs) === seconds(ours);
};

const dayLength = 'YYYY-MM-DD'.length;

function seconds(instant: string): number {
  return Math.floor(Date.parse(instant) / 1000);
}

/**
 * One number written twice: the tables have it with the digits they show (mostly one after the
 * point), the bundle rounded to five significant digits. Both can come of the same number when the
 * two intervals of rounding meet. Exact: integers of the last place, no floating point.
 */
export const rounded: Meaning = (theirs, ours) => {
  const [one, other] = [decimalOf(theirs), decimalOf(ours)];
  if (one === undefined || other === undefined) return theirs === ours;
  const places = Math.max(one.places, other.places, significantPlaces(one)) + 1;
  const apart = scaled(one, places) - scaled(other, places);
  const room = unit(significantPlaces(one), places) + unit(other.places, places);
  return (apart < 0n ? -apart : apart) * 2n <= room;
};

/** A number digit for digit, but for zeros at the end: money. */
export const amount: Meaning = (theirs, ours) => {
  const [one, other] = [decimalOf(theirs), decimalOf(ours)];
  if (one === undefined || other === undefined) return theirs === ours;
  const places = Math.max(one.places, other.places);
  return scaled(one, places) === scaled(other, places);
};

interface Digits {
  /** The number without its point. */
  whole: bigint;
  /** Digits after the point. */
  places: number;
}

function decimalOf(written: string): Digits | undefined {
  const match = /^(-?\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(written);
  if (match === null) return undefined;
  const [, before = '', after = '', exponent = '0'] = match;
  const places = after.length - Number(exponent);
  const whole = BigInt(before + after);
  return places >= 0 ? { whole, places } : { whole: whole * 10n ** BigInt(-places), places: 0 };
}

const significantDigits = 5;

/**
 * Places after the point down to which the bundle's number is exact. What it has beyond the fifth
 * digit was not rounded away.
 */
function significantPlaces({ whole, places }: Digits): number {
  const digits = (whole < 0n ? -whole : whole).toString().replace(/0+$/, '');
  const zeros = (whole < 0n ? -whole : whole).toString().length - digits.length;
  if (digits.length > significantDigits) return places - zeros;
  return places - zeros + significantDigits - Math.max(digits.length, 1);
}

function scaled({ whole, places }: Digits, to: number): bigint {
  return whole * 10n ** BigInt(to - places);
}

/** One of the last place, at `to` places after the point. */
function unit(places: number, to: number): bigint {
  return 10n ** BigInt(Math.max(to - places, 0));
}
