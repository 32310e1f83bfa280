import { isoDate, type Day } from '../calendar.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  type ChartItem,
} from '../chartItem.ts';
import { between, chance, pick, weighted } from '../draw.ts';
import { ageOn, lastDay, type Person } from '../people.ts';
import type { Table } from '../table.ts';
import type { World } from '../world.ts';
import { payerList, type Payer } from './house.ts';

export interface Coverage extends ChartItem {
  /** `null`: the patient pays. */
  payer: Payer | null;
  member: string | null;
  group: string | null;
  rank: number;
  from: Day;
  until: Day | null;
  relation: 'S' | 'P' | 'C' | 'O';
  status: 'A' | 'X';
}

/** What a patient is charged as: by the kind of who pays. */
export type FinancialClass = Payer['kind'] | 'SLF';

export const classOf = ({ payer }: Coverage): FinancialClass => payer?.kind ?? 'SLF';

const range = { table: 'insurance', first: 11_000_000, perPatient: 6 };

/** Who pays: everybody has a first coverage, of which one kind says that nobody else does. */
export const insurance: Table = chartTable<Coverage>({
  name: 'insurance',
  note: 'Coverages of patients; without a payer the patient pays',
  type: 'Coverage',
  items: createCoverages,
  fields: [
    keyField('ins_id'),
    patientField,
    { name: 'payer_id', type: 'integer', of: ({ payer }) => payer?.id ?? null },
    {
      name: 'plan_typ',
      type: 'varchar(3)',
      note: 'MCR MCD COM SLF pays alone',
      of: (item) => classOf(item),
    },
    { name: 'member_no', type: 'varchar(16)', of: ({ member }) => member },
    { name: 'group_no', type: 'varchar(12)', of: ({ group }) => group },
    { name: 'rank_no', type: 'integer', note: '1 pays first', of: ({ rank }) => rank },
    { name: 'eff_dt', type: 'varchar(10)', note: 'yyyy-MM-dd', of: ({ from }) => isoDate(from) },
    {
      name: 'term_dt',
      type: 'varchar(10)',
      of: ({ until }) => (until === null ? null : isoDate(until)),
    },
    {
      name: 'rel_cd',
      type: 'varchar(2)',
      note: 'patient to subscriber: S self P spouse C child O other',
      of: ({ relation }) => relation,
    },
    { name: 'status_cd', type: 'char(1)', note: 'A X ended', of: ({ status }) => status },
  ],
  expect: (coverage) => ({
    subject: refer('pt_demog', coverage.person.id),
    'coverage-status': coverage.status === 'A' ? 'active' : 'cancelled',
    'coverage-type': { MCR: 'PUBLICPOL', MCD: 'SUBSIDIZ', COM: 'EHCPOL', SLF: 'pay' }[
      classOf(coverage)
    ],
    'coverage-payer': coverage.payer
      ? refer('payers', coverage.payer.id)
      : refer('pt_demog', coverage.person.id),
    'coverage-member': coverage.member,
    'coverage-group': coverage.group,
    'coverage-rank': String(coverage.rank),
    'coverage-start': isoDate(coverage.from),
    'coverage-end': coverage.until === null ? null : isoDate(coverage.until),
    'coverage-relation': { S: 'self', P: 'spouse', C: 'child', O: 'other' }[coverage.relation],
  }),
});

const drawOther = weighted<Payer | null>([
  [payerList[2] as Payer, 34],
  [payerList[3] as Payer, 26],
  [payerList[4] as Payer, 16],
  [payerList[1] as Payer, 16],
  [payerList[5] as Payer, 3],
  [null, 12],
]);

export function createCoverages(world: World, person: Person): Coverage[] {
  const age = ageOn(lastDay, person.birth);
  return chartItems(
    world,
    person,
    range,
    (random) => (age >= 65 && chance(random, 0.4) ? 2 : 1),
    (random, base, at) => {
      const old = age >= 65 && at === 0;
      const payer = old ? (payerList[0] as Payer) : drawOther(random);
      const chosen = base.defect && payer === null ? (payerList[2] as Payer) : payer;
      const from = between(random, Math.max(person.birth, lastDay - 3500), lastDay - 100);
      const ended = chosen?.active === false;
      return {
        ...base,
        // A first coverage always stands: charges need it.
        deleted: at === 0 ? person.deleted : base.deleted,
        payer: chosen,
        member: chosen ? `${chosen.kind}${between(random, 10_000_000, 99_999_999)}` : null,
        group: chosen && chance(random, 0.6) ? `G-${between(random, 100, 999)}` : null,
        rank: at + 1,
        from,
        until: ended ? lastDay - between(random, 30, 90) : null,
        relation: age < 18 ? 'C' : chance(random, 0.8) ? 'S' : pick(random, ['P', 'O'] as const),
        status: ended ? 'X' : 'A',
      };
    },
  );
}
