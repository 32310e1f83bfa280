import { clockTime, isoInstant, legacyDate, localTimestamp } from '../calendar.ts';
import { actCode } from '../catalogue.ts';
import { defects } from '../defects.ts';
import { missingPatientId, type Person } from '../people.ts';
import { truthOf, yesNo, type Expected, type Row, type Table } from '../table.ts';
import { missingProviderId } from '../staff.ts';
import {
  departmentCode,
  departmentNumber,
  type Visit,
  type VisitClass,
  type VisitStatus,
} from '../visits.ts';
import { persons, type World } from '../world.ts';
import { trail } from './trail.ts';

/** Visits. A start without a zone, an end as text in another format, orphans. */
export const encounters: Table = {
  name: 'encounters',
  note: 'Visits of all classes; no foreign keys were ever declared',
  key: ['enc_id'],
  columns: [
    { name: 'enc_id', type: 'bigint PRIMARY KEY' },
    { name: 'pt_id', type: 'integer NOT NULL' },
    { name: 'prov_id', type: 'integer' },
    { name: 'enc_cls', type: 'char(1)', note: 'I O E H T' },
    { name: 'visit_typ', type: 'varchar(30)' },
    {
      name: 'status_cd',
      type: 'char(1)',
      note: 'C complete A in progress S scheduled X cancelled N no-show E entered in error',
    },
    { name: 'admit_ts', type: 'timestamp', note: 'local time' },
    { name: 'disch_dt', type: 'varchar(17)', note: 'dd-MMM-yyyy HH:mm, local time' },
    { name: 'dept_cd', type: 'varchar(6)' },
    { name: 'reason_cd', type: 'varchar(8)', note: 'ICD-10-CM' },
    { name: 'reason_txt', type: 'varchar(80)' },
    { name: 'visit_note', type: 'text' },
    { name: 'acct_no', type: 'varchar(12)' },
    { name: 'usr_def_3', type: 'varchar(20)' },
    { name: 'deleted', type: "char(1) NOT NULL DEFAULT 'N'" },
    { name: 'updated_at', type: 'timestamp' },
  ],
  rows,
};

function* rows(world: World): Generator<Row> {
  for (const person of persons(world)) {
    for (const visit of world.visits(person)) yield row(person, visit);
  }
}

function row(person: Person, visit: Visit): Row {
  const { defect } = visit;
  const left = trail(visit.id);
  const providerId = defect === defects.visitWithoutProvider ? missingProviderId : visit.providerId;
  const values = [
    String(visit.id),
    String(defect === defects.visitWithoutPatient ? missingPatientId(person) : person.id),
    String(providerId),
    defect === defects.visitClassUnmapped ? 'Z' : visit.class,
    visit.kind,
    visit.status,
    localTimestamp(visit.start),
    dischargeAsTyped(visit),
    departmentCode(visit.class, departmentNumber(visit)),
    visit.reason?.coding.code ?? null,
    visit.reason?.text ?? null,
    visit.remark,
    account(visit),
    left.tag3,
    yesNo(visit.deleted),
    left.changedAt,
  ];
  return { values, truth: truthOf(visit.id, visit, 'Encounter', () => expectation(person, visit)) };
}

function dischargeAsTyped(visit: Visit): string | null {
  if (visit.defect === defects.dischargeUnreadable) return '31-Feb-2019 10:00';
  if (visit.end === null) return null;
  return `${legacyDate(visit.end.day, 'dd-MMM-yyyy')} ${clockTime(visit.end.minute)}`;
}

function account(visit: Visit): string {
  return `A${visit.id}`;
}

function expectation(person: Person, visit: Visit): Record<string, Expected | null> {
  return {
    subject: { table: 'pt_demog', key: String(person.id) },
    identifier: [account(visit)],
    'encounter-status': statusOf[visit.status],
    'encounter-class': { system: actCode, code: classOf[visit.class] },
    'encounter-type-text': visit.kind,
    'encounter-start': isoInstant(visit.start),
    'encounter-end': visit.end && isoInstant(visit.end),
    'encounter-practitioner': { table: 'providers', key: String(visit.providerId) },
    'encounter-reason': visit.reason && { ...visit.reason.coding },
    'encounter-reason-text': visit.reason?.text ?? null,
  };
}

const classOf: Readonly<Record<VisitClass, string>> = {
  I: 'IMP',
  O: 'AMB',
  E: 'EMER',
  H: 'HH',
  T: 'VR',
};

/** R4 has no word for a patient who did not come: the visit did not take place. */
const statusOf: Readonly<Record<VisitStatus, string>> = {
  C: 'finished',
  A: 'in-progress',
  S: 'planned',
  X: 'cancelled',
  N: 'cancelled',
  E: 'entered-in-error',
};
