import type { RecordMediaType } from './record.ts';

/** A way from one stream to records of another (or the same): by the text of some of its columns. */
export interface Join {
  stream: string;
  /** In this order their texts make the key that is looked for, parted by `keySeparator`. */
  columns: readonly string[];
}

/** Names a join in the ledger. */
export function joinName({ stream, columns }: Join): string {
  return `${stream} ${columns.join(',')}`;
}

/** Where a record was staged; among those of one stream, the order in which they were read. */
export interface RecordPlace {
  slice: string;
  number: number;
  ordinal: number;
}

export function comparePlaces(left: RecordPlace, right: RecordPlace): number {
  if (left.slice !== right.slice) return left.slice < right.slice ? -1 : 1;
  return left.number - right.number || left.ordinal - right.ordinal;
}

/** A record that another one reaches, exactly as read. */
export interface RelatedRecord {
  place: RecordPlace;
  /** Its source key. */
  key: string;
  mediaType: RecordMediaType;
  bytes: Buffer;
  /** It is held whatever its own mapping says, and why: its key is repeated. */
  held?: string;
  /** Another record with its key stands: of those that are folded or looked up it is none. */
  setAside?: true;
}

/** Records by join and key, found for a whole batch at once; what was not asked for is not there. */
export interface Related {
  /** In the order of their places; `undefined` when this key has not been looked for yet. */
  records(join: Join, key: string): readonly RelatedRecord[] | undefined;
  /** Where the record with this ordinal of the batch at hand was staged first. */
  placeOf(ordinal: number): RecordPlace;
}

/** Keys that a batch needs, by the name of their join. */
export type WantedKeys = ReadonlyMap<string, { join: Join; keys: ReadonlySet<string> }>;
