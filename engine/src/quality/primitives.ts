import { JsonNumber } from '../base/json.ts';
import type { Json } from '../base/json.ts';
import { objectOf } from '../model/largeObject.ts';

/** Whether a JSON value is of a primitive type of FHIR R4 (§2.24.0.1). */
export type PrimitiveTest = (value: Json) => boolean;

const day = '\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])';
const clock = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d+)?';
const offset = '(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))';
const date = `\\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\\d|3[01]))?)?`;

const tests: Readonly<Record<string, PrimitiveTest>> = {
  boolean: (value) => typeof value === 'boolean',
  integer: numberLike(/^-?(?:0|[1-9]\d{0,9})$/),
  unsignedInt: numberLike(/^(?:0|[1-9]\d{0,9})$/),
  positiveInt: numberLike(/^[1-9]\d{0,9}$/),
  decimal: numberLike(/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/),
  string: text(/\S/),
  markdown: text(/\S/),
  xhtml: text(/^<div/),
  code: text(/^\S+(?: \S+)*$/),
  id: text(/^[A-Za-z0-9.-]{1,64}$/),
  uri: text(/^\S+$/),
  url: text(/^\S+$/),
  canonical: text(/^\S+$/),
  oid: text(/^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/),
  uuid: text(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
  date: calendar(new RegExp(`^${date}$`)),
  dateTime: calendar(new RegExp(`^(?:${date}|${day}T${clock}${offset})$`)),
  instant: calendar(new RegExp(`^${day}T${clock}${offset}$`)),
  time: text(new RegExp(`^${clock}$`)),
  base64Binary: isBase64,
};

/** The test for a primitive type; a type that is not known here accepts any text. */
export function primitiveTest(type: string): PrimitiveTest {
  return tests[type] ?? ((value) => typeof value === 'string');
}

const base64 = text(/^[\sA-Za-z0-9+/]*={0,2}\s*$/);

/** In a draft, a large object is filled in when it is written. */
function isBase64(value: Json): boolean {
  return base64(value) || (typeof value === 'string' && objectOf(value) !== undefined);
}

function text(pattern: RegExp): PrimitiveTest {
  return (value) => typeof value === 'string' && pattern.test(value);
}

function numberLike(pattern: RegExp): PrimitiveTest {
  return (value) => value instanceof JsonNumber && pattern.test(value.text);
}

/** A pattern lets the 31st of June pass, a calendar does not. */
function calendar(pattern: RegExp): PrimitiveTest {
  return (value) => {
    if (typeof value !== 'string' || !pattern.test(value)) return false;
    if (value.length < 10 || value.slice(8, 10) <= '28') return true;
    const year = Number(value.slice(0, 4));
    const lastDay = new Date(Date.UTC(2000 + (year % 400), Number(value.slice(5, 7)), 0));
    return Number(value.slice(8, 10)) <= lastDay.getUTCDate();
  };
}
