import { exitCodes, HandoverError } from '../base/errors.ts';
import { inboxKeyOf, openInboxParcel, snapshotArrivals } from '../connectors/mllp/inboxSource.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import { tokenOf } from '../keys/stableId.ts';
import { inboxIssues, inboxState } from '../ledger/inbox.ts';
import {
  finishedReadings,
  heldOfStream,
  inboxParcelAt,
  inboxParcels,
  purgeParcels,
  unfinishedRuns,
  type ParcelCounts,
} from '../ledger/inboxRetention.ts';
import { itemAt } from '../staging/packedItems.ts';
import type { Database } from '../store/database.ts';
import type { Queries } from '../store/session.ts';
import { openSnapshot } from './phases/extract.ts';

export interface InboxServices {
  database: Database;
  key: ProjectKey;
}

/** Where the arrivals of a stream are. */
export interface InboxStreamState {
  stream: string;
  /** Read by no run that has finished. */
  waiting: number;
  /** Read by a run that has finished, and not held by it. */
  moved: number;
  /** Held by that run: for review, or until something else is there. */
  held: number;
}

/** An inbox as it stands: counts and codes alone. */
export interface InboxSummary {
  source: string;
  arrivals: number;
  repeats: number;
  /** Moved, and their bytes destroyed since. */
  purged: number;
  streams: InboxStreamState[];
  issues: { code: string; refused: boolean; count: number }[];
}

/** What a run that has finished read of a stream of an inbox. */
interface Reading {
  /** Number of the last arrival that had come. */
  upTo: number;
  isAged: boolean;
  heldRecords: ReadonlySet<string>;
  heldDrafts: number;
}

export async function summariseInbox(
  { database, key }: InboxServices,
  source: string,
): Promise<InboxSummary> {
  return database.read(async (reader) => {
    const readings = await readingsOf(reader, key, source, 0);
    const streams = new Map<string, InboxStreamState>();
    let purged = 0;
    for (const { first, count, counts, isPurged } of await inboxParcels(reader, source)) {
      if (isPurged) purged += count;
      else {
        for (const [stream, own] of Object.entries(counts)) {
          const state = streams.get(stream) ?? { stream, waiting: 0, moved: 0, held: 0 };
          streams.set(stream, state);
          state[first <= (readings.get(stream)?.upTo ?? 0) ? 'moved' : 'waiting'] += own;
        }
      }
    }
    for (const state of streams.values()) {
      state.held = Math.min(state.moved, readings.get(state.stream)?.heldRecords.size ?? 0);
      state.moved -= state.held;
    }
    return {
      source,
      ...(await inboxState(reader, source)),
      purged,
      streams: [...streams.values()].toSorted((one, other) => (one.stream < other.stream ? -1 : 1)),
      issues: await inboxIssues(reader, source),
    };
  });
}

/** What a purge did. */
export interface InboxPurge {
  source: string;
  /** Arrivals whose bytes were destroyed. */
  purged: number;
  /** Arrivals that stay. */
  kept: number;
}

/** Parcels that are purged in one transaction. */
const atOnce = 500;

/**
 * Destroy the bytes of what was moved at least `days` ago, and their keys. A parcel stays whole while
 * anything in it has not been read by a run that has finished, or is held by it.
 * @throws HandoverError `inbox-in-use` (exit 7) while a run has not ended.
 */
export async function purgeInbox(
  { database, key }: InboxServices,
  source: string,
  days: number,
): Promise<InboxPurge> {
  const readings = await readingsOf(database, key, source, days);
  const parcels = (await inboxParcels(database, source)).filter(({ isPurged }) => !isPurged);
  const due: ParcelCounts[] = [];
  for (const parcel of parcels) {
    if (!isMoved(parcel, readings)) continue;
    if (await holdsAny(database, key, source, parcel, readings)) continue;
    due.push(parcel);
  }
  for (let at = 0; at < due.length; at += atOnce) {
    const firsts = due.slice(at, at + atOnce).map(({ first }) => first);
    await database.transaction(async (transaction) => {
      if ((await unfinishedRuns(transaction)) > 0) throw inUse();
      await purgeParcels(transaction, source, firsts);
    });
  }
  const purged = due.reduce((sum, { count }) => sum + count, 0);
  return { source, purged, kept: parcels.reduce((sum, { count }) => sum + count, 0) - purged };
}

async function readingsOf(
  reader: Queries,
  key: ProjectKey,
  source: string,
  days: number,
): Promise<Map<string, Reading>> {
  const readings = new Map<string, Reading>();
  for (const { run, stream, snapshot, isAged } of await finishedReadings(reader, source, days)) {
    const held = await heldOfStream(reader, run, stream);
    readings.set(stream.slice(source.length + 1), {
      upTo: snapshotArrivals(openSnapshot(key, run, stream, snapshot)) ?? 0,
      isAged,
      heldRecords: new Set(held.records.map((token) => token.toString('hex'))),
      heldDrafts: held.drafts,
    });
  }
  return readings;
}

/** Whether all of a parcel was read, long enough ago, and no draft of its streams is held. */
function isMoved({ first, counts }: ParcelCounts, readings: ReadonlyMap<string, Reading>): boolean {
  return Object.keys(counts).every((stream) => {
    const reading = readings.get(stream);
    // Where an inbox stood no parcel is cut.
    return (
      reading !== undefined && reading.isAged && first <= reading.upTo && reading.heldDrafts === 0
    );
  });
}

async function holdsAny(
  reader: Queries,
  key: ProjectKey,
  source: string,
  { first, counts }: ParcelCounts,
  readings: ReadonlyMap<string, Reading>,
): Promise<boolean> {
  const isSuspect = (stream: string): boolean => (readings.get(stream)?.heldRecords.size ?? 0) > 0;
  if (!Object.keys(counts).some(isSuspect)) return false;
  const parcel = await inboxParcelAt(reader, source, first);
  if (parcel === undefined) return true;
  const items = openInboxParcel(key, source, parcel);
  return parcel.streams.some((stream, at) => {
    if (!isSuspect(stream)) return false;
    const recordKey = inboxKeyOf(source, stream, itemAt(items, at), first + at);
    const token = tokenOf(key.tag(`${source}.${stream}`, recordKey)).toString('hex');
    return readings.get(stream)?.heldRecords.has(token) === true;
  });
}

function inUse(): HandoverError {
  return new HandoverError('inbox-in-use', 'a run has not ended, and may still read the inbox', {
    next: 'Wait until it has ended (`handover status`), or cancel it; then purge again.',
    failure: 'transient',
    exitCode: exitCodes.unavailable,
  });
}
