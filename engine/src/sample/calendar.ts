/** A civil date as the number of days since 1970-01-01, with no zone. */
export type Day = number;

/** A moment on the wall clock of the hospital: a day and the minutes since its midnight. */
export interface LocalMinute {
  day: Day;
  minute: number;
}

interface Civil {
  year: number;
  month: number;
  date: number;
}

const msPerDay = 86_400_000;
const monthNames = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

export function dayOf(year: number, month: number, date: number): Day {
  return Date.UTC(year, month - 1, date) / msPerDay;
}

export function civil(day: Day): Civil {
  const instant = new Date(day * msPerDay);
  return {
    year: instant.getUTCFullYear(),
    month: instant.getUTCMonth() + 1,
    date: instant.getUTCDate(),
  };
}

/** The ways in which the legacy tables write a date. */
export type LegacyDateFormat = 'MM/dd/yy' | 'MM/dd/yyyy' | 'yyyyMMdd' | 'dd-MMM-yyyy';

export function legacyDate(day: Day, format: LegacyDateFormat): string {
  const { year, month, date } = civil(day);
  switch (format) {
    case 'MM/dd/yy':
      return `${two(month)}/${two(date)}/${two(year % 100)}`;
    case 'MM/dd/yyyy':
      return `${two(month)}/${two(date)}/${year}`;
    case 'yyyyMMdd':
      return `${year}${two(month)}${two(date)}`;
    case 'dd-MMM-yyyy':
      return `${two(date)}-${monthNames[month - 1] as string}-${year}`;
  }
}

/** ISO 8601, as the truth files and `date` columns write it. */
export function isoDate(day: Day): string {
  const { year, month, date } = civil(day);
  return `${year}-${two(month)}-${two(date)}`;
}

export function clockTime(minute: number): string {
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** A `timestamp without time zone`, as PostgreSQL writes it. */
export function localTimestamp(at: LocalMinute): string {
  return `${isoDate(at.day)} ${clockTime(at.minute)}:00`;
}

/** The same moment with the offset that America/Chicago had: what must arrive. */
export function isoInstant(at: LocalMinute): string {
  const offset = isDaylightSaving(at) ? '-05:00' : '-06:00';
  return `${isoDate(at.day)}T${clockTime(at.minute)}:00${offset}`;
}

/**
 * The rule of the Energy Policy Act of 2005, in force since 2007: from 02:00 on the second Sunday
 * of March to 02:00 on the first Sunday of November. The sample holds no older local time, and
 * none between 01:00 and 03:00, which a switch may repeat or skip.
 */
function isDaylightSaving(at: LocalMinute): boolean {
  const { year } = civil(at.day);
  const start = firstSunday(dayOf(year, 3, 1)) + 7;
  const end = firstSunday(dayOf(year, 11, 1));
  const twoOClock = 120;
  if (at.day === start) return at.minute >= twoOClock;
  if (at.day === end) return at.minute < twoOClock;
  return at.day > start && at.day < end;
}

/** 1970-01-01 was a Thursday. */
function firstSunday(from: Day): Day {
  const weekday = (from + 4) % 7;
  return weekday === 0 ? from : from + 7 - weekday;
}

export function addMinutes(at: LocalMinute, minutes: number): LocalMinute {
  const total = at.minute + minutes;
  return { day: at.day + Math.floor(total / 1440), minute: total % 1440 };
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
