import { HandoverError, exitCodes } from '../base/errors.ts';
import { uuid7 } from '../base/id.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import { commitBatch } from '../ledger/commitBatch.ts';
import { lineOf, type LineMark, type RecordMediaType } from '../model/record.ts';
import type { RecordPlace } from '../model/related.ts';
import { layoutOf } from '../model/recordLayout.ts';
import type { Exception } from '../ledger/exceptions.ts';
import { countOneMore, recordRunRevision, type Run } from '../ledger/runs.ts';
import { claimSlice, phaseDone, planSlices } from '../ledger/slices.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import { itemAt, packItems } from '../staging/packedItems.ts';
import type { Database } from '../store/database.ts';
import { unpackDrafts, type PackedDrafts } from './drafts.ts';
import { withFolded, type Returning } from './replayFolded.ts';
import { readLinkedDrafts } from './linkedDrafts.ts';
import { splitHeader, withHeader } from './packed.ts';
import type { Parcels } from './parcels.ts';
import { recordEntries, type RecordsHeader } from './phases/recordEntries.ts';
import type { Attempts } from './phases/work.ts';
import { overtaken, Taken, takeBatchBack } from './takeBack.ts';

export interface ReplayServices extends Attempts {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  targets: readonly string[];
  worker: string;
}

/** A record that goes back to the start of its road. */
interface Replayed {
  /** Where it was read. */
  from: BatchKey;
  ordinal: number;
  key: string;
  bytes: Buffer;
  mediaType: RecordMediaType;
  line: number | undefined;
  /** Where it was staged first: it may have been brought back before. */
  origin: RecordPlace;
}

/**
 * Send held items back to `map`, under `revision` (the mapping as it is now): each stream's records
 * become one more extracted slice, `replay-N`, which the phases then take as any other. A held draft
 * brings back the record that it came from, and the drafts made before no longer stand.
 * Returns how many records go back; what cannot be replayed (an exclusion) is left alone.
 * @throws HandoverError `run-unfinished` (exit 2) before everything was loaded once,
 * `replay-overtaken` (transient) when another replay took the same items.
 */
export async function replayHeld(
  services: ReplayServices,
  run: Run,
  revision: string,
  held: readonly Exception[],
): Promise<number> {
  await requireLoaded(services.database, run);
  const all = await withFolded(services, run.id, held);
  const byStream = Map.groupBy(all, ({ key }) => key.stream);
  const number = await services.database.transaction(async (transaction) => {
    await countOneMore(transaction, run.id, 'verifications');
    await recordRunRevision(transaction, run.id, revision, 'replay');
    return countOneMore(transaction, run.id, 'replays');
  });
  let replayed = 0;
  for (const [stream, exceptions] of byStream) {
    const slice = { run: run.id, phase: 'extract' as const, target: '', stream };
    const key = { ...slice, slice: `replay-${number}`, number: 0 };
    replayed += await replayStream(services, key, revision, exceptions);
  }
  return replayed;
}

/** A run that was cancelled, or has not come to its end once, is pinned to its own revision. */
async function requireLoaded(database: Database, run: Run): Promise<void> {
  const over = run.state === 'cancelled' || run.state === 'undone';
  if (!over && (await phaseDone(database, run.id, 'load'))) return;
  throw new HandoverError(
    'run-unfinished',
    `The run is ${run.state} and not all of it is loaded.`,
    {
      exitCode: exitCodes.usage,
      next: 'Bring it to its end with `handover resume`, then replay what is held.',
    },
  );
}

async function replayStream(
  services: ReplayServices,
  key: BatchKey,
  revision: string,
  exceptions: readonly Returning[],
): Promise<number> {
  const records = await recordsBehind(services, exceptions);
  const attempt = uuid7(services.clock, services.random);
  const header = headerOf(records);
  const packed = packItems(records.map((record) => record.bytes));
  const parcel = await services.parcels.keep(key, attempt, 'records', withHeader(header, packed));
  const batch = { stream: key.stream, ...header, ...packed, cursor: '' };
  const entries = recordEntries(services, key.stream, batch);
  const taken = await takeBack(services, records, key);
  await services.database.transaction(async (transaction) => {
    await planSlices(transaction, [{ key }]);
    const answer = await claimSlice(transaction, key, services.worker);
    if (typeof answer === 'string') throw overtaken();
    await commitBatch(transaction, {
      key,
      attempt,
      fence: answer.claim.fence,
      revision,
      counts: taken.counts(),
      entries,
      parcels: [parcel],
      exceptions: [],
      balance: taken.balance(key.stream),
      last: true,
    });
    await taken.commit(transaction);
  });
  return records.length;
}

/** Records of one stream, from wherever they were read: they are all written in the same way. */
function headerOf(records: readonly Replayed[]): RecordsHeader {
  const lines = records.flatMap(({ line }, at): LineMark[] =>
    line === undefined ? [] : [[at, line]],
  );
  return {
    mediaType: records[0]?.mediaType ?? 'text/x-copy',
    keys: records.map((record) => record.key),
    ...(lines.length > 0 && { lines }),
    origins: records.map(({ origin }) => origin),
  };
}

async function takeBack(
  services: ReplayServices,
  records: readonly Replayed[],
  into: BatchKey,
): Promise<Taken> {
  const taken = new Taken();
  const batches = Map.groupBy(records, ({ from }) => `${from.slice} ${from.number}`);
  for (const group of batches.values()) {
    const [{ from }] = group as [Replayed];
    const ordinals = new Set(group.map(({ ordinal }) => ordinal));
    await takeBatchBack(services, from, ordinals, into, taken);
  }
  return taken;
}

/** The records behind held records and held drafts, each once. */
async function recordsBehind(
  { parcels }: ReplayServices,
  exceptions: readonly Returning[],
): Promise<Replayed[]> {
  const found = new Map<string, Replayed>();
  const batches = Map.groupBy(exceptions, ({ key }) => `${key.slice} ${key.number}`);
  for (const group of batches.values()) {
    const [{ key }] = group as [Returning];
    const from: BatchKey = { ...key, phase: 'extract', target: '' };
    const items = await parcels.read(from, 'records');
    if (items === undefined) continue;
    const { header, items: packed } = splitHeader<RecordsHeader>(items);
    const drafts = await draftsOf(parcels, from);
    for (const exception of group) {
      for (const ordinal of recordOrdinals(exception, drafts)) {
        const name = `${key.slice} ${key.number} ${ordinal}`;
        const { mediaType, keys, lines, origins } = header;
        const { slice, number } = from;
        found.set(name, {
          from,
          ordinal,
          key: keys[ordinal] as string,
          bytes: itemAt(packed, ordinal),
          mediaType,
          line: lineOf(lines, ordinal),
          origin: origins?.[ordinal] ?? { slice, number, ordinal },
        });
      }
    }
  }
  return [...found.values()];
}

/** The source item behind a held record or draft: as it was read, and in which line of its file. */
export interface SourceItem {
  text: string;
  line?: number;
}

/** The source item behind a held record or draft; undefined when it is gone. */
export async function recordBehind(
  parcels: Parcels,
  exception: Exception,
): Promise<SourceItem | undefined> {
  const from: BatchKey = { ...exception.key, phase: 'extract', target: '' };
  const items = await parcels.read(from, 'records');
  if (items === undefined) return undefined;
  const [ordinal] = recordOrdinals(exception, await draftsOf(parcels, from));
  if (ordinal === undefined) return undefined;
  const { header, items: packed } = splitHeader<RecordsHeader>(items);
  const charset = layoutOf(header.mediaType)?.charset ?? 'utf-8';
  const text = new TextDecoder(charset).decode(itemAt(packed, ordinal));
  const line = lineOf(header.lines, ordinal);
  return { text, ...(line !== undefined && { line }) };
}

function recordOrdinals(exception: Returning, drafts: PackedDrafts | undefined): readonly number[] {
  if (exception.key.phase === 'map') return [exception.ordinal];
  return drafts?.from[exception.ordinal] ?? [];
}

async function draftsOf(parcels: Parcels, from: BatchKey): Promise<PackedDrafts | undefined> {
  const items = await readLinkedDrafts(parcels, from);
  return items && unpackDrafts(items);
}
