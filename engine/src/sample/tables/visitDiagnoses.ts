import { icd10 } from '../catalogue.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  type ChartItem,
} from '../chartItem.ts';
import { drawProblem, type Diagnosis } from '../clinicalCodes.ts';
import { pick, weighted } from '../draw.ts';
import type { Person } from '../people.ts';
import type { Table } from '../table.ts';
import { isSound, type Visit } from '../visits.ts';
import type { World } from '../world.ts';

interface VisitDiagnosis extends ChartItem {
  visit: Visit | undefined;
  rank: number;
  diagnosis: Diagnosis;
  kind: DiagnosisKind;
}

/** Final, admitting, working, ruled out. */
type DiagnosisKind = 'F' | 'A' | 'W' | 'R';

const drawKind = weighted<DiagnosisKind>([
  ['F', 70],
  ['A', 12],
  ['W', 12],
  ['R', 6],
]);

const range = { table: 'visit_dx', first: 600_000_000, perPatient: 64 };

/** What was diagnosed at a visit: no item of the problem list. */
export const visitDiagnoses: Table = chartTable<VisitDiagnosis>({
  name: 'visit_dx',
  note: 'Diagnoses of visits; not the problem list',
  type: 'Condition',
  items: createDiagnoses,
  fields: [
    keyField('dx_id'),
    patientField,
    { name: 'enc_id', type: 'bigint', of: ({ visit }) => visit?.id ?? null },
    { name: 'seq_no', type: 'integer', note: '1 is the first', of: ({ rank }) => rank },
    { name: 'icd_cd', type: 'varchar(8)', note: 'ICD-10-CM', of: (item) => item.diagnosis.code },
    { name: 'dx_txt', type: 'varchar(80)', of: ({ diagnosis }) => diagnosis.text },
    {
      name: 'dx_typ',
      type: 'varchar(2)',
      note: 'F final A admitting W working R ruled out',
      of: ({ kind }) => kind,
    },
  ],
  expect: ({ person, visit, diagnosis, kind }) => ({
    subject: refer('pt_demog', person.id),
    'problem-code': { system: icd10, code: diagnosis.code },
    'problem-text': diagnosis.text,
    'problem-verification-status': verificationOf[kind],
    'problem-category': 'encounter-diagnosis',
    'problem-encounter': refer('encounters', visit?.id ?? null),
  }),
});

function createDiagnoses(world: World, person: Person): VisitDiagnosis[] {
  const visits = world.visits(person).filter(isSound);
  return chartItems(
    world,
    person,
    range,
    () => visits.length,
    (random, base, at) => ({
      ...base,
      visit: visits[at] ?? (visits.length > 0 ? pick(random, visits) : undefined),
      rank: 1,
      diagnosis: drawProblem(random),
      kind: drawKind(random),
    }),
  );
}

const verificationOf: Readonly<Record<DiagnosisKind, string>> = {
  F: 'confirmed',
  A: 'provisional',
  W: 'provisional',
  R: 'refuted',
};
