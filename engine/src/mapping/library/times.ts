import type { TimeZone } from '../../formats/zones.ts';

/** Offset that a message's times without one have: `+02:15`, or a zone that tells it for each. */
export type DefaultZone = string | TimeZone | undefined;

export interface FhirTime {
  /** `dateTime` of FHIR with no more precision than the message had. */
  text: string;
  problem: 'time-zone-missing' | undefined;
}

const pattern =
  /^(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:[.,](\d+))?)?)?)?)?)?([+-]\d{4}|Z)?$/;

/**
 * An HL7 date or time (DTM, TS, DT: `YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+/-ZZZZ]`) as FHIR writes it.
 * Undefined when it is none or names a day that does not exist. A time whose zone nobody knows, or
 * with hours and no minutes, is told as its date, which is what is certain.
 */
export function fhirTime(written: string, zone: DefaultZone): FhirTime | undefined {
  const found = pattern.exec(written.trim());
  if (found === null) return undefined;
  const [, year = '', month, day, hour, minute, second = '00', fraction, offset] = found;
  if (month === undefined || month === '00') return { text: year, problem: undefined };
  if (!isMonth(month)) return undefined;
  if (day === undefined || day === '00') return { text: `${year}-${month}`, problem: undefined };
  if (!isDay(year, month, day)) return undefined;
  const date = `${year}-${month}-${day}`;
  if (hour === undefined || minute === undefined) return { text: date, problem: undefined };
  if (hour > '23' || minute > '59' || second > '60') return undefined;
  const time = `${date}T${hour}:${minute}:${second}${fraction === undefined ? '' : `.${fraction}`}`;
  const zoned = offset === undefined ? zoneAt(zone, time) : offsetText(offset);
  if (zoned === undefined) return { text: date, problem: 'time-zone-missing' };
  return { text: time + zoned, problem: undefined };
}

/** The offset a time is written with, as FHIR writes it; undefined when there is none. */
export function offsetOf(written: string): string | undefined {
  const offset = pattern.exec(written.trim())?.[8];
  return offset === undefined ? undefined : offsetText(offset);
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

function isMonth(month: string): boolean {
  return month <= '12';
}

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: string, month: string, day: string): boolean {
  const at = Number(month) - 1;
  const y = Number(year);
  const leap = at === 1 && y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);
  return Number(day) <= (daysOfMonth[at] as number) + (leap ? 1 : 0);
}
