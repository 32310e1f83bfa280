import { isoInstant, localTimestamp, type LocalMinute } from '../calendar.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  type ChartItem,
} from '../chartItem.ts';
import { bloodPressure, measurements, type Measurement } from '../clinicalCodes.ts';
import { between, chance, pick } from '../draw.ts';
import { lastDay, type Person } from '../people.ts';
import type { Table } from '../table.ts';
import { isSound } from '../visits.ts';
import type { World } from '../world.ts';
import { decimal } from './results.ts';

export interface Vital extends ChartItem {
  visitId: number | null;
  what: Measurement;
  first: string;
  /** The diastolic pressure. */
  second: string | null;
  status: 'F' | 'E';
  taken: LocalMinute;
  takenBy: number | null;
}

const range = { table: 'vitals', first: 3_000_000, perPatient: 64 };

/** What was measured at visits: a blood pressure is one row with two numbers. */
export const vitals: Table = chartTable<Vital>({
  name: 'vitals',
  note: 'Vital signs, one row a measurement',
  type: 'Observation',
  items: createVitals,
  fields: [
    keyField('vit_id'),
    patientField,
    { name: 'enc_id', type: 'bigint', of: ({ visitId }) => visitId },
    {
      name: 'vit_cd',
      type: 'varchar(4)',
      note: 'BP blood pressure HR RR TEMP WT HT SPO2',
      of: ({ what }) => what.local,
    },
    { name: 'val_1', type: 'varchar(10)', note: 'of BP the systolic', of: ({ first }) => first },
    { name: 'val_2', type: 'varchar(10)', note: 'of BP the diastolic', of: (item) => item.second },
    { name: 'unit_cd', type: 'varchar(5)', of: ({ what }) => what.unit[0] },
    { name: 'status_cd', type: 'char(1)', note: 'F E entered in error', of: (item) => item.status },
    {
      name: 'taken_ts',
      type: 'timestamp',
      note: 'local time',
      of: ({ taken }) => localTimestamp(taken),
    },
    { name: 'taken_by', type: 'integer', of: ({ takenBy }) => takenBy },
  ],
  expect: ({ person, visitId, what, first, second, status, taken, takenBy }) => ({
    subject: refer('pt_demog', person.id),
    'result-code': { ...what.coding },
    'result-category': 'vital-signs',
    'result-status': status === 'F' ? 'final' : 'entered-in-error',
    'result-value': second === null ? first : null,
    'result-unit': second === null ? what.unit[1] : null,
    'pressure-systolic': second === null ? null : first,
    'pressure-diastolic': second,
    'pressure-unit': second === null ? null : [what.unit[1], what.unit[1]],
    'result-time': isoInstant(taken),
    'result-encounter': refer('encounters', visitId),
    'result-performer': refer('providers', takenBy),
  }),
});

export function createVitals(world: World, person: Person): Vital[] {
  const visits = world.visits(person).filter((visit) => isSound(visit) && visit.class !== 'T');
  return chartItems(
    world,
    person,
    range,
    (random) => visits.length * between(random, 1, 3),
    (random, base, at) => {
      const visit = visits[at % Math.max(1, visits.length)];
      // A planted fault may be in the first number, which only single measurements compare.
      const what = base.defect ? singles[0] : pick(random, measurements);
      const first = decimal(between(random, ...(what as Measurement).range), what?.digits ?? 0);
      const isPair = what?.local === bloodPressure;
      return {
        ...base,
        visitId: visit?.id ?? null,
        what: what as Measurement,
        first,
        second: isPair ? String(between(random, 50, 110)) : null,
        status: chance(random, 0.98) ? 'F' : 'E',
        taken: visit?.start ?? { day: lastDay - 20, minute: 600 },
        takenBy: visit?.providerId ?? null,
      };
    },
  );
}

const singles = measurements.filter(({ local }) => local !== bloodPressure);
