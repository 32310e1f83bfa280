import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Element } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import {
  coding,
  compact,
  concept,
  entryText,
  number,
  quantity,
  quantityRange,
  timeSpan,
  words,
} from '../values.ts';
import type { TimeSpan } from '../values.ts';
import { related, settle } from './entry.ts';

/** When a drug is taken from and to, and how. */
export interface Dosage {
  span: TimeSpan;
  dosage: Element | undefined;
}

export function dosageOf(entry: XmlElement, conversion: Conversion): Dosage {
  const { span, timing } = timingOf(entry, conversion);
  const [dose, rate] = [entry.child('doseQuantity'), entry.child('rateQuantity')];
  const amount = compact({
    ...inUnits(measure('dose', dose, conversion), entry),
    ...measure('rate', rate, conversion),
  });
  const precondition = entry.at('precondition', 'criterion');
  const dosage = compact({
    text: sigOf(entry, conversion),
    timing,
    ...asNeeded(precondition, conversion),
    site: concept(entry.child('approachSiteCode'), conversion),
    route: concept(entry.child('routeCode'), conversion),
    doseAndRate: amount && [amount],
    maxDosePerPeriod: ratio(entry.child('maxDoseQuantity'), conversion),
  });
  return { span, dosage };
}

/** The words for the patient: Medication Free Text Sig, else Instruction, else the entry's own. */
function sigOf(entry: XmlElement, conversion: Conversion): string | undefined {
  const [sig] = related(entry, '2.16.840.1.113883.10.20.22.4.147');
  const [instruction] = related(entry, '2.16.840.1.113883.10.20.22.4.20');
  for (const each of [sig, instruction]) {
    settle(each);
    const text = each?.child('text');
    const said = text && words(text, conversion);
    if (said !== undefined) return said;
  }
  return entryText(entry, conversion);
}

function asNeeded(precondition: XmlElement | undefined, conversion: Conversion): Element {
  if (precondition === undefined) return {};
  const value = concept(precondition.child('value'), conversion);
  const code = concept(precondition.child('code'), conversion);
  const told = value ?? code;
  const text = precondition.child('text');
  const said = text && words(text, conversion);
  if (told !== undefined) return { asNeededCodeableConcept: told };
  return said === undefined
    ? { asNeededBoolean: true }
    : { asNeededCodeableConcept: { text: said } };
}

/** A dose that counts units says of what: tablets, puffs (administrationUnitCode). */
function inUnits(dose: Element, entry: XmlElement): Element {
  const unit = coding(entry.child('administrationUnitCode'));
  const counted = dose.doseQuantity as Element | undefined;
  if (unit === undefined || counted === undefined || counted.unit !== undefined) return dose;
  const { system, code, display } = unit;
  return {
    doseQuantity: { ...counted, unit: display ?? code, ...(system ? { system, code } : {}) },
  };
}

function measure(
  name: 'dose' | 'rate',
  element: XmlElement | undefined,
  conversion: Conversion,
): Element {
  if (element === undefined) return {};
  const single = quantity(element, conversion);
  if (single !== undefined) return { [`${name}Quantity`]: single };
  const [low, high] = [element.child('low'), element.child('high')];
  if (low === undefined && high === undefined) return {};
  const span = quantityRange(element, conversion);
  if (span === undefined) return {};
  return 'range' in span
    ? { [`${name}Range`]: span.range }
    : { [`${name}Quantity`]: span.quantity };
}

function ratio(element: XmlElement | undefined, conversion: Conversion): Element | undefined {
  const numerator = quantity(element?.child('numerator'), conversion);
  const denominator = quantity(element?.child('denominator'), conversion);
  return numerator && denominator && { numerator, denominator };
}

/** UCUM units of time that FHIR's timing has. */
const units = new Set(['s', 'min', 'h', 'd', 'wk', 'mo', 'a']);

/**
 * `effectiveTime` stands once for the period of use and again, with operator A, for how often: PIVL
 * (every so long) or EIVL (at an event of the day).
 */
function timingOf(entry: XmlElement, conversion: Conversion): { span: TimeSpan; timing?: Element } {
  let span: TimeSpan = {};
  const repeat: Element = {};
  for (const time of entry.all('effectiveTime')) {
    const type = (time.attribute('xsi:type') ?? '').replace(/^.*:/, '');
    time.attribute('operator');
    time.attribute('institutionSpecified');
    if (type === 'PIVL_TS' || time.child('period') !== undefined) {
      Object.assign(repeat, every(time, conversion));
    } else if (type === 'EIVL_TS' || time.child('event') !== undefined) {
      const event = time.child('event')?.attribute('code');
      if (event !== undefined) repeat.when = [event];
      const offset = quantity(time.at('offset', 'low') ?? time.child('offset'), conversion);
      if (offset !== undefined && offset.unit === 'min') repeat.offset = offset.value;
    } else if (span.point === undefined && span.period === undefined) {
      span = timeSpan(time, conversion);
    }
  }
  return Object.keys(repeat).length === 0 ? { span } : { span, timing: { repeat } };
}

function every(time: XmlElement, conversion: Conversion): Element {
  const period = time.child('period');
  const single = quantity(period, conversion);
  const unit = single?.unit;
  if (single !== undefined && typeof unit === 'string' && units.has(unit)) {
    return { frequency: 1, period: single.value, periodUnit: unit };
  }
  const [low, high] = [period?.child('low'), period?.child('high')];
  const [from, to] = [number(low, conversion), number(high, conversion)];
  const lowUnit = low?.attribute('unit');
  high?.attribute('unit');
  if (from === undefined || lowUnit === undefined || !units.has(lowUnit)) return {};
  return compact({ frequency: 1, period: from, periodMax: to, periodUnit: lowUnit }) as Element;
}
