import { uuid7 } from '../../base/id.ts';
import type { ExceptionRow, ParcelRow } from '../../ledger/batches.ts';
import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import { deliveryCodes } from '../../model/delivery.ts';
import type { EntryPage } from '../../ledger/entries.ts';
import { exceptionsOf, type Exception } from '../../ledger/exceptions.ts';
import { newestRound } from '../../ledger/linkageRounds.ts';
import { batchCount, batchDigests } from '../../ledger/pages.ts';
import { remapRounds } from '../../ledger/remaps.ts';
import { findRun } from '../../ledger/runs.ts';
import { phaseDone, planSlicesAlone, slicesOf, type Claim } from '../../ledger/slices.ts';
import { streamsOf } from '../../ledger/streams.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { Target } from '../../model/target.ts';
import { isRouted, packDrafts, someDrafts, unpackDrafts, type PackedDrafts } from '../drafts.ts';
import { keptReason } from '../existing/theirChanges.ts';
import { idToken } from '../idToken.ts';
import { Leaving } from './leaving.ts';
import { readLinkedDrafts } from '../linkedDrafts.ts';
import { itemAt } from '../../staging/packedItems.ts';
import { emptyLoadPage, enterCreated, enterDelivery, refusals } from './loadPage.ts';
import { refersTo, unresolvedDrafts } from './references.ts';
import { isRecall } from './remap.ts';
import { isRetire, retireName, retireSlice } from './retire.ts';
import { isSettle, settleSlice, settleName } from './settle.ts';
import type { PhaseWork, StopSignal, WorkEnd } from './work.ts';
import { heedingChanges, writeDrafts, type LoadServices, type Written } from './writeDrafts.ts';

/**
 * `load`: drafts that passed `check` go to their target. Before the first write of a batch its
 * intent and the target's prior versions are committed; after the last one its receipts are.
 */
export function loadPhase(services: LoadServices): PhaseWork {
  return {
    plan: (run) => planLoad(services, run),
    work: (claim, stop) => {
      const { slice } = claim.key;
      if (isSettle(slice)) return settleSlice(services, claim, stop);
      if (isRetire(slice)) return retireSlice(services, claim, stop);
      return loadSlice(services, claim, stop);
    },
  };
}

async function planLoad({ database, targets, before }: LoadServices, run: string): Promise<void> {
  if (!(await phaseDone(database, run, before))) return;
  const round = (await findRun(database, run))?.replays ?? 0;
  // What targets have of their own may have been read, and nobody linked yet.
  if (before === 'link' && (await newestRound(database, run))?.round !== round) return;
  const mapped = await slicesOf(database, run, 'map');
  const streams = await streamsOf(database, run);
  const settle = settleName(round);
  const remaps = await remapRounds(database, run);
  const names = [
    ...mapped.map(({ key }) => [key.stream, key.slice] as const),
    ...streams.map((stream) => [stream.name, settle] as const),
    ...streams.flatMap(({ name }) => remaps.map((remap) => [name, retireName(remap)] as const)),
  ];
  const slices = [...targets.keys()].flatMap((target) =>
    names.map(([stream, slice]) => ({
      key: { run, phase: 'load' as const, target, stream, slice },
    })),
  );
  await planSlicesAlone(database, slices);
}

async function loadSlice(unaware: LoadServices, claim: Claim, stop: StopSignal): Promise<WorkEnd> {
  const services = heedingChanges(unaware, claim.key);
  const { run, target, slice } = claim.key;
  const { database } = services;
  const total = await batchCount(database, { ...claim.key, phase: 'map', target: '' });
  const leaving = isRecall(slice) ? await Leaving.from(database, run, target) : undefined;
  let ahead: Promise<OpenedBatch> | undefined;
  let previous: Promise<boolean> = Promise.resolve(true);
  try {
    for (let number = claim.position; number < total; number++) {
      const place = { ...claim, position: number };
      const last = number === total - 1;
      const opened: OpenedBatch = await (ahead ?? openBatch(services, place, stop.abort));
      ahead = undefined;
      // What it refers to may be in the batch that is on its way.
      if (!opened.resolved && !(await previous)) return 'lost';
      const atTarget = (): void => {
        if (last) return;
        const next = { ...claim, position: number + 1 };
        ahead = openAhead({ ...services, leaving }, next, opened, stop.abort);
        ahead.catch(() => undefined);
      };
      const { promise: inPlace, resolve } = Promise.withResolvers<void>();
      const loading = { ...services, leaving, atTarget, inPlace: resolve, previous };
      previous = after(previous, loadBatch(loading, place, opened, last, stop.abort));
      previous.finally(resolve).catch(() => undefined);
      await inPlace;
      if (stop.stopped() && !last) return (await previous) ? 'stopped' : 'lost';
    }
    return (await previous) ? 'done' : 'lost';
  } finally {
    // Whatever ended this: nothing of it goes on when it has ended.
    await Promise.allSettled([previous, ahead]);
  }
}

/** What came of a batch, when the one before it has come to its end as well. */
async function after(before: Promise<boolean>, batch: Promise<boolean>): Promise<boolean> {
  await Promise.allSettled([before, batch]);
  return batch;
}

/** What `map` and `check` made of a batch, and what is to be done with it. */
interface OpenedBatch {
  drafts: PackedDrafts | undefined;
  work: LoadWork;
  /** Whether those whose referents are not there have been set aside. */
  resolved: boolean;
}

async function openBatch(
  services: LoadServices,
  claim: Claim,
  signal: AbortSignal,
): Promise<OpenedBatch> {
  const { drafts, held } = await readMapped(services, claim);
  const work = drafts ? sortDrafts(services, drafts, claim.key.target, held) : noWork();
  if (drafts) await setAsideKept(services, claim.key.target, drafts, work, signal);
  return { drafts, work, resolved: drafts === undefined };
}

/**
 * Open a batch while the one before it goes to the target, and ask for its referents, where none can be
 * on its way.
 */
async function openAhead(
  services: ResolveServices,
  claim: Claim,
  before: OpenedBatch,
  signal: AbortSignal,
): Promise<OpenedBatch> {
  const batch = await openBatch(services, claim, signal);
  const { drafts, work } = batch;
  if (drafts === undefined) return batch;
  const onTheirWay = new Set(before.drafts?.types);
  for (const type of drafts.types) onTheirWay.add(type);
  if (refersTo(drafts, work.write, onTheirWay)) return batch;
  await setAsideUnresolved(services, claim.key.target, drafts, work, signal);
  return { ...batch, resolved: true };
}

/** What `map` made of a batch, and what `check` holds of it. */
async function readMapped(
  services: LoadServices,
  claim: Claim,
): Promise<{ drafts: PackedDrafts | undefined; held: readonly Exception[] }> {
  const { database, parcels } = services;
  const from: BatchKey = { ...claim.key, number: claim.position, phase: 'map', target: '' };
  const packed = await readLinkedDrafts(parcels, from);
  const drafts = packed && (await withDigests(services, from, unpackDrafts(packed)));
  return { drafts, held: await exceptionsOf(database, { ...from, phase: 'check' }) };
}

interface ResolveServices extends LoadServices {
  /** What a re-map is about to take out of the target. */
  leaving: Leaving | undefined;
}

interface BatchServices extends ResolveServices {
  /** Told when a batch goes to the target: meanwhile the next one can be opened. */
  atTarget(): void;
  previous: Promise<boolean>;
}

/** @returns false: another attempt has taken over. */
async function loadBatch(
  services: BatchServices,
  claim: Claim,
  { drafts, work, resolved }: OpenedBatch,
  last: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const key: BatchKey = { ...claim.key, number: claim.position };
  if (drafts && !resolved) await setAsideUnresolved(services, key.target, drafts, work, signal);
  services.atTarget();
  const written = drafts && (await writeDrafts(services, claim, key, drafts, work.write, signal));
  if (written === 'lost') return false;
  if (written) keepWaiting(work, written);
  return commitLoaded(services, claim, { drafts, work, written, last });
}

interface LoadedBatch {
  drafts: PackedDrafts | undefined;
  work: LoadWork;
  written: Written | undefined;
  last: boolean;
}

async function commitLoaded(
  services: BatchServices,
  claim: Claim,
  { drafts, work, written, last }: LoadedBatch,
): Promise<boolean> {
  const key: BatchKey = { ...claim.key, number: claim.position };
  const entries = drafts && loadEntries(services, drafts, work, written);
  const unwritten = drafts && written ? refusals(drafts, written) : [];
  const barred = drafts ? barredRows(drafts, work.barred) : [];
  const refused = [...unwritten, ...barred];
  const waiting = drafts ? waitingRows(drafts, work.waiting) : [];
  const own = drafts ? keptRows(drafts, work.kept) : [];
  const { created, deliveries } = written ?? nothingWritten;
  const loaded = created.length + deliveries.size - unwritten.length;
  const attempt = written?.attempt ?? uuid7(services.clock, services.random);
  const kept = drafts && (await keepWaitingDrafts(services, key, attempt, drafts, work.waiting));
  if (!(await services.previous)) return false;
  return commitBatchAlone(services.database, {
    key,
    attempt,
    fence: claim.fence,
    revision: services.revision,
    counts: {
      loaded,
      quarantined: refused.length,
      ...(own.length > 0 && { kept: own.length }),
      waiting: waiting.length,
    },
    ...(entries && { entries }),
    parcels: kept ? [kept] : [],
    exceptions: [...refused, ...waiting, ...own],
    balance: [
      {
        stream: key.stream,
        target: key.target,
        drafts: {
          loaded,
          quarantined: refused.length,
          excluded: own.length,
          waiting: -(loaded + refused.length + own.length),
        },
      },
    ],
    last,
  });
}

/** With the digests of the bodies: of those that were mapped they stand in the ledger. */
async function withDigests(
  { database, key }: LoadServices,
  from: BatchKey,
  drafts: PackedDrafts,
): Promise<PackedDrafts> {
  if (!drafts.linked) return { ...drafts, digests: await batchDigests(database, from) };
  const each = drafts.ids.map((_, at) => key.digest(itemAt(drafts.bodies, at)));
  return { ...drafts, digests: Buffer.concat(each) };
}

/** Ordinals of the drafts of a batch by what `load` does with them. */
interface LoadWork {
  write: number[];
  /** A referent is not at the target (yet). */
  waiting: number[];
  /** Held at `check`, or not routed to this target. */
  held: number[];
  unrouted: number[];
  /** What the target may not hold, with the reason. */
  barred: Map<number, string>;
  /** Its record leads to another one's chart. */
  merged: number[];
  /** Somebody decided that what users of the target made of it stands. */
  kept: number[];
}

const noWork = (): LoadWork => ({
  write: [],
  waiting: [],
  held: [],
  unrouted: [],
  barred: new Map(),
  merged: [],
  kept: [],
});

function sortDrafts(
  { barrier }: Pick<LoadServices, 'barrier'>,
  drafts: PackedDrafts,
  target: string,
  exceptions: readonly { ordinal: number }[],
): LoadWork {
  const heldOrdinals = new Set(exceptions.map((exception) => exception.ordinal));
  const merged = new Set(drafts.merged);
  const work = noWork();
  for (let at = 0; at < drafts.ids.length; at++) {
    const guards = drafts.guards?.[at] ?? [];
    const reason = guards.length === 0 ? undefined : barrier(target, guards);
    if (!isRouted(drafts, at, target)) work.unrouted.push(at);
    else if (heldOrdinals.has(at)) work.held.push(at);
    else if (merged.has(at)) work.merged.push(at);
    else if (reason === undefined) work.write.push(at);
    else work.barred.set(at, reason);
  }
  return work;
}

/** Before anything is asked about referents: what is kept waits for none. */
async function setAsideKept(
  { targets, changes }: LoadServices,
  target: string,
  drafts: PackedDrafts,
  work: LoadWork,
  signal: AbortSignal,
): Promise<void> {
  const at = targets.get(target) as Target;
  const kept = (await changes?.keptAmong(at, drafts, work.write, signal)) ?? noOrdinals;
  if (kept.size === 0) return;
  work.kept = [...kept];
  work.write = work.write.filter((ordinal) => !kept.has(ordinal));
}

const noOrdinals: ReadonlySet<number> = new Set();

async function setAsideUnresolved(
  { targets, leaving }: ResolveServices,
  target: string,
  drafts: PackedDrafts,
  work: LoadWork,
  signal: AbortSignal,
): Promise<void> {
  const at = targets.get(target) as Target;
  const unresolved = await unresolvedDrafts(at, drafts, work.write, signal, leaving);
  work.waiting = work.write.filter((ordinal) => unresolved.has(ordinal));
  work.write = work.write.filter((ordinal) => !unresolved.has(ordinal));
}

const nothingWritten: Pick<Written, 'created' | 'deliveries'> = {
  created: [],
  deliveries: new Map(),
};

/** What was not written waits, whatever was thought of it before. */
function keepWaiting(work: LoadWork, { created, deliveries }: Written): void {
  if (created.length > 0) return;
  const wanted = [...work.write, ...work.waiting].toSorted((left, right) => left - right);
  work.waiting = wanted.filter((at) => !deliveries.has(at));
  work.write = wanted.filter((at) => deliveries.has(at));
}

/**
 * A copy of those that wait, beside the batch: settling reads them all together, and need not open
 * every parcel of a stream in which one draft of a thousand waits.
 */
async function keepWaitingDrafts(
  { parcels }: LoadServices,
  key: BatchKey,
  attempt: string,
  drafts: PackedDrafts,
  waiting: readonly number[],
): Promise<ParcelRow | undefined> {
  if (waiting.length === 0 || waiting.length * 2 > drafts.ids.length) return undefined;
  return parcels.keep(key, attempt, 'waiting', packDrafts(someDrafts(drafts, waiting)));
}

function loadEntries(
  services: LoadServices,
  drafts: PackedDrafts,
  work: LoadWork,
  written: Written | undefined,
): EntryPage {
  const page = emptyLoadPage(drafts, services.random);
  for (const at of work.waiting) page.states[at] = deliveryCodes.waiting;
  for (const at of work.held) page.states[at] = deliveryCodes.held;
  for (const at of work.barred.keys()) page.states[at] = deliveryCodes.held;
  for (const at of work.unrouted) page.states[at] = deliveryCodes.excluded;
  for (const at of work.merged) page.states[at] = deliveryCodes.merged;
  for (const at of work.kept) page.states[at] = deliveryCodes.kept;
  if (written === undefined) return page;
  enterCreated(page, drafts, written.created);
  for (const [at, delivery] of written.deliveries) {
    enterDelivery(page, at, delivery, written.before.get(at) ?? 0);
  }
  return page;
}

/** Held back from this target alone, to be worked on as everything that is held is. */
function barredRows(drafts: PackedDrafts, barred: ReadonlyMap<number, string>): ExceptionRow[] {
  return [...barred].map(([ordinal, code]) => ({
    ordinal,
    kind: 'quarantined',
    code,
    path: `${drafts.types[ordinal]}.meta.security`,
    token: idToken(drafts.ids[ordinal] as string),
  }));
}

function keptRows(drafts: PackedDrafts, ordinals: readonly number[]): ExceptionRow[] {
  return ordinals.map((ordinal) => ({
    ordinal,
    kind: 'excluded',
    code: keptReason,
    path: drafts.types[ordinal] as string,
    token: idToken(drafts.ids[ordinal] as string),
  }));
}

function waitingRows(drafts: PackedDrafts, ordinals: readonly number[]): ExceptionRow[] {
  return ordinals.map((ordinal) => ({
    ordinal,
    kind: 'waiting',
    code: 'reference-unresolved',
    path: drafts.types[ordinal] as string,
    token: idToken(drafts.ids[ordinal] as string),
  }));
}
