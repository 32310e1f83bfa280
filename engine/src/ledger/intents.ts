import type { Database } from '../store/database.ts';
import type { Queries, Transaction } from '../store/session.ts';
import type { ParcelRow } from './batches.ts';
import type { EntryPage } from './entries.ts';
import { runOver, type Claim } from './slices.ts';
import { sliceColumns, type BatchKey } from './workUnit.ts';

/** Ids and types of the drafts an intent is about, packed as in an entry page. */
export type IntendedIds = Pick<EntryPage, 'tokens' | 'types' | 'typeOf'>;

/** What is about to be written to a target, committed before the first byte of it leaves. */
export interface Intent {
  attempt: string;
  writes: number;
  /** Keyed digest over ids and draft digests, in order. */
  digest: Buffer;
  /** What is written, in order. */
  ids: IntendedIds;
}

/** `repeated`: an earlier attempt's stands. `lost`: nothing may be written any more. */
export type IntentState = 'first' | 'repeated' | 'lost';

/**
 * Commit an intent and the sealed before-images with it, unless an earlier attempt already did: then
 * its before-images stand, because the target may have changed since by that attempt's own hand.
 * What else becomes true with it, `beside` writes.
 * Returns `lost` when the claim is no longer the newest: nothing may be written then.
 */
export async function commitIntent(
  database: Database,
  claim: Claim,
  intent: Intent,
  before: ParcelRow | undefined,
  beside: (transaction: Transaction) => Promise<unknown>,
): Promise<IntentState> {
  const { attempt, writes, digest, ids } = intent;
  return database.transaction(async (transaction) => {
    const { rows } = await transaction.query<{ held: boolean; entered: boolean }>(
      intending + (before ? keepingImages : '') + outcome,
      [
        ...sliceColumns(claim.key),
        claim.fence,
        claim.position,
        attempt,
        writes,
        digest,
        ids.tokens,
        ids.types,
        ids.typeOf,
        ...(before
          ? [before.role, before.name, before.wrappedKey, JSON.stringify(before.manifest)]
          : []),
      ],
    );
    const [{ held, entered } = { held: false, entered: false }] = rows;
    if (!held) return 'lost';
    if (entered) await beside(transaction);
    return entered ? 'first' : 'repeated';
  });
}

const intending = `
  with held as (
    select run, phase, target, stream, slice, position as number from handover.slice
     where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5
       and fence = $6 and position = $7 and not done and not ${runOver('run')}
       for update),
  entered as (
    insert into handover.intent
      (run, target, stream, slice, number, attempt, writes, digest, tokens, types, type_of)
    select run, target, stream, slice, number, $8, $9, $10, $11, $12, $13 from held
        on conflict do nothing returning run)`;

const keepingImages = `,
  images as (
    insert into handover.parcel
      (run, phase, target, stream, slice, number, role, name, wrapped_key, manifest)
    select held.*, $14, $15, $16, $17 from held join entered using (run))`;

const outcome = `
  select exists (select 1 from held) as held, exists (select 1 from entered) as entered`;

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
