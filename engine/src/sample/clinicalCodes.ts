import type { Random } from '../base/random.ts';
import { rxNorm, snomed, type Coding } from './catalogue.ts';
import { weighted } from './draw.ts';

/** More of the hospital's dictionaries: tests, measurements, vaccines, procedures, papers. */
export const loinc = 'http://loinc.org';
export const cvx = 'http://hl7.org/fhir/sid/cvx';
export const cpt = 'http://www.ama-assn.org/go/cpt';
export { rxNorm };

export interface Test {
  local: string;
  text: string;
  coding: Coding;
  /** Local and UCUM unit; none for a test whose result is words. */
  unit: readonly [local: string, ucum: string] | null;
  low: string | null;
  high: string | null;
  /** Lowest and highest number that is drawn, in steps of the last digit. */
  range: readonly [number, number];
  digits: number;
  /** Results in words, coded where the house has a code. */
  words: readonly string[];
}

function test(
  local: string,
  text: string,
  code: string,
  unit: Test['unit'],
  reference: readonly [string | null, string | null],
  range: readonly [number, number],
  digits: number,
): Test {
  const [low, high] = reference;
  const coding = { system: loinc, code };
  return { local, text, coding, unit, low, high, range, digits, words: [] };
}

function worded(local: string, text: string, code: string, words: readonly string[]): Test {
  return { ...test(local, text, code, null, [null, null], [0, 0], 0), words };
}

const mgDl = ['MG/DL', 'mg/dL'] as const;

export const tests: readonly (readonly [Test, number])[] = [
  [test('GLU', 'Glucose', '2345-7', mgDl, ['70', '99'], [55, 320], 0), 16],
  [test('A1C', 'Hemoglobin A1c', '4548-4', ['PCT', '%'], ['4.0', '5.6'], [45, 128], 1), 10],
  [test('NA', 'Sodium', '2951-2', ['MEQ/L', 'meq/L'], ['136', '145'], [128, 151], 0), 12],
  [test('K', 'Potassium', '2823-3', ['MEQ/L', 'meq/L'], ['3.5', '5.1'], [28, 62], 1), 12],
  [test('CREA', 'Creatinine', '2160-0', mgDl, ['0.50', '1.20'], [40, 480], 2), 12],
  [test('TSH', 'TSH', '3016-3', ['UIU/ML', 'u[IU]/mL'], ['0.450', '4.500'], [5, 9800], 3), 7],
  [test('HGB', 'Hemoglobin', '718-7', ['G/DL', 'g/dL'], ['12.0', '17.5'], [70, 185], 1), 12],
  [test('WBC', 'White cells', '6690-2', ['K/UL', '10*3/uL'], ['4.5', '11.0'], [20, 240], 1), 12],
  [test('PLT', 'Platelets', '777-3', ['K/UL', '10*3/uL'], ['150', '400'], [40, 600], 0), 10],
  [test('LDL', 'LDL cholesterol', '13457-7', mgDl, [null, '100'], [35, 220], 0), 9],
  [test('TROP', 'Troponin I', '10839-9', ['NG/ML', 'ng/mL'], [null, '0.04'], [4, 260], 2), 4],
  [worded('COV', 'SARS-CoV-2 RNA', '94500-6', ['DETECTED', 'NOT DETECTED']), 6],
  [worded('UCX', 'Urine culture', '630-4', ['No growth at 48 h', 'mixed flora, repeat?']), 4],
];

export const drawTest = weighted(tests);

/** What words of a result mean, where they have a code. */
export const codedWords: Readonly<Record<string, Coding>> = {
  DETECTED: { system: snomed, code: '260373001' },
  'NOT DETECTED': { system: snomed, code: '260415000' },
};

export interface Measurement {
  local: string;
  coding: Coding;
  unit: readonly [local: string, ucum: string];
  range: readonly [number, number];
  digits: number;
}

function measurement(
  local: string,
  code: string,
  unit: Measurement['unit'],
  range: Measurement['range'],
  digits: number,
): Measurement {
  return { local, coding: { system: loinc, code }, unit, range, digits };
}

/** One that is a pair: its second number is the diastolic pressure. */
export const bloodPressure = 'BP';

export const measurements: readonly Measurement[] = [
  measurement(bloodPressure, '85354-9', ['MMHG', 'mm[Hg]'], [92, 188], 0),
  measurement('HR', '8867-4', ['BPM', '/min'], [48, 128], 0),
  measurement('RR', '9279-1', ['BPM', '/min'], [10, 28], 0),
  measurement('TEMP', '8310-5', ['F', '[degF]'], [9640, 10380], 2),
  measurement('WT', '29463-7', ['LB', '[lb_av]'], [880, 2900], 1),
  measurement('HT', '8302-2', ['IN', '[in_i]'], [580, 770], 1),
  measurement('SPO2', '2708-6', ['PCT', '%'], [86, 100], 0),
];

export interface Vaccine {
  local: string;
  text: string;
  code: string;
  /** Months in which it is given: some have a season. */
  months: readonly number[];
}

const anyMonth = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] as const;
const autumn = [9, 9, 10, 10, 10, 11, 11, 12] as const;

export const drawVaccine = weighted<Vaccine>([
  [{ local: 'FLU4', text: 'Influenza, quadrivalent', code: '150', months: autumn }, 44],
  [{ local: 'TDAP', text: 'Tdap', code: '115', months: anyMonth }, 12],
  [{ local: 'MMR', text: 'MMR', code: '03', months: anyMonth }, 7],
  [{ local: 'VAR', text: 'Varicella', code: '21', months: anyMonth }, 5],
  [{ local: 'PCV13', text: 'Pneumococcal 13-valent', code: '133', months: anyMonth }, 7],
  [{ local: 'PPSV', text: 'Pneumococcal 23-valent', code: '33', months: anyMonth }, 5],
  [{ local: 'RZV', text: 'Zoster, recombinant', code: '187', months: anyMonth }, 6],
  [{ local: 'HPV9', text: 'HPV, 9-valent', code: '165', months: anyMonth }, 5],
  [{ local: 'COVP', text: 'COVID-19, mRNA, 30 mcg', code: '208', months: autumn }, 12],
]);

/** A service that is both recorded and charged: price in cents. */
export interface Service {
  code: string;
  text: string;
  cents: number;
}

export const drawProcedure = weighted<Service>([
  [{ code: '93000', text: 'electrocardiogram, read here', cents: 8_500 }, 18],
  [{ code: '36415', text: 'blood draw', cents: 2_150 }, 24],
  [{ code: '71046', text: 'chest film, two views', cents: 12_975 }, 10],
  [{ code: '94010', text: 'breathing test', cents: 9_240 }, 7],
  [{ code: '20610', text: 'injection into a large joint', cents: 18_899 }, 6],
  [{ code: '12001', text: 'small wound closed', cents: 24_333 }, 5],
  [{ code: '45378', text: 'colonoscopy', cents: 118_050 }, 4],
  [{ code: '11042', text: 'wound cleaned', cents: 21_710 }, 4],
]);

export const drawOfficeService = weighted<Service>([
  [{ code: '99212', text: 'visit, short', cents: 7_425 }, 20],
  [{ code: '99213', text: 'visit', cents: 11_980 }, 44],
  [{ code: '99214', text: 'visit, long', cents: 17_665 }, 24],
  [{ code: '99203', text: 'visit, new patient', cents: 16_150 }, 12],
]);

export interface Diagnosis {
  code: string;
  text: string;
}

export const drawProblem: (random: Random) => Diagnosis = weighted<Diagnosis>([
  [{ code: 'I10', text: 'essential hypertension' }, 20],
  [{ code: 'E11.9', text: 'type 2 diabetes' }, 13],
  [{ code: 'E78.5', text: 'high cholesterol' }, 14],
  [{ code: 'J45.909', text: 'asthma' }, 8],
  [{ code: 'F41.1', text: 'anxiety' }, 7],
  [{ code: 'F32.9', text: 'depression' }, 7],
  [{ code: 'M54.50', text: 'low back pain' }, 9],
  [{ code: 'K21.9', text: 'reflux' }, 8],
  [{ code: 'I48.91', text: 'atrial fibrillation' }, 4],
  [{ code: 'N18.30', text: 'chronic kidney disease, stage 3' }, 4],
  [{ code: 'E03.9', text: 'hypothyroidism' }, 6],
  [{ code: 'C50.919', text: 'breast cancer (?)' }, 2],
]);
