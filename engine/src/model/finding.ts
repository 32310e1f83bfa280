/** What a verifier says of one resource or one fact. */
export type FindingKind = 'missing' | 'extra' | 'different' | 'unverifiable';

/** Which of the two comparisons found it (DESIGN: delivery, facts), or the closing scan. */
export type Verifier = 'delivery' | 'facts' | 'scan';

/** A difference. Carries type, path, code and ids that Handover made; never a value. */
export interface Finding {
  verifier: Verifier;
  kind: FindingKind;
  /** Stable: `delivery-different`, `fact-different`, `subject-different`, `extra-in-target`. */
  code: string;
  type: string;
  id: string;
  /** Element or concept: `AllergyIntolerance.verificationStatus`, `birth-date`. */
  path: string;
  /** Ordinal in the batch of the record behind it; -1 when none is known. */
  ordinal: number;
}
