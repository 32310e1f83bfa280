import type { DraftObject } from './largeObject.ts';

/**
 * A resource before linkage. References are logical: `Patient/<stable id>`, where the stable id is
 * computed from stream, source key and resource name under the project key; `load` resolves them.
 */
export interface Draft {
  /** FHIR resource type. */
  type: string;
  /** Stable id: 26 characters of base32, free of PHI; the FHIR id where the target allows it. */
  id: string;
  /** Canonical JSON of the resource, id included. */
  body: string;
  /** Ordinals in the batch of the records that contributed. One to many and many to one both occur. */
  from: readonly number[];
  /** Logical references in the body, `Type/id`, without repeats. */
  references: readonly string[];
  /** It goes to the archive alone, whatever the routes say. */
  archived?: true;
  /** What guards it: labels and restrictions, which stand in `meta.security` too. */
  guards?: readonly string[];
  /** Large objects that are not in the body yet. */
  objects?: readonly DraftObject[];
}

/** What `map` made of one batch of records. */
export interface MappedBatch {
  drafts: Draft[];
  /** Per record: what became of it. Length is the number of records. */
  outcomes: RecordOutcome[];
  /** Errors quarantine their record; warnings do not. */
  issues: MappedIssue[];
  /** Populated values that no rule touched, by column. */
  unread: ReadonlyMap<string, number>;
}

/** Bodies in UTF-8, packed as records are: body `i` is `bytes[offsets[i] … offsets[i + 1]]`. */
export interface PackedBodies {
  /** Owns its ArrayBuffer, so that it can be transferred to another thread. */
  bytes: Buffer;
  offsets: Uint32Array;
}

export interface MappedIssue {
  ordinal: number;
  severity: 'error' | 'warning' | 'information';
  code: string;
  path: string;
}

/** `mapped` covers a lookup record too, which yields no draft by declaration. */
export type RecordOutcome =
  | { state: 'mapped' }
  | { state: 'quarantined'; reason: string }
  /** `path`: the rule of the plan that says so, where one does. */
  | { state: 'excluded'; reason: string; path?: string };

/** The reason of a record that is set aside: another one with its key stands, as somebody decided. */
export const setAsideReason = 'duplicate-set-aside';
