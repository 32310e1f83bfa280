/** What can be found in a text; the classes of 45 CFR 164.514(b)(2)(i) that text can hold, finer. */
export const identifierKinds = [
  'person',
  'address',
  'location',
  'organisation',
  'date',
  'age',
  'phone',
  'email',
  'url',
  'ip',
  'ssn',
  'card',
  'bankAccount',
  'npi',
  'recordNumber',
  'licence',
  'vehicle',
  'device',
  'id',
] as const;

export type IdentifierKind = (typeof identifierKinds)[number];

/** One place in a text, by UTF-16 offsets, the end not included. It holds no value. */
export interface Identifier {
  kind: IdentifierKind;
  start: number;
  end: number;
  /** What found it: the form (with its checksum), the model, or the record's own fields. */
  by: 'form' | 'model' | 'record';
}

/** Kinds that are numbers of a person, an account or a thing. */
export const numberKinds: ReadonlySet<IdentifierKind> = new Set([
  'ssn',
  'card',
  'bankAccount',
  'npi',
  'recordNumber',
  'licence',
  'vehicle',
  'device',
  'id',
]);
