import { uuid7 } from '../../base/id.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import type { BatchCommit } from '../../ledger/batches.ts';
import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import { batchesOfRecords, foldsOf, recordName, type StagedRecord } from '../../ledger/folded.ts';
import { batchCount } from '../../ledger/pages.ts';
import { enterRefolds, refoldsOf } from '../../ledger/remaps.ts';
import { isReplay, roundOf } from '../../ledger/rounds.ts';
import type { Claim, PlannedSlice } from '../../ledger/slices.ts';
import { addUnread } from '../../ledger/streams.ts';
import { takenBackOf } from '../../ledger/takenBack.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { FindRelated } from '../../mapping/mapWhole.ts';
import type { CompiledMapping } from '../../mapping/mapper.ts';
import { lineOf, type LineMark } from '../../model/record.ts';
import type { Related } from '../../model/related.ts';
import { itemAt, packItems, type PackedItems } from '../../staging/packedItems.ts';
import type { Database } from '../../store/database.ts';
import { withHeader } from '../packed.ts';
import type { Parcels } from '../parcels.ts';
import { placesOf, readStaged, relatedFinder, type StagedBatch } from '../related.ts';
import { changedRecords, unresolvedRecords, type ChangedRecords } from '../remapChanges.ts';
import type { Router } from '../routes.ts';
import { Taken, takeBatchBack } from '../takeBack.ts';
import { recordEntries, type RecordsHeader } from './recordEntries.ts';
import type { Attempts, StopSignal, WorkEnd } from './work.ts';

export interface RemapServices extends Attempts {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  mappings: ReadonlyMap<string, CompiledMapping>;
  targets: readonly string[];
  route: Router;
  /** Whether the plan routes drafts otherwise than the revisions that the run worked under before. */
  routesDiffer: boolean;
  revision: string;
}

/** What a slice of a re-map looks through. */
interface Search {
  /** A slice that was mapped before. */
  slice: string;
  /**
   * `changed`: records of which something else is made now. `folded`: those that go back because of
   * others (what became of the record that they are folded into, or of one that they refer to); looked
   * through once that is known.
   */
  why: 'changed' | 'folded';
  /** Values that no rule touches are counted anew: the mapping is another one than before. */
  recount: boolean;
}

/**
 * The extracted slices of a re-map: two for each slice that was mapped before, the second one only
 * for streams that are folded into others.
 */
export function remapSlices(
  key: ProjectKey,
  round: number,
  mapped: readonly { key: PlannedSlice['key'] }[],
  mappings: ReadonlyMap<string, CompiledMapping>,
  recount: ReadonlySet<string>,
): PlannedSlice[] {
  return mapped.flatMap(({ key: { run, stream, slice } }, at) => {
    const planned = (why: Search['why'], name: string): PlannedSlice => {
      const search = { slice, why, recount: recount.has(stream) } satisfies Search;
      return plannedSearch(key, { run, stream, slice: name }, search);
    };
    const folded = mappings.get(stream)?.foldedInto !== undefined;
    return [
      planned('changed', `replay-${round}-${at}`),
      ...(folded ? [planned('folded', `replay-${round}-${at}${foldedMark}`)] : []),
    ];
  });
}

/** Ends the names of the slices that are looked through last. */
const foldedMark = '-f';

export function isFoldedSearch(slice: string): boolean {
  return isReplay(slice) && slice.endsWith(foldedMark);
}

/**
 * The extracted slices of a recall: of each slice that was mapped before, the records that go back
 * because of others.
 */
export function recallSlices(
  key: ProjectKey,
  round: number,
  mapped: readonly { key: PlannedSlice['key'] }[],
): PlannedSlice[] {
  return mapped.map(({ key: { run, stream, slice } }, at) => {
    const search = { slice, why: 'folded', recount: false } satisfies Search;
    const name = `replay-${round}-${at}${recallMark}${foldedMark}`;
    return plannedSearch(key, { run, stream, slice: name }, search);
  });
}

/** Stands in the names of all slices of a recall but the last ones of `load`. */
const recallMark = '-r';

export function isRecall(slice: string): boolean {
  return isReplay(slice) && slice.endsWith(`${recallMark}${foldedMark}`);
}

function plannedSearch(
  key: ProjectKey,
  place: Pick<PlannedSlice['key'], 'run' | 'stream' | 'slice'>,
  search: Search,
): PlannedSlice {
  const { run, stream } = place;
  const range = key.seal(Buffer.from(JSON.stringify(search)), searchContext(run, stream));
  return { key: { ...place, phase: 'extract', target: '' }, range };
}

/** What the range of a slice that looks for what to map again is bound to. */
export const searchContext = (run: string, stream: string): string => `remap ${run} ${stream}`;

/**
 * Look through what was mapped before, batch by batch, from the kept records and not from the source,
 * and commit for each batch one extracted batch of those that go back to the mapping.
 */
export async function remapSlice(
  services: RemapServices,
  claim: Claim,
  stop: StopSignal,
): Promise<WorkEnd> {
  const { run, stream } = claim.key;
  const range = services.key.open(claim.range as Buffer, searchContext(run, stream));
  const search = JSON.parse(range.toString('utf8')) as Search;
  const find = relatedFinder(services, run);
  const mapped: BatchKey = { ...claim.key, phase: 'map', slice: search.slice, number: 0 };
  const total = await batchCount(services.database, mapped);
  const unresolved =
    search.why === 'changed' ? await unresolvedRecords(services.database, mapped) : undefined;
  for (let number = claim.position; number < total; number++) {
    const last = number === total - 1;
    const from: BatchKey = { ...mapped, number };
    const found =
      search.why === 'changed'
        ? await searchChanged(services, { from, search, find, round: roundOf(claim.key.slice) })
        : await searchFolded(services, from, roundOf(claim.key.slice));
    for (const ordinal of unresolved?.get(number) ?? []) found.ordinals.add(ordinal);
    if (!(await commitFound(services, { ...claim, position: number }, from, found, last))) {
      return 'lost';
    }
    if (stop.stopped() && !last) return 'stopped';
  }
  return 'done';
}

/** Records that go back, and what else is learnt on the way. */
interface Found {
  ordinals: Set<number>;
  /** Records of other streams that go back because of these. */
  refolds: readonly StagedRecord[];
  unread: ReadonlyMap<string, number>;
  records: StagedBatch | undefined;
}

const nothing: Omit<Found, 'ordinals'> = { refolds: [], unread: new Map(), records: undefined };

interface Searching {
  from: BatchKey;
  search: Search;
  find: FindRelated;
  round: number;
}

async function searchChanged(services: RemapServices, searching: Searching): Promise<Found> {
  const { from, search, find, round } = searching;
  const mapping = services.mappings.get(from.stream) as CompiledMapping;
  const again = search.recount || services.routesDiffer;
  const changed = await changedRecords(services, from, mapping, { find, round, again });
  if (changed === undefined) return { ...nothing, ordinals: new Set() };
  const { ordinals, records, mapped } = changed;
  // What a replay brought back was counted where it was read first.
  const unread = search.recount && !isReplay(search.slice) ? mapped.unread : nothing.unread;
  const refolds = await refoldsIn(services.database, from, changed);
  return { ordinals, refolds, unread, records };
}

/** Records of other streams whose own fate hangs on a record of which something else becomes now. */
async function refoldsIn(
  database: Database,
  from: BatchKey,
  { mapped, fates, ordinals }: ChangedRecords,
): Promise<StagedRecord[]> {
  const ever = await foldsOf(database, from.run, [from], 'into');
  const former = Map.groupBy(ever, ({ into }) => into.ordinal);
  const present = Map.groupBy(mapped.contributions, ({ into }) => into);
  const found: StagedRecord[] = [];
  for (const into of new Set([...former.keys(), ...present.keys()])) {
    if (!fates.standing(into)) continue;
    const before = (former.get(into) ?? []).map(({ record }) => record);
    const now = (present.get(into) ?? []).map(({ stream, place }) => ({ stream, ...place }));
    const names = new Set(before.map(recordName));
    const same = now.length === names.size && now.every((one) => names.has(recordName(one)));
    if (!same) ordinals.add(into);
    if (same && !fates.changed(into)) continue;
    found.push(...[...before, ...now].filter(({ stream }) => stream !== from.stream));
  }
  return found;
}

/** Marked by what was taken back before; what these fold in themselves goes back with them. */
async function searchFolded(
  services: RemapServices,
  from: BatchKey,
  round: number,
): Promise<Found> {
  const { database, parcels } = services;
  const { run, stream } = from;
  const records = isReplay(from.slice) ? await readStaged(parcels, from) : undefined;
  if (isReplay(from.slice) && records === undefined) return { ...nothing, ordinals: new Set() };
  const origins: readonly StagedRecord[] | undefined = records?.origins?.map((place) => ({
    stream,
    ...place,
  }));
  const ordinals = new Set<number>();
  if (origins === undefined) {
    for (const ordinal of await refoldsOf(database, run, round, from)) ordinals.add(ordinal);
  } else {
    for (const batch of batchesOfRecords(origins)) {
      const due = await refoldsOf(database, run, round, batch);
      for (const [at, { slice, number, ordinal }] of origins.entries()) {
        const here = slice === batch.slice && number === batch.number;
        if (here && due.has(ordinal)) ordinals.add(at);
      }
    }
  }
  for (const ordinal of await takenBackOf(database, run, from)) ordinals.delete(ordinal);
  if (ordinals.size === 0) return { ...nothing, ordinals };
  const folds = await foldsOf(database, run, [from], 'into');
  const refolds = folds.flatMap(({ record, into }) => (ordinals.has(into.ordinal) ? [record] : []));
  return { ...nothing, ordinals, refolds, records };
}

async function commitFound(
  services: RemapServices,
  claim: Claim,
  from: BatchKey,
  found: Found,
  last: boolean,
): Promise<boolean> {
  const { database, parcels } = services;
  const key: BatchKey = { ...claim.key, number: claim.position };
  const attempt = uuid7(services.clock, services.random);
  const taken = new Taken();
  const chosen = await chosenRecords(parcels, from, found);
  const parcel =
    chosen &&
    (await parcels.keep(key, attempt, 'records', withHeader(chosen.header, chosen.items)));
  if (chosen) await takeBatchBack(services, from, found.ordinals, key, taken);
  const batch = chosen && { stream: key.stream, ...chosen.header, ...chosen.items, cursor: '' };
  const entries = batch && recordEntries(services, key.stream, batch);
  const commit: BatchCommit = {
    key,
    attempt,
    fence: claim.fence,
    revision: services.revision,
    counts: taken.counts(),
    ...(entries && { entries }),
    parcels: parcel ? [parcel] : [],
    exceptions: [],
    balance: chosen ? taken.balance(key.stream) : [],
    last,
  };
  return commitBatchAlone(database, commit, async (transaction) => {
    await taken.commit(transaction);
    await addUnread(transaction, key.run, key.stream, found.unread);
    await enterRefolds(transaction, key.run, roundOf(key.slice), key, found.refolds);
  });
}

/** The records that go back as they were staged; undefined: none. */
async function chosenRecords(
  parcels: Parcels,
  from: BatchKey,
  { ordinals, records: known }: Found,
): Promise<{ header: RecordsHeader; items: PackedItems } | undefined> {
  if (ordinals.size === 0) return undefined;
  const records = known ?? (await readStaged(parcels, from));
  if (records === undefined) throw new RangeError('a batch that was mapped has no records');
  const places = [...ordinals].toSorted((left, right) => left - right);
  const placeOf: Related['placeOf'] = placesOf(from, records);
  const lines = places.flatMap((ordinal, at): LineMark[] => {
    const line = lineOf(records.lines, ordinal);
    return line === undefined ? [] : [[at, line]];
  });
  const header: RecordsHeader = {
    mediaType: records.mediaType,
    keys: places.map((ordinal) => records.keys[ordinal] as string),
    ...(lines.length > 0 && { lines }),
    origins: places.map(placeOf),
  };
  return { header, items: packItems(places.map((ordinal) => itemAt(records, ordinal))) };
}
