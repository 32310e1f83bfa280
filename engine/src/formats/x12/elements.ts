/**
 * What is asked of a segment wherever it stands: elements that must have a value and elements that
 * are numbers (X12 types N and R). Codes and dates are judged where they are read.
 */
export interface ElementRule {
  required: readonly number[];
  numbers: readonly number[];
  /** The same for each element up to the last that is asked of: {@link isRequired}, {@link isNumeric}. */
  kinds: Uint8Array;
}

export const isRequired = 1;
export const isNumeric = 2;

const adjustments = [3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19];

const rules: Readonly<Record<string, ElementRule>> = {
  AAA: rule([1, 3]),
  AK1: rule([1, 2]),
  AK2: rule([1, 2]),
  AK3: rule([1, 2]),
  AK5: rule([1]),
  AK9: rule([1, 2, 3, 4], [2, 3, 4]),
  AMT: rule([1, 2], [2]),
  BGN: rule([1, 2, 3]),
  BHT: rule([1, 2]),
  BPR: rule([1, 2, 3, 4], [2]),
  CAS: rule([1, 2, 3], adjustments),
  CLM: rule([1, 2, 5], [2]),
  CLP: rule([1, 2, 3, 4], [3, 4, 5]),
  CRC: rule([1, 2, 3]),
  CUR: rule([1, 2]),
  DTM: rule([1]),
  DTP: rule([1, 2, 3]),
  EB: rule([1], [7, 8, 10]),
  HD: rule([1]),
  HI: rule([1]),
  HL: rule([1, 3]),
  IK3: rule([1, 2]),
  IK4: rule([1, 3]),
  IK5: rule([1]),
  INS: rule([1, 2]),
  LIN: rule([2, 3]),
  LQ: rule([1]),
  LX: rule([1]),
  N1: rule([1]),
  N3: rule([1]),
  NM1: rule([1, 2]),
  PER: rule([1]),
  PLB: rule([1, 2, 3, 4], [4, 6, 8, 10, 12, 14]),
  PRV: rule([1]),
  QTY: rule([1, 2], [2]),
  REF: rule([1, 2]),
  SBR: rule([1]),
  ST: rule([1, 2]),
  STC: rule([1]),
  SV1: rule([1, 2, 3, 4], [2, 4]),
  SV2: rule([3, 4, 5], [3, 5]),
  SV3: rule([1, 2], [2, 6]),
  SVC: rule([1, 2], [2, 3, 5]),
  SVD: rule([1, 2], [2, 5]),
  TRN: rule([1, 2]),
  UM: rule([1]),
};

function rule(required: readonly number[], numbers: readonly number[] = []): ElementRule {
  const kinds = new Uint8Array(Math.max(0, ...required, ...numbers) + 1);
  for (const element of required) kinds[element] = isRequired;
  for (const element of numbers) kinds[element] = (kinds[element] as number) | isNumeric;
  return { required, numbers, kinds };
}

const byId = new Map(Object.entries(rules));

export const elementRuleOf = (id: string): ElementRule | undefined => byId.get(id);

/** X12's decimal: digits with one point and a sign before them, no exponent, at most 18 digits. */
export function isNumber(written: string): boolean {
  return written.length <= 20 && /^-?(?:\d+\.?\d*|\.\d+)$/.test(written);
}

/** Reference numbers of data elements for IK403 and the like (data element dictionary, 005010). */
const dataElements: Readonly<Record<string, readonly number[]>> = {
  AMT: [522, 782],
  BHT: [1005, 353],
  BPR: [305, 782, 478, 591],
  CAS: [1033, 1034, 782],
  CLM: [1028, 782, 1032, 1343, 0],
  CLP: [1028, 1029, 782, 782, 782],
  DTP: [374, 1250, 1251],
  HL: [628, 734, 735, 736],
  N1: [98],
  N3: [166],
  NM1: [98, 1065],
  PLB: [127, 373, 0, 782],
  QTY: [673, 380],
  REF: [128, 127],
  SBR: [1138],
  SV1: [0, 782, 355, 380],
  SV2: [234, 0, 782, 355, 380],
  SV3: [0, 782],
  SVC: [0, 782, 782],
  TRN: [481, 127],
};

/** Undefined for composites and what is not listed: the number is not required then. */
export function dataElementOf(id: string, element: number): number | undefined {
  return dataElements[id]?.[element - 1] || undefined;
}
