import { legacyDate } from '../calendar.ts';
import { lastDay, type Person } from '../people.ts';
import type { Table } from '../table.ts';
import { persons, type World } from '../world.ts';
import { createAdjustments, createPayments } from './account.ts';
import { createCharges, dollars, type Charge } from './charges.ts';
import { houseTable } from './house.ts';

/** One figure of the printed list: of a group, in a column. */
interface Figure {
  id: number;
  group: string;
  member: string;
  column: string;
  cents: number;
}

/** First day of each age, counted from the day of service. */
const ages = [0, 31, 61, 91, 121] as const;

/**
 * The aged trial balance as the old system prints it at the end of the last day: what is open by
 * age, credits apart, for each site, financial class, payer and guarantor; at the foot cash that is
 * not applied and what was written off as bad debt.
 */
export const trialBalance: Table = houseTable<Figure>({
  name: 'trial_balance',
  note: 'Aged trial balance, as printed at the end of the last day',
  type: null,
  items: printed,
  columns: [
    { name: 'tb_id', type: 'integer PRIMARY KEY', of: ({ id }) => id },
    {
      name: 'as_of',
      type: 'varchar(12)',
      note: 'yyyyMMddHHmm, local time',
      of: () => `${legacyDate(lastDay, 'yyyyMMdd')}2359`,
    },
    {
      name: 'grp_typ',
      type: 'varchar(4)',
      note: 'ALL FAC site CLS class PAY payer GUA guarantor',
      of: ({ group }) => group,
    },
    {
      name: 'grp_id',
      type: 'varchar(16)',
      note: 'key of the group; of GUA with G before it a guarantor, with P the patient',
      of: ({ member }) => member,
    },
    {
      name: 'col_cd',
      type: 'varchar(10)',
      note: '0 31 61 91 121 days; CREDIT UNAPPLIED BADDEBT',
      of: ({ column }) => column,
    },
    { name: 'amt', type: 'varchar(14)', note: 'dollars', of: ({ cents }) => dollars(cents) },
  ],
  expect: () => ({}),
});

function printed(world: World): Figure[] {
  const sums = new Map<string, number>();
  const add = (group: string, member: string, column: string, cents: number): void => {
    const key = `${group}\t${member}\t${column}`;
    sums.set(key, (sums.get(key) ?? 0) + cents);
  };
  for (const person of persons(world)) addPerson(world, person, add);
  return [...sums]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, cents], at) => {
      const [group = '', member = '', column = ''] = key.split('\t');
      return { id: at + 1, group, member, column, cents };
    });
}

type Add = (group: string, member: string, column: string, cents: number) => void;

function addPerson(world: World, person: Person, add: Add): void {
  const open = new Map<number, number>();
  const charges = createCharges(world, person).filter(
    ({ deleted, status }) => !deleted && status === 'O',
  );
  for (const { id, total } of charges) open.set(id, total);
  const settle = (charge: Charge | undefined, cents: number): void => {
    if (charge !== undefined) open.set(charge.id, (open.get(charge.id) ?? 0) - cents);
  };
  for (const { deleted, status, charge, cents } of createPayments(world, person)) {
    if (deleted || status === 'V') continue;
    settle(charge, cents);
    if (charge === undefined) add('ALL', '', 'UNAPPLIED', cents);
  }
  for (const { deleted, code, charge, cents } of createAdjustments(world, person)) {
    if (deleted) continue;
    settle(charge, cents);
    if (code === 'BD') add('ALL', '', 'BADDEBT', cents);
  }
  for (const charge of charges) addOpen(charge, open.get(charge.id) ?? 0, add);
}

function addOpen(charge: Charge, cents: number, add: Add): void {
  if (cents === 0) return;
  const column = cents < 0 ? 'CREDIT' : String(ageOf(charge));
  const { facility, financialClass, coverage, guarantorId, person } = charge;
  add('ALL', '', column, cents);
  add('FAC', String(facility), column, cents);
  add('CLS', financialClass, column, cents);
  add('PAY', coverage.payer === null ? '' : String(coverage.payer.id), column, cents);
  add('GUA', guarantorId === null ? `P${person.id}` : `G${guarantorId}`, column, cents);
}

function ageOf({ service }: Charge): number {
  return ages.findLast((first) => lastDay - service >= first) ?? 0;
}
