import { weighted } from './draw.ts';

/**
 * The hospital's own dictionaries: local codes with the standard codes that a pharmacist and a
 * terminologist would give them. The truth files are written from here; the project template's
 * code maps state the same knowledge on their own, so that one can check the other.
 */
export interface Coding {
  system: string;
  code: string;
}

export const rxNorm = 'http://www.nlm.nih.gov/research/umls/rxnorm';
export const snomed = 'http://snomed.info/sct';
export const icd10 = 'http://hl7.org/fhir/sid/icd-10-cm';
export const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

export type AllergenKind = 'DA' | 'FA' | 'EA' | 'NK';

export interface Allergen {
  local: string;
  text: string;
  kind: AllergenKind;
  coding: Coding;
}

function allergen(kind: AllergenKind, local: string, text: string, code: string): Allergen {
  return { kind, local, text, coding: { system: kind === 'DA' ? rxNorm : snomed, code } };
}

export const drawAllergen = weighted<Allergen>([
  [allergen('DA', 'PCN', 'Penicillin', '70618'), 24],
  [allergen('DA', 'AMOX', 'Amoxicillin', '723'), 8],
  [allergen('DA', 'SMX', 'Sulfamethoxazole/Trimethoprim', '10831'), 14],
  [allergen('DA', 'ASA', 'Aspirin', '1191'), 7],
  [allergen('DA', 'IBU', 'Ibuprofen', '5640'), 5],
  [allergen('DA', 'COD', 'Codeine', '2670'), 8],
  [allergen('DA', 'MOR', 'Morphine', '7052'), 4],
  [allergen('DA', 'ERY', 'Erythromycin', '4053'), 4],
  [allergen('DA', 'CIP', 'Ciprofloxacin', '2551'), 3],
  [allergen('DA', 'LIS', 'Lisinopril', '29046'), 4],
  [allergen('FA', 'PNUT', 'Peanuts', '762952008'), 5],
  [allergen('FA', 'SHEL', 'Shellfish', '735029006'), 6],
  [allergen('FA', 'EGG', 'Eggs', '102263004'), 3],
  [allergen('FA', 'MILK', 'Milk', '3718001'), 3],
  [allergen('FA', 'TNUT', 'Tree nuts', '442571000124108'), 3],
  [allergen('EA', 'LATX', 'Latex', '111088007'), 6],
  [allergen('EA', 'BEE', 'Bee stings', '288328004'), 3],
  [allergen('EA', 'MITE', 'House dust mites', '260147004'), 4],
  [allergen('EA', 'MOLD', 'Mold', '84489001'), 3],
]);

export const noKnownAllergy = allergen('NK', 'NKA', 'No known allergies', '716186003');
export const noKnownDrugAllergy = allergen('NK', 'NKDA', 'No known drug allergies', '409137002');

export interface Reaction {
  local: string;
  text: string;
  coding: Coding;
}

function reaction(local: string, text: string, code: string): Reaction {
  return { local, text, coding: { system: snomed, code } };
}

export const drawReaction = weighted<Reaction>([
  [reaction('HIVES', 'hives', '126485001'), 30],
  [reaction('RASH', 'rash', '271807003'), 34],
  [reaction('ANA', 'anaphylaxis', '39579001'), 6],
  [reaction('SOB', 'shortness of breath', '267036007'), 8],
  [reaction('NAUS', 'nausea', '422587007'), 14],
  [reaction('ITCH', 'itching', '418290006'), 14],
  [reaction('ANGIO', 'swelling of face and lips', '41291007'), 5],
  [reaction('DIAR', 'diarrhoea', '62315008'), 5],
]);

export interface Drug {
  local: string;
  text: string;
  coding: Coding;
  /** Doses as prescribers write them: the digits are part of the order. */
  doses: readonly string[];
  unit: DoseUnit;
  route: RouteCode;
}

export type DoseUnit = 'MG' | 'MCG' | 'ML' | 'UNT' | 'PUFF';
export type RouteCode = 'PO' | 'INH' | 'SC' | 'TOP';

/** Local units in UCUM. */
export const ucumOf: Readonly<Record<DoseUnit, string>> = {
  MG: 'mg',
  MCG: 'ug',
  ML: 'mL',
  UNT: '[iU]',
  PUFF: '{puff}',
};

/** Local units as a person reads them. */
export const unitTextOf: Readonly<Record<DoseUnit, string>> = {
  MG: 'mg',
  MCG: 'mcg',
  ML: 'mL',
  UNT: 'units',
  PUFF: 'puff',
};

export const routeOf: Readonly<Record<RouteCode, string>> = {
  PO: '26643006',
  INH: '447694001',
  SC: '34206005',
  TOP: '6064005',
};

function drug(
  local: string,
  text: string,
  code: string,
  doses: readonly string[],
  unit: DoseUnit = 'MG',
  route: RouteCode = 'PO',
): Drug {
  return { local, text, coding: { system: rxNorm, code }, doses, unit, route };
}

export const drawDrug = weighted<Drug>([
  [drug('D0101', 'lisinopril', '29046', ['2.5', '5', '10', '20', '40']), 14],
  [drug('D0102', 'atorvastatin', '83367', ['10', '20', '40', '80']), 14],
  [drug('D0103', 'metformin', '6809', ['500', '850', '1000']), 12],
  [drug('D0104', 'amlodipine', '17767', ['2.5', '5', '10']), 10],
  [drug('D0105', 'levothyroxine', '10582', ['25', '50', '88', '112.0'], 'MCG'), 9],
  [drug('D0106', 'omeprazole', '7646', ['20', '40']), 8],
  [drug('D0107', 'metoprolol', '6918', ['12.5', '25', '50']), 7],
  [drug('D0108', 'albuterol', '435', ['1', '2'], 'PUFF', 'INH'), 9],
  [drug('D0109', 'hydrochlorothiazide', '5487', ['12.5', '25.0']), 6],
  [drug('D0110', 'gabapentin', '25480', ['100', '300', '600']), 6],
  [drug('D0111', 'sertraline', '36437', ['25', '50', '100']), 6],
  [drug('D0112', 'warfarin', '11289', ['1', '2.50', '5', '7.50']), 4],
  [drug('D0113', 'digoxin', '3407', ['0.125', '0.250']), 2],
  [drug('D0114', 'lorazepam', '6470', ['0.50', '1.00', '2']), 3],
  [drug('D0115', 'prednisone', '8640', ['5', '10', '20']), 4],
  [drug('D0116', 'furosemide', '4603', ['20', '40']), 4],
  [drug('D0117', 'insulin glargine', '274783', ['10', '18', '24'], 'UNT', 'SC'), 4],
  [drug('D0118', 'amoxicillin', '723', ['250', '500', '875']), 6],
  [drug('D0119', 'aspirin', '1191', ['81', '325']), 7],
  [drug('D0120', 'acetaminophen', '161', ['325', '500']), 5],
]);

export interface VisitReason {
  coding: Coding;
  text: string;
}

function reason(code: string, text: string): VisitReason {
  return { coding: { system: icd10, code }, text };
}

export const drawReason = weighted<VisitReason>([
  [reason('Z00.00', 'annual physical'), 16],
  [reason('I10', 'blood pressure follow-up'), 14],
  [reason('E11.9', 'diabetes follow-up'), 10],
  [reason('J06.9', 'cough and congestion'), 9],
  [reason('M54.50', 'low back pain'), 8],
  [reason('R07.9', 'chest pain'), 6],
  [reason('R10.9', 'abdominal pain'), 6],
  [reason('J45.909', 'asthma'), 5],
  [reason('F41.1', 'anxiety'), 5],
  [reason('N39.0', 'burning on urination'), 4],
  [reason('R51.9', 'headache'), 4],
  [reason('S93.401A', 'twisted right ankle'), 3],
  [reason('Z23', 'vaccination'), 4],
]);
