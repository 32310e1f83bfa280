import { civil, isoDate, legacyDate, type Day } from '../calendar.ts';
import { icd10, snomed } from '../catalogue.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  type ChartItem,
} from '../chartItem.ts';
import { drawProblem, type Diagnosis } from '../clinicalCodes.ts';
import { between, chance, pick, repeats, weighted } from '../draw.ts';
import { drawRemark } from '../freeText.ts';
import { ageOn, lastDay, type Person } from '../people.ts';
import { providerId } from '../staff.ts';
import type { Table } from '../table.ts';
import type { World } from '../world.ts';

export interface Problem extends ChartItem {
  /** `null`: the row says that there are none, which no row at all does not. */
  diagnosis: Diagnosis | null;
  text: string;
  status: ProblemStatus;
  /** As typed, and as it must arrive. */
  onset: PartialDate | null;
  resolved: Day | null;
  noted: Day;
  notedBy: number;
  remark: string | null;
}

interface PartialDate {
  typed: string;
  iso: string;
}

/** Active, inactive, resolved, suspected, ruled out, entered in error. */
type ProblemStatus = 'A' | 'I' | 'R' | 'S' | 'X' | 'E';

const drawStatus = weighted<ProblemStatus>([
  ['A', 62],
  ['I', 8],
  ['R', 14],
  ['S', 5],
  ['X', 6],
  ['E', 3],
]);

const uncoded = ['bad knees (pt words)', '? fibromyalgia – await rheum', 'hx "murmur"'] as const;

const range = { table: 'problems', first: 300_000, perPatient: 12 };

/** The problem list: what the patient has, had, may have and turned out not to have. */
export const problems: Table = chartTable<Problem>({
  name: 'problems',
  note: 'Problem list; diagnoses of a visit stand in visit_dx',
  type: 'Condition',
  items: createProblems,
  fields: [
    keyField('prob_id'),
    patientField,
    {
      name: 'icd_cd',
      type: 'varchar(8)',
      note: 'ICD-10-CM; NONE says that none are known; empty where only the text says it',
      of: ({ diagnosis, text }) => (text === noProblems ? 'NONE' : (diagnosis?.code ?? null)),
    },
    { name: 'prob_txt', type: 'varchar(80)', of: ({ text }) => text },
    {
      name: 'status_cd',
      type: 'varchar(2)',
      note: 'A active I inactive R resolved S suspected X ruled out E entered in error',
      of: ({ status }) => status,
    },
    {
      name: 'onset_dt',
      type: 'varchar(10)',
      note: 'MM/dd/yyyy, MM/yyyy or yyyy',
      of: ({ onset }) => onset?.typed ?? null,
    },
    {
      name: 'res_dt',
      type: 'varchar(10)',
      note: 'MM/dd/yyyy',
      of: ({ resolved }) => (resolved === null ? null : legacyDate(resolved, 'MM/dd/yyyy')),
    },
    {
      name: 'noted_dt',
      type: 'varchar(8)',
      note: 'yyyyMMdd',
      of: ({ noted }) => legacyDate(noted, 'yyyyMMdd'),
    },
    { name: 'noted_by', type: 'integer', of: ({ notedBy }) => notedBy },
    { name: 'note_txt', type: 'text', of: ({ remark }) => remark },
  ],
  expect: (problem) => ({
    subject: refer('pt_demog', problem.person.id),
    'problem-code':
      problem.text === noProblems
        ? { system: snomed, code: '160245001' }
        : problem.diagnosis && { system: icd10, code: problem.diagnosis.code },
    'problem-text': problem.text,
    'problem-clinical-status': clinicalOf[problem.status],
    'problem-verification-status': verificationOf[problem.status],
    'problem-category': 'problem-list-item',
    'problem-onset': problem.onset?.iso ?? null,
    'problem-abatement': problem.resolved === null ? null : isoDate(problem.resolved),
    'problem-recorded': isoDate(problem.noted),
    'problem-recorder': refer('providers', problem.notedBy),
    note: problem.remark,
  }),
});

const noProblems = 'No known problems';

export function createProblems(world: World, person: Person): Problem[] {
  const age = ageOn(lastDay, person.birth);
  const again = age < 18 ? 0.25 : age < 50 ? 0.5 : 0.72;
  return chartItems(
    world,
    person,
    range,
    (random) => (chance(random, 0.15) ? 1 : repeats(random, again, 8)),
    (random, base, at) => {
      const none = at === 0 && base.defect === undefined && chance(random, 0.12);
      const diagnosis = none || chance(random, 0.06) ? null : drawProblem(random);
      const status = none || base.defect ? 'A' : drawStatus(random);
      const began = between(random, Math.max(person.birth, lastDay - 6000), lastDay);
      const ended = status === 'R' || (status === 'I' && chance(random, 0.5));
      return {
        ...base,
        diagnosis,
        text: none ? noProblems : (diagnosis?.text ?? pick(random, uncoded)),
        status,
        onset: none || chance(random, 0.25) ? null : partial(began, random.integer(3)),
        resolved: ended ? Math.min(lastDay, began + between(random, 10, 900)) : null,
        noted: between(random, began, lastDay),
        notedBy: providerId(random.integer(world.staff)),
        remark: drawRemark(random, 0.15),
      };
    },
  );
}

/** People remember a year, sometimes a month, seldom a day. */
function partial(day: Day, precision: number): PartialDate {
  const { year } = civil(day);
  const iso = isoDate(day);
  if (precision === 0) return { typed: String(year), iso: String(year) };
  if (precision === 1) return { typed: `${iso.slice(5, 7)}/${year}`, iso: iso.slice(0, 7) };
  return { typed: legacyDate(day, 'MM/dd/yyyy'), iso };
}

/** A problem entered in error has no clinical status (con-5), one ruled out is not active. */
const clinicalOf: Readonly<Record<ProblemStatus, string | null>> = {
  A: 'active',
  I: 'inactive',
  R: 'resolved',
  S: 'active',
  X: 'inactive',
  E: null,
};

const verificationOf: Readonly<Record<ProblemStatus, string>> = {
  A: 'confirmed',
  I: 'confirmed',
  R: 'confirmed',
  S: 'provisional',
  X: 'refuted',
  E: 'entered-in-error',
};
