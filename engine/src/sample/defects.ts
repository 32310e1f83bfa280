import { seededRandom } from '../base/random.ts';

/** What must become of a record that carries a planted defect. */
export interface Defect {
  /** Stable word of the class; it stands in the truth files and never in the data. */
  name: string;
  table: TableName;
  /** Reason code that the quarantine must show. */
  reason: 'date-unreadable' | 'code-unmapped' | 'reference-unresolved';
}

export type TableName = 'pt_demog' | 'providers' | 'encounters' | 'allergies' | 'medications';

function defect(table: TableName, name: string, reason: Defect['reason']): Defect {
  return { table, name, reason };
}

/** Every class that the sample plants, once each in a round. */
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

const round: readonly Defect[] = Object.values(defects);

/** One patient in this many carries a defect: a hospital of 130 patients shows every class. */
const patientsPerDefect = 10;

/**
 * Which defect a patient carries, at most one. Planted by position and not by chance, so that
 * small samples have every class too; the seed shifts the positions.
 */
export function planter(seed: string): (patient: number) => Defect | undefined {
  const random = seededRandom(`${seed}/defects`);
  const offset = random.integer(patientsPerDefect);
  const first = random.integer(round.length);
  return (patient) => {
    if (patient % patientsPerDefect !== offset) return undefined;
    return round[(Math.floor(patient / patientsPerDefect) + first) % round.length];
  };
}
