import { decimalOf } from '../../decimal.ts';
import type { Segment, Value } from '../../../../formats/hl7v2/segment.ts';
import type { Conversion } from '../conversion.ts';
import type { Element } from '../../resource.ts';
import { element } from '../dataTypes.ts';

/** When and how often, as messages before v2.5 have it in one field. */
export interface OldTiming {
  timing: Element | undefined;
  /** TQ.1: how much each time. */
  quantity(): Element | undefined;
  /** TQ.6. */
  priority: string;
  /** TQ.7 and TQ.8: under which condition, and other words. */
  words: string;
}

/** UCUM's units by the letters of TQ.3: `D10` is ten days. */
const lengths: Readonly<Record<string, string>> = {
  S: 's',
  M: 'min',
  H: 'h',
  D: 'd',
  W: 'wk',
  L: 'mo',
};

/**
 * Quantity/Timing (TQ, chapter 4.3 of v2.4): RXE-1, and ORC-7 where a message has no TQ1. The first
 * repetition; further ones stay unread.
 */
export function oldTimingOf(
  segment: Segment,
  field: number,
  conversion: Conversion,
): OldTiming | undefined {
  if (!segment.valued(field)) return undefined;
  const value = segment.value(field);
  const path = `${segment.name}-${field}`;
  const period = element({
    start: conversion.time(value.text(4), path),
    end: conversion.time(value.text(5), path),
  });
  const repeat = element({ boundsPeriod: period, ...lengthOf(value, period === undefined) });
  const often = value.text(2);
  const code = often === '' ? undefined : { coding: [{ code: often }] };
  return {
    timing: element({ code, repeat }),
    quantity: () => {
      const amount = decimalOf(value.text(1));
      return amount === undefined ? undefined : element({ value: amount, unit: value.text(1, 2) });
    },
    priority: value.text(6),
    words: [value.text(7), value.text(8)].filter((text) => text !== '').join('; '),
  };
}

/** TQ.3 and TQ.12: for how long, or how many times. What is neither stays unread. */
function lengthOf(value: Value, isUnbound: boolean): Element {
  const times = /^\d+$/.exec(value.size > 11 ? value.text(12) : '')?.[0];
  const found: Element = times === undefined ? {} : { count: Number(times) };
  if (!value.has(3)) return found;
  const [, letter = '', number = ''] = /^([SMHDWLX])(\d+)$/.exec(value.part(3)) ?? [];
  if (letter === 'X') return { ...found, count: Number(value.text(3).slice(1)) };
  const code = lengths[letter];
  if (code === undefined || !isUnbound) return found;
  value.text(3);
  const bounds = { value: Number(number), unit: code, system: 'http://unitsofmeasure.org', code };
  return { ...found, boundsDuration: bounds };
}
