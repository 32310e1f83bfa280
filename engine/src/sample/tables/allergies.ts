import type { Allergy, AllergyStatus } from '../allergyHistory.ts';
import { isoDate, legacyDate } from '../calendar.ts';
import { defects } from '../defects.ts';
import { missingPatientId, type Person } from '../people.ts';
import { truthOf, yesNo, type Expected, type Row, type Table } from '../table.ts';
import { persons, type World } from '../world.ts';
import { trail } from './trail.ts';

/** Allergies, coded and typed, with the rows that say that there are none. */
export const allergies: Table = {
  name: 'allergies',
  note: 'Allergies and statements that none are known',
  key: ['alg_id'],
  columns: [
    { name: 'alg_id', type: 'integer PRIMARY KEY' },
    { name: 'pt_id', type: 'integer NOT NULL' },
    { name: 'alg_type_cd', type: 'char(2)', note: 'DA drug FA food EA environment NK none known' },
    { name: 'alg_cd', type: 'varchar(8)', note: 'empty where only the text says it' },
    { name: 'alg_txt', type: 'varchar(80)' },
    { name: 'react_cd', type: 'varchar(8)' },
    { name: 'react_txt', type: 'varchar(80)' },
    { name: 'severity_cd', type: 'char(2)', note: 'MI MO SE' },
    {
      name: 'status_cd',
      type: 'char(1)',
      note: 'A active I inactive R refuted U unconfirmed E entered in error',
    },
    { name: 'onset_dt', type: 'varchar(10)', note: 'yyyy, yyyy-MM or yyyy-MM-dd' },
    { name: 'noted_dt', type: 'varchar(10)', note: 'MM/dd/yyyy' },
    { name: 'noted_by', type: 'integer' },
    { name: 'comment_txt', type: 'text' },
    { name: 'usr_def_1', type: 'varchar(20)' },
    { name: 'deleted', type: "char(1) NOT NULL DEFAULT 'N'" },
    { name: 'updated_at', type: 'timestamp' },
  ],
  rows,
};

function* rows(world: World): Generator<Row> {
  for (const person of persons(world)) {
    for (const allergy of world.allergies(person)) yield row(person, allergy);
  }
}

function row(person: Person, allergy: Allergy): Row {
  const { defect } = allergy;
  const left = trail(allergy.id);
  const values = [
    String(allergy.id),
    String(defect === defects.allergyWithoutPatient ? missingPatientId(person) : person.id),
    allergy.kind,
    defect === defects.allergenUnmapped ? 'ZZTOP' : (allergy.allergen?.local ?? null),
    allergy.text,
    allergy.reaction?.local ?? null,
    allergy.reaction?.text ?? allergy.reactionText,
    allergy.severity,
    allergy.status,
    defect === defects.onsetUnreadable ? 'childhood' : allergy.onset,
    legacyDate(allergy.noted, 'MM/dd/yyyy'),
    allergy.notedBy === null ? null : String(allergy.notedBy),
    allergy.remark,
    left.tag1,
    yesNo(allergy.deleted),
    left.changedAt,
  ];
  const truth = truthOf(allergy.id, allergy, 'AllergyIntolerance', () =>
    expectation(person, allergy),
  );
  return { values, truth };
}

function expectation(person: Person, allergy: Allergy): Record<string, Expected | null> {
  const { allergen, reaction } = allergy;
  const status = statusOf[allergy.status];
  return {
    subject: { table: 'pt_demog', key: String(person.id) },
    'allergy-substance': allergen && { ...allergen.coding },
    'allergy-substance-text': allergy.text,
    'allergy-negation': noneKnownOf[allergen?.local ?? ''] ?? null,
    'allergy-clinical-status': status.clinical,
    'allergy-verification-status': status.verification,
    'allergy-category': categoryOf[allergy.kind],
    'allergy-reaction': reaction && { ...reaction.coding },
    'allergy-reaction-text': reaction?.text ?? allergy.reactionText,
    'allergy-severity': allergy.severity && severityOf[allergy.severity],
    'allergy-onset': allergy.onset,
    'allergy-recorded': isoDate(allergy.noted),
    'allergy-recorder':
      allergy.notedBy === null ? null : { table: 'providers', key: String(allergy.notedBy) },
    note: allergy.remark,
  };
}

interface Status {
  clinical: string | null;
  verification: string;
}

/** A refuted allergy poses no risk, and one entered in error has no clinical status (ait-2). */
const statusOf: Readonly<Record<AllergyStatus, Status>> = {
  A: { clinical: 'active', verification: 'confirmed' },
  I: { clinical: 'inactive', verification: 'confirmed' },
  R: { clinical: 'inactive', verification: 'refuted' },
  U: { clinical: 'active', verification: 'unconfirmed' },
  E: { clinical: null, verification: 'entered-in-error' },
};

const noneKnownOf: Readonly<Record<string, string>> = {
  NKA: 'none-known',
  NKDA: 'none-known-drug',
};

const categoryOf = { DA: 'medication', FA: 'food', EA: 'environment', NK: null } as const;
const severityOf = { MI: 'mild', MO: 'moderate', SE: 'severe' } as const;
