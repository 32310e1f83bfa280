import type { Queries, Transaction } from '../store/session.ts';
import { insertParcel, type ParcelRow } from './batches.ts';
import type { EntryPage } from './entries.ts';
import { holdsClaim, type Claim } from './slices.ts';
import type { BatchKey } from './workUnit.ts';

/** Ids and types of the drafts an intent is about, packed as in an entry page. */
export type IntendedIds = Pick<EntryPage, 'tokens' | 'types' | 'typeOf'>;

/** What is about to be written to a target, committed before the first byte of it leaves. */
export interface Intent {
  key: BatchKey;
  attempt: string;
  writes: number;
  /** Keyed digest over ids and draft digests, in order. */
  digest: Buffer;
  /** What is written, in order. */
  ids: IntendedIds;
}

/**
 * Commit an intent and the sealed before-images with it, unless an earlier attempt already did: then
 * its before-images stand, because the target may have changed since by that attempt's own hand.
 * Returns `lost` when the claim is no longer the newest: nothing may be written then.
 */
export async function commitIntent(
  transaction: Transaction,
  claim: Claim,
  intent: Intent,
  before: ParcelRow | undefined,
): Promise<'first' | 'repeated' | 'lost'> {
  if (!(await holdsClaim(transaction, claim))) return 'lost';
  const { key } = intent;
  const inserted = await transaction.query(
    `insert into handover.intent
       (run, target, stream, slice, number, attempt, writes, digest, tokens, types, type_of)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing`,
    [
      key.run,
      key.target,
      key.stream,
      key.slice,
      key.number,
      intent.attempt,
      intent.writes,
      intent.digest,
      intent.ids.tokens,
      intent.ids.types,
      intent.ids.typeOf,
    ],
  );
  if (inserted.count === 0) return 'repeated';
  if (before) await insertParcel(transaction, key, before);
  return 'first';
}

/**
 * What an intent was about to write. Undefined for an intent of a version that did not note it yet:
 * then it was (some of) the drafts of the batch.
 */
export async function intendedIds(
  reader: Queries,
  key: BatchKey,
): Promise<IntendedIds | undefined> {
  const { rows } = await reader.query<{ tokens: Buffer; types: string[]; type_of: Buffer }>(
    `select tokens, types, type_of from handover.intent
      where run = $1 and target = $2 and stream = $3 and slice = $4 and number = $5
        and (writes = 0 or tokens <> '')`,
    [key.run, key.target, key.stream, key.slice, key.number],
  );
  const row = rows[0];
  return row && { tokens: row.tokens, types: row.types, typeOf: row.type_of };
}
