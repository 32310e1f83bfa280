/** What somebody was promised, as data: a target holds such a resource only if it enforces the promise. */
export const restrictions = {
  'self-pay': 'Paid in full by the patient: no word to the health plan (45 CFR 164.522(a)(1)(vi)).',
  'confidential-address': 'Reached at another address or by other means (45 CFR 164.522(b)).',
  proxy: 'Somebody acts for the patient, a guardian too, from a day to a day.',
  custody: 'Who of the parents may see a child’s chart.',
  'opt-out': 'Not in a directory, an exchange or research.',
  vip: 'Every look is watched.',
  agreed: 'A restriction that the site agreed to (45 CFR 164.522(a)(1)(iii)).',
} as const;

export type Restriction = keyof typeof restrictions;

export const restrictionNames = Object.keys(restrictions) as [Restriction, ...Restriction[]];

/** Guards are labels (HL7 v3-ActCode, capitals) and restrictions. */
export function isRestriction(guard: string): guard is Restriction {
  return Object.hasOwn(restrictions, guard);
}
