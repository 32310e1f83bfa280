import { zoneClock } from '../zoneClock.ts';

const pattern = /^(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.(\d+))?([+-]\d{4}|Z)?$/;

/** What a time of HL7 says, as FHIR writes it; undefined when it is none. */
export function statedTime(
  written: string,
  zone: string | undefined,
  offset: string | undefined,
): string | undefined {
  const found = pattern.exec(written.trim().replace(',', '.'));
  if (found === null) return undefined;
  const [, year, month = '00', day = '00', hour, minute, second = '00', fraction, own] = found;
  const date = [year, ...(month === '00' ? [] : [month]), ...(day === '00' ? [] : [day])].join('-');
  if (hour === undefined || minute === undefined || day === '00') return date;
  const local = `${date}T${hour}:${minute}:${second}`;
  const at = own ?? offset ?? (zone && offsetIn(zone, local));
  if (at === undefined) return date;
  const written2 = at === 'Z' || at.includes(':') ? at : `${at.slice(0, 3)}:${at.slice(3)}`;
  return `${local}${fraction === undefined ? '' : `.${fraction}`}${written2}`;
}

/** The offset that a time names, `+0215`. */
export function statedOffset(written: string): string | undefined {
  return pattern.exec(written.trim())?.[8];
}

/** A local time that clocks showed twice or never has no certain offset. */
function offsetIn(zone: string, local: string): string | undefined {
  const asUtc = Date.parse(`${local}Z`);
  const [instant, ...more] = zoneClock(zone).instants(asUtc);
  if (instant === undefined || more.length > 0) return undefined;
  const minutes = Math.round((asUtc - instant) / 60_000);
  const absolute = Math.abs(minutes);
  const digits = (number: number): string => String(number).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${digits(Math.floor(absolute / 60))}:${digits(absolute % 60)}`;
}

/** An instant, or the beginning of a day, as a text that compares. */
export function statedMoment(written: string, zone: string | undefined): string {
  const time = statedTime(written, zone, zone === undefined ? 'Z' : undefined);
  const instant = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(instant) ? '' : new Date(instant).toISOString();
}
