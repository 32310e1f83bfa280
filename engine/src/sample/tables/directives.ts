import { isoDate, legacyDate, type Day } from '../calendar.ts';
import { snomed, type Coding } from '../catalogue.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  type ChartItem,
} from '../chartItem.ts';
import { loinc } from '../clinicalCodes.ts';
import { between, chance, weighted } from '../draw.ts';
import { ageOn, lastDay, type Person } from '../people.ts';
import { providerId } from '../staff.ts';
import type { Table } from '../table.ts';
import type { World } from '../world.ts';

interface Directive extends ChartItem {
  wish: Wish;
  status: 'A' | 'R' | 'P' | 'E';
  from: Day;
  until: Day | null;
  takenBy: number;
}

interface Wish {
  local: string;
  text: string;
  /** None where no code says exactly this: the words arrive. */
  coding: Coding | null;
}

const drawWish = weighted<Wish>([
  [{ local: 'FULL', text: 'full code', coding: { system: snomed, code: '304252001' } }, 30],
  [{ local: 'DNR', text: 'do not resuscitate', coding: { system: snomed, code: '304253006' } }, 30],
  [{ local: 'DNI', text: 'do not intubate; may resuscitate', coding: null }, 10],
  [{ local: 'LW', text: 'living will on file', coding: { system: loinc, code: '86533-7' } }, 18],
  [{ local: 'POA', text: 'health care proxy', coding: { system: loinc, code: '64298-3' } }, 12],
]);

/** Active, revoked, proposed, entered in error. */
const drawStatus = weighted<Directive['status']>([
  ['A', 74],
  ['R', 14],
  ['P', 6],
  ['E', 6],
]);

const range = { table: 'directives', first: 8_000_000, perPatient: 8 };

/** Code status and advance directives: what must be known in the middle of the night. */
export const directives: Table = chartTable<Directive>({
  name: 'directives',
  note: 'Code status and advance directives',
  type: 'Consent',
  items: createDirectives,
  fields: [
    keyField('dir_id'),
    patientField,
    { name: 'dir_cd', type: 'varchar(4)', of: ({ wish }) => wish.local },
    { name: 'dir_txt', type: 'varchar(60)', of: ({ wish }) => wish.text },
    {
      name: 'status_cd',
      type: 'char(1)',
      note: 'A in force R revoked P proposed E entered in error',
      of: ({ status }) => status,
    },
    {
      name: 'eff_dt',
      type: 'varchar(11)',
      note: 'dd-MMM-yyyy',
      of: ({ from }) => legacyDate(from, 'dd-MMM-yyyy'),
    },
    {
      name: 'end_dt',
      type: 'varchar(11)',
      note: 'dd-MMM-yyyy',
      of: ({ until }) => (until === null ? null : legacyDate(until, 'dd-MMM-yyyy')),
    },
    { name: 'prov_id', type: 'integer', of: ({ takenBy }) => takenBy },
  ],
  expect: ({ person, wish, status, from, until, takenBy }) => ({
    subject: refer('pt_demog', person.id),
    'directive-code': wish.coding && { ...wish.coding },
    'directive-text': wish.text,
    'directive-status': { A: 'active', R: 'inactive', P: 'proposed', E: 'entered-in-error' }[
      status
    ],
    'directive-start': isoDate(from),
    'directive-end': until === null ? null : isoDate(until),
    'directive-taken-by': refer('providers', takenBy),
  }),
});

function createDirectives(world: World, person: Person): Directive[] {
  const age = ageOn(lastDay, person.birth);
  const share = age < 18 ? 0 : age < 65 ? 0.08 : 0.45;
  return chartItems(
    world,
    person,
    range,
    (random) => (chance(random, share) ? between(random, 1, 2) : 0),
    (random, base) => {
      const status = drawStatus(random);
      const from = between(random, Math.max(person.birth, lastDay - 2500), lastDay);
      return {
        ...base,
        wish: drawWish(random),
        status,
        from,
        until: status === 'R' ? Math.min(lastDay, from + between(random, 5, 800)) : null,
        takenBy: providerId(random.integer(world.staff)),
      };
    },
  );
}
