import { uuid7 } from '../../base/id.ts';
import { failureOf, HandoverError } from '../../base/errors.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import type { BatchCommit } from '../../ledger/batches.ts';
import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import { isReplay } from '../../ledger/rounds.ts';
import { planSlices, slicesOf, type Claim } from '../../ledger/slices.ts';
import { restartStream, setSnapshot, streamsOf, type RunStream } from '../../ledger/streams.ts';
import type { ObjectSink } from '../../model/largeObject.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { Source } from '../../model/source.ts';
import type { Database } from '../../store/database.ts';
import type { Transaction } from '../../store/session.ts';
import { ObjectKeeper, type KeptObjects } from '../objects.ts';
import { withHeader } from '../packed.ts';
import { Pacer } from '../pacer.ts';
import { extractedBatch, type Recording } from './auditedBatch.ts';
import { requireSameSchema, toStream } from './drift.ts';
import { withOccurrences } from './occurrences.ts';
import type { Parcels } from '../parcels.ts';
import { prepareMappings } from './map.ts';
import { recordEntries, type RecordsHeader } from './recordEntries.ts';
import { remapSlice, type RemapServices } from './remap.ts';
import type { Attempts, BatchLimits, PhaseWork, StopSignal, WorkEnd } from './work.ts';

export interface ExtractServices extends Attempts, Recording {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  /** Opened only while something is left to read: afterwards the old system may be gone. */
  sources(): Promise<ReadonlyMap<string, Source>>;
  revision: string;
  limits: BatchLimits;
  /** Slices to cut a stream into. */
  slices: number;
  /** Asked for only by a run that is mapped again. */
  remap(): Promise<RemapServices>;
}

/**
 * `extract`: source.read(slice) → records, their parcel and their entries. A stream is read under
 * one snapshot; when that is gone before the stream is read whole, the stream starts again. A stream
 * whose columns are no longer those that were assessed is not read on (`source-drift`). A re-map reads
 * no source: its slices take records out of parcels that are kept.
 */
export function extractPhase(services: ExtractServices): PhaseWork {
  return {
    plan: (run) => planExtract(services, run),
    work: async (claim, stop) =>
      isReplay(claim.key.slice)
        ? remapSlice(await services.remap(), claim, stop)
        : extractSlice(services, claim, stop),
  };
}

async function planExtract(services: ExtractServices, run: string): Promise<void> {
  const streams = await streamsOf(services.database, run);
  const slices = await slicesOf(services.database, run, 'extract');
  if (slices.some(({ key, done }) => isReplay(key.slice) && !done)) {
    await prepareMappings(await services.remap(), run);
  }
  for (const stream of streams) {
    const own = slices.filter(({ key }) => key.stream === stream.name && !isReplay(key.slice));
    if (own.length > 0 && own.every((slice) => slice.done)) continue;
    await planStream(services, run, stream, own.length > 0);
  }
}

async function planStream(
  services: ExtractServices,
  run: string,
  stream: RunStream,
  begun: boolean,
): Promise<void> {
  const { database, key } = services;
  const source = await sourceOf(services, stream);
  await requireSameSchema(source, stream);
  const name = source.snapshot() ?? '';
  const context = snapshotContext(run, stream.name);
  const held = stream.snapshot && openSnapshot(key, run, stream.name, stream.snapshot);
  if (begun && held === name) return;
  // Occurrences of equal records are counted from front to back, so they are read in one slice.
  const cut = await source.slices(toStream(stream), stream.keyed ? services.slices : 1);
  const sealed = key.seal(Buffer.from(name), context);
  await database.transaction(async (transaction) => {
    let { generation } = stream;
    if (begun) generation = await restartStream(transaction, run, stream.name, sealed);
    else await setSnapshot(transaction, run, stream.name, sealed);
    await planSlices(
      transaction,
      cut.map((slice) => ({
        key: {
          run,
          phase: 'extract' as const,
          target: '',
          stream: stream.name,
          slice: `${generation}-${slice.id}`,
        },
        range: key.seal(Buffer.from(JSON.stringify(slice)), rangeContext(run, stream.name)),
      })),
    );
  });
}

async function extractSlice(
  services: ExtractServices,
  claim: Claim,
  stop: StopSignal,
): Promise<WorkEnd> {
  try {
    return await readAndCommit(services, claim, stop);
  } catch (error) {
    if (error instanceof HandoverError && error.code === 'snapshot-lost') return 'snapshot-lost';
    // A column that was renamed is refused by the source before the end of the slice would tell it.
    if (failureOf(error) === 'permanent') await requireUnchanged(services, claim);
    throw error;
  }
}

async function readAndCommit(
  services: ExtractServices,
  claim: Claim,
  stop: StopSignal,
): Promise<WorkEnd> {
  let place = claim;
  let pending: ReadBatch | undefined;
  const { keyed, source } = await claimedStream(services, claim);
  const objects = new ObjectKeeper(services.parcels, services, {
    ...claim.key,
    number: claim.position,
  });
  const batches = paced(services, claim, objects, stop.abort);
  for await (const batch of keyed ? batches : withOccurrences(services, claim.key, batches)) {
    if (pending !== undefined) {
      if (!(await commitRecords(services, place, source, pending, false))) return 'lost';
      place = { ...place, position: place.position + 1 };
      if (stop.stopped()) return 'stopped';
    }
    pending = { records: batch, ...(await objects.take()) };
  }
  await requireUnchanged(services, claim);
  return (await commitRecords(services, place, source, pending, true)) ? 'done' : 'lost';
}

/** The batches of a slice, each asked for when the source has had the rest that it seems to need. */
async function* paced(
  services: ExtractServices,
  claim: Claim,
  objects: ObjectSink,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch> {
  const { clock } = services;
  const pacer = new Pacer();
  const batches = await openSlice(services, claim, objects, signal);
  let askedMs = clock.monotonicMs();
  for await (const batch of batches) {
    const pauseMs = pacer.after(clock.monotonicMs() - askedMs, batch.keys.length);
    yield batch;
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    askedMs = clock.monotonicMs();
  }
}

/** The end of a slice is committed only if its stream still is what was assessed. */
async function requireUnchanged(services: ExtractServices, claim: Claim): Promise<void> {
  const stream = await claimedStream(services, claim);
  await requireSameSchema(await sourceOf(services, stream), stream);
}

async function claimedStream({ database }: ExtractServices, { key }: Claim): Promise<RunStream> {
  const stream = (await streamsOf(database, key.run)).find((one) => one.name === key.stream);
  if (stream === undefined) throw sliceUnknown();
  return stream;
}

async function openSlice(
  services: ExtractServices,
  claim: Claim,
  objects: ObjectSink,
  signal: AbortSignal,
): Promise<AsyncIterable<RecordBatch>> {
  const { key } = services;
  const { run, stream: name } = claim.key;
  const stream = await claimedStream(services, claim);
  if (claim.range === undefined) throw sliceUnknown();
  const range = key.open(claim.range, rangeContext(run, name)).toString('utf8');
  const snapshot = stream.snapshot ? openSnapshot(key, run, name, stream.snapshot) : '';
  const source = await sourceOf(services, stream);
  return source.read(
    {
      stream: toStream(stream),
      slice: JSON.parse(range),
      ...(snapshot !== '' && { snapshot }),
      ...(claim.cursor && {
        after: key.open(claim.cursor, cursorContext(run, name)).toString('utf8'),
      }),
      ...services.limits,
      objects,
    },
    signal,
  );
}

/** A batch as it was read, with what was kept of its large objects on the way. */
interface ReadBatch extends KeptObjects {
  records: RecordBatch;
}

/** Commit one batch of records; `read` absent: the slice holds none (more). */
async function commitRecords(
  services: ExtractServices,
  claim: Claim,
  source: string,
  read: ReadBatch | undefined,
  last: boolean,
): Promise<boolean> {
  const { key, database, parcels, random, clock, audit } = services;
  const batch = { ...claim.key, number: claim.position };
  const attempt = read?.attempt ?? uuid7(clock, random);
  const records = read?.records;
  const count = records?.keys.length ?? 0;
  const parcel =
    records &&
    (await parcels.keep(batch, attempt, 'records', withHeader(headerOf(records), records)));
  const cursor =
    records && key.seal(Buffer.from(records.cursor), cursorContext(batch.run, batch.stream));
  const entries = records && recordEntries(services, batch.stream, records);
  const onRecord = entries && extractedBatch(services, batch, source, entries);
  const commit: BatchCommit = {
    key: batch,
    attempt,
    fence: claim.fence,
    revision: services.revision,
    counts: { read: count },
    ...(entries && { entries }),
    ...(onRecord && { root: onRecord.items.root }),
    parcels: [...(parcel ? [parcel] : []), ...(read?.parcels ?? [])],
    exceptions: [],
    balance: [{ stream: batch.stream, records: { read: count, waiting: count } }],
    ...(cursor && { cursor }),
    last,
  };
  // What was read is on record before anything can come of it.
  const beside = onRecord && ((transaction: Transaction) => audit.record(transaction, onRecord));
  return commitBatchAlone(database, commit, beside);
}

function headerOf({ mediaType, keys, lines }: RecordBatch): RecordsHeader {
  return { mediaType, keys, ...(lines && { lines }) };
}

async function sourceOf(services: ExtractServices, stream: RunStream): Promise<Source> {
  const source = (await services.sources()).get(stream.source);
  if (source === undefined) throw sliceUnknown();
  return source;
}

/** What cursor and range of a slice, and the snapshot of its stream, are bound to. */
export const cursorContext = (run: string, stream: string): string => `cursor ${run} ${stream}`;
export const rangeContext = (run: string, stream: string): string => `range ${run} ${stream}`;
export const snapshotContext = (run: string, stream: string): string => `snapshot ${run} ${stream}`;

/** The name of the snapshot under which a run read a stream, from its sealed form. */
export function openSnapshot(key: ProjectKey, run: string, stream: string, sealed: Buffer): string {
  return key.open(sealed, snapshotContext(run, stream)).toString('utf8');
}

function sliceUnknown(): HandoverError {
  return new HandoverError('slice-unknown', 'The ledger names a slice that the plan does not.', {
    next: 'Resume the run with the plan it was begun with; `handover status` names its revision.',
  });
}
