import { tag, type XmlWritten } from '../../../../formats/xml/writer.ts';
import type { Writing } from '../../outward/chart.ts';
import { plainDecimal } from '../../outward/decimalText.ts';
import type { Reading } from '../../outward/reading.ts';
import { concept, interval, measured, quantity, spanOf, timeAt } from './dataTypes.ts';
import { said } from './entry.ts';

type ValueWriter = (from: Reading, name: string, writing: Writing) => XmlWritten;

/** PQ; with a comparator an interval of one end; what no PQ can hold in its words, which is told. */
const asQuantity: ValueWriter = (from, name, writing) => {
  const value = from.child(name);
  if (value === undefined) return undefined;
  const comparator = value.text('comparator');
  const found = measured(value);
  if (found === undefined) return inWords(value, name, from, writing);
  if (comparator === undefined) return tag('value', { 'xsi:type': 'PQ', ...found });
  const inclusive = comparator.endsWith('=') ? undefined : 'false';
  const end = comparator.startsWith('<') ? 'high' : 'low';
  return tag('value', { 'xsi:type': 'IVL_PQ' }, tag(end, { ...found, inclusive }));
};

function inWords(value: Reading, name: string, from: Reading, writing: Writing): XmlWritten {
  writing.issue('type-changed', `${from.path}.${name}`);
  const told = ['comparator', 'value', 'unit'].map((each) => value.text(each));
  return tag('value', { 'xsi:type': 'ST' }, told.filter(Boolean).join(' '));
}

const asRange: ValueWriter = (from, name) => {
  const value = from.child(name);
  const [low, high] = ['low', 'high'].map((each) => quantity(each, value?.child(each)));
  return (low ?? high) ? tag('value', { 'xsi:type': 'IVL_PQ' }, low, high) : undefined;
};

const asRatio: ValueWriter = (from, name) => {
  const value = from.child(name);
  const [numerator, denominator] = ['numerator', 'denominator'].map((each) =>
    quantity(each, value?.child(each), 'PQ'),
  );
  return numerator && denominator
    ? tag('value', { 'xsi:type': 'RTO_PQ_PQ' }, numerator, denominator)
    : undefined;
};

const asConcept: ValueWriter = (from, name, writing) =>
  concept('value', from.child(name), writing, { type: 'CD' });

const asString: ValueWriter = (from, name) => {
  const own = from.text(name);
  return own === undefined ? undefined : tag('value', { 'xsi:type': 'ST' }, own);
};

const asClock: ValueWriter = (from, name, writing) => {
  writing.issue('type-changed', `${from.path}.${name}`);
  return asString(from, name, writing);
};

const asInteger: ValueWriter = (from, name) => {
  const own = from.text(name);
  return own === undefined
    ? undefined
    : tag('value', { 'xsi:type': 'INT', value: plainDecimal(own) });
};

const asBoolean: ValueWriter = (from, name) => {
  const own = from.text(name);
  return own === undefined ? undefined : tag('value', { 'xsi:type': 'BL', value: own });
};

const asTime: ValueWriter = (from, name, writing) => {
  const own = timeAt(from, name, writing);
  return own === undefined ? undefined : tag('value', { 'xsi:type': 'TS', value: own });
};

const asPeriod: ValueWriter = (from, name, writing) =>
  interval('value', spanOf(from.child(name), writing), 'IVL_TS');

const writers: Readonly<Record<string, ValueWriter>> = {
  Quantity: asQuantity,
  Range: asRange,
  Ratio: asRatio,
  CodeableConcept: asConcept,
  String: asString,
  Time: asClock,
  Integer: asInteger,
  Boolean: asBoolean,
  DateTime: asTime,
  Period: asPeriod,
};

/** `value[x]` by the data type of CDA that has it. */
export function valueOf(from: Reading, writing: Writing): XmlWritten {
  const found = from.choice('value');
  return found && writers[found.type]?.(from, found.name, writing);
}

/** The value in words, for the narrative; nothing is marked. */
export function words(from: Reading): string {
  const found = from.choice('value');
  if (found === undefined) return '';
  const plain = from.peek(found.name);
  if (plain !== undefined) return plain;
  const value = from.child(found.name);
  if (found.type === 'CodeableConcept') return said(value) ?? '';
  const numbers =
    found.type === 'Quantity'
      ? [value]
      : ['low', 'high', 'numerator', 'denominator'].map((each) => value?.child(each));
  return numbers
    .filter((each) => each !== undefined)
    .map((each) =>
      ['comparator', 'value', 'unit']
        .map((name) => each.peek(name))
        .filter(Boolean)
        .join(' '),
    )
    .join(' – ');
}
