/** What must become of a record that carries a planted defect. */
export interface Defect {
  /** Stable word of the class; it stands in the truth files and never in the data. */
  name: string;
  table: string;
  /** Reason code that the quarantine must show. */
  reason: DefectReason;
  /** Column by column, what stands there instead of what is true. */
  spoils?: Readonly<Record<string, string | null>>;
  /** What must see it, where no rule of this product can yet: until then the record arrives. */
  deferred?: Deferral;
}

export type DefectReason =
  | 'code-unmapped'
  | 'con-4'
  | 'date-unreadable'
  | 'decimal-unreadable'
  | 'document-empty'
  | 'document-kind-differs'
  | 'document-missing'
  | 'document-orphan'
  | 'document-truncated'
  | 'document-twice'
  | 'element-required'
  | 'parent-missing'
  | 'reference-unresolved'
  | 'time-ambiguous'
  | 'time-nonexistent'
  // Of those that are deferred.
  | 'duplicate-person'
  | 'label-missing';

/** Identity finds doubles, labels what is sensitive. */
export type Deferral = 'identity' | 'labels';
