import type { Random } from '../../base/random.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import { tokenOf } from '../../keys/stableId.ts';
import { emptyPage, type EntryPage } from '../../ledger/entries.ts';
import type { LineMark, RecordBatch } from '../../model/record.ts';
import type { RecordPlace } from '../../model/related.ts';

/** What stands before the records in their parcel. */
export interface RecordsHeader {
  mediaType: RecordBatch['mediaType'];
  keys: readonly string[];
  /** Where they stand in the file they were read from, if it is one. */
  lines?: readonly LineMark[];
  /** Where each was staged first, if it was taken back from there by a replay. */
  origins?: readonly RecordPlace[];
}

/** The entries of records as read: token, digest and salt of each. */
export function recordEntries(
  { key, random }: { key: ProjectKey; random: Random },
  stream: string,
  records: RecordBatch,
): EntryPage {
  const count = records.keys.length;
  const tokens = Buffer.alloc(count * 16);
  const digests = Buffer.alloc(count * 32);
  for (let at = 0; at < count; at++) {
    const bytes = records.bytes.subarray(records.offsets[at], records.offsets[at + 1]);
    tokenOf(key.tag(stream, records.keys[at] as string)).copy(tokens, at * 16);
    key.digest(bytes).copy(digests, at * 32);
  }
  return { ...emptyPage, count, tokens, digests, salts: random.bytes(count * 16) };
}
