/**
 * Canonical forms of fact values: what the source states and what is read from the target are both
 * brought into the form of the concept before they are compared.
 */
export interface Form {
  /** One line for the reference page. */
  doc: string;
  /**
   * White space at the ends of the *target's* value is no difference. Where it is false, a padded
   * code or identifier at the target is a finding. What a fact states is always trimmed first.
   */
  spaceFolds: boolean;
  /**
   * The form of a text, or undefined when it is not of the form. A fixed point: the canonical form
   * of a canonical form is itself.
   */
  canonical: (text: string) => string | undefined;
}

export type FormName =
  'text' | 'code' | 'digest' | 'boolean' | 'date' | 'dateTime' | 'decimal' | 'digits' | 'reference';

export const forms: Readonly<Record<FormName, Form>> = {
  text: {
    doc: 'trimmed at both ends, otherwise code point for code point',
    spaceFolds: true,
    canonical: (text) => text,
  },
  code: {
    doc: 'code point for code point; at the target without space at the ends',
    spaceFolds: false,
    canonical: (text) => text,
  },
  digest: {
    doc: 'SHA-256 of bytes, hex',
    spaceFolds: false,
    canonical: (text) => matching(text, /^[0-9a-f]{64}$/),
  },
  boolean: {
    doc: '`true` or `false`',
    spaceFolds: false,
    canonical: (text) => matching(text, /^(?:true|false)$/),
  },
  date: {
    doc: '`YYYY`, `YYYY-MM` or `YYYY-MM-DD`, never more precise than its source',
    spaceFolds: false,
    canonical: canonicalDate,
  },
  dateTime: {
    doc: 'a date, or an instant with its offset; instants compare as instants, precision is kept',
    spaceFolds: false,
    canonical: (text) => canonicalDate(text) ?? canonicalInstant(text),
  },
  decimal: {
    doc: 'a decimal with the digits it was written with: `0.50` is not `0.5`',
    spaceFolds: false,
    canonical: canonicalDecimal,
  },
  digits: {
    doc: 'digits only, other characters dropped; a text without digits stays as it is',
    spaceFolds: true,
    canonical: (text) => text.replace(/\D+/g, '') || text,
  },
  reference: {
    doc: '`Type/id` with the stable id of the resource referred to',
    spaceFolds: false,
    canonical: (text) => matching(text, /^[A-Z][A-Za-z]*\/[A-Za-z0-9.-]{1,64}$/),
  },
};

function matching(text: string, pattern: RegExp): string | undefined {
  return pattern.test(text) ? text : undefined;
}

/** FHIR R4 date, partial dates included (§2.24.0.1), on the calendar. */
function canonicalDate(text: string): string | undefined {
  const match = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(text);
  if (match === null) return undefined;
  return onCalendar(Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1))
    ? text
    : undefined;
}

function onCalendar(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day >= 1 && day <= days;
}

const instantPattern =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/** An instant in UTC with its fraction of a second, however long, without trailing zeros. */
function canonicalInstant(text: string): string | undefined {
  const match = instantPattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '00', fraction = '', offset] = match;
  if (!onCalendar(Number(year), Number(month), Number(day))) return undefined;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  if (Number.isNaN(time)) return undefined;
  const seconds = new Date(time).toISOString().slice(0, -'.000Z'.length);
  let end = fraction.length;
  while (end > 0 && fraction[end - 1] === '0') end--;
  return end === 0 ? `${seconds}Z` : `${seconds}.${fraction.slice(0, end)}Z`;
}

/** Sign and zero before the point are put in order; no digit of the precision is touched. */
function canonicalDecimal(text: string): string | undefined {
  const match = /^([+-]?)(\d*)(\.\d+)?([eE][+-]?\d+)?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const integer = whole.replace(/^0+(?=\d)/, '') || '0';
  return `${sign === '-' ? '-' : ''}${integer}${fraction}${exponent}`;
}
