/** A segment of X12 as its elements; the first is its name. */
export type Segment = readonly string[];

/** One transaction: its segments from ST on, and how it is told apart. */
export interface TransactionSegments {
  /** ST01. */
  set: string;
  gs: Segment;
  bht: Segment;
  /** ISA06, ISA13, GS06 and ST02. */
  numbers: string;
  segments: readonly Segment[];
}

/** What tells a person apart: payer, number, name in capitals, day of birth. */
export function patientKey(payer: string, name: Segment, member: string, born: string): string {
  const called = [3, 4].map((at) => (name[at] ?? '').trim().toUpperCase()).join('|');
  return [payer, name[9] || member, called, born].join('|');
}

/** Of an insurer told in N1 its number, else its name. */
export function payerOfN1(segment: Segment): string {
  return segment[4]?.trim() || (segment[2]?.trim() ?? '');
}
