import {
  batchesOfRecords,
  foldsOf,
  mapExceptions,
  recordName,
  type StagedRecord,
} from '../ledger/folded.ts';
import { listExceptions, type Exception } from '../ledger/exceptions.ts';
import { isReplay } from '../ledger/rounds.ts';
import { takenBackAmong } from '../ledger/takenBack.ts';
import type { Database } from '../store/database.ts';
import type { Queries } from '../store/session.ts';
import type { Parcels } from './parcels.ts';
import { placesOf, readStaged } from './related.ts';

/** A record, or a draft, that goes back. */
export type Returning = Pick<Exception, 'key' | 'ordinal'>;

export interface FoldedServices {
  database: Database;
  parcels: Parcels;
}

/**
 * Held records with those that are held because of them: a parent goes back together with its
 * children, and a row with its group, or the one would be made without the other. A document that was
 * made without a held record goes back too, by the record that it was made with.
 */
export async function withFolded(
  { database, parcels }: FoldedServices,
  run: string,
  held: readonly Exception[],
): Promise<readonly Returning[]> {
  const mapped = held.filter(({ key }) => key.phase === 'map');
  if (mapped.length === 0) return held;
  const standing = await listExceptions(database, run, {
    phase: 'map',
    kind: 'quarantined',
    standing: true,
  });
  const byName = new Map(standing.map((one) => [recordName(placeOf(one)), one]));
  const all = new Map(held.map((one) => [one.id, one]));
  const made = new Map<string, Returning>();
  let fresh = mapped.map(placeOf);
  while (fresh.length > 0) {
    const batches = batchesOfRecords(fresh);
    const names = new Set(fresh.map(recordName));
    const up = await madeWith(database, parcels, run, fresh);
    const down = await foldsOf(database, run, batches, 'into');
    const reached = [
      ...up,
      ...down.flatMap(({ record, into }) => (names.has(recordName(into)) ? [record] : [])),
    ];
    const found = reached.flatMap((place) => byName.get(recordName(place)) ?? []);
    const added = new Map(found.flatMap((one) => (all.has(one.id) ? [] : [[one.id, one]])));
    for (const [id, one] of added) all.set(id, one);
    for (const place of await standingMapped(database, run, up)) {
      made.set(recordName(place), mappedRecord(run, place));
    }
    fresh = [...added.values()].map(placeOf);
  }
  return [...all.values(), ...made.values()];
}

/** The records that these took part in, wherever they have been staged since they were read. */
async function madeWith(
  database: Database,
  parcels: Parcels,
  run: string,
  records: readonly StagedRecord[],
): Promise<StagedRecord[]> {
  const origins: StagedRecord[] = [];
  for (const [{ stream, slice, number }, group] of byBatch(records)) {
    const key = { run, phase: 'extract', target: '', stream, slice, number } as const;
    const staged = isReplay(slice) ? await readStaged(parcels, key) : undefined;
    const place = placesOf(key, staged);
    origins.push(...group.map(({ ordinal }) => ({ stream, ...place(ordinal) })));
  }
  const names = new Set(origins.map(recordName));
  const folds = await foldsOf(database, run, batchesOfRecords(origins));
  return folds.flatMap(({ record, into }) => (names.has(recordName(record)) ? [into] : []));
}

function byBatch(records: readonly StagedRecord[]): [StagedRecord, StagedRecord[]][] {
  const groups = Map.groupBy(records, (one) => [one.stream, one.slice, one.number].join('\n'));
  return [...groups.values()].map((group) => [group[0] as StagedRecord, group]);
}

/** Of these records those that are mapped where they stand. */
async function standingMapped(
  reader: Queries,
  run: string,
  records: readonly StagedRecord[],
): Promise<StagedRecord[]> {
  if (records.length === 0) return [];
  const batches = batchesOfRecords(records);
  const gone = await takenBackAmong(reader, run, batches);
  const exceptions = await mapExceptions(reader, run, batches);
  const otherwise = new Set([...gone, ...exceptions.map(recordName)]);
  return records.filter((one) => !otherwise.has(recordName(one)));
}

function mappedRecord(run: string, { stream, slice, number, ordinal }: StagedRecord): Returning {
  return { key: { run, phase: 'map', target: '', stream, slice, number }, ordinal };
}

function placeOf({ key, ordinal }: Exception): StagedRecord {
  const { stream, slice, number } = key;
  return { stream, slice, number, ordinal };
}
