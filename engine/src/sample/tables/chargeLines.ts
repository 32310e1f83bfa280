import { chartItems, chartTable, keyField, patientField, refer } from '../chartItem.ts';
import type { ChartItem } from '../chartItem.ts';
import { cpt } from '../clinicalCodes.ts';
import type { Person } from '../people.ts';
import type { Table } from '../table.ts';
import type { World } from '../world.ts';
import { createCharges, dollars, type Charge, type ChargeLine } from './charges.ts';

interface Line extends ChartItem {
  /** Undefined: planted with a charge that is none. */
  charge: Charge | undefined;
  number: number;
  line: ChargeLine;
}

const range = { table: 'charge_lines', first: 1_000_000_000, perPatient: 320 };

/** Lines of charges: what was done, how often, for how much. */
export const chargeLines: Table = chartTable<Line>({
  name: 'charge_lines',
  note: 'Lines of charges; they add up to the total of their header',
  type: 'ChargeItem',
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
      of: ({ line }) => dollars(line.service.cents * line.units),
    },
  ],
  expect: ({ person, charge, line }) => ({
    subject: refer('pt_demog', person.id),
    'line-claim': refer('charges', charge?.id ?? null),
    'line-service': { system: cpt, code: line.service.code },
    'line-units': String(line.units),
    'line-unit-price': dollars(line.service.cents),
    'line-amount': dollars(line.service.cents * line.units),
  }),
});

/** A charge that is held has no lines, so that its defect does not spread. */
function createLines(world: World, person: Person): Line[] {
  const lines = createCharges(world, person)
    .filter(({ defect }) => defect === undefined)
    .flatMap((charge) => charge.lines.map((line, at) => ({ charge, number: at + 1, line })));
  const orphan = { charge: undefined, number: 1, line: { service: office, units: 1 } };
  return chartItems(
    world,
    person,
    range,
    () => lines.length,
    (_, base, at) => {
      const { charge, number, line } = lines[at] ?? lines[0] ?? orphan;
      return { ...base, deleted: charge?.deleted ?? false, charge, number, line };
    },
  );
}

const office = { code: '99213', text: 'visit', cents: 11_980 };
