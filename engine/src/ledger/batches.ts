import { HandoverError, exitCodes } from '../base/errors.ts';
import type { Queries, Transaction } from '../store/session.ts';
import { sqlFailureOf } from '../store/sqlFailure.ts';
import { emptyPage, entryRoot, type EntryPage } from './entries.ts';
import { addToBalances, type BalanceChange } from './balances.ts';
import { runOver } from './slices.ts';
import { sliceColumns, type BatchKey } from './workUnit.ts';

/** A parcel that a batch commits: its name, its key under the project key, and its manifest. */
export interface ParcelRow {
  role: 'records' | 'drafts' | 'waiting' | 'before' | 'objects' | `objects.${number}`;
  name: string;
  wrappedKey: Buffer;
  manifest: unknown;
}

/** A record or draft that did not go the common way. */
export interface ExceptionRow {
  ordinal: number;
  kind: 'quarantined' | 'excluded' | 'waiting';
  code: string;
  path: string;
  token: Buffer;
  /** Token of the patient that a held or excluded record is about, where its facts say so. */
  subject?: Buffer;
}

/** Everything that becomes true with one batch. */
export interface BatchCommit {
  key: BatchKey;
  attempt: string;
  fence: string;
  revision: string;
  counts: Readonly<Record<string, number>>;
  entries?: EntryPage;
  parcels: readonly ParcelRow[];
  exceptions: readonly ExceptionRow[];
  balance: readonly BalanceChange[];
  /** Where the slice stands after this batch; sealed. */
  cursor?: Buffer;
  /** No batch follows in this slice. */
  last: boolean;
}

/**
 * Commit one batch inside `transaction`: move the slice's place by compare-and-set, then insert the
 * batch, its entries, parcels and exceptions and move the balances.
 *
 * Returns false, having written nothing, when the compare-and-set finds another place or fence:
 * another attempt did this batch, or took the slice over, or the run is over. The caller then reads what is there.
 * @throws HandoverError `balance-broken` (exit 8) when the database refuses the new balance.
 */
export async function commitBatch(transaction: Transaction, commit: BatchCommit): Promise<boolean> {
  if (!(await advanceSlice(transaction, commit))) return false;
  const { key } = commit;
  if (commit.entries) await insertEntries(transaction, key, commit.entries);
  for (const parcel of commit.parcels) await insertParcel(transaction, key, parcel);
  if (commit.exceptions.length > 0) await insertExceptions(transaction, key, commit.exceptions);
  try {
    await addToBalances(transaction, key.run, commit.balance);
  } catch (error) {
    throw balanceError(error);
  }
  return true;
}

/** In one statement, since a batch is there only where the slice moved. */
async function advanceSlice(transaction: Transaction, commit: BatchCommit): Promise<boolean> {
  const { key } = commit;
  const entered = await transaction.query(
    `with moved as (
       update handover.slice
          set position = position + 1, cursor = coalesce($8, cursor), done = $9,
              lease_until = now() + interval '60 seconds'
        where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5
          and position = $6 and fence = $7 and not done and not ${runOver('run')}
       returning run, phase, target, stream, slice, fence)
     insert into handover.batch
       (run, phase, target, stream, slice, number, attempt, fence, revision, counts, root)
     select run, phase, target, stream, slice, $6, $10, fence, $11, $12, $13 from moved`,
    [
      ...sliceColumns(key),
      key.number,
      commit.fence,
      commit.cursor ?? null,
      commit.last,
      commit.attempt,
      commit.revision,
      JSON.stringify(commit.counts),
      entryRoot(commit.entries ?? emptyPage),
    ],
  );
  return entered.count === 1;
}

async function insertEntries(
  transaction: Transaction,
  key: BatchKey,
  page: EntryPage,
): Promise<void> {
  await transaction.query(
    `insert into handover.entry
       (run, phase, target, stream, slice, number, count, tokens, types, type_of, subjects,
        digests, salts, contributions, states, versions, mapping_digest)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
    [
      ...sliceColumns(key),
      key.number,
      page.count,
      page.tokens,
      page.types,
      page.typeOf,
      page.subjects,
      page.digests,
      page.salts,
      page.contributions,
      page.states,
      page.versions,
      page.mappingDigest ?? null,
    ],
  );
}

/** Record a parcel under its batch; it can be opened only once this has been committed. */
export async function insertParcel(
  transaction: Transaction,
  key: BatchKey,
  parcel: ParcelRow,
): Promise<void> {
  await transaction.query(
    `insert into handover.parcel
       (run, phase, target, stream, slice, number, role, name, wrapped_key, manifest)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      ...sliceColumns(key),
      key.number,
      parcel.role,
      parcel.name,
      parcel.wrappedKey,
      JSON.stringify(parcel.manifest),
    ],
  );
}

async function insertExceptions(
  transaction: Transaction,
  key: BatchKey,
  rows: readonly ExceptionRow[],
): Promise<void> {
  await transaction.query(
    `insert into handover.exception
       (run, phase, target, stream, slice, number, ordinal, kind, code, path, token,
        subject)
     select $1, $2, $3, $4, $5, $6, *
       from unnest($7::int[], $8::text[], $9::text[], $10::text[], $11::bytea[],
                   $12::bytea[])`,
    [
      ...sliceColumns(key),
      key.number,
      rows.map((row) => row.ordinal),
      rows.map((row) => row.kind),
      rows.map((row) => row.code),
      rows.map((row) => row.path),
      rows.map((row) => row.token),
      rows.map((row) => row.subject ?? null),
    ],
  );
}

function balanceError(error: unknown): unknown {
  if (!sqlFailureOf(error)?.constraint?.match(/^(records|drafts)_/)) return error;
  return new HandoverError(
    'balance-broken',
    'The ledger refused a batch that does not balance; nothing of the batch was written.',
    {
      cause: error,
      exitCode: exitCodes.integrityBroken,
      next: 'Keep the project folder as it is and report the code; `handover report` shows the run.',
    },
  );
}

export interface CommittedParcel extends ParcelRow {
  key: BatchKey;
}

/** The parcel of one role that a batch committed, if it did. */
export async function parcelOf(
  reader: Queries,
  key: BatchKey,
  role: ParcelRow['role'],
): Promise<ParcelRow | undefined> {
  const { rows } = await reader.query<{ name: string; wrapped_key: Buffer; manifest: unknown }>(
    `select name, wrapped_key, manifest from handover.parcel
      where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5
        and number = $6 and role = $7`,
    [...sliceColumns(key), key.number, role],
  );
  const row = rows[0];
  return row && { role, name: row.name, wrappedKey: row.wrapped_key, manifest: row.manifest };
}

/** Which of these parcel names a committed batch or intent names; the sweeper spares them. */
export async function committedParcels(
  reader: Queries,
  names: readonly string[],
): Promise<Set<string>> {
  const { rows } = await reader.query<{ name: string }>(
    'select name from handover.parcel where name = any($1::text[])',
    [names],
  );
  return new Set(rows.map((row) => row.name));
}
