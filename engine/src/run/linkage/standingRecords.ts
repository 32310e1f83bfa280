import { parseJson, type JsonObject } from '../../base/json.ts';
import { exceptionsOf } from '../../ledger/exceptions.ts';
import { batchesWith, pageOf } from '../../ledger/pages.ts';
import { roundOf } from '../../ledger/rounds.ts';
import { supersededOf } from '../../ledger/replays.ts';
import { listRuns } from '../../ledger/runs.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import { typeAt } from '../../ledger/entries.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { Database } from '../../store/database.ts';
import type { Queries } from '../../store/session.ts';
import { unpackDrafts } from '../drafts.ts';
import { existingResources } from '../existing/existingResources.ts';
import { idAt } from '../idToken.ts';
import type { Parcels } from '../parcels.ts';

/** A resource that a record of a stream makes, as it was mapped, or one that a target had of its own. */
export interface StandingRecord {
  id: string;
  run: string;
  stream: string;
  /** The round of its run in which it was mapped. */
  round: number;
  resource: JsonObject;
  /** Labels and restrictions of the draft. */
  guards: readonly string[];
  /** Names of the targets that it is routed to; absent: all. */
  targets?: readonly string[];
  /** Large objects of it lie elsewhere. */
  partly?: true;
  /** Messages told of it as of two people, one after the other. */
  overwritten?: boolean;
  /** A target had it of its own when the run read it. */
  existing?: true;
}

export interface StandingServices {
  database: Database;
  parcels: Parcels;
}

/**
 * Every resource of a type that stands, batch by batch: those that targets had of their own when the run read them, then
 * those of the run ('': of none before the others), then those of earlier runs that have not been undone and
 * that no later run made again. What is held, or was mapped again since, does not.
 */
export async function* standingRecords(
  { database, parcels }: StandingServices,
  run: string,
  type: string,
  takesPart: (stream: string) => boolean,
): AsyncGenerator<StandingRecord[]> {
  const others = (await listRuns(database)).filter(
    ({ id, state }) => id !== run && state !== 'undone',
  );
  const seen = new Set<string>();
  for await (const batch of run === '' ? [] : existingResources({ database, parcels }, run, type)) {
    yield batch.map((one) => ({ ...one, run, round: 0, guards: [], existing: true }));
  }
  for (const id of [...(run === '' ? [] : [run]), ...others.map((one) => one.id)]) {
    for (const key of await batchesWith(database, id, [type])) {
      if (!takesPart(key.stream)) continue;
      const found = await recordsIn({ database, parcels }, key, type);
      const fresh = found.filter((one) => !seen.has(one.id));
      for (const one of fresh) seen.add(one.id);
      if (fresh.length > 0) yield fresh;
    }
  }
}

/** The resources of a type that stand in one run, batch by batch. */
export async function* recordsOfRun(
  services: StandingServices,
  run: string,
  type: string,
): AsyncGenerator<StandingRecord[]> {
  for (const key of await batchesWith(services.database, run, [type])) {
    yield await recordsIn(services, key, type);
  }
}

/** Ids of the resources of some types that stand in a run. */
export async function standingIds(
  database: Queries,
  run: string,
  types: readonly string[],
  takesPart: (one: { id: string; type: string; stream: string }) => boolean,
): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const key of await batchesWith(database, run, types)) {
    const page = await pageOf(database, key);
    if (page === undefined) continue;
    const gone = await goneFrom(database, key);
    for (let at = 0; at < page.count; at++) {
      const type = typeAt(page, at);
      if (!types.includes(type) || gone.has(at)) continue;
      const id = idAt(page.tokens, at);
      if (takesPart({ id, type, stream: key.stream })) ids.add(id);
    }
  }
  return ids;
}

/** Ordinals of the drafts of a mapped batch that are held, or were mapped again since. */
async function goneFrom(database: Queries, key: BatchKey): Promise<Set<number>> {
  const held = await exceptionsOf(database, { ...key, phase: 'check' });
  return new Set([...(await supersededOf(database, key)), ...held.map(({ ordinal }) => ordinal)]);
}

async function recordsIn(
  { database, parcels }: StandingServices,
  key: BatchKey,
  type: string,
): Promise<StandingRecord[]> {
  const page = await pageOf(database, key);
  const items = await parcels.read(key, 'drafts');
  if (page === undefined || items === undefined) return [];
  const drafts = unpackDrafts(items);
  const gone = await goneFrom(database, key);
  return drafts.ids.flatMap((id, at) => {
    if (typeAt(page, at) !== type || gone.has(at)) return [];
    const guards = drafts.guards?.[at] ?? [];
    const resource = parseJson(itemAt(drafts.bodies, at).toString('utf8')) as JsonObject;
    const targets = drafts.targets?.[at];
    const partly = (drafts.objects?.[at] ?? []).length > 0;
    const round = roundOf(key.slice);
    return [
      {
        id,
        run: key.run,
        stream: key.stream,
        round,
        resource,
        guards,
        ...(targets && { targets }),
        ...(partly && { partly }),
      },
    ];
  });
}
