import {
  batchesOfRecords,
  foldsOf,
  mapExceptions,
  recordName,
  type StagedRecord,
} from '../ledger/folded.ts';
import { takenBackAmong } from '../ledger/takenBack.ts';
import type { PackedMappedBatch } from '../mapping/mapper.ts';
import type { RecordOutcome } from '../model/draft.ts';
import type { RecordPlace } from '../model/related.ts';
import type { Queries } from '../store/session.ts';
import { holdRecords } from './repeatedKeys.ts';

/**
 * What becomes of records that are folded into those of another stream, which has been mapped before:
 * what became of those, where they stand now. A record that took part in none is an orphan, and held.
 * `before`: as things stood before that round of replays and re-maps.
 */
export async function followParents(
  reader: Queries,
  run: string,
  stream: string,
  mapped: PackedMappedBatch,
  placeOf: (ordinal: number) => RecordPlace,
  before?: number,
): Promise<PackedMappedBatch> {
  const own = mapped.outcomes.map((_, ordinal) => ({ stream, ...placeOf(ordinal) }));
  const ever = await foldsOf(reader, run, batchesOfRecords(own));
  const into = batchesOfRecords(ever.map((one) => one.into));
  const gone = await takenBackAmong(reader, run, into, before);
  const folds = ever.filter((one) => !gone.has(recordName(one.into)));
  const exceptions = await mapExceptions(reader, run, into);
  const fates = new Map(exceptions.map((one) => [recordName(one), one]));
  const byRecord = Map.groupBy(folds, ({ record }) => recordName(record));
  const changed = new Map<number, RecordOutcome>();
  for (const [ordinal, outcome] of mapped.outcomes.entries()) {
    if (outcome.state !== 'mapped') continue;
    const taken = byRecord.get(recordName(own[ordinal] as StagedRecord)) ?? [];
    const outcomes = taken.map((one) => fates.get(recordName(one.into)));
    const next = fateOf(outcomes);
    if (next !== undefined) changed.set(ordinal, next);
  }
  return holdRecords(mapped, changed);
}

/** `undefined`: it is mapped. */
export function fateOf(
  parents: readonly ({ kind: string; code: string } | undefined)[],
): RecordOutcome | undefined {
  if (parents.length === 0) return { state: 'quarantined', reason: 'parent-missing' };
  if (parents.includes(undefined)) return undefined;
  if (parents.some((one) => one?.kind === 'quarantined')) {
    return { state: 'quarantined', reason: 'parent-held' };
  }
  return { state: 'excluded', reason: parents[0]?.code ?? '' };
}
