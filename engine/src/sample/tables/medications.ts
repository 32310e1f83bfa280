import { isoDate, legacyDate } from '../calendar.ts';
import { routeOf, snomed, ucumOf, unitTextOf } from '../catalogue.ts';
import { defects } from '../defects.ts';
import type { Medication, MedicationStatus } from '../medicationHistory.ts';
import { missingPatientId, type Person } from '../people.ts';
import { truthOf, yesNo, type Expected, type Row, type Table } from '../table.ts';
import { persons, type World } from '../world.ts';
import { trail } from './trail.ts';

/** Medications: orders of the house beside what patients and other houses said. */
export const medications: Table = {
  name: 'medications',
  note: 'Medication list: orders, history and what patients report, told apart by status_cd',
  key: ['rx_id'],
  columns: [
    { name: 'rx_id', type: 'integer PRIMARY KEY' },
    { name: 'pt_id', type: 'integer NOT NULL' },
    { name: 'enc_id', type: 'bigint' },
    { name: 'prov_id', type: 'integer' },
    { name: 'drug_cd', type: 'varchar(8)' },
    { name: 'drug_txt', type: 'varchar(80)' },
    { name: 'dose_qty', type: 'numeric', note: 'as ordered, digits kept' },
    { name: 'dose_unit', type: 'varchar(4)', note: 'MG MCG ML UNT PUFF' },
    { name: 'route_cd', type: 'varchar(4)', note: 'PO INH SC TOP' },
    { name: 'freq_txt', type: 'varchar(20)' },
    { name: 'sig_txt', type: 'text' },
    {
      name: 'status_cd',
      type: 'char(1)',
      note:
        'A active S stopped H historical, course ended P patient-reported ' +
        'U unreconciled, from outside E entered in error',
    },
    { name: 'start_dt', type: 'varchar(11)', note: 'dd-MMM-yyyy' },
    { name: 'stop_dt', type: 'varchar(11)', note: 'dd-MMM-yyyy' },
    { name: 'note_txt', type: 'text' },
    { name: 'usr_def_1', type: 'varchar(20)' },
    { name: 'usr_def_3', type: 'varchar(20)' },
    { name: 'deleted', type: "char(1) NOT NULL DEFAULT 'N'" },
    { name: 'updated_at', type: 'timestamp' },
  ],
  rows,
};

function* rows(world: World): Generator<Row> {
  for (const person of persons(world)) {
    for (const medication of world.medications(person)) yield row(person, medication);
  }
}

function row(person: Person, medication: Medication): Row {
  const { defect } = medication;
  const left = trail(medication.id);
  const values = [
    String(medication.id),
    String(defect === defects.orderWithoutPatient ? missingPatientId(person) : person.id),
    numberOrNull(medication.visitId),
    numberOrNull(medication.providerId),
    defect === defects.drugUnmapped ? 'D9999' : (medication.drug?.local ?? null),
    medication.text,
    medication.dose,
    medication.unit,
    medication.route,
    medication.frequency,
    medication.instruction,
    medication.status,
    defect === defects.startUnreadable
      ? 'spring 2019'
      : legacyDate(medication.start, 'dd-MMM-yyyy'),
    medication.stop === null ? null : legacyDate(medication.stop, 'dd-MMM-yyyy'),
    medication.remark,
    left.tag1,
    left.tag3,
    yesNo(medication.deleted),
    left.changedAt,
  ];
  const truth = truthOf(medication.id, medication, 'MedicationRequest', () =>
    expectation(person, medication),
  );
  return { values, truth };
}

function numberOrNull(value: number | null): string | null {
  return value === null ? null : String(value);
}

function expectation(person: Person, medication: Medication): Record<string, Expected | null> {
  const meaning = meaningOf[medication.status];
  const { drug, visitId, providerId } = medication;
  return {
    subject: { table: 'pt_demog', key: String(person.id) },
    'medication-drug': drug && { ...drug.coding },
    'medication-drug-text': medication.text,
    'medication-status': meaning.status,
    'medication-intent': meaning.intent,
    'medication-reported': meaning.reported,
    'dose-value': medication.dose,
    'dose-unit': medication.unit && ucumOf[medication.unit],
    'dose-unit-text': medication.unit && unitTextOf[medication.unit],
    'dose-route': medication.route && { system: snomed, code: routeOf[medication.route] },
    'dose-timing-text': medication.frequency,
    'dose-text': medication.instruction,
    'medication-start': isoDate(medication.start),
    'medication-end': medication.stop === null ? null : isoDate(medication.stop),
    'medication-encounter': visitId === null ? null : { table: 'encounters', key: String(visitId) },
    'medication-prescriber':
      providerId === null ? null : { table: 'providers', key: String(providerId) },
    note: medication.remark,
  };
}

interface Meaning {
  status: string;
  intent: 'order' | 'plan';
  reported: boolean;
}

/**
 * A medication is never promoted: what a patient reports is no order of the house, and whether
 * somebody takes what was imported and never confirmed is unknown.
 */
const meaningOf: Readonly<Record<MedicationStatus, Meaning>> = {
  A: { status: 'active', intent: 'order', reported: false },
  S: { status: 'stopped', intent: 'order', reported: false },
  H: { status: 'completed', intent: 'order', reported: false },
  P: { status: 'active', intent: 'plan', reported: true },
  U: { status: 'unknown', intent: 'plan', reported: true },
  E: { status: 'entered-in-error', intent: 'order', reported: false },
};
