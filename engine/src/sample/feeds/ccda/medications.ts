import { tag, type Markup } from '../../../formats/xml/writer.ts';
import type { Day } from '../../calendar.ts';
import { routeOf, snomed, ucumOf } from '../../catalogue.ts';
import type { Medication } from '../../medicationHistory.ts';
import type { Person } from '../../people.ts';
import type { World } from '../../world.ts';
import {
  author,
  codeTag,
  day8,
  relationship,
  rowId,
  status,
  textReference,
  uncoded,
} from './parts.ts';
import type { Line, SectionKind } from './section.ts';
import { templates, type Style } from './style.ts';

export const medicationSection: SectionKind = {
  code: '10160-0',
  title: 'Medications',
  template: '2.16.840.1.113883.10.20.22.2.1.1',
  version: '2014-06-09',
  columns: ['Drug', 'Dose', 'How often', 'Instructions', 'Status'],
};

/** What a patient took or had taken by a day. What nobody confirmed, and mistakes, are not told. */
export function medicationLines(world: World, person: Person, day: Day): Line[] {
  return told(world, person, day).map((medication) => ({
    cells: cellsOf(medication),
    entry: (style, reference) => activity(world, medication, style, reference, day),
    makes: { MedicationStatement: 1 },
    tells: [{ table: 'medications', key: String(medication.id) }],
  }));
}

export const dischargeSection: SectionKind = {
  code: '10183-2',
  title: 'Discharge medications',
  template: '2.16.840.1.113883.10.20.22.2.11.1',
  version: '2015-08-01',
  columns: medicationSection.columns,
};

/** What a patient goes home with: an act around each. */
export function dischargeLines(world: World, person: Person, day: Day): Line[] {
  const going = told(world, person, day).filter(({ status: state, stop }) => {
    return state === 'A' || (stop !== null && stop > day);
  });
  return going.map((medication) => ({
    cells: cellsOf(medication),
    entry: (style, reference) =>
      tag(
        'act',
        { classCode: 'ACT', moodCode: 'EVN' },
        templates(style, 'dischargeMedication'),
        tag('code', {
          code: '10183-2',
          codeSystem: '2.16.840.1.113883.6.1',
          displayName: 'Discharge medication',
        }),
        status('completed'),
        relationship('SUBJ', activity(world, medication, style, reference, day)),
      ),
    makes: { MedicationStatement: 1 },
    tells: [{ table: 'medications', key: String(medication.id) }],
  }));
}

function told(world: World, person: Person, day: Day): Medication[] {
  return world.medications(person).filter(({ deleted, defect, status: state, start }) => {
    return !deleted && defect === undefined && state !== 'E' && state !== 'U' && start <= day;
  });
}

function cellsOf(medication: Medication): Line['cells'] {
  const { text, dose, unit, frequency, instruction, status: state } = medication;
  const amount = dose === null ? null : `${dose} ${unit ?? ''}`;
  const words = { A: 'active', P: 'reported', S: 'stopped', H: 'completed', U: '', E: '' }[state];
  return [text, amount, frequency, instruction, words];
}

/** Of what was taken daily, twice, three times a day. */
const periods: Readonly<Record<string, readonly [value: string, unit: string]>> = {
  DAILY: ['1', 'd'],
  BID: ['12', 'h'],
  TID: ['8', 'h'],
  WEEKLY: ['1', 'wk'],
};

function activity(
  world: World,
  medication: Medication,
  style: Style,
  reference: string,
  day: Day,
): Markup {
  const { id, start, stop, dose, unit, route, status: state, providerId } = medication;
  const over = stop !== null && stop <= day;
  const stopped = state === 'S' ? 'aborted' : 'completed';
  return tag(
    'substanceAdministration',
    { classCode: 'SBADM', moodCode: 'EVN' },
    templates(style, 'medication'),
    rowId('medications', id),
    textReference(reference),
    status(over ? stopped : 'active'),
    interval(start, over ? stop : null),
    frequencyOf(medication),
    route && codeTag('routeCode', { system: snomed, code: routeOf[route] }, route),
    dose && unit ? tag('doseQuantity', { value: dose, unit: ucumOf[unit] }) : undefined,
    tag('consumable', {}, product(medication, style, reference)),
    author(world, providerId, day8(start)),
  );
}

function interval(start: Day, stop: Day | null): Markup {
  const high = stop === null ? undefined : tag('high', { value: day8(stop) });
  return tag('effectiveTime', { 'xsi:type': 'IVL_TS' }, tag('low', { value: day8(start) }), high);
}

function frequencyOf({ frequency }: Medication): Markup | undefined {
  const [value, unit] = periods[frequency ?? ''] ?? [];
  if (value === undefined) return undefined;
  const period = tag('period', { value, unit });
  return tag('effectiveTime', { 'xsi:type': 'PIVL_TS', operator: 'A' }, period);
}

function product({ drug, text }: Medication, style: Style, reference: string): Markup {
  const code = drug === null ? uncoded('code', reference) : codeTag('code', drug.coding, text);
  return tag(
    'manufacturedProduct',
    { classCode: 'MANU' },
    templates(style, 'product'),
    tag('manufacturedMaterial', {}, code, drug === null ? tag('name', {}, text) : undefined),
  );
}
