/** The time a FHIR date, dateTime or instant covers, in milliseconds since 1970; `toMs` is outside. */
export interface Interval {
  fromMs: number;
  toMs: number;
}

const pattern =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/**
 * Read a date as the interval its precision gives it (FHIR R4, search, §3.1.1.4.7): `2020-03` is
 * all of March. What has no zone is taken as UTC. Undefined when it is not a FHIR date.
 */
export function intervalOf(text: string): Interval | undefined {
  return wholeSecond(text) ?? anyPrecision(text);
}

/**
 * The most common form, `2020-03-04T05:06:07` and a zone, without the pattern, which costs five
 * times as much. Undefined: another form, or a time that does not exist.
 */
function wholeSecond(text: string): Interval | undefined {
  if (text.length !== 25 && text.length !== 20) return undefined;
  for (let at = 0; at < 19; at++) {
    const code = text.charCodeAt(at);
    const mark = secondForm.charCodeAt(at);
    if (mark === 0x30 ? code < 0x30 || code > 0x39 : code !== mark) return undefined;
  }
  const minutes = text.length === 20 ? zuluMinutes(text) : offsetMinutes(text);
  if (minutes === undefined) return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if (day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 24 || minute > 59 || second > 60) return undefined;
  const start = utcMs(year, month, day, hour, minute, second) - minutes * 60_000;
  return until(start, start + 1000);
}

const secondForm = '0000-00-00T00:00:00';

function zuluMinutes(text: string): number | undefined {
  return text.charCodeAt(19) === 0x5a ? 0 : undefined;
}

function offsetMinutes(text: string): number | undefined {
  const sign = text.charCodeAt(19);
  if ((sign !== 0x2b && sign !== 0x2d) || text.charCodeAt(22) !== 0x3a) return undefined;
  for (const at of [20, 21, 23, 24]) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  const minutes = twoDigits(text, 20) * 60 + twoDigits(text, 23);
  return sign === 0x2d ? -minutes : minutes;
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - 0x30) * 10 + text.charCodeAt(at + 1) - 0x30;
}

function anyPrecision(text: string): Interval | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const shiftMs = zoneShiftMs(zone);
  const start = instant(year, month, day, hour, minute, second);
  if (Number.isNaN(start)) return undefined;
  if (month === undefined) return until(start, utcMs(Number(year) + 1, 1, 1));
  if (day === undefined) return until(start, utcMs(Number(year), Number(month) + 1, 1));
  if (hour === undefined) return until(start, start + dayMs);
  if (second === undefined) return until(start - shiftMs, start - shiftMs + 60_000);
  if (fraction === undefined) return until(start - shiftMs, start - shiftMs + 1000);
  const exact = start - shiftMs + Math.floor(Number(`0.${fraction}`) * 1000);
  return until(exact, exact + 1);
}

/** The interval of a Period; an open end is infinite. Undefined when neither end is readable. */
export function periodOf(start: string | undefined, end: string | undefined): Interval | undefined {
  const from = start === undefined ? undefined : intervalOf(start);
  const to = end === undefined ? undefined : intervalOf(end);
  if (from === undefined && to === undefined) return undefined;
  return { fromMs: from?.fromMs ?? -Infinity, toMs: to?.toMs ?? Infinity };
}

const dayMs = 86_400_000;

function until(fromMs: number, toMs: number): Interval {
  return { fromMs, toMs };
}

/** NaN for a month, day or time that does not exist. */
function instant(
  year: string | undefined,
  month = '01',
  day = '01',
  hour = '00',
  minute = '00',
  second = '00',
): number {
  const last = daysIn(Number(year), Number(month));
  if (day < '01' || Number(day) > last) return Number.NaN;
  if (hour > '24' || minute > '59' || second > '60') return Number.NaN;
  return utcMs(Number(year), Number(month), Number(day), +hour, +minute, +second);
}

/** The calendar repeats every 400 years; `Date.UTC` takes the years 0 to 99 for 1900 to 1999. */
const cycleMs = 146_097 * dayMs;

function utcMs(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  return Date.UTC(year + 400, month - 1, day, hour, minute, second) - cycleMs;
}

/** Days of a month; 0 when there is no such month. */
function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

function zoneShiftMs(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
