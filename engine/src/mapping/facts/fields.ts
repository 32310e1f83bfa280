/** Why the fields of a record cannot be told apart. */
export type FieldProblem =
  | 'encoding-invalid'
  | 'field-count'
  | 'quote-unterminated'
  | 'quote-misplaced'
  /** A kind of record that facts cannot be read from. */
  | 'media-type-unsupported';

/** The facts' own way into a record. */
export interface RecordFields {
  /** The fields of a record as they are written, or the code of what is wrong with it. */
  split(record: Uint8Array): readonly string[] | FieldProblem;
  /** The value of one field: `null` for NULL. */
  unescape(field: string): string | null;
}
