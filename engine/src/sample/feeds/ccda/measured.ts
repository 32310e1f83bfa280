import { tag, type Markup } from '../../../formats/xml/writer.ts';
import { isoDate, type Day } from '../../calendar.ts';
import type { Coding } from '../../catalogue.ts';
import { standsFirm } from '../../chartItem.ts';
import { bloodPressure, loinc } from '../../clinicalCodes.ts';
import type { Person } from '../../people.ts';
import { createResults, type Result } from '../../tables/results.ts';
import { createVitals, type Vital } from '../../tables/vitals.ts';
import type { World } from '../../world.ts';
import { codeTag, moment, rowId, status, textReference } from './parts.ts';
import type { Line, SectionKind } from './section.ts';
import { templates, type Style } from './style.ts';

export const resultSection: SectionKind = {
  code: '30954-2',
  title: 'Results',
  template: '2.16.840.1.113883.10.20.22.2.3.1',
  version: '2015-08-01',
  columns: ['Test', 'Date', 'Value', 'Range'],
};

/** Results of a day and before; what was called off or a mistake is not told. */
export function resultLines(world: World, person: Person, day: Day): Line[] {
  return createResults(world, person)
    .filter((result) => {
      const told = result.status !== 'X' && result.status !== 'E';
      return standsFirm(result) && told && result.collected.day <= day;
    })
    .map((result) => ({
      cells: [
        result.test.text,
        isoDate(result.collected.day),
        result.words ?? `${result.comparator ?? ''}${result.number} ${result.test.unit?.[1]}`,
        [result.test.low ?? '', result.test.high ?? ''].join('-'),
      ],
      entry: (style, reference) => battery(result, style, reference),
      makes: { DiagnosticReport: 1, Observation: 1 },
      tells: [{ table: 'results', key: String(result.id) }],
    }));
}

function battery(result: Result, style: Style, reference: string): Markup {
  const { id, test, status: state, collected } = result;
  const done = status(state === 'P' ? 'active' : 'completed');
  const observation = tag(
    'observation',
    { classCode: 'OBS', moodCode: 'EVN' },
    templates(style, 'result'),
    rowId('results', id),
    codeTag('code', test.coding, test.text),
    textReference(reference),
    done,
    tag('effectiveTime', { value: moment(collected) }),
    valueOf(result),
    interpretation(result),
    rangeOf(result),
  );
  return tag(
    'organizer',
    { classCode: 'BATTERY', moodCode: 'EVN' },
    templates(style, 'resultOrganizer'),
    rowId('results', id, 'o'),
    codeTag('code', test.coding, test.text),
    done,
    tag('component', {}, observation),
  );
}

/** Digits as the instrument printed them; below or above what it can measure is a half-open interval. */
function valueOf({ words, number, comparator, test }: Result): Markup {
  const unit = test.unit?.[1];
  if (number === null) return tag('value', { 'xsi:type': 'ST' }, words ?? '');
  if (comparator === null) return tag('value', { 'xsi:type': 'PQ', value: number, unit });
  const bound = tag(comparator === '<' ? 'high' : 'low', {
    value: number,
    unit,
    inclusive: 'false',
  });
  return tag('value', { 'xsi:type': 'IVL_PQ' }, bound);
}

function interpretation({ flag }: Result): Markup | undefined {
  const codeSystem = '2.16.840.1.113883.5.83';
  return flag === null ? undefined : tag('interpretationCode', { code: flag, codeSystem });
}

function rangeOf({ test: { low, high, unit } }: Result): Markup | undefined {
  if (high === null) return undefined;
  const from = low === null ? undefined : tag('low', { value: low, unit: unit?.[1] });
  const value = tag(
    'value',
    { 'xsi:type': 'IVL_PQ' },
    from,
    tag('high', { value: high, unit: unit?.[1] }),
  );
  return tag('referenceRange', {}, tag('observationRange', {}, value));
}

export const vitalSection: SectionKind = {
  code: '8716-3',
  title: 'Vital signs',
  template: '2.16.840.1.113883.10.20.22.2.4.1',
  version: '2015-08-01',
  columns: ['Measured', 'Values'],
};

/** What was measured at one time together: a panel. */
export function vitalLines(world: World, person: Person, day: Day): Line[] {
  const told = createVitals(world, person).filter((vital) => {
    return standsFirm(vital) && vital.status === 'F' && vital.taken.day <= day;
  });
  const panels = Map.groupBy(told, ({ taken }) => moment(taken));
  return [...panels].map(([taken, vitals]) => ({
    cells: [taken, vitals.map(wordsOf).join('; ')],
    entry: (style, reference) => panel(taken, vitals, style, reference),
    makes: { Observation: 1 + vitals.flatMap(numbersOf).length },
    tells: vitals.map(({ id }) => ({ table: 'vitals', key: String(id) })),
  }));
}

function wordsOf({ what, first, second }: Vital): string {
  return `${what.local} ${second === null ? first : `${first}/${second}`} ${what.unit[1]}`;
}

interface Measured {
  id: number;
  part: string;
  coding: Coding;
  value: string;
  unit: string;
}

/** A blood pressure is two numbers here, each with a code of its own. */
function numbersOf({ id, what, first, second }: Vital): Measured[] {
  const one = { id, part: '', coding: what.coding, value: first, unit: what.unit[1] };
  if (what.local !== bloodPressure || second === null) return [one];
  return [
    { ...one, coding: { system: loinc, code: '8480-6' } },
    { ...one, part: 'd', coding: { system: loinc, code: '8462-4' }, value: second },
  ];
}

function panel(taken: string, vitals: readonly Vital[], style: Style, reference: string): Markup {
  const time = tag('effectiveTime', { value: taken });
  const components = vitals
    .flatMap(numbersOf)
    .map(({ id, part, coding, value, unit }) =>
      tag(
        'component',
        {},
        tag(
          'observation',
          { classCode: 'OBS', moodCode: 'EVN' },
          templates(style, 'vital'),
          rowId('vitals', id, part),
          codeTag('code', coding, coding.code),
          textReference(reference),
          status('completed'),
          time,
          tag('value', { 'xsi:type': 'PQ', value, unit }),
        ),
      ),
    );
  return tag(
    'organizer',
    { classCode: 'CLUSTER', moodCode: 'EVN' },
    templates(style, 'vitalsOrganizer'),
    rowId('vitals', vitals[0]?.id ?? 0, 'o'),
    tag('code', {
      code: '46680005',
      codeSystem: '2.16.840.1.113883.6.96',
      displayName: 'Vital signs',
    }),
    status('completed'),
    time,
    components,
  );
}
