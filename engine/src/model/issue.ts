/**
 * A problem with data. It names the rule and the place and never carries a value from a record:
 * the bytes stand sealed in the parcel it points into.
 */
export interface Issue {
  severity: 'error' | 'warning' | 'information';
  /** Stable, documented: `date-unreadable`, `code-unmapped`, `reference-unresolved`. */
  code: string;
  /** Where: a column, or a path in a draft (`Patient.birthDate`). */
  path: string;
}

/** An issue with the record (or draft) of a batch that has it. */
export interface LocatedIssue extends Issue {
  /** Ordinal of the record in its batch, from 0. */
  ordinal: number;
}
