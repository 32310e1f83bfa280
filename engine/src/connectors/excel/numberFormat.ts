/** What a cell's number format says of the number in it (ECMA-376 part 1, section 18.8.31). */
export type NumberFormat =
  | { kind: 'number'; /** Digits that are always shown. */ integers: number; decimals: number }
  | { kind: 'date'; date: boolean; time: boolean };

export const general: NumberFormat = { kind: 'number', integers: 0, decimals: 0 };

const builtInDates: readonly (readonly [
  first: number,
  last: number,
  date: boolean,
  time: boolean,
])[] = [
  [14, 17, true, false],
  [18, 21, false, true],
  [22, 22, true, true],
  [27, 31, true, false],
  [32, 35, false, true],
  [36, 36, true, false],
  [45, 45, false, true],
  [47, 47, false, true],
  [50, 58, true, false],
];

/** The format of a number that every workbook knows (section 18.8.30). */
export function builtInFormat(id: number): NumberFormat {
  if (id === 2 || id === 4) return { kind: 'number', integers: 0, decimals: 2 };
  const found = builtInDates.find(([first, last]) => id >= first && id <= last);
  return found === undefined ? general : { kind: 'date', date: found[2], time: found[3] };
}

/** The format that a code describes; what a code only decorates is left out. */
export function formatOf(code: string): NumberFormat {
  const [positive = ''] = code.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  // An elapsed time is a number of days, and may be more than one.
  if (/\[[hms]+\]/i.test(positive)) return general;
  const bare = positive.replace(/"[^"]*"|\\.|[_*].|\[[^\]]*\]/g, '');
  if (/general/i.test(bare)) return general;
  const time = /[hs]/i.test(bare);
  const date = /[yd]/i.test(bare) || (!time && /m/i.test(bare));
  if (date || time) return { kind: 'date', date, time };
  const digits = /^(?:#,##)?(0*)(?:\.(0+))?$/.exec(bare.trim());
  const [, integers = '', decimals = ''] = digits ?? [];
  return { kind: 'number', integers: integers.length, decimals: decimals.length };
}
