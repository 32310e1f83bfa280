import { seededRandom } from '../base/random.ts';
import type { Defect, DefectReason } from './defect.ts';
import { moreDefects } from './moreDefects.ts';

function defect(table: string, name: string, reason: DefectReason): Defect {
  return { table, name, reason };
}

/** The classes of the first five tables, once each in a round. */
export const defects = {
  birthDateUnreadable: defect('pt_demog', 'birth-date-unreadable', 'date-unreadable'),
  sexUnmapped: defect('pt_demog', 'sex-unmapped', 'code-unmapped'),
  visitWithoutPatient: defect('encounters', 'visit-without-patient', 'reference-unresolved'),
  visitWithoutProvider: defect('encounters', 'visit-without-provider', 'reference-unresolved'),
  visitClassUnmapped: defect('encounters', 'visit-class-unmapped', 'code-unmapped'),
  dischargeUnreadable: defect('encounters', 'discharge-unreadable', 'date-unreadable'),
  allergyWithoutPatient: defect('allergies', 'allergy-without-patient', 'reference-unresolved'),
  allergenUnmapped: defect('allergies', 'allergen-unmapped', 'code-unmapped'),
  onsetUnreadable: defect('allergies', 'onset-unreadable', 'date-unreadable'),
  orderWithoutPatient: defect('medications', 'order-without-patient', 'reference-unresolved'),
  orderWithoutVisit: defect('medications', 'order-without-visit', 'reference-unresolved'),
  drugUnmapped: defect('medications', 'drug-unmapped', 'code-unmapped'),
  startUnreadable: defect('medications', 'start-unreadable', 'date-unreadable'),
} as const satisfies Record<string, Defect>;

/** One patient in this many carries a defect: a hospital of 130 patients shows every class. */
const patientsPerDefect = 10;

/** Of the other patients, one in this many carries a defect of the other tables. */
const othersPerDefect = 4;

/** The person that every tenth patient is once more, under another number. */
export const doubled: Defect = {
  ...defect('pt_demog', 'person-doubled', 'duplicate-person'),
  deferred: 'identity',
};

/** Every class there is. */
export const allDefects: readonly Defect[] = [...Object.values(defects), ...moreDefects, doubled];

export interface Planter {
  /** Which defect a patient carries, at most one. */
  of(patient: number): Defect | undefined;
  /** Whether the patient stands in the tables twice. */
  doubled(patient: number): boolean;
}

/**
 * Planted by position and not by chance, so that small samples have every class too; the seed shifts
 * the positions. The first five tables have places of their own, so that they are the same with and
 * without the others.
 */
export function planter(seed: string, tables: 'all' | 'core'): Planter {
  const random = seededRandom(`${seed}/defects`);
  const offset = random.integer(patientsPerDefect);
  const round = roundOf(Object.values(defects), random.integer(Object.keys(defects).length));
  const otherOffset = random.integer(othersPerDefect);
  const otherRound = roundOf(moreDefects, random.integer(moreDefects.length));
  const isCore = (patient: number): boolean => patient % patientsPerDefect === offset;
  const other = (patient: number): Defect | undefined => {
    const corePlacesBefore = Math.floor((patient - offset - 1) / patientsPerDefect) + 1;
    const rank = patient - corePlacesBefore;
    return rank % othersPerDefect === otherOffset
      ? otherRound(Math.floor(rank / othersPerDefect))
      : undefined;
  };
  return {
    of: (patient) => {
      if (isCore(patient)) return round(Math.floor(patient / patientsPerDefect));
      return tables === 'core' ? undefined : other(patient);
    },
    doubled: (patient) =>
      tables === 'all' && patient % patientsPerDefect === (offset + 5) % patientsPerDefect,
  };
}

function roundOf(classes: readonly Defect[], first: number): (place: number) => Defect | undefined {
  return (place) => classes[(place + first) % classes.length];
}
