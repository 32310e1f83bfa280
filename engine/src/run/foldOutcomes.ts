import {
  batchesOfRecords,
  foldsOf,
  mapExceptions,
  recordName,
  type Fold,
  type StagedRecord,
} from '../ledger/folded.ts';
import type { PackedMappedBatch } from '../mapping/mapper.ts';
import type { RecordOutcome } from '../model/draft.ts';
import type { RecordPlace } from '../model/related.ts';
import type { Queries } from '../store/session.ts';
import { holdRecords } from './repeatedKeys.ts';

/**
 * What becomes of records that are folded into those of another stream, which has been mapped before:
 * what became of those. A record that took part in none is an orphan, and held.
 */
export async function followParents(
  reader: Queries,
  run: string,
  stream: string,
  mapped: PackedMappedBatch,
  placeOf: (ordinal: number) => RecordPlace,
): Promise<PackedMappedBatch> {
  const own = mapped.outcomes.map((_, ordinal) => ({ stream, ...placeOf(ordinal) }));
  const folds = await foldsOf(reader, run, batchesOfRecords(own));
  const into = batchesOfRecords(folds.map((one) => one.into));
  const exceptions = await mapExceptions(reader, run, into);
  const fates = new Map(exceptions.map((one) => [recordName(one), one]));
  const byRecord = Map.groupBy(folds, ({ record }) => recordName(record));
  const changed = new Map<number, RecordOutcome>();
  for (const [ordinal, outcome] of mapped.outcomes.entries()) {
    if (outcome.state !== 'mapped') continue;
    const taken = latest(byRecord.get(recordName(own[ordinal] as StagedRecord)) ?? []);
    const outcomes = taken.map((one) => fates.get(recordName(one.into)));
    const next = fateOf(outcomes);
    if (next !== undefined) changed.set(ordinal, next);
  }
  return holdRecords(mapped, changed);
}

/** `undefined`: it is mapped. */
function fateOf(
  parents: readonly ({ kind: string; code: string } | undefined)[],
): RecordOutcome | undefined {
  if (parents.length === 0) return { state: 'quarantined', reason: 'parent-missing' };
  if (parents.includes(undefined)) return undefined;
  if (parents.some((one) => one?.kind === 'quarantined')) {
    return { state: 'quarantined', reason: 'parent-held' };
  }
  return { state: 'excluded', reason: parents[0]?.code ?? '' };
}

/** What a replay made of a parent stands instead of what was made of it before. */
function latest(folds: readonly Fold[]): readonly Fold[] {
  const round = (slice: string): number => Number(/^replay-(\d+)$/.exec(slice)?.[1] ?? 0);
  const last = Math.max(...folds.map(({ into }) => round(into.slice)));
  return folds.filter(({ into }) => round(into.slice) === last);
}
