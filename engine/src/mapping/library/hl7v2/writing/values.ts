import type { WrittenValue } from '../../../../formats/hl7v2/writer.ts';
import type { Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { plainDecimal } from '../../outward/decimalText.ts';
import { concept, dateTime, decimal, parts, primitive, unit } from './dataTypes.ts';

/** A value of an OBX: its data type, its repetitions, and its units. */
export interface ObservedValue {
  type: string;
  values: readonly (WrittenValue | undefined)[];
  units?: WrittenValue;
}

type ValueWriter = (from: Reading, name: string, writing: Writing) => ObservedValue | undefined;

/** Comparators of SN; R4's `ad` is none of them. */
const comparators = new Set(['<', '<=', '>', '>=']);

const quantity: ValueWriter = (from, name) => {
  const value = from.child(name);
  if (value === undefined) return undefined;
  const comparator = value.text('comparator');
  const own = decimal(value, 'value');
  if (own === undefined) return undefined;
  const units = unit(value);
  if (comparator === undefined) return { type: 'NM', values: [own], units };
  return comparators.has(comparator)
    ? { type: 'SN', values: [parts({ 1: comparator, 2: own })], units }
    : { type: 'ST', values: [`${comparator} ${own}`], units };
};

/** Two quantities of one unit. */
function pair(low: Reading | undefined, high: Reading | undefined): [string, string] | undefined {
  const [first, second] = [low?.peek('value'), high?.peek('value')];
  if (low === undefined || high === undefined || first === undefined || second === undefined)
    return undefined;
  const isOneUnit = ['unit', 'code', 'system'].every((each) => low.peek(each) === high.peek(each));
  if (!isOneUnit) return undefined;
  low.take('value');
  high.takeWhole();
  return [plainDecimal(first), plainDecimal(second)];
}

const range: ValueWriter = (from, name) => {
  const value = from.child(name);
  const low = value?.child('low');
  const both = pair(low, value?.child('high'));
  if (low === undefined || both === undefined) return undefined;
  return { type: 'SN', values: [parts({ 2: both[0], 3: '-', 4: both[1] })], units: unit(low) };
};

const ratio: ValueWriter = (from, name) => {
  const value = from.child(name);
  const numerator = value?.child('numerator');
  const both = pair(numerator, value?.child('denominator'));
  if (numerator === undefined || both === undefined) return undefined;
  return {
    type: 'SN',
    values: [parts({ 2: both[0], 3: ':', 4: both[1] })],
    units: unit(numerator),
  };
};

const words: ValueWriter = (from, name) => {
  const own = from.text(name);
  return own === undefined
    ? undefined
    : { type: own.length > 199 ? 'TX' : 'ST', values: own.split('\n') };
};

const coded: ValueWriter = (from, name, writing) => {
  const value = from.child(name);
  return value && { type: 'CWE', values: [concept(value, writing)] };
};

const time: ValueWriter = (from, name, writing) => {
  const own = primitive(from, name, dateTime, writing);
  return own === undefined ? undefined : { type: 'DTM', values: [own] };
};

const clock: ValueWriter = (from, name) => {
  const own = from.text(name);
  return own === undefined ? undefined : { type: 'TM', values: [own.replaceAll(':', '')] };
};

const period: ValueWriter = (from, name, writing) => {
  const value = from.child(name);
  if (value === undefined) return undefined;
  const [start, end] = ['start', 'end'].map((each) => primitive(value, each, dateTime, writing));
  return { type: 'DR', values: [parts({ 1: start, 2: end })] };
};

/** A whole number or a yes or no: read again as a quantity or a code, which is told. */
const integer: ValueWriter = (from, name, writing) => {
  const own = decimal(from, name);
  writing.issue('type-changed', `${from.path}.${name}`);
  return own === undefined ? undefined : { type: 'NM', values: [own] };
};

const boolean: ValueWriter = (from, name, writing) => {
  const own = from.text(name);
  writing.issue('type-changed', `${from.path}.${name}`);
  const code = own === 'true' ? ['Y', 'Yes'] : ['N', 'No'];
  return { type: 'CWE', values: [[...code, 'HL70136']] };
};

const writers: Readonly<Record<string, ValueWriter>> = {
  Quantity: quantity,
  Range: range,
  Ratio: ratio,
  String: words,
  CodeableConcept: coded,
  DateTime: time,
  Time: clock,
  Period: period,
  Integer: integer,
  Boolean: boolean,
};

/** `value[x]` of an observation or a component by the data type that OBX-2 names. */
export function valueOf(from: Reading, writing: Writing): ObservedValue | undefined {
  const found = from.choice('value');
  return found && writers[found.type]?.(from, found.name, writing);
}
