import type { Queries, Transaction } from '../store/session.ts';
import type { BalanceChange } from './balances.ts';
import type { EntryPage } from './entries.ts';
import { sliceColumns, type BatchKey } from './workUnit.ts';

/** A parcel that a batch commits: its name, its key under the project key, and its manifest. */
export interface ParcelRow {
  role: 'records' | 'mapped' | 'drafts' | 'waiting' | 'before' | 'objects' | `objects.${number}`;
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
  /** Their root, where it is known already. */
  root?: Buffer;
  parcels: readonly ParcelRow[];
  exceptions: readonly ExceptionRow[];
  balance: readonly BalanceChange[];
  /** Where the slice stands after this batch; sealed. */
  cursor?: Buffer;
  /** No batch follows in this slice. */
  last: boolean;
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

/** Every parcel that a run, or one batch of it, has committed; batches in order. */
export async function committedParcelsOf(
  reader: Queries,
  run: string,
  batch?: BatchKey,
): Promise<CommittedParcel[]> {
  const { rows } = await reader.query<
    Omit<BatchKey, 'run'> & { role: ParcelRow['role']; name: string; wrapped_key: Buffer } & {
      manifest: unknown;
    }
  >(
    `select phase, target, stream, slice, number, role, name, wrapped_key, manifest
       from handover.parcel
      where run = $1 and ($2::text is null or (phase = $2 and target = $3 and stream = $4
            and slice = $5 and number = $6))
      order by stream, slice, number, phase, target, role`,
    batch === undefined
      ? [run, null, null, null, null, null]
      : [...sliceColumns(batch), batch.number],
  );
  return rows.map(({ role, name, wrapped_key: wrappedKey, manifest, ...key }) => ({
    key: { run, ...key },
    role,
    name,
    wrappedKey,
    manifest,
  }));
}

/** Put another parcel in the place of one: the key of the former is nowhere any more. */
export async function replaceParcel(
  transaction: Transaction,
  key: BatchKey,
  parcel: ParcelRow,
): Promise<void> {
  await transaction.query(
    `update handover.parcel set name = $8, wrapped_key = $9, manifest = $10
      where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5
        and number = $6 and role = $7`,
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

/** Destroy the keys of all parcels of a run: what they sealed can never be read again. */
export async function destroyParcelKeys(transaction: Transaction, run: string): Promise<number> {
  const { count } = await transaction.query(
    `update handover.parcel set wrapped_key = '' where run = $1 and wrapped_key <> ''`,
    [run],
  );
  return count;
}
