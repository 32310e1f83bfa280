import { JsonNumber } from '../../base/json.ts';
import { hasBlank, isBase64, isCode, isId, isText } from './texts.ts';

/** The code of what is wrong with a primitive; undefined where nothing is. */
export type PrimitiveCheck = (value: unknown) => string | undefined;

const format = 'value-format';
const day = '\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])';
const clock = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d+)?';
const offset = '(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))';
const date = '\\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\\d|3[01]))?)?';

/** Primitive types of R4 (§2.24.0.1) by name: form, range, and whether a date exists. */
const checks: Readonly<Record<string, PrimitiveCheck>> = {
  boolean: (value) => (typeof value === 'boolean' ? undefined : format),
  integer: whole(-2_147_483_648),
  unsignedInt: whole(0),
  positiveInt: whole(1),
  decimal: (value) => (numberText(value) === undefined ? format : undefined),
  string: (value) => (isText(value) ? undefined : format),
  markdown: (value) => (isText(value) ? undefined : format),
  xhtml: (value) => (typeof value === 'string' ? undefined : format),
  code: (value) => (isCode(value) ? undefined : format),
  id: (value) => (isId(value) ? undefined : format),
  uri,
  url: uri,
  canonical,
  oid: textLike(/^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/),
  uuid: textLike(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
  date: calendar(new RegExp(`^${date}$`)),
  dateTime: calendar(new RegExp(`^(?:${date}|${day}T${clock}${offset})$`)),
  instant: calendar(new RegExp(`^${day}T${clock}${offset}$`)),
  time: textLike(new RegExp(`^${clock}$`)),
  base64Binary: (value) => (isBase64(value) ? undefined : format),
};

/** The check of a primitive type; one that is not known here is any text. */
export function primitiveCheck(type: string): PrimitiveCheck {
  return (
    (Object.hasOwn(checks, type) ? checks[type] : undefined) ??
    ((value) => (typeof value === 'string' ? undefined : format))
  );
}

/** The digits of a number as it was written; undefined for everything else. */
export function numberText(value: unknown): string | undefined {
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

function textLike(pattern: RegExp): PrimitiveCheck {
  return (value) => (typeof value === 'string' && pattern.test(value) ? undefined : format);
}

/** R4 §2.24.0.1: 32 bits, no leading zeros, no exponent and no point. */
function whole(least: number): PrimitiveCheck {
  return (value) => {
    const digits = numberText(value);
    if (digits === undefined || !/^-?(?:0|[1-9]\d*)$/.test(digits)) return format;
    const number = Number(digits);
    return number < least || number > 2_147_483_647 ? 'value-range' : undefined;
  };
}

/** A pattern lets the 31st of June pass, a calendar does not. */
function calendar(pattern: RegExp): PrimitiveCheck {
  return (value) => {
    if (typeof value !== 'string' || !pattern.test(value)) return format;
    if (value.length < 10 || value.slice(8, 10) <= '28') return undefined;
    const year = Number(value.slice(0, 4));
    const lastDay = new Date(Date.UTC(2000 + (year % 400), Number(value.slice(5, 7)), 0));
    return Number(value.slice(8, 10)) <= lastDay.getUTCDate() ? undefined : format;
  };
}

/** R4 §2.24.0.1 uri: no blanks; OIDs and UUIDs as URNs of their own form (RFC 3001, RFC 4122). */
function uri(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || hasBlank(value)) return format;
  const colon = value.charCodeAt(3) === 0x3a || value.charCodeAt(4) === 0x3a;
  if (!colon) return undefined;
  if (/^(?:oid|uuid):/i.test(value)) return 'uri-scheme';
  if (value.startsWith('urn:oid:') && !/^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/.test(value))
    return 'uri-oid';
  if (value.startsWith('urn:uuid:') && !uuidForm.test(value)) return 'uri-uuid';
  return undefined;
}

/** A canonical names a thing that stands somewhere else, or is contained (R4 §2.24.0.3). */
function canonical(value: unknown): string | undefined {
  const problem = uri(value);
  if (problem !== undefined) return problem;
  const text = value as string;
  return text.startsWith('#') || isAbsolute(text) ? undefined : 'canonical-relative';
}

/** With a version or a fragment behind it, as canonicals have. */
const uuidForm =
  /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:[|#].*)?$/;

/** Whether a uri is of no use on its own: it names no scheme (RFC 3986 §4.3). */
export function isAbsolute(value: string): boolean {
  if (value.startsWith('http://') || value.startsWith('https://')) return true;
  return /^[A-Za-z][A-Za-z0-9+.-]*:./.test(value);
}
