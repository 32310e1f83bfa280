import { chartedOf, newestRound } from '../../ledger/linkageRounds.ts';
import { listRuns } from '../../ledger/runs.ts';
import type { Persons } from '../../linkage/persons/persons.ts';
import type { Database } from '../../store/database.ts';
import type { Queries } from '../../store/session.ts';
import { existingResources } from '../existing/existingResources.ts';
import type { Parcels } from '../parcels.ts';
import { kindOf } from './kinds.ts';
import type { ReadRecords } from './linkRecords.ts';
import { standingIds } from './standingRecords.ts';

/** The record of the same person, or thing, whose resource is to be the chart. */
export type Leader = (record: string) => string;

/** What targets have of their own, by id: whether it is out of use there. */
export type Existing = ReadonlyMap<string, boolean>;

/** What the choice among the records of a person with a chart of the target's own goes by. */
export interface Standing {
  existing: Existing;
  /** Ids of all that any target had of its own at any time. */
  known: ReadonlySet<string>;
  /** Ids of the charts that other runs which stand have put to the targets. */
  placed: ReadonlySet<string>;
}

/**
 * The oldest record of the person leads. Where a target had a chart of the person, the oldest that stands at
 * the target and is in use there does; what it had and has no more leads nobody.
 */
export function leaderOf(persons: Persons, { existing, known, placed }: Standing): Leader {
  return (record) => {
    const records = persons.recordsOf(record);
    const standing = records.filter((one) => existing.has(one) || !known.has(one));
    const inUse = standing.find((one) => placed.has(one) || existing.get(one) === false);
    const its = standing.find((one) => existing.has(one));
    const [first = record] = standing;
    return its === undefined ? first : (inUse ?? its);
  };
}

/** See {@link Standing}. */
export async function placedElsewhere(
  database: Queries,
  run: string,
  types: readonly string[],
  wanted: (id: string) => boolean = () => true,
): Promise<Set<string>> {
  const placed = new Set<string>();
  for (const { id, state } of await listRuns(database)) {
    if (id === run || state === 'undone') continue;
    const round = await newestRound(database, id);
    const charted = round ? await chartedOf(database, round) : [];
    const merged = new Set(charted.map(({ record }) => record));
    for (const one of await standingIds(database, id, types, (of) => wanted(of.id))) {
      if (!merged.has(one)) placed.add(one);
    }
  }
  return placed;
}

export function existingIn({ ids, existing, retired }: ReadRecords): Existing {
  return new Map(
    ids.flatMap((id, at) => (existing[at] ? [[id, retired[at] as boolean] as const] : [])),
  );
}

/** The same of a run, from what it has read. */
export async function existingOf(
  services: { database: Database; parcels: Parcels },
  run: string,
  types: readonly string[],
): Promise<Existing> {
  const found = new Map<string, boolean>();
  for (const type of types) {
    for await (const batch of existingResources(services, run, type)) {
      for (const { id, stream, resource } of batch) {
        found.set(id, kindOf(type).identityOf(resource, stream).retired);
      }
    }
  }
  return found;
}
