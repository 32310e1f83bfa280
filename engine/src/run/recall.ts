import type { ProjectKey } from '../keys/projectKey.ts';
import { foldsOf, recordName, type StagedRecord } from '../ledger/folded.ts';
import { enterRefolds, enterRemap } from '../ledger/remaps.ts';
import { supersededOf } from '../ledger/replays.ts';
import { deliveredOf } from '../ledger/retired.ts';
import { countOneMore, findRun } from '../ledger/runs.ts';
import { planSlices, slicesOf } from '../ledger/slices.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { CompiledMapping } from '../mapping/mapper.ts';
import type { Database } from '../store/database.ts';
import type { Transaction } from '../store/session.ts';
import { isRouted, unpackDrafts } from './drafts.ts';
import { readLinkedDrafts } from './linkedDrafts.ts';
import type { Parcels } from './parcels.ts';
import { Leaving } from './phases/leaving.ts';
import { recallSlices } from './phases/remap.ts';
import { placesOf, readStaged } from './related.ts';
import { overtaken } from './takeBack.ts';

export interface RecallServices {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  mappings: ReadonlyMap<string, Pick<CompiledMapping, 'foldedInto'>>;
  targets: readonly string[];
  revision: string;
}

/** Records of one mapped batch that go back. */
export interface Recalled {
  batch: BatchKey;
  /** By where they were staged first. */
  records: StagedRecord[];
}

/**
 * Before a re-map takes anything out of a target: the records behind what the run has delivered there
 * and what refers to something that leaves go back to the mapping, as one more round. There they meet
 * what a new run would meet, a referent that is not there, and what was delivered for them leaves too.
 * One transaction enters the round.
 * @returns whether any goes back; until none does, nothing is taken out.
 */
export async function recallReferring(services: RecallServices, run: string): Promise<boolean> {
  const { database } = services;
  const known = (await findRun(database, run))?.replays ?? 0;
  const found = await findReferring(services, run);
  if (found.length === 0) return false;
  await database.transaction((transaction) =>
    enterRecall(services, transaction, { run, round: known + 1 }, found),
  );
  return true;
}

/**
 * Enter one more round of a run, in which these records go back to the mapping.
 * @throws HandoverError `replay-overtaken` (transient) when another round was entered meanwhile.
 */
export async function enterRecall(
  { key, mappings, revision }: RecallServices,
  transaction: Transaction,
  { run, round }: { run: string; round: number },
  found: readonly Recalled[],
): Promise<void> {
  const streams = new Set(found.flatMap(({ records }) => records.map(({ stream }) => stream)));
  const goesBack = (stream: string): boolean => {
    const parent = mappings.get(stream)?.foldedInto;
    return streams.has(stream) || (parent !== undefined && goesBack(parent));
  };
  const mapped = await slicesOf(transaction, run, 'map');
  if ((await countOneMore(transaction, run, 'replays')) !== round) throw overtaken();
  await enterRemap(transaction, run, round, revision);
  for (const { batch, records } of found) {
    await enterRefolds(transaction, run, round, batch, records);
  }
  const searched = mapped.filter(({ key: { stream } }) => goesBack(stream));
  await planSlices(transaction, recallSlices(key, round, searched));
}

/** In the order of the load, so that what refers to what refers to a leaving one is found at once. */
async function findReferring(services: RecallServices, run: string): Promise<Recalled[]> {
  const { database, targets } = services;
  const leaving = new Map<string, Leaving>();
  for (const target of targets) {
    const some = await Leaving.from(database, run, target);
    if (some.size > 0) leaving.set(target, some);
  }
  const found: Recalled[] = [];
  if (leaving.size === 0) return found;
  for (const { key, position } of await slicesOf(database, run, 'map')) {
    for (let number = 0; number < position; number++) {
      const batch: BatchKey = { ...key, number };
      const ordinals = await referringIn(services, batch, leaving);
      if (ordinals.size === 0) continue;
      found.push({ batch, records: await recordsToRecall(services, batch, ordinals) });
    }
  }
  return found;
}

/** Ordinals of the records behind drafts that were delivered, stand, and refer to what leaves. */
async function referringIn(
  { database, parcels }: RecallServices,
  batch: BatchKey,
  leaving: ReadonlyMap<string, Leaving>,
): Promise<Set<number>> {
  const ordinals = new Set<number>();
  const items = await readLinkedDrafts(parcels, batch);
  if (items === undefined) return ordinals;
  const drafts = unpackDrafts(items);
  const gone = new Set(await supersededOf(database, batch));
  for (const [target, names] of leaving) {
    const refers = [...drafts.ids.keys()].filter(
      (at) =>
        !gone.has(at) &&
        isRouted(drafts, at, target) &&
        drafts.references[at]?.some((one) => names.has(one)),
    );
    if (refers.length === 0) continue;
    const delivered = await deliveredOf(database, { ...batch, phase: 'load', target });
    for (const at of refers) {
      if (!delivered(at)) continue;
      names.add(`${drafts.types[at]}/${drafts.ids[at]}`);
      for (const ordinal of drafts.from[at] ?? []) ordinals.add(ordinal);
    }
  }
  return ordinals;
}

/** Records of a batch, with the rows of their groups, which are made together. */
export async function recordsToRecall(
  { database, parcels }: Pick<RecallServices, 'database' | 'parcels'>,
  batch: BatchKey,
  ordinals: ReadonlySet<number>,
): Promise<StagedRecord[]> {
  const { run, stream } = batch;
  const placeOf = placesOf(batch, await readStaged(parcels, batch));
  const records = [...ordinals].map((ordinal): StagedRecord => ({ stream, ...placeOf(ordinal) }));
  const folds = await foldsOf(database, run, [batch], 'into');
  const rows = folds.flatMap(({ record, into }) =>
    record.stream === stream && ordinals.has(into.ordinal) ? [record] : [],
  );
  return [...new Map([...records, ...rows].map((one) => [recordName(one), one])).values()];
}
