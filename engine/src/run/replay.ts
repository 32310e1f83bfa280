import { HandoverError, exitCodes } from '../base/errors.ts';
import { uuid7 } from '../base/id.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import type { BalanceChange } from '../ledger/balances.ts';
import { commitBatch } from '../ledger/batches.ts';
import { isDelivered } from '../model/delivery.ts';
import { lineOf, type LineMark, type RecordMediaType } from '../model/record.ts';
import type { RecordPlace } from '../model/related.ts';
import { layoutOf } from '../model/recordLayout.ts';
import { exceptionsOf, resolveExceptions, type Exception } from '../ledger/exceptions.ts';
import { pageOf } from '../ledger/pages.ts';
import { supersede, supersededOf } from '../ledger/replays.ts';
import { countOneMore, recordRunRevision, type Run } from '../ledger/runs.ts';
import { claimSlice, phaseDone, planSlices } from '../ledger/slices.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import { itemAt, packItems } from '../staging/packedItems.ts';
import type { Database } from '../store/database.ts';
import type { Transaction } from '../store/session.ts';
import { isRouted, unpackDrafts, type PackedDrafts } from './drafts.ts';
import { withFolded } from './replayFolded.ts';
import { splitHeader, withHeader } from './packed.ts';
import type { Parcels } from './parcels.ts';
import { recordEntries, type RecordsHeader } from './phases/extract.ts';
import type { Attempts } from './phases/work.ts';

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
  const all = await withFolded(services.database, run.id, held);
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
  exceptions: readonly Exception[],
): Promise<number> {
  const records = await recordsBehind(services, exceptions);
  const attempt = uuid7(services.clock, services.random);
  const header = headerOf(records);
  const packed = packItems(records.map((record) => record.bytes));
  const parcel = await services.parcels.keep(key, attempt, 'records', withHeader(header, packed));
  const batch = { stream: key.stream, ...header, ...packed, cursor: '' };
  const entries = recordEntries(services, key.stream, batch);
  const taken = await takeBack(services, records);
  const counts = { read: 0, fromMapped: taken.mapped, fromQuarantined: taken.quarantined };
  await services.database.transaction(async (transaction) => {
    await planSlices(transaction, [{ key }]);
    const answer = await claimSlice(transaction, key, services.worker);
    if (typeof answer === 'string') throw overtaken();
    await commitBatch(transaction, {
      key,
      attempt,
      fence: answer.claim.fence,
      revision,
      counts,
      entries,
      parcels: [parcel],
      exceptions: [],
      balance: [...taken.balance, recordsBack(key.stream, taken)],
      last: true,
    });
    for (const note of taken.notes) await note(transaction);
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

function recordsBack(stream: string, taken: Taken): BalanceChange {
  const { mapped, quarantined } = taken;
  const waiting = mapped + quarantined;
  return { stream, records: { mapped: -mapped, quarantined: -quarantined, waiting } };
}

/** The records behind held records and held drafts, each once. */
async function recordsBehind(
  { parcels }: ReplayServices,
  exceptions: readonly Exception[],
): Promise<Replayed[]> {
  const found = new Map<string, Replayed>();
  const batches = Map.groupBy(exceptions, ({ key }) => `${key.slice} ${key.number}`);
  for (const group of batches.values()) {
    const [{ key }] = group as [Exception];
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

function recordOrdinals(exception: Exception, drafts: PackedDrafts | undefined): readonly number[] {
  if (exception.key.phase === 'map') return [exception.ordinal];
  return drafts?.from[exception.ordinal] ?? [];
}

async function draftsOf(parcels: Parcels, from: BatchKey): Promise<PackedDrafts | undefined> {
  const items = await parcels.read({ ...from, phase: 'map' }, 'drafts');
  return items && unpackDrafts(items);
}

/** What leaves the balance where it stood, and the notes that say why. */
interface Taken {
  mapped: number;
  quarantined: number;
  balance: BalanceChange[];
  notes: ((transaction: Transaction) => Promise<void>)[];
}

async function takeBack(services: ReplayServices, records: readonly Replayed[]): Promise<Taken> {
  const taken: Taken = { mapped: 0, quarantined: 0, balance: [], notes: [] };
  const batches = Map.groupBy(records, ({ from }) => `${from.slice} ${from.number}`);
  for (const group of batches.values()) await takeBatchBack(services, group, taken);
  return taken;
}

async function takeBatchBack(
  services: ReplayServices,
  group: readonly Replayed[],
  taken: Taken,
): Promise<void> {
  const [{ from }] = group as [Replayed];
  const ordinals = new Set(group.map(({ ordinal }) => ordinal));
  const map: BatchKey = { ...from, phase: 'map' };
  const held = (await exceptionsOf(services.database, map)).filter(({ ordinal }) =>
    ordinals.has(ordinal),
  );
  taken.quarantined += held.length;
  taken.mapped += group.length - held.length;
  resolveLater(taken, from.run, held);
  const drafts = await draftsOf(services.parcels, from);
  if (drafts === undefined) return;
  const gone = new Set(await supersededOf(services.database, map));
  const old = drafts.from.flatMap((records, at) =>
    !gone.has(at) && records.some((ordinal) => ordinals.has(ordinal)) ? [at] : [],
  );
  taken.notes.push(async (transaction) => {
    if ((await supersede(transaction, map, old)) < old.length) throw overtaken();
  });
  const checked = await exceptionsOf(services.database, { ...from, phase: 'check' });
  const broken = checked.filter(({ ordinal }) => old.includes(ordinal));
  resolveLater(taken, from.run, broken);
  for (const target of services.targets) {
    await takeDraftsBack(services, { ...from, target }, drafts, { old, broken }, taken);
  }
}

/**
 * Move each old draft of a target from where it stands in the balance to `superseded`; `broken` are
 * those held at `check`.
 */
async function takeDraftsBack(
  services: ReplayServices,
  key: BatchKey,
  drafts: PackedDrafts,
  { old, broken }: { old: readonly number[]; broken: readonly Exception[] },
  taken: Taken,
): Promise<void> {
  const { database } = services;
  const page = await pageOf(database, { ...key, phase: 'load' });
  const loading = await exceptionsOf(database, { ...key, phase: 'load' });
  const exceptions = new Map([...broken, ...loading].map((one) => [one.ordinal, one]));
  const change = { loaded: 0, quarantined: 0, superseded: 0 };
  for (const at of old) {
    if (!isRouted(drafts, at, key.target)) continue;
    const settled = exceptions.get(at)?.resolution?.outcome === 'loaded';
    const loaded = settled || isDelivered(page?.states[at]);
    change[loaded ? 'loaded' : 'quarantined']--;
    change.superseded++;
  }
  taken.balance.push({ stream: key.stream, target: key.target, drafts: change });
  resolveLater(
    taken,
    key.run,
    loading.filter(({ ordinal }) => old.includes(ordinal)),
  );
}

function resolveLater(taken: Taken, run: string, exceptions: readonly Exception[]): void {
  const open = exceptions.filter(({ resolution }) => resolution === undefined);
  taken.notes.push(async (transaction) => {
    const resolved = await resolveExceptions(
      transaction,
      run,
      open.map(({ id }) => ({ exception: id, outcome: 'replayed', code: '' })),
    );
    if (resolved < open.length) throw overtaken();
  });
}

/** Thrown inside the transaction, which takes everything back. */
function overtaken(): HandoverError {
  return new HandoverError(
    'replay-overtaken',
    'Another replay has taken the same items; none moved.',
    {
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      next: 'Look at what is still held with `handover quarantine list`, then replay that.',
    },
  );
}
