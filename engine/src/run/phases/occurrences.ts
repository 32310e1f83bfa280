import type { ProjectKey } from '../../keys/projectKey.ts';
import { digestBytes } from '../../ledger/entries.ts';
import { digestsOf } from '../../ledger/pages.ts';
import { TokenCounts } from '../../ledger/tokenCounts.ts';
import type { SliceKey } from '../../ledger/workUnit.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { Queries } from '../../store/session.ts';

/**
 * Records of a stream without a key, read as a multiset: each is known by the keyed digest of its
 * bytes and by how many equal records came before it. Which of two equal records is which cannot be
 * told and need not be; how many there are can.
 *
 * Counting goes on behind what the slice has committed, so that a resumed reading gives the same
 * keys as an unbroken one. Memory: about 40 bytes for each different record of the stream.
 */
export async function* withOccurrences(
  { database, key }: { database: Queries; key: ProjectKey },
  slice: SliceKey,
  batches: AsyncIterable<RecordBatch>,
): AsyncGenerator<RecordBatch> {
  const counts = new TokenCounts(startSize);
  for await (const digests of digestsOf(database, slice)) {
    for (let at = 0; at < digests.length; at += digestBytes) counts.add(digests, at);
  }
  for await (const batch of batches) {
    const keys = batch.keys.map((_, ordinal) => {
      const { bytes, offsets } = batch;
      const digest = key.digest(bytes.subarray(offsets[ordinal], offsets[ordinal + 1]));
      return `${digest.toString('hex')}${keySeparator}${counts.add(digest, 0) + 1}`;
    });
    yield { ...batch, keys };
  }
}

const startSize = 4096;
