import { JsonNumber } from '../base/json.ts';
import { Decimal } from '../fhirpath/decimal.ts';
import { Temporal } from '../fhirpath/temporal.ts';
import { textOf } from '../fhirpath/value.ts';
import type { Value } from '../fhirpath/value.ts';

/** JSON text of a value for an element of one type; `undefined` when the type cannot hold it. */
export type ValueWriter = (value: Value) => string | undefined;

/**
 * How a primitive type of FHIR R4 (§2.24.0.1) writes a value. A number is written with the digits
 * that it came with; whether a text is a good code or uri is for the rules to say, later.
 */
export function valueWriter(type: string): ValueWriter {
  return writers.get(type) ?? writeText;
}

/** JSON of a text. Most texts need no escape, and finding that out is cheaper than escaping. */
export function quote(text: string): string {
  return escapable.test(text) ? JSON.stringify(text) : `"${text}"`;
}

// oxlint-disable-next-line no-control-regex -- control characters are what JSON must escape
const escapable = /["\\\u0000-\u001f\ud800-\udfff]/;

function writeText(value: Value): string | undefined {
  const text = typeof value === 'string' ? value : textOf(value);
  return text === undefined || text === '' ? undefined : quote(text);
}

function writeBoolean(value: Value): string | undefined {
  if (value === true || value === 't' || value === 'true') return 'true';
  return value === false || value === 'f' || value === 'false' ? 'false' : undefined;
}

function writeNumber(pattern: RegExp): ValueWriter {
  return (value) => {
    const text = numberText(value);
    return text !== undefined && pattern.test(text) ? text : undefined;
  };
}

function numberText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return value instanceof Decimal || value instanceof JsonNumber ? value.text : undefined;
}

function writeTemporal(pattern: RegExp): ValueWriter {
  return (value) => {
    const text = value instanceof Temporal ? value.text : value;
    return typeof text === 'string' && pattern.test(text) ? `"${text}"` : undefined;
  };
}

const date = '\\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\\d|3[01]))?)?';
const day = '\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])';
const clock = '([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?';
const offset = '(Z|[+-](0\\d|1[0-4]):[0-5]\\d)';

const writers: ReadonlyMap<string, ValueWriter> = new Map<string, ValueWriter>([
  ['boolean', writeBoolean],
  ['integer', writeNumber(/^(0|-?[1-9]\d{0,9})$/)],
  ['unsignedInt', writeNumber(/^(0|[1-9]\d{0,9})$/)],
  ['positiveInt', writeNumber(/^[1-9]\d{0,9}$/)],
  ['decimal', writeNumber(/^-?(0|[1-9]\d*)(\.\d+)?$/)],
  ['date', writeTemporal(new RegExp(`^${date}$`))],
  ['dateTime', writeTemporal(new RegExp(`^(${date}|${day}T${clock}${offset})$`))],
  ['instant', writeTemporal(new RegExp(`^${day}T${clock}${offset}$`))],
  ['time', writeTemporal(new RegExp(`^${clock}$`))],
]);
