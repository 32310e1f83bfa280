import { zoneClock } from './zoneClock.ts';
import type { ClockChangeRule } from '../../model/sourceSettings.ts';

/** A date or date and time read by a pattern. Fields that the pattern lacks are undefined. */
interface Fields {
  year?: number;
  month?: number;
  day?: number;
  hour?: number;
  minute?: number;
  second?: number;
  fraction?: string;
  offsetMinutes?: number;
  afternoon?: boolean;
}

type Step = (text: string, at: number, fields: Fields) => number;

export interface DateOptions {
  pattern: string;
  /** Latest year that `yy` may mean. */
  pivot: number | undefined;
  /** IANA zone of a time without an offset. */
  zone: string | undefined;
  clockChange: ClockChangeRule | undefined;
}

/** The canonical form of a date or instant, or the code of why there is none. */
export type DateReading = { value: string } | { code: string };
export type DateReader = (text: string) => DateReading;

/**
 * The facts' own reading of dates: it walks over the text step by step and shares nothing with the
 * mapping's. The answer is undefined when the pattern is not understood.
 */
export function dateReader(
  options: DateOptions,
  kind: 'date' | 'dateTime',
): DateReader | undefined {
  const alternatives = options.pattern.split('|').map((pattern) => compileSteps(pattern, options));
  const known = alternatives.filter((steps) => steps !== undefined);
  if (known.length < alternatives.length) return undefined;
  return (text) => {
    for (const steps of known) {
      const fields = follow(steps, text);
      if (fields !== undefined)
        return kind === 'date' ? dateOf(fields) : instantOf(fields, options);
    }
    return { code: 'date-unreadable' };
  };
}

function follow(steps: readonly Step[], text: string): Fields | undefined {
  const fields: Fields = {};
  let at = 0;
  for (const step of steps) {
    at = step(text, at, fields);
    if (at < 0) return undefined;
  }
  return at === text.length && isPossible(fields) ? fields : undefined;
}

function isPossible(fields: Fields): boolean {
  const { year, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  if (year === undefined || year < 1 || month < 1 || month > 12) return false;
  const lastDay = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (fields.afternoon !== undefined && (hour < 1 || hour > 12)) return false;
  return day >= 1 && day <= lastDay && hour < 24 && minute < 60 && second < 60;
}

function compileSteps(pattern: string, options: DateOptions): Step[] | undefined {
  const steps: Step[] = [];
  let at = 0;
  while (at < pattern.length) {
    const letter = pattern[at] as string;
    let end = at + 1;
    while (pattern[end] === letter) end++;
    if (letter === "'") {
      const close = pattern.indexOf("'", at + 1);
      if (close === -1) return undefined;
      steps.push(exactly(pattern.slice(at + 1, close)));
      at = close + 1;
      continue;
    }
    const step = stepFor(letter, end - at, options);
    if (step === undefined) return undefined;
    steps.push(step);
    at = end;
  }
  return steps;
}

function stepFor(letter: string, width: number, options: DateOptions): Step | undefined {
  if (!/[A-Za-z]/.test(letter)) return exactly(letter.repeat(width));
  switch (`${letter}${width}`) {
    case 'y4':
      return number(4, 4, (fields, value) => (fields.year = value));
    case 'y2':
      return options.pivot === undefined ? undefined : twoDigitYear(options.pivot);
    case 'M3':
      return monthName;
    case 'a1':
      return half;
    case 'Z1':
      return zoneOffset;
    case 'S3':
      return fraction;
  }
  const field = numbered.get(letter);
  if (field === undefined || width > 2) return undefined;
  return number(width, 2, (fields, value) => (fields[field] = value));
}

const numbered: ReadonlyMap<string, 'month' | 'day' | 'hour' | 'minute' | 'second'> = new Map([
  ['M', 'month'],
  ['d', 'day'],
  ['H', 'hour'],
  ['h', 'hour'],
  ['m', 'minute'],
  ['s', 'second'],
] as const);

function exactly(separator: string): Step {
  return (text, at) => (text.startsWith(separator, at) ? at + separator.length : -1);
}

function number(least: number, most: number, keep: (fields: Fields, value: number) => void): Step {
  return (text, at, fields) => {
    let end = at;
    while (end - at < most && isDigit(text, end)) end++;
    if (end - at < least) return -1;
    keep(fields, Number(text.slice(at, end)));
    return end;
  };
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** Of the two years that the digits may mean, the later one that is not beyond the pivot. */
function twoDigitYear(pivot: number): Step {
  return number(2, 2, (fields, value) => {
    let year = value;
    while (year + 100 <= pivot) year += 100;
    fields.year = year;
  });
}

const months = 'janfebmaraprmayjunjulaugsepoctnovdec';

const monthName: Step = (text, at, fields) => {
  const index = months.indexOf(text.slice(at, at + 3).toLowerCase());
  if (text.length < at + 3 || index % 3 !== 0) return -1;
  fields.month = index / 3 + 1;
  return at + 3;
};

const half: Step = (text, at, fields) => {
  const word = text.slice(at, at + 2).toLowerCase();
  if (word !== 'am' && word !== 'pm') return -1;
  fields.afternoon = word === 'pm';
  return at + 2;
};

const fraction: Step = (text, at, fields) => {
  let end = at;
  while (end - at < 9 && isDigit(text, end)) end++;
  fields.fraction = text.slice(at, end);
  return end === at ? -1 : end;
};

const zoneOffset: Step = (text, at, fields) => {
  if (text[at] === 'Z') {
    fields.offsetMinutes = 0;
    return at + 1;
  }
  const match = /^([+-])(\d\d):?(\d\d)?/.exec(text.slice(at));
  if (match === null) return -1;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  fields.offsetMinutes = match[1] === '-' ? -minutes : minutes;
  return at + match[0].length;
};

function dateOf({ year = 0, month, day }: Fields): DateReading {
  const parts = [String(year).padStart(4, '0')];
  if (month !== undefined) parts.push(pad(month));
  if (month !== undefined && day !== undefined) parts.push(pad(day));
  return { value: parts.join('-') };
}

function instantOf(fields: Fields, { zone, clockChange }: DateOptions): DateReading {
  const { year = 0, month = 1, day = 1, minute = 0, second = 0 } = fields;
  if (fields.hour === undefined) return dateOf(fields);
  if (year < 100) return { code: 'date-unreadable' };
  const noon = fields.afternoon === undefined ? 0 : fields.afternoon ? 12 : 0;
  const hour = fields.afternoon === undefined ? fields.hour : (fields.hour % 12) + noon;
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  if (fields.offsetMinutes !== undefined) return utc(local - fields.offsetMinutes * 60_000, fields);
  if (zone === undefined) return { code: 'time-zone-missing' };
  const found = zoneClock(zone).instants(local);
  if (found.length === 1) return utc(found[0] as number, fields);
  if (found.length === 2) return overlapping(found, fields, clockChange);
  if (clockChange?.gap !== 'shift') return { code: 'time-nonexistent' };
  return utc(zoneClock(zone).shifted(local), fields);
}

function overlapping(
  instants: readonly number[],
  fields: Fields,
  clockChange: ClockChangeRule | undefined,
): DateReading {
  if (clockChange === undefined || clockChange.overlap === 'refuse') {
    return { code: 'time-ambiguous' };
  }
  const choose = clockChange.overlap === 'earlier' ? Math.min : Math.max;
  return utc(choose(...instants), fields);
}

function utc(milliseconds: number, fields: Fields): DateReading {
  const digits = (fields.fraction ?? '').replace(/0+$/, '');
  const seconds = new Date(milliseconds).toISOString().slice(0, 19);
  return { value: digits === '' ? `${seconds}Z` : `${seconds}.${digits}Z` };
}

function pad(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
