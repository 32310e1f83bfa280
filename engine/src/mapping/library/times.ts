import type { TimeZone } from '../../formats/zones.ts';

/** Offset that a message's times without one have: `+02:15`, or a zone that tells it for each. */
export type DefaultZone = string | TimeZone | undefined;

export interface FhirTime {
  /** `dateTime` of FHIR with no more precision than the message had. */
  text: string;
  problem: 'time-zone-missing' | undefined;
}

/**
 * An HL7 date or time (DTM, TS, DT: `YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+/-ZZZZ]`) as FHIR writes it.
 * Undefined when it is none or names a day that does not exist. A time whose zone nobody knows, or
 * with hours and no minutes, is told as its date, which is what is certain.
 */
export function fhirTime(written: string, zone: DefaultZone): FhirTime | undefined {
  const text = written.trim();
  const digits = digitsAt(text, 0, 14);
  const end = zoneStart(text, digits);
  if (digits < 4 || digits % 2 === 1 || end < 0) return undefined;
  const year = text.slice(0, 4);
  // Zeros where a date should be are none; FHIR has no year 0.
  if (year === '0000') return undefined;
  const month = text.slice(4, Math.min(digits, 6));
  if (month === '' || month === '00') return { text: year, problem: undefined };
  if (month > '12') return undefined;
  const day = text.slice(6, Math.min(digits, 8));
  if (day === '' || day === '00') return { text: `${year}-${month}`, problem: undefined };
  if (!isDay(year, month, day)) return undefined;
  const date = `${year}-${month}-${day}`;
  if (digits < 12) return { text: date, problem: undefined };
  const hour = text.slice(8, 10);
  const minute = text.slice(10, 12);
  const second = digits < 14 ? '00' : text.slice(12, 14);
  if (hour > '23' || minute > '59' || second > '60') return undefined;
  const fraction = end > digits ? `.${text.slice(digits + 1, end)}` : '';
  const time = `${date}T${hour}:${minute}:${second}${fraction}`;
  const zoned = end === text.length ? zoneAt(zone, time) : offsetText(text.slice(end));
  if (zoned === undefined) return { text: date, problem: 'time-zone-missing' };
  return { text: time + zoned, problem: undefined };
}

/** The offset a time is written with, as FHIR writes it; undefined when there is none. */
export function offsetOf(written: string): string | undefined {
  const text = written.trim();
  const digits = digitsAt(text, 0, 14);
  const end = zoneStart(text, digits);
  const isTime = digits >= 4 && digits % 2 === 0 && end >= 0 && end < text.length;
  return isTime ? offsetText(text.slice(end)) : undefined;
}

/** How many digits stand there. */
function digitsAt(text: string, from: number, most = Infinity): number {
  let at = from;
  while (at - from < most && isDigit(text.charCodeAt(at))) at++;
  return at - from;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** Behind digits and a fraction of a second: where a zone stands or the end; -1 for anything else. */
function zoneStart(text: string, digits: number): number {
  let at = digits;
  const mark = text.charAt(digits);
  if (digits === 14 && (mark === '.' || mark === ',')) {
    const fraction = digitsAt(text, digits + 1);
    if (fraction === 0) return -1;
    at = digits + 1 + fraction;
  }
  const rest = text.length - at;
  if (rest === 0 || (rest === 1 && text.charAt(at) === 'Z')) return at;
  const sign = text.charAt(at);
  const isOffset = rest === 5 && (sign === '+' || sign === '-') && digitsAt(text, at + 1) === 4;
  return isOffset ? at : -1;
}

function offsetText(offset: string): string {
  return offset === 'Z' ? 'Z' : `${offset.slice(0, 3)}:${offset.slice(3)}`;
}

/** A local time that clocks showed twice or never has no certain offset. */
function zoneAt(zone: DefaultZone, time: string): string | undefined {
  if (zone === undefined || typeof zone === 'string') return zone;
  const local = zone.resolve(Date.parse(`${time.slice(0, 19)}Z`));
  if (local.state !== 'exact') return undefined;
  const minutes = Math.round(local.offsetSeconds / 60);
  const hours = String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${hours}:${String(Math.abs(minutes) % 60).padStart(2, '0')}`;
}

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: string, month: string, day: string): boolean {
  const at = twoDigits(month, 0) - 1;
  const y = twoDigits(year, 0) * 100 + twoDigits(year, 2);
  const leap = at === 1 && y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);
  return twoDigits(day, 0) <= (daysOfMonth[at] as number) + (leap ? 1 : 0);
}

function twoDigits(text: string, at: number): number {
  return text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 0x30 * 11;
}
