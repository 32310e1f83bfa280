import { JsonNumber } from '../base/json.ts';
import { numberText, type Numeric } from './decimal.ts';
import type { CalendarUnit } from './temporal.ts';

/**
 * A number with a unit: a UCUM code, or a word of the calendar. `1 year` is a calendar year and
 * `1 'a'` is 365.25 days: they are not equal (FHIRPath N1 §2.1.9).
 */
export class Quantity {
  readonly value: Numeric;
  /** UCUM code (`mg`), or a calendar unit in the singular (`year`). */
  readonly unit: string;
  /** Whether the unit is a word of the calendar. */
  readonly calendar: boolean;
  /** The word as it was written (`years`). */
  readonly word: string;

  constructor(value: Numeric, unit: string, word?: string) {
    this.value = value;
    this.unit = unit;
    this.calendar = word !== undefined;
    this.word = word ?? unit;
  }

  /** `4 days`, `10.1 'mg'`. */
  toString(): string {
    const unit = this.calendar ? this.word : `'${this.unit}'`;
    return `${numberText(this.value)} ${unit}`;
  }

  /** As FHIR's Quantity; calendar units become the UCUM code that FHIR uses for them. */
  toFhir(): { readonly [name: string]: unknown } {
    const code = this.calendar ? calendarCodes[this.unit as CalendarUnit] : this.unit;
    const value = new JsonNumber(numberText(this.value));
    return { value, unit: this.word, system: ucumSystem, code };
  }
}

export const ucumSystem = 'http://unitsofmeasure.org';

/** UCUM's code for each calendar unit; for years and months a definite span, not the calendar's. */
export const calendarCodes: Readonly<Record<CalendarUnit, string>> = {
  year: 'a',
  month: 'mo',
  week: 'wk',
  day: 'd',
  hour: 'h',
  minute: 'min',
  second: 's',
  millisecond: 'ms',
};

/** The calendar unit a word names, in the singular or plural. */
export function calendarUnit(word: string): CalendarUnit | undefined {
  const singular = word.endsWith('s') ? word.slice(0, -1) : word;
  return singular in calendarCodes ? (singular as CalendarUnit) : undefined;
}

const codeUnits: ReadonlyMap<string, CalendarUnit> = new Map(
  Object.entries(calendarCodes).map(([unit, code]) => [code, unit as CalendarUnit]),
);

/**
 * The unit by which a quantity moves a date: a calendar word, or a UCUM code of a week or shorter.
 * UCUM's year and month are spans that no calendar has, so they move none.
 */
export function movingUnit(quantity: Quantity): CalendarUnit | undefined {
  if (quantity.calendar) return quantity.unit as CalendarUnit;
  if (quantity.unit === 'a' || quantity.unit === 'mo') return undefined;
  return codeUnits.get(quantity.unit) ?? calendarUnit(quantity.unit);
}
