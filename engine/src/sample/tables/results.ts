import { addMinutes, clockTime, isoInstant, legacyDate, type LocalMinute } from '../calendar.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  standsFirm,
  type ChartItem,
} from '../chartItem.ts';
import { codedWords, drawTest, type Test } from '../clinicalCodes.ts';
import { between, chance, pick, weighted } from '../draw.ts';
import { drawRemark } from '../freeText.ts';
import { lastDay, type Person } from '../people.ts';
import type { Random } from '../../base/random.ts';
import type { Table } from '../table.ts';
import { isSound, type Visit } from '../visits.ts';
import type { World } from '../world.ts';
import { createOrders, type Order } from './orders.ts';

export interface Result extends ChartItem {
  order: Order | undefined;
  visitId: number | null;
  test: Test;
  comparator: '<' | '>' | null;
  /** Digits as the instrument printed them: `5.60` is not `5.6`. */
  number: string | null;
  words: string | null;
  flag: Flag | null;
  status: ResultStatus;
  collected: LocalMinute;
  remark: string | null;
}

type Flag = 'H' | 'L' | 'HH' | 'LL' | 'N' | 'A';
/** Preliminary, final, corrected, cancelled, entered in error. */
type ResultStatus = 'P' | 'F' | 'C' | 'X' | 'E';

const drawStatus = weighted<ResultStatus>([
  ['F', 84],
  ['P', 6],
  ['C', 5],
  ['X', 3],
  ['E', 2],
]);

const range = { table: 'results', first: 2_000_000, perPatient: 64 };

/** Results of the laboratory, those without an order included. */
export const results: Table = chartTable<Result>({
  name: 'results',
  note: 'Laboratory results, one row a value',
  type: 'Observation',
  items: createResults,
  fields: [
    keyField('res_id'),
    patientField,
    { name: 'enc_id', type: 'bigint', of: ({ visitId }) => visitId },
    {
      name: 'ord_id',
      type: 'bigint',
      note: 'empty: nobody ordered it here',
      of: ({ order }) => order?.id ?? null,
    },
    { name: 'test_cd', type: 'varchar(8)', of: ({ test }) => test.local },
    { name: 'test_txt', type: 'varchar(40)', of: ({ test }) => test.text },
    { name: 'cmp_cd', type: 'char(1)', note: '< or >', of: ({ comparator }) => comparator },
    {
      name: 'val_num',
      type: 'varchar(20)',
      note: 'a number as printed, digits kept',
      of: (result) => result.number,
    },
    { name: 'val_txt', type: 'varchar(80)', note: 'a result in words', of: (item) => item.words },
    {
      name: 'unit_cd',
      type: 'varchar(8)',
      note: 'local',
      of: ({ test, number }) => (number === null ? null : (test.unit?.[0] ?? null)),
    },
    { name: 'ref_low', type: 'varchar(10)', of: ({ test }) => test.low },
    { name: 'ref_high', type: 'varchar(10)', of: ({ test }) => test.high },
    { name: 'flag_cd', type: 'varchar(2)', note: 'H L HH LL N A', of: ({ flag }) => flag },
    {
      name: 'status_cd',
      type: 'varchar(2)',
      note: 'P preliminary F final C corrected X cancelled E entered in error',
      of: ({ status }) => status,
    },
    {
      name: 'coll_dt',
      type: 'varchar(12)',
      note: 'yyyyMMddHHmm, local time of collection',
      of: ({ collected }) => compact(collected),
    },
    { name: 'note_txt', type: 'text', of: ({ remark }) => remark },
  ],
  expect: (result) => ({
    subject: refer('pt_demog', result.person.id),
    'result-code': { ...result.test.coding },
    'result-text': result.test.text,
    'result-category': 'laboratory',
    'result-status': statusOf[result.status],
    'result-value': result.number,
    'result-comparator': result.comparator,
    'result-unit': result.number === null ? null : (result.test.unit?.[1] ?? null),
    'result-value-text': result.words,
    'result-value-code': result.words === null ? null : (codedWords[result.words]?.code ?? null),
    'result-range-low': result.test.low,
    'result-range-high': result.test.high,
    'result-interpretation': result.flag,
    'result-time': isoInstant(result.collected),
    'result-order': refer('orders', result.order?.id ?? null),
    'result-encounter': refer('encounters', result.visitId),
    note: result.remark,
  }),
});

export function createResults(world: World, person: Person): Result[] {
  const done = createOrders(world, person).filter(
    (order) => standsFirm(order) && order.kind === 'LAB' && order.status === 'C',
  );
  const visits = world.visits(person).filter(isSound);
  // An old one may be out of scope, and then nobody looks at what is wrong with it.
  const recent = visits.filter(({ start }) => start.day > lastDay - 2 * 365);
  return chartItems(
    world,
    person,
    range,
    (random) => done.length + (visits.length > 0 && chance(random, 0.2) ? 1 : 0),
    (random, base, at) => {
      const order = done[at];
      const test = base.defect ? drawMeasured(random) : (order?.test ?? drawTest(random));
      const visit = order?.visit ?? drawVisit(random, base.defect ? recent : visits);
      const start = visit?.start ?? { day: lastDay - 30, minute: 600 };
      const status = base.defect ? 'F' : drawStatus(random);
      return {
        ...base,
        order,
        visitId: visit?.id ?? null,
        test,
        ...(status === 'X' ? noValue : drawValue(random, test)),
        status,
        collected: addMinutes(start, between(random, 0, 1) * 30),
        remark: drawRemark(random, 0.08),
      };
    },
  );
}

function drawVisit(random: Random, visits: readonly Visit[]): Visit | undefined {
  return visits.length > 0 ? pick(random, visits) : undefined;
}

/** What is spoilt in a planted result, such as its unit, means nothing where a word is the value. */
function drawMeasured(random: Random): Test {
  for (;;) {
    const test = drawTest(random);
    if (test.words.length === 0) return test;
  }
}

type Value = Pick<Result, 'comparator' | 'number' | 'words' | 'flag'>;

const noValue: Value = { comparator: null, number: null, words: null, flag: null };

function drawValue(random: Random, test: Test): Value {
  if (test.words.length > 0) return { ...noValue, words: pick(random, test.words) };
  const steps = between(random, ...test.range);
  const number = decimal(steps, test.digits);
  const comparator = chance(random, 0.04) ? (steps <= test.range[0] + 2 ? '<' : '>') : null;
  return { comparator, number, words: null, flag: flagOf(test, steps) };
}

/** A number of steps of the last digit, written out. */
export function decimal(steps: number, digits: number): string {
  if (digits === 0) return String(steps);
  const text = String(steps).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

function flagOf({ low, high, digits }: Test, steps: number): Flag | null {
  const limit = (text: string | null): number | null =>
    text === null ? null : Number(text.replace('.', '')) * (text.includes('.') ? 1 : 10 ** digits);
  const [least, most] = [limit(low), limit(high)];
  if (most !== null && steps > most) return steps > most * 2 ? 'HH' : 'H';
  if (least !== null && steps < least) return steps * 2 < least ? 'LL' : 'L';
  return least === null && most === null ? null : 'N';
}

function compact({ day, minute }: LocalMinute): string {
  return legacyDate(day, 'yyyyMMdd') + clockTime(minute).replace(':', '');
}

const statusOf: Readonly<Record<ResultStatus, string>> = {
  P: 'preliminary',
  F: 'final',
  C: 'corrected',
  X: 'cancelled',
  E: 'entered-in-error',
};
