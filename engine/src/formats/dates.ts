import type { ClockChangeRule } from '../model/sourceSettings.ts';
import { utcMilliseconds } from './zones.ts';
import type { TimeZone } from './zones.ts';

/** A date or time as it was written, with no more precision than it had. */
export interface WrittenTime {
  year: number;
  month?: number | undefined;
  day?: number | undefined;
  hour?: number | undefined;
  minute?: number | undefined;
  second?: number | undefined;
  /** Digits after the decimal point of the seconds, all of them. */
  fraction?: string | undefined;
  /** Seconds east of UTC, when the text says so. */
  offsetSeconds?: number | undefined;
}

export type DateParser = (text: string) => WrittenTime | undefined;

export type TimeProblem =
  /** The text does not follow the pattern, or names a day that does not exist. */
  | 'date-unreadable'
  /** The local time happened twice in its zone and no rule says which is meant. */
  | 'time-ambiguous'
  /** The local time never happened in its zone. */
  | 'time-nonexistent'
  /** A time of day without a zone: no instant can be told. */
  | 'time-zone-missing';

export class DatePatternError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'DatePatternError';
  }
}

/**
 * Compile a date pattern: `yyyy yy MM M MMM dd d HH H hh h mm ss SSS a Z` and separators; other
 * letters stand in single quotes. Alternatives are parted by `|` and tried in order.
 * `pivotYear` is the latest year that two digits may mean: 2026 reads `26` as 2026 and `27` as 1927;
 * without one, `yy` is refused.
 * @throws DatePatternError for a pattern that is unknown or could not be read without doubt.
 */
export function compileDatePattern(pattern: string, pivotYear: number | undefined): DateParser {
  const parsers = pattern.split('|').map((each) => compileOne(each, pivotYear));
  const first = parsers[0] as DateParser;
  if (parsers.length === 1) return first;
  return (text) => {
    for (const parse of parsers) {
      const time = parse(text);
      if (time !== undefined) return time;
    }
    return undefined;
  };
}

type Field = Exclude<keyof WrittenTime, 'offsetSeconds'> | 'yearOfCentury' | 'monthName' | 'half';

interface PatternSymbol {
  field: Field | 'offset';
  expression: string;
}

const symbols: ReadonlyMap<string, PatternSymbol> = new Map<string, PatternSymbol>([
  ['yyyy', { field: 'year', expression: '(\\d{4})' }],
  ['yy', { field: 'yearOfCentury', expression: '(\\d{2})' }],
  ['MMM', { field: 'monthName', expression: '([A-Za-z]{3})' }],
  ['MM', { field: 'month', expression: '(\\d{2})' }],
  ['M', { field: 'month', expression: '(\\d{1,2})' }],
  ['dd', { field: 'day', expression: '(\\d{2})' }],
  ['d', { field: 'day', expression: '(\\d{1,2})' }],
  ['HH', { field: 'hour', expression: '(\\d{2})' }],
  ['H', { field: 'hour', expression: '(\\d{1,2})' }],
  ['hh', { field: 'hour', expression: '(\\d{2})' }],
  ['h', { field: 'hour', expression: '(\\d{1,2})' }],
  ['mm', { field: 'minute', expression: '(\\d{2})' }],
  ['ss', { field: 'second', expression: '(\\d{2})' }],
  ['SSS', { field: 'fraction', expression: '(\\d{1,9})' }],
  ['a', { field: 'half', expression: '([AaPp][Mm])' }],
  ['Z', { field: 'offset', expression: '(Z|[+-]\\d{2}(?::?\\d{2})?)' }],
]);

function compileOne(pattern: string, pivotYear: number | undefined): DateParser {
  const fields: PatternSymbol['field'][] = [];
  let source = '';
  for (const [token] of pattern.matchAll(/([A-Za-z])\1*|'[^']*'|[^]/g)) {
    const symbol = symbols.get(token);
    if (symbol !== undefined) {
      if (fields.includes(symbol.field)) throw new DatePatternError(`"${token}" stands twice`);
      fields.push(symbol.field);
      source += symbol.expression;
    } else if (/^[A-Za-z]/.test(token)) {
      throw new DatePatternError(`"${token}" is not a part of a date pattern`);
    } else {
      source += escapeSpecial(token.length > 1 ? token.slice(1, -1) : token);
    }
  }
  requireFields(pattern, fields);
  if (pivotYear === undefined && fields.includes('yearOfCentury')) {
    throw new DatePatternError('"yy" needs a century pivot: the latest year that it may mean');
  }
  const expression = new RegExp(`^${source}$`);
  return (text) => {
    const match = expression.exec(text);
    return match === null ? undefined : assemble(fields, match, pivotYear ?? 0);
  };
}

function escapeSpecial(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function requireFields(pattern: string, fields: readonly PatternSymbol['field'][]): void {
  const has = (...names: PatternSymbol['field'][]): boolean =>
    names.some((name) => fields.includes(name));
  const clash = (first: string, second: string): never => {
    throw new DatePatternError(`"${pattern}" has ${first} but ${second}`);
  };
  if (!has('year', 'yearOfCentury')) clash('no year', 'a date needs one');
  if (has('year') && has('yearOfCentury')) clash('two years', 'a date has one');
  if (has('month') && has('monthName')) clash('two months', 'a date has one');
  if (has('day') && !has('month', 'monthName')) clash('a day', 'no month');
  if (has('hour') && !has('day')) clash('an hour', 'no day');
  if (has('hour') && !has('minute')) clash('an hour', 'no minutes (mm; MM is the month)');
  if (has('minute') && !has('hour')) clash('minutes', 'no hour (mm is minutes; MM is the month)');
  if (/h/.test(pattern.replace(/'[^']*'/g, '')) !== has('half')) clash('h or a', 'not both');
}

function assemble(
  fields: readonly PatternSymbol['field'][],
  match: RegExpExecArray,
  pivotYear: number,
): WrittenTime | undefined {
  const time: WrittenTime = { year: -1 };
  let half: string | undefined;
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at] as PatternSymbol['field'];
    const text = match[at + 1] as string;
    if (field === 'half') half = text.toLowerCase();
    else if (field === 'yearOfCentury') time.year = yearOfCentury(Number(text), pivotYear);
    else if (field === 'monthName') time.month = monthNames.indexOf(text.toLowerCase()) + 1;
    else if (field === 'offset') time.offsetSeconds = offsetOf(text);
    else if (field === 'fraction') time.fraction = text;
    else time[field] = Number(text);
  }
  if (half !== undefined && !applyHalf(time, half)) return undefined;
  return exists(time) ? time : undefined;
}

function yearOfCentury(year: number, pivotYear: number): number {
  const century = pivotYear - (pivotYear % 100);
  return year <= pivotYear % 100 ? century + year : century - 100 + year;
}

/** 12 am is midnight, 12 pm is noon. */
function applyHalf(time: WrittenTime, half: string): boolean {
  const hour = time.hour as number;
  if (hour < 1 || hour > 12) return false;
  time.hour = (hour % 12) + (half === 'pm' ? 12 : 0);
  return true;
}

const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

function offsetOf(text: string): number {
  if (text === 'Z') return 0;
  const seconds = Number(text.slice(1, 3)) * 3600 + Number(text.slice(3).replace(':', '')) * 60;
  return text.startsWith('-') ? -seconds : seconds;
}

/** Whether the calendar has that day and the clock that time; second 60 is not kept by FHIR servers. */
function exists(time: WrittenTime): boolean {
  const { year, month, day, hour = 0, minute = 0, second = 0, offsetSeconds = 0 } = time;
  if (year < 1 || hour > 23 || minute > 59 || second > 59) return false;
  if (Math.abs(offsetSeconds) > 14 * 3600) return false;
  if (month === undefined) return true;
  if (month < 1 || month > 12) return false;
  return day === undefined || (day >= 1 && day <= daysIn(year, month));
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

const isoPattern =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?$/;

/** ISO 8601 dates and times as FHIR and PostgreSQL (DateStyle ISO) write them, of any precision. */
export function parseIsoTime(text: string): WrittenTime | undefined {
  const match = isoPattern.exec(text);
  if (match === null) return undefined;
  const part = (at: number): number | undefined =>
    match[at] === undefined ? undefined : Number(match[at]);
  const time: WrittenTime = {
    year: Number(match[1]),
    month: part(2),
    day: part(3),
    hour: part(4),
    minute: part(5),
    second: part(6),
    fraction: match[7],
    offsetSeconds: match[8] === undefined ? undefined : offsetOf(match[8]),
  };
  return exists(time) ? time : undefined;
}

/** FHIR `date` (R4 §2.24.0.1): as precise as it was written; a time of day is left out. */
export function fhirDate(time: WrittenTime): string {
  const year = digits(time.year, 4);
  if (time.month === undefined) return year;
  if (time.day === undefined) return `${year}-${two(time.month)}`;
  return `${year}-${two(time.month)}-${two(time.day)}`;
}

export type ZonedText = { text: string } | { problem: TimeProblem };

/**
 * FHIR `dateTime` (R4 §2.24.0.1): a date, or a date and time with its offset from UTC. `zone` is
 * where the clock stood that wrote it; a text that carries its own offset needs none. Seconds that
 * were not written become `00`, which FHIR demands.
 */
export function fhirDateTime(
  time: WrittenTime,
  zone: TimeZone | undefined,
  rule: ClockChangeRule,
): ZonedText {
  if (time.hour === undefined) return { text: fhirDate(time) };
  const local = utcMilliseconds(
    time.year,
    time.month as number,
    time.day as number,
    time.hour,
    time.minute ?? 0,
    time.second ?? 0,
  );
  const offset = time.offsetSeconds ?? offsetIn(local, zone, rule);
  if (typeof offset === 'string') return { problem: offset };
  if (typeof offset === 'number') return { text: render(time, local, offset) };
  return { text: render(time, local + offset.shiftMs, offset.offsetSeconds) };
}

function offsetIn(
  local: number,
  zone: TimeZone | undefined,
  rule: ClockChangeRule,
): number | { shiftMs: number; offsetSeconds: number } | TimeProblem {
  if (zone === undefined) return 'time-zone-missing';
  const answer = zone.resolve(local);
  if (answer.state === 'exact') return answer.offsetSeconds;
  if (answer.state === 'overlap') {
    return rule.overlap === 'refuse' ? 'time-ambiguous' : answer[rule.overlap];
  }
  if (rule.gap === 'refuse') return 'time-nonexistent';
  return { shiftMs: (answer.after - answer.before) * 1000, offsetSeconds: answer.after };
}

/** Offsets of local mean time have seconds, which FHIR cannot write: such a time is told in UTC. */
function render(time: WrittenTime, localMs: number, offsetSeconds: number): string {
  const exact = offsetSeconds % 60 === 0;
  const shown = new Date(exact ? localMs : localMs - offsetSeconds * 1000).toISOString();
  const fraction = time.fraction === undefined ? '' : `.${time.fraction}`;
  return `${shown.slice(0, 19)}${fraction}${exact ? offsetText(offsetSeconds) : 'Z'}`;
}

function offsetText(offsetSeconds: number): string {
  const minutes = Math.abs(offsetSeconds) / 60;
  const sign = offsetSeconds < 0 ? '-' : '+';
  return `${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function two(number: number): string {
  return number < 10 ? `0${number}` : `${number}`;
}

function digits(number: number, width: number): string {
  return String(number).padStart(width, '0');
}
