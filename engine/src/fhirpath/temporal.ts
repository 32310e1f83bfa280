export type TemporalKind = 'date' | 'dateTime' | 'time';

/** Precision of a date or time: how many of year, month, day, hour, minute, second it has. */
export const precisions = { year: 1, month: 2, day: 3, hour: 4, minute: 5, second: 6 } as const;

/**
 * Year, month, day, hour, minute, and milliseconds in the minute (a second's fraction is a decimal
 * of the second, FHIRPath N1 §6.1.1, not a precision of its own).
 */
export interface TemporalFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly milliseconds: number;
  /** One of {@link precisions}. */
  readonly precision: number;
  /** Digits of the second's fraction as written. */
  readonly fraction: number;
  /** Minutes east of UTC, where an offset is given. */
  readonly offset: number | undefined;
}

/** A date, date and time, or time of day, perhaps partial. It keeps its text. */
export class Temporal {
  readonly kind: TemporalKind;
  #text: string | undefined;
  #fields: TemporalFields | null | undefined;

  /**
   * Of a text, fields or both; the one that is missing is made when first needed. The text is not
   * checked here: see {@link parseTemporal}.
   */
  constructor(kind: TemporalKind, text: string | undefined, fields?: TemporalFields) {
    this.kind = kind;
    this.#text = text;
    this.#fields = fields;
  }

  /** As FHIR writes it: `1974-12`, `2015-02-04T14:34:28+10:00`, `14:30`. */
  get text(): string {
    return (this.#text ??= this.#fields ? writeFields(this.kind, this.#fields) : '');
  }

  /** `undefined` if the text is not a date or time of this kind. */
  get fields(): TemporalFields | undefined {
    if (this.#fields === undefined) this.#fields = readFields(this.kind, this.#text ?? '') ?? null;
    return this.#fields ?? undefined;
  }

  toString(): string {
    return this.text;
  }
}

export function parseTemporal(kind: TemporalKind, text: string): Temporal | undefined {
  const fields = readFields(kind, text);
  return fields === undefined ? undefined : new Temporal(kind, text, fields);
}

const clockPattern = String.raw`(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?`;
const datePattern = String.raw`(\d{4})(?:-(\d\d)(?:-(\d\d))?)?`;
const zonePattern = String.raw`(Z|[+-]\d\d:\d\d)?`;
const patterns: Readonly<Record<TemporalKind, RegExp>> = {
  date: new RegExp(`^${datePattern}$`),
  dateTime: new RegExp(`^${datePattern}(?:T(?:${clockPattern}${zonePattern})?)?$`),
  time: new RegExp(`^()()()${clockPattern}$`),
};

function readFields(kind: TemporalKind, text: string): TemporalFields | undefined {
  if (kind === 'date' && text.length === 10) return readWholeDate(text);
  const match = patterns[kind].exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone] = match;
  const fields: TemporalFields = {
    year: Number(year || 1),
    month: Number(month || 1),
    day: Number(day || 1),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    milliseconds: Number(second ?? 0) * 1000 + Number(`0.${fraction || 0}`) * 1000,
    precision: lastGiven(kind, match),
    fraction: fraction.length,
    offset: readOffset(zone),
  };
  return isPossible(fields) ? fields : undefined;
}

/** `YYYY-MM-DD`, by far the most common form, without the regular expression. */
function readWholeDate(text: string): TemporalFields | undefined {
  if (text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return undefined;
  const year = readDigits(text, 0, 4);
  const month = readDigits(text, 5, 7);
  const day = readDigits(text, 8, 10);
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) {
    return undefined;
  }
  const time = { hour: 0, minute: 0, milliseconds: 0, fraction: 0, offset: undefined };
  return { year, month, day, ...time, precision: precisions.day };
}

/** The number that the characters write, `NaN` if they are not all digits. */
function readDigits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

function lastGiven(kind: TemporalKind, match: RegExpExecArray): number {
  let precision = kind === 'time' ? precisions.hour : precisions.year;
  while (precision < precisions.second && match[precision + 1] !== undefined) precision++;
  return precision;
}

function readOffset(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return zone.startsWith('-') ? -minutes : minutes;
}

function isPossible(fields: TemporalFields): boolean {
  const { year, month, day, hour, minute, milliseconds, offset = 0 } = fields;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return false;
  return hour < 24 && minute < 60 && milliseconds < 61_000 && Math.abs(offset) <= 14 * 60;
}

export function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

/**
 * Order of two dates or times (FHIRPath N1 §6.2): negative, zero, positive, or `undefined` where
 * the less precise one does not tell. Times with an offset are brought to UTC; one with an offset
 * against one without cannot be compared beyond what both dates say.
 */
export function compareTemporals(left: Temporal, right: Temporal): number | undefined {
  const [a, b] = [left.fields, right.fields];
  if (a === undefined || b === undefined) return undefined;
  if ((left.kind === 'time') !== (right.kind === 'time')) return undefined;
  return compareFields(a, b);
}

function compareFields(left: TemporalFields, right: TemporalFields): number | undefined {
  const shared = Math.min(left.precision, right.precision);
  if (shared > precisions.day && (left.offset === undefined) !== (right.offset === undefined)) {
    return compareUnzoned(left, right);
  }
  const shifts = shared > precisions.day && left.offset !== right.offset;
  const [a, b] = shifts ? [inUtc(left), inUtc(right)] : [left, right];
  const order =
    a.year - b.year ||
    (shared > 1 && a.month - b.month) ||
    (shared > 2 && a.day - b.day) ||
    (shared > 3 && a.hour - b.hour) ||
    (shared > 4 && a.minute - b.minute) ||
    (shared > 5 && a.milliseconds - b.milliseconds) ||
    0;
  if (order !== 0) return order;
  return left.precision === right.precision ? 0 : undefined;
}

/** No offset on earth moves a clock by more than 14 hours: farther apart, the order is certain. */
function compareUnzoned(left: TemporalFields, right: TemporalFields): number | undefined {
  const difference = instantOf(left) - instantOf(right);
  return Math.abs(difference) > 28 * 3_600_000 ? difference : undefined;
}

/** Milliseconds since 1970 in UTC; without an offset as if it were UTC. */
export function instantOf(fields: TemporalFields): number {
  const { year, month, day, hour, minute, milliseconds, offset = 0 } = fields;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() + (hour * 60 + minute - offset) * 60_000 + milliseconds;
}

function inUtc(fields: TemporalFields): TemporalFields {
  return { ...fieldsOf(instantOf(fields)), precision: fields.precision };
}

function fieldsOf(instant: number): TemporalFields {
  const date = new Date(instant);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    milliseconds: date.getUTCSeconds() * 1000 + date.getUTCMilliseconds(),
    precision: precisions.second,
    fraction: 3,
    offset: 0,
  };
}

/** The date or time of these fields, written to their precision. */
export function temporalOf(kind: TemporalKind, fields: TemporalFields): Temporal {
  return new Temporal(kind, undefined, fields);
}

/** An instant as a clock at `offset` minutes east of UTC shows it, to the millisecond. */
export function temporalAt(kind: TemporalKind, instant: number, offset: number): Temporal {
  const fields = { ...fieldsOf(instant + offset * 60_000), offset };
  if (kind === 'date') return temporalOf(kind, { ...fields, precision: precisions.day });
  return temporalOf(kind, kind === 'time' ? { ...fields, offset: undefined } : fields);
}

function writeFields(kind: TemporalKind, fields: TemporalFields): string {
  const date = [digits(fields.year, 4), digits(fields.month, 2), digits(fields.day, 2)]
    .slice(0, Math.min(fields.precision, 3))
    .join('-');
  if (kind === 'date' || (kind === 'dateTime' && fields.precision < 4)) return date;
  const clock = [digits(fields.hour, 2), digits(fields.minute, 2), secondText(fields)]
    .slice(0, fields.precision - 3)
    .join(':');
  return kind === 'time' ? clock : `${date}T${clock}${writeOffset(fields.offset)}`;
}

function secondText({ milliseconds, fraction }: TemporalFields): string {
  const seconds = digits(Math.floor(milliseconds / 1000), 2);
  if (fraction === 0) return seconds;
  const thousandths = digits(Math.round(milliseconds % 1000), 3);
  return `${seconds}.${thousandths.padEnd(fraction, '0').slice(0, Math.max(fraction, 3))}`;
}

function writeOffset(offset: number | undefined): string {
  if (offset === undefined) return '';
  if (offset === 0) return 'Z';
  const minutes = Math.abs(offset);
  const clock = `${digits(Math.floor(minutes / 60), 2)}:${digits(minutes % 60, 2)}`;
  return `${offset < 0 ? '-' : '+'}${clock}`;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** A unit of the calendar; weeks are seven days. */
export type CalendarUnit =
  'year' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond';

const unitMilliseconds = {
  week: 7 * 86_400_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
} as const;

/**
 * The date or time `amount` units later (FHIRPath N1 §6.6.7). An amount finer than the precision
 * counts in whole units of the precision; the last day of a month stays inside the month.
 * `undefined` if the year leaves 1 to 9999.
 */
export function addToTemporal(
  from: Temporal,
  amount: number,
  unit: CalendarUnit,
): Temporal | undefined {
  const { fields } = from;
  if (fields === undefined) return undefined;
  const whole = unit === 'second' ? amount : Math.trunc(amount);
  if (from.kind === 'time') return addToTime(fields, whole, unit);
  const months = monthsOf(whole, unit, fields.precision);
  const moved = months === undefined ? addExactly(fields, whole, unit) : addMonths(fields, months);
  if (moved.year < 1 || moved.year > 9999) return undefined;
  return temporalOf(from.kind, moved);
}

/** The amount in months where month arithmetic applies: coarse units, or a date without a day. */
function monthsOf(amount: number, unit: CalendarUnit, precision: number): number | undefined {
  if (unit === 'year') return amount * 12;
  if (unit === 'month') return precision === 1 ? Math.trunc(amount / 12) * 12 : amount;
  if (precision >= precisions.day) return undefined;
  const days = (amount * unitMilliseconds[unit]) / unitMilliseconds.day;
  return precision === 1 ? Math.trunc(days / 365) * 12 : Math.trunc(days / 30);
}

function addMonths(fields: TemporalFields, months: number): TemporalFields {
  const total = fields.year * 12 + fields.month - 1 + months;
  const year = Math.floor(total / 12);
  const month = total - year * 12 + 1;
  return { ...fields, year, month, day: Math.min(fields.day, daysInMonth(year, month)) };
}

const finest = [0, 0, 0, 86_400_000, 3_600_000, 60_000, 1] as const;

function addExactly(fields: TemporalFields, amount: number, unit: CalendarUnit): TemporalFields {
  const { precision, offset } = fields;
  const step = finest[precision as 3 | 4 | 5 | 6];
  const wanted = amount * unitMilliseconds[unit as keyof typeof unitMilliseconds];
  const moved = Math.trunc(wanted / step) * step;
  const fraction = moved % 1000 === 0 ? fields.fraction : Math.max(fields.fraction, 3);
  const local = instantOf({ ...fields, offset: undefined }) + moved;
  return { ...fieldsOf(local), precision, offset, fraction };
}

function addToTime(fields: TemporalFields, amount: number, unit: CalendarUnit): Temporal {
  if (unit === 'year' || unit === 'month') return temporalOf('time', fields);
  const moved = addExactly({ ...fields, year: 2000, month: 1, day: 1 }, amount, unit);
  return temporalOf('time', moved);
}
