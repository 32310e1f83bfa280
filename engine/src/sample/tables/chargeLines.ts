import { chartItems, chartTable, keyField, patientField } from '../chartItem.ts';
import type { ChartItem } from '../chartItem.ts';
import { chance } from '../draw.ts';
import type { Person } from '../people.ts';
import type { Table } from '../table.ts';
import type { World } from '../world.ts';
import { amountOf, createCharges, dollars, type Charge, type ChargeLine } from './charges.ts';

interface Line extends ChartItem {
  /** Undefined: planted with a charge that is none. */
  charge: Charge | undefined;
  number: number;
  line: ChargeLine;
  /** Taken back by a clerk: the total of the charge is without it. */
  struck: boolean;
}

const range = { table: 'charge_lines', first: 1_000_000_000, perPatient: 320 };

/** Lines of charges: what was done, how often, for how much. */
export const chargeLines: Table = chartTable<Line>({
  name: 'charge_lines',
  note: 'Lines of charges; they add up to the total of their header',
  type: undefined,
  items: createLines,
  fields: [
    keyField('line_id'),
    patientField,
    { name: 'chg_id', type: 'bigint', of: ({ charge }) => charge?.id ?? null },
    { name: 'line_no', type: 'integer', of: ({ number }) => number },
    { name: 'cpt_cd', type: 'varchar(5)', of: ({ line }) => line.service.code },
    { name: 'units', type: 'integer', of: ({ line }) => line.units },
    {
      name: 'unit_amt',
      type: 'varchar(12)',
      note: 'dollars',
      of: ({ line }) => dollars(line.service.cents),
    },
    {
      name: 'line_amt',
      type: 'varchar(12)',
      note: 'dollars',
      of: ({ line }) => dollars(amountOf(line)),
    },
  ],
  expect: () => ({}),
});

/** A charge that is held has no lines, so that its defect does not spread. */
function createLines(world: World, person: Person): Line[] {
  const random = world.draws('struck_lines', person.index);
  const lines = createCharges(world, person)
    .filter(({ defect }) => defect === undefined)
    .flatMap((charge) => {
      const all = charge.lines.map((line) => ({ line, struck: false }));
      if (chance(random, 0.03)) all.push({ line: { service: office, units: 1 }, struck: true });
      return all.map((each, at) => ({ ...each, charge, number: at + 1 }));
    });
  const orphan = {
    charge: undefined,
    number: 1,
    line: { service: office, units: 1 },
    struck: false,
  };
  return chartItems(
    world,
    person,
    range,
    () => lines.length,
    (_, base, at) => {
      const { charge, ...line } = lines[at] ?? lines[0] ?? orphan;
      return { ...base, ...line, charge, deleted: line.struck || (charge?.deleted ?? false) };
    },
  );
}

const office = { code: '99213', text: 'visit', cents: 11_980 };
