import type { Random } from '../base/random.ts';
import type { Day } from './calendar.ts';
import { drawDrug, type DoseUnit, type Drug, type RouteCode } from './catalogue.ts';
import type { Defect } from './defect.ts';
import { defects } from './defects.ts';
import { between, chance, pick, repeats, weighted } from './draw.ts';
import { drawRemark } from './freeText.ts';
import { ageOn, hasNoChart, lastDay, type Person } from './people.ts';
import { isSound, missingVisitId, type Visit } from './visits.ts';

export interface Medication {
  id: number;
  visitId: number | null;
  providerId: number | null;
  /** `null`: only `text` says what it is. */
  drug: Drug | null;
  text: string;
  dose: string | null;
  unit: DoseUnit | null;
  route: RouteCode | null;
  frequency: string | null;
  instruction: string | null;
  status: MedicationStatus;
  start: Day;
  stop: Day | null;
  remark: string | null;
  deleted: boolean;
  defect: Defect | undefined;
}

/**
 * Active, stopped, historical (the course ended before the chart began to track orders),
 * patient-reported, unreconciled (imported from outside and never confirmed), entered in error.
 */
export type MedicationStatus = 'A' | 'S' | 'H' | 'P' | 'U' | 'E';

const drawStatus = weighted<MedicationStatus>([
  ['A', 46],
  ['S', 22],
  ['H', 18],
  ['P', 8],
  ['U', 4],
  ['E', 2],
]);

const frequencies = ['DAILY', 'BID', 'TID', 'QHS', 'Q6H PRN', 'WEEKLY'] as const;

const instructions = [
  'Take 1 tab by mouth daily',
  'take with food\navoid alcohol',
  'per "sliding scale"',
  'AM\tPM\tHS: 1-0-1',
  'dissolve in ½ glass of water',
  'hold if SBP < 100',
] as const;

const uncodedDrugs = [
  'fish oil (OTC)',
  'herbal tea "for nerves"',
  'vitamina D3, de México',
  'eye drops – blue cap',
] as const;

const idsPerPatient = 32;
const firstMedicationId = 700_000;

export function createMedications(
  random: Random,
  person: Person,
  planted: Defect | undefined,
  visits: readonly Visit[],
): Medication[] {
  if (hasNoChart(person)) return [];
  const age = ageOn(lastDay, person.birth);
  const again = age < 18 ? 0.35 : age < 50 ? 0.6 : 0.8;
  const count = repeats(random, again, idsPerPatient - 2);
  const sound = visits.filter(isSound);
  const medications = Array.from({ length: count }, (_, at) =>
    createMedication(random, person, at, sound),
  );
  if (planted?.table === 'medications') {
    medications.push(
      plant(random, createMedication(random, person, count, sound), person, planted),
    );
  }
  return medications;
}

function plant(random: Random, sound: Medication, person: Person, defect: Defect): Medication {
  const drug = sound.drug ?? drawDrug(random);
  const visitId = defect === defects.orderWithoutVisit ? missingVisitId(person) : sound.visitId;
  return { ...sound, drug, text: drug.text, visitId, deleted: false, defect };
}

function createMedication(
  random: Random,
  person: Person,
  at: number,
  visits: readonly Visit[],
): Medication {
  const status = drawStatus(random);
  const reported = status === 'P' || status === 'U';
  const visit = reported || visits.length === 0 ? null : pick(random, visits);
  const start =
    visit?.start.day ?? between(random, Math.max(person.birth, lastDay - 5000), lastDay);
  const drug = reported && chance(random, 0.35) ? null : drawDrug(random);
  return {
    id: firstMedicationId + person.index * idsPerPatient + at,
    visitId: visit?.id ?? null,
    providerId: visit?.providerId ?? null,
    drug,
    text: drug?.text ?? pick(random, uncodedDrugs),
    ...drawDosage(random, drug),
    status,
    start,
    stop: status === 'S' || status === 'H' ? start + between(random, 3, 700) : null,
    remark: drawRemark(random, 0.12),
    deleted: person.deleted || chance(random, 0.01),
    defect: undefined,
  };
}

type Dosage = Pick<Medication, 'dose' | 'unit' | 'route' | 'frequency' | 'instruction'>;

function drawDosage(random: Random, drug: Drug | null): Dosage {
  const dosed = drug !== null && chance(random, 0.93);
  return {
    dose: dosed ? pick(random, drug.doses) : null,
    unit: dosed ? drug.unit : null,
    route: drug?.route ?? null,
    frequency: chance(random, 0.85) ? pick(random, frequencies) : null,
    instruction: chance(random, 0.5) ? pick(random, instructions) : null,
  };
}
