import type { RecordPlace } from '../model/related.ts';
import type { Queries, Transaction } from '../store/session.ts';
import { packOrdinals } from './ordinals.ts';
import type { BatchKey } from './workUnit.ts';

/** A staged record of a run. */
export interface StagedRecord extends RecordPlace {
  stream: string;
}

/** `record` took part in what was made of `into`. */
export interface Fold {
  record: StagedRecord;
  into: StagedRecord;
}

/** Where a batch stands among those of a run, in whatever phase. */
export type BatchPlace = Pick<BatchKey, 'stream' | 'slice' | 'number'>;

/** Enter, with the batch that either side belongs to, which records took part in which. */
export async function enterFolds(
  transaction: Transaction,
  run: string,
  folds: readonly Fold[],
): Promise<void> {
  const batches = [
    ...Map.groupBy(
      folds,
      ({ record, into }) => `${batchName(record)}\n${batchName(into)}`,
    ).values(),
  ].map((group) => group as [Fold]);
  if (batches.length === 0) return;
  await transaction.query(
    `insert into handover.folded
       (run, into_stream, into_slice, into_number, stream, slice, number, ordinals, into_ordinals)
     select $1, * from unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::int[],
                              $8::bytea[], $9::bytea[])`,
    [
      run,
      batches.map(([{ into }]) => into.stream),
      batches.map(([{ into }]) => into.slice),
      batches.map(([{ into }]) => into.number),
      batches.map(([{ record }]) => record.stream),
      batches.map(([{ record }]) => record.slice),
      batches.map(([{ record }]) => record.number),
      batches.map((group) => packOrdinals(group.map(({ record }) => record.ordinal))),
      batches.map((group) => packOrdinals(group.map(({ into }) => into.ordinal))),
    ],
  );
}

/** Folds that records of these batches took part in, or, `into`, that were made into them. */
export async function foldsOf(
  reader: Queries,
  run: string,
  batches: readonly BatchPlace[],
  side: 'records' | 'into' = 'records',
): Promise<Fold[]> {
  const prefix = side === 'into' ? 'into_' : '';
  const { rows } = await reader.query<FoldedRow>(
    `select f.stream, f.slice, f.number, f.into_stream, f.into_slice, f.into_number, f.ordinals,
            f.into_ordinals
       from handover.folded f
       join unnest($2::text[], $3::text[], $4::int[]) as b (stream, slice, number)
         on b.stream = f.${prefix}stream and b.slice = f.${prefix}slice
        and b.number = f.${prefix}number
      where f.run = $1`,
    [
      run,
      batches.map(({ stream }) => stream),
      batches.map(({ slice }) => slice),
      batches.map(({ number }) => number),
    ],
  );
  return rows.flatMap(unpacked);
}

interface FoldedRow extends BatchPlace {
  into_stream: string;
  into_slice: string;
  into_number: number;
  ordinals: Buffer;
  into_ordinals: Buffer;
}

function unpacked(row: FoldedRow): Fold[] {
  const { stream, slice, number, into_stream, into_slice, into_number } = row;
  return Array.from({ length: row.ordinals.length / 4 }, (_, at) => ({
    record: { stream, slice, number, ordinal: row.ordinals.readUInt32LE(at * 4) },
    into: {
      stream: into_stream,
      slice: into_slice,
      number: into_number,
      ordinal: row.into_ordinals.readUInt32LE(at * 4),
    },
  }));
}

/** Exceptions of `map`, standing or not, of all these batches at once. */
export async function mapExceptions(
  reader: Queries,
  run: string,
  batches: readonly BatchPlace[],
): Promise<(StagedRecord & { kind: string; code: string })[]> {
  const { rows } = await reader.query<StagedRecord & { kind: string; code: string }>(
    `select e.stream, e.slice, e.number, e.ordinal, e.kind, e.code
       from handover.exception e
       join unnest($2::text[], $3::text[], $4::int[]) as b (stream, slice, number)
         on b.stream = e.stream and b.slice = e.slice and b.number = e.number
      where e.run = $1 and e.phase = 'map'`,
    [
      run,
      batches.map(({ stream }) => stream),
      batches.map(({ slice }) => slice),
      batches.map(({ number }) => number),
    ],
  );
  return rows;
}

/** One of each batch that these records are of. */
export function batchesOfRecords(records: readonly StagedRecord[]): BatchPlace[] {
  const byName = new Map(records.map((one) => [batchName(one), one]));
  return [...byName.values()];
}

function batchName({ stream, slice, number }: BatchPlace): string {
  return [stream, slice, number].join('\n');
}

/** Names a staged record among those of a run. */
export function recordName({ stream, slice, number, ordinal }: StagedRecord): string {
  return [stream, slice, number, ordinal].join('\n');
}
