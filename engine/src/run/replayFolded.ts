import { batchesOfRecords, foldsOf, recordName, type StagedRecord } from '../ledger/folded.ts';
import { listExceptions, type Exception } from '../ledger/exceptions.ts';
import type { Queries } from '../store/session.ts';

/**
 * Held records with those that are held because of them: a parent goes back together with its
 * children, and a row with its group, or the one would be made without the other.
 */
export async function withFolded(
  reader: Queries,
  run: string,
  held: readonly Exception[],
): Promise<readonly Exception[]> {
  const mapped = held.filter(({ key }) => key.phase === 'map');
  if (mapped.length === 0) return held;
  const standing = await listExceptions(reader, run, {
    phase: 'map',
    kind: 'quarantined',
    standing: true,
  });
  const byName = new Map(standing.map((one) => [recordName(placeOf(one)), one]));
  const all = new Map(held.map((one) => [one.id, one]));
  let fresh = mapped.map(placeOf);
  while (fresh.length > 0) {
    const batches = batchesOfRecords(fresh);
    const names = new Set(fresh.map(recordName));
    const up = await foldsOf(reader, run, batches);
    const down = await foldsOf(reader, run, batches, 'into');
    const reached = [
      ...up.flatMap(({ record, into }) => (names.has(recordName(record)) ? [into] : [])),
      ...down.flatMap(({ record, into }) => (names.has(recordName(into)) ? [record] : [])),
    ];
    const found = reached.flatMap((place) => byName.get(recordName(place)) ?? []);
    const added = new Map(found.flatMap((one) => (all.has(one.id) ? [] : [[one.id, one]])));
    for (const [id, one] of added) all.set(id, one);
    fresh = [...added.values()].map(placeOf);
  }
  return [...all.values()];
}

function placeOf({ key, ordinal }: Exception): StagedRecord {
  const { stream, slice, number } = key;
  return { stream, slice, number, ordinal };
}
