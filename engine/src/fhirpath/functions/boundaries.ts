import { isNumeric, parts, rescale, type Numeric, Decimal, powerOfTen } from '../decimal.ts';
import { Quantity } from '../quantity.ts';
import { withValue } from '../quantityArithmetic.ts';
import {
  daysInMonth,
  precisions,
  Temporal,
  temporalOf,
  type TemporalFields,
  type TemporalKind,
} from '../temporal.ts';
import type { Value } from '../value.ts';

/** `lowBoundary`, `highBoundary` and `precision` (FHIRPath 2.1 §5.6, STU). */

export type Side = 'low' | 'high';

/** Digits of a decimal that a boundary is given with, unless told, and at most. */
const defaultDigits = 8;
const mostDigits = 28;

/** The least or greatest value that the input can stand for, given with `digits`. */
export function boundary(value: Value, digits: number | undefined, side: Side): Value | undefined {
  if (isNumeric(value)) return decimalBoundary(value, digits ?? defaultDigits, side);
  if (value instanceof Quantity) {
    const edge = decimalBoundary(value.value, digits ?? defaultDigits, side);
    return edge === undefined ? undefined : withValue(value, edge);
  }
  return value instanceof Temporal ? temporalBoundary(value, digits, side) : undefined;
}

/** Half a unit of the last digit either way. */
function decimalBoundary(value: Numeric, digits: number, side: Side): Numeric | undefined {
  if (digits < 0 || digits > mostDigits) return undefined;
  const { coefficient, scale } = parts(value);
  const half = side === 'low' ? -5n : 5n;
  const edge = Decimal.of({ coefficient: coefficient * powerOfTen(1) + half, scale: scale + 1 });
  return rescale(edge, digits, side === 'low' ? 'floor' : 'ceiling');
}

/** Digits of a written date or time, by precision: `YYYYMMDDhhmmssSSS`. */
const digitCounts: Readonly<Record<TemporalKind, ReadonlyMap<number, number>>> = {
  date: new Map([
    [4, precisions.year],
    [6, precisions.month],
    [8, precisions.day],
  ]),
  dateTime: new Map([
    [4, precisions.year],
    [6, precisions.month],
    [8, precisions.day],
    [10, precisions.hour],
    [12, precisions.minute],
    [14, precisions.second],
    [17, precisions.second],
  ]),
  time: new Map([
    [2, precisions.hour],
    [4, precisions.minute],
    [6, precisions.second],
    [9, precisions.second],
  ]),
};
const fullDigits: Readonly<Record<TemporalKind, number>> = { date: 8, dateTime: 17, time: 9 };

function temporalBoundary(
  value: Temporal,
  digits: number | undefined,
  side: Side,
): Temporal | undefined {
  const { kind, fields } = value;
  const wanted = digits ?? fullDigits[kind];
  const precision = digitCounts[kind].get(wanted);
  if (fields === undefined || precision === undefined) return undefined;
  const full = side === 'low' ? fields : highest(fields);
  const fraction = wanted === 17 || wanted === 9 ? 3 : 0;
  const shown = precision <= precisions.day ? 'date' : kind;
  const offset = kind === 'dateTime' ? (fields.offset ?? edgeOffset(side)) : undefined;
  const edge = temporalOf(kind === 'time' ? 'time' : shown, {
    ...full,
    precision,
    fraction,
    offset,
  });
  return shown === kind ? edge : new Temporal(kind, edge.text);
}

/** Where no offset is given, the earliest instant is in the east and the latest in the west. */
function edgeOffset(side: Side): number {
  return side === 'low' ? 14 * 60 : -12 * 60;
}

function highest(fields: TemporalFields): TemporalFields {
  const { precision } = fields;
  const month = precision < precisions.month ? 12 : fields.month;
  const day = precision < precisions.day ? daysInMonth(fields.year, month) : fields.day;
  return {
    ...fields,
    month,
    day,
    hour: precision < precisions.hour ? 23 : fields.hour,
    minute: precision < precisions.minute ? 59 : fields.minute,
    milliseconds: highestMilliseconds(fields),
  };
}

function highestMilliseconds({ precision, milliseconds, fraction }: TemporalFields): number {
  if (precision < precisions.second) return 59_999;
  return milliseconds + (fraction === 0 ? 999 : 0);
}

/** Digits after the point of a decimal, or digits of a date or time. */
export function precisionOf(value: Value): number | undefined {
  if (isNumeric(value)) return parts(value).scale;
  if (!(value instanceof Temporal)) return undefined;
  const clock = value.kind === 'date' ? value.text : value.text.replace(/(?:Z|[+-]\d\d:\d\d)$/, '');
  return clock.replaceAll(/\D/g, '').length;
}
