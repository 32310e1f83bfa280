import { JsonNumber } from '../base/json.ts';
import { Decimal, isNumeric, numberText } from './decimal.ts';
import { Quantity } from './quantity.ts';
import { Temporal } from './temporal.ts';

/** A FHIR JSON object (from `JSON.parse` or `parseJson`), never changed. */
export interface FhirObject {
  readonly [name: string]: unknown;
}

/**
 * What an expression yields. FHIR elements come out as the JSON they are: primitives as string,
 * boolean, number or JsonNumber, the rest as objects. Computed values are System values: `number`
 * for an integer that a double holds exactly, {@link Decimal} for every other number,
 * {@link Temporal} for dates and times, {@link Quantity}. `jsonOf` makes JSON of any of them.
 */
export type Value =
  string | boolean | number | JsonNumber | Decimal | Temporal | Quantity | FhirObject;

/** A value and the name of its type, `System.Integer` or `FHIR.HumanName`. */
export interface TypedValue {
  readonly type: string;
  readonly value: Value | undefined;
}

/** A value as JSON: numbers keep their digits, dates and times are texts. */
export function jsonOf(value: Value): string | boolean | JsonNumber | FhirObject {
  if (typeof value === 'number') return new JsonNumber(String(value));
  if (value instanceof Decimal) return new JsonNumber(value.text);
  if (value instanceof Temporal) return value.text;
  if (value instanceof Quantity) return value.toFhir();
  return value;
}

/** A value as text, as `toString()` gives it; objects have none. */
export function textOf(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (isNumeric(value)) return numberText(value);
  if (value instanceof Temporal) return value.text;
  return value instanceof Quantity ? value.toString() : undefined;
}
