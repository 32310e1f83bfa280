import { isoDate, legacyDate, type Day } from '../calendar.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  type ChartItem,
} from '../chartItem.ts';
import { cpt, drawProcedure, type Service } from '../clinicalCodes.ts';
import { pick, repeats, weighted } from '../draw.ts';
import { drawRemark } from '../freeText.ts';
import { lastDay, type Person } from '../people.ts';
import type { Table } from '../table.ts';
import { isSound, type Visit } from '../visits.ts';
import type { World } from '../world.ts';

interface Procedure extends ChartItem {
  visit: Visit | undefined;
  service: Service;
  status: ProcedureStatus;
  day: Day;
  remark: string | null;
}

/** Completed, not done, in preparation, stopped half-way, entered in error. */
type ProcedureStatus = 'C' | 'N' | 'P' | 'S' | 'E';

const drawStatus = weighted<ProcedureStatus>([
  ['C', 86],
  ['N', 6],
  ['P', 2],
  ['S', 3],
  ['E', 3],
]);

const range = { table: 'procedures', first: 6_000_000, perPatient: 24 };

/** What was done, begun, or not done after all. */
export const procedures: Table = chartTable<Procedure>({
  name: 'procedures',
  note: 'Procedures',
  type: 'Procedure',
  items: createProcedures,
  fields: [
    keyField('proc_id'),
    patientField,
    { name: 'enc_id', type: 'bigint', of: ({ visit }) => visit?.id ?? null },
    { name: 'cpt_cd', type: 'varchar(5)', of: ({ service }) => service.code },
    { name: 'proc_txt', type: 'varchar(80)', of: ({ service }) => service.text },
    {
      name: 'status_cd',
      type: 'varchar(2)',
      note: 'C completed N not done P in preparation S stopped E entered in error',
      of: ({ status }) => status,
    },
    {
      name: 'perf_dt',
      type: 'varchar(8)',
      note: 'yyyyMMdd',
      of: ({ day }) => legacyDate(day, 'yyyyMMdd'),
    },
    { name: 'prov_id', type: 'integer', of: ({ visit }) => visit?.providerId ?? null },
    { name: 'note_txt', type: 'text', of: ({ remark }) => remark },
  ],
  expect: ({ person, visit, service, status, day, remark }) => ({
    subject: refer('pt_demog', person.id),
    'procedure-code': { system: cpt, code: service.code },
    'procedure-text': service.text,
    'procedure-status': statusOf[status],
    'procedure-time': isoDate(day),
    'procedure-performer': refer('providers', visit?.providerId ?? null),
    'procedure-encounter': refer('encounters', visit?.id ?? null),
    note: remark,
  }),
});

function createProcedures(world: World, person: Person): Procedure[] {
  const visits = world.visits(person).filter(isSound);
  return chartItems(
    world,
    person,
    range,
    (random) => (visits.length === 0 ? 0 : repeats(random, 0.5, 20)),
    (random, base) => {
      const visit = visits.length > 0 ? pick(random, visits) : undefined;
      return {
        ...base,
        visit,
        service: drawProcedure(random),
        status: drawStatus(random),
        day: visit?.start.day ?? lastDay - 60,
        remark: drawRemark(random, 0.1),
      };
    },
  );
}

const statusOf: Readonly<Record<ProcedureStatus, string>> = {
  C: 'completed',
  N: 'not-done',
  P: 'preparation',
  S: 'stopped',
  E: 'entered-in-error',
};
