import type { XmlElement } from '../../../../formats/xml/element.ts';
import { fill } from '../../resource.ts';
import type { Element } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import {
  absentReason,
  concept,
  number,
  plain,
  quantity,
  quantityRange,
  timeSpan,
  words,
} from '../values.ts';

/** Fill `value[x]` from the value of an observation, by its data type; a null one says why. */
export function fillValue(made: Element, value: XmlElement, conversion: Conversion): void {
  const type = (value.attribute('xsi:type') ?? '').replace(/^.*:/, '');
  const before = Object.keys(made).length;
  (readers[type] ?? guessed)(made, value, conversion);
  if (Object.keys(made).length > before) return;
  const reason = value.attribute('nullFlavor');
  if (reason !== undefined) fill(made, 'dataAbsentReason', absentReason(reason));
}

type ValueReader = (made: Element, value: XmlElement, conversion: Conversion) => void;

const asConcept: ValueReader = (made, value, conversion) => {
  fill(made, 'valueCodeableConcept', concept(value, conversion));
};

const asString: ValueReader = (made, value, conversion) => {
  fill(made, 'valueString', words(value, conversion));
};

/** A number with a unit; one that is no number, as "trace", is kept in its words. */
const asQuantity: ValueReader = (made, value, conversion) => {
  const told = quantity(value, conversion);
  if (told !== undefined) {
    fill(made, 'valueQuantity', told);
    return;
  }
  const [translation] = value.all('translation');
  const own = translation?.child('originalText') ?? value.child('originalText');
  fill(made, 'valueString', own && words(own, conversion));
};

const asRange: ValueReader = (made, value, conversion) => {
  const told = quantityRange(value, conversion);
  if (told === undefined) return;
  if ('range' in told) fill(made, 'valueRange', told.range);
  else fill(made, 'valueQuantity', told.quantity);
};

const asNumber: ValueReader = (made, value, conversion) => {
  const told = number(value, conversion);
  if (told === undefined) return;
  if (typeof told === 'number' && Number.isInteger(told)) fill(made, 'valueInteger', told);
  else fill(made, 'valueQuantity', { value: told });
};

const asTime: ValueReader = (made, value, conversion) => {
  const { point, period } = timeSpan(value, conversion);
  fill(made, 'valueDateTime', point);
  fill(made, 'valuePeriod', period);
};

const asBoolean: ValueReader = (made, value) => {
  const told = value.attribute('value');
  if (told === 'true' || told === 'false') fill(made, 'valueBoolean', told === 'true');
};

const asRatio: ValueReader = (made, value, conversion) => {
  const numerator = quantity(value.child('numerator'), conversion);
  const denominator = quantity(value.child('denominator'), conversion);
  if (numerator && denominator) fill(made, 'valueRatio', { numerator, denominator });
};

/** A name or an identifier as an answer: its words. */
const asWords: ValueReader = (made, value) => {
  const root = value.attribute('root');
  const extension = value.attribute('extension');
  const told = root === undefined ? plain(value.text) : [root, extension].filter(Boolean).join(' ');
  fill(made, 'valueString', told);
};

/** No data type is named: what is there tells. */
const guessed: ValueReader = (made, value, conversion) => {
  const code = value.peek('code');
  if (code !== undefined) asConcept(made, value, conversion);
  else if (value.peek('value') !== undefined) asQuantity(made, value, conversion);
  else asString(made, value, conversion);
};

const readers: Readonly<Record<string, ValueReader>> = {
  CD: asConcept,
  CE: asConcept,
  CO: asConcept,
  CS: asConcept,
  CV: asConcept,
  ST: asString,
  ED: asString,
  PQ: asQuantity,
  MO: asQuantity,
  IVL_PQ: asRange,
  IVL_INT: asRange,
  IVL_REAL: asRange,
  INT: asNumber,
  REAL: asNumber,
  TS: asTime,
  IVL_TS: asTime,
  BL: asBoolean,
  RTO: asRatio,
  RTO_PQ_PQ: asRatio,
  RTO_QTY_QTY: asRatio,
  II: asWords,
  PN: asWords,
  ON: asWords,
};
