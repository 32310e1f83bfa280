import { isoInstant, localTimestamp, type LocalMinute } from '../calendar.ts';
import { snomed } from '../catalogue.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  type ChartItem,
} from '../chartItem.ts';
import { drawTest, type Test } from '../clinicalCodes.ts';
import { chance, pick, repeats, weighted } from '../draw.ts';
import type { Person } from '../people.ts';
import type { Table } from '../table.ts';
import { isSound, type Visit } from '../visits.ts';
import type { World } from '../world.ts';

export interface Order extends ChartItem {
  visit: Visit | undefined;
  providerId: number | null;
  kind: OrderKind;
  /** Only tests of the laboratory are coded. */
  test: Test | null;
  text: string;
  status: OrderStatus;
  priority: 'R' | 'U' | 'S';
  at: LocalMinute | null;
}

type OrderKind = 'LAB' | 'RAD' | 'REF';
/** Active, completed, cancelled, on hold, draft, entered in error. */
type OrderStatus = 'A' | 'C' | 'X' | 'H' | 'D' | 'E';

const drawKind = weighted<OrderKind>([
  ['LAB', 74],
  ['RAD', 14],
  ['REF', 12],
]);
const drawStatus = weighted<OrderStatus>([
  ['C', 76],
  ['A', 10],
  ['X', 7],
  ['H', 3],
  ['D', 2],
  ['E', 2],
]);

const worded: Readonly<Record<OrderKind, readonly string[]>> = {
  LAB: [],
  RAD: ['XR chest 2V', 'MRI L-spine w/o', 'US abdomen – RUQ pain'],
  REF: ['cardiology, new murmur', 'physical therapy 2x/wk', 'dermatology: lesion L arm'],
};

const range = { table: 'orders', first: 1_000_000, perPatient: 48 };

/** What was asked for: tests, films, referrals. */
export const orders: Table = chartTable<Order>({
  name: 'orders',
  note: 'Orders for tests, imaging and referrals; results point at them',
  type: 'ServiceRequest',
  items: createOrders,
  fields: [
    keyField('ord_id'),
    patientField,
    { name: 'enc_id', type: 'bigint', of: ({ visit }) => visit?.id ?? null },
    { name: 'prov_id', type: 'integer', of: (order) => order.providerId },
    {
      name: 'ord_typ',
      type: 'varchar(3)',
      note: 'LAB laboratory RAD imaging REF referral',
      of: ({ kind }) => kind,
    },
    { name: 'test_cd', type: 'varchar(8)', of: ({ test }) => test?.local ?? null },
    { name: 'ord_txt', type: 'varchar(80)', of: ({ text }) => text },
    {
      name: 'status_cd',
      type: 'varchar(2)',
      note: 'A active C completed X cancelled H on hold D draft E entered in error',
      of: ({ status }) => status,
    },
    { name: 'prio_cd', type: 'char(1)', note: 'R U S', of: ({ priority }) => priority },
    {
      name: 'ord_ts',
      type: 'timestamp',
      note: 'local time',
      of: ({ at }) => at && localTimestamp(at),
    },
  ],
  expect: ({ person, visit, providerId, kind, test, text, status, priority, at }) => ({
    subject: refer('pt_demog', person.id),
    'order-status': statusOf[status],
    'order-intent': 'order',
    'order-category': { system: snomed, code: categoryOf[kind] },
    'order-code': test && { ...test.coding },
    'order-text': text,
    'order-priority': { R: 'routine', U: 'urgent', S: 'stat' }[priority],
    'order-time': at && isoInstant(at),
    'order-requester': refer('providers', providerId),
    'order-encounter': refer('encounters', visit?.id ?? null),
  }),
});

export function createOrders(world: World, person: Person): Order[] {
  const visits = world.visits(person).filter(isSound);
  const count = visits.length === 0 ? 0 : 1;
  return chartItems(
    world,
    person,
    range,
    (random) => count * repeats(random, 0.78, 40),
    (random, base) => {
      const visit = visits.length > 0 ? pick(random, visits) : undefined;
      const kind = drawKind(random);
      const test = kind === 'LAB' ? drawTest(random) : null;
      return {
        ...base,
        visit,
        providerId: visit?.providerId ?? null,
        kind,
        test,
        text: test?.text ?? pick(random, worded[kind]),
        status: drawStatus(random),
        priority: chance(random, 0.85) ? 'R' : pick(random, ['U', 'S'] as const),
        at: visit?.start ?? null,
      };
    },
  );
}

const categoryOf = { LAB: '108252007', RAD: '363679005', REF: '3457005' } as const;

const statusOf: Readonly<Record<OrderStatus, string>> = {
  A: 'active',
  C: 'completed',
  X: 'revoked',
  H: 'on-hold',
  D: 'draft',
  E: 'entered-in-error',
};
