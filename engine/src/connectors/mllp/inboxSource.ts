import { exitCodes, HandoverError } from '../../base/errors.ts';
import { headerOf } from '../../formats/hl7v2/header.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import {
  inboxState,
  inboxStreams,
  nextInboxParcels,
  type InboxParcel,
} from '../../ledger/inbox.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';
import { itemAt, type PackedItems } from '../../staging/packedItems.ts';
import { openParcel, type ParcelManifest } from '../../staging/parcel.ts';
import type { Database } from '../../store/database.ts';
import { feedColumns, unreadable } from '../feeds/feedFormat.ts';
import { hl7v2Feed, messageKeyOf } from '../feeds/hl7v2Feed.ts';
import { RowPacker } from '../rowPacker.ts';
import { snapshotLost, sourceClosed, streamMissing } from '../sourceFailure.ts';
import { parcelContext } from './inbox.ts';

/** Arrivals behind `after`, up to and with `upTo`. */
interface ArrivalRange {
  after: number;
  upTo: number;
}

/** Parcels that are fetched at once. */
const parcelsAtOnce = 16;

/**
 * What a listener has received: a stream for each message type, its records in the order in which
 * they arrived, exactly as they came; and one, `unreadable`, of the frames that were refused. Arrivals
 * are numbered and never change, so a snapshot is the number of the last one, a cursor the number of
 * the record before, and whoever opens the inbox later reads on behind it.
 */
export class InboxSource implements Source {
  readonly #name: string;
  readonly #key: ProjectKey;
  readonly #connect: () => Database;
  #held: { database: Database; upTo: number } | undefined;

  /** @param name of the inbox. */
  constructor(name: string, key: ProjectKey, connect: () => Database) {
    this.#name = name;
    this.#key = key;
    this.#connect = connect;
  }

  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const database = this.#connect();
    try {
      const { arrivals } = await inboxState(database, this.#name);
      this.#held = { database, upTo: arrivals };
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  snapshot(): string | undefined {
    return this.#held && snapshotAt(this.#held.upTo);
  }

  async streams(): Promise<Stream[]> {
    const counts = await this.#counts();
    return [...counts].map(([name, count]) => ({ ...streamNamed(name), count }));
  }

  /** A type of message has the same columns in every inbox. */
  async layout({ name }: Stream): Promise<Pick<Stream, 'columns' | 'key'>> {
    return streamNamed(name);
  }

  async slices(stream: Stream, want: number): Promise<Slice[]> {
    const { upTo } = this.#open();
    const count = (await this.#counts()).get(stream.name);
    if (count === undefined) throw streamMissing(hl7v2Feed.streams, stream.name);
    const pieces = Math.max(1, Math.min(want, count));
    const edge = (at: number): number => Math.floor((at * upTo) / pieces);
    return Array.from({ length: pieces }, (_, at) => {
      const range: ArrivalRange = { after: edge(at), upTo: edge(at + 1) };
      const id = String(at + 1).padStart(4, '0');
      return { stream: stream.name, id, range: JSON.stringify(range) };
    });
  }

  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    signal.throwIfAborted();
    const { snapshot, stream, slice, after } = request;
    const { database, upTo: last } = this.#open();
    if (snapshot !== undefined && !isWithin(snapshot, last)) throw snapshotLost();
    const range = JSON.parse(slice.range) as ArrivalRange;
    const packer = new RowPacker(request, 'x-application/hl7-v2+er7');
    let at = Math.max(range.after, Number(after ?? 0));
    for (;;) {
      const wanted = { inbox: this.#name, stream: stream.name, after: at, upTo: range.upTo };
      const parcels = await nextInboxParcels(database, { ...wanted, limit: parcelsAtOnce });
      if (parcels.length === 0) break;
      for (const parcel of parcels) {
        const items = openInboxParcel(this.#key, this.#name, parcel);
        for (const [ordinal, name] of parcel.streams.entries()) {
          const number = parcel.first + ordinal;
          if (number > range.upTo || number <= at || name !== stream.name) continue;
          const line = itemAt(items, ordinal);
          const full = packer.add({
            line,
            key: inboxKeyOf(this.#name, name, line, number),
            cursor: `${number}`,
          });
          if (full) yield full;
          signal.throwIfAborted();
        }
        at = Math.max(at, parcel.first + parcel.streams.length - 1);
      }
    }
    const rest = packer.finish();
    if (rest) yield rest;
  }

  async close(): Promise<void> {
    const { database } = this.#held ?? {};
    this.#held = undefined;
    await database?.close();
  }

  #counts(): Promise<Map<string, number>> {
    const { database, upTo } = this.#open();
    return inboxStreams(database, this.#name, upTo);
  }

  #open(): { database: Database; upTo: number } {
    if (this.#held) return this.#held;
    throw sourceClosed();
  }
}

/** The key of an arrival as a record. */
export function inboxKeyOf(inbox: string, stream: string, bytes: Buffer, number: number): string {
  const header = stream === unreadable ? undefined : headerOf(bytes);
  const key = header ? messageKeyOf(header, bytes) : [inbox, String(number)];
  return key.join(keySeparator);
}

/** @throws HandoverError `seal-broken`, `parcel-broken` */
export function openInboxParcel(
  key: ProjectKey,
  inbox: string,
  { first, wrappedKey, manifest, sealed }: InboxParcel,
): PackedItems {
  const kept = manifest as Omit<ParcelManifest, 'digest'> & { digest: string };
  const dataKey = key.unwrapDataKey(wrappedKey, parcelContext(inbox, first));
  return openParcel(sealed, dataKey, { ...kept, digest: Buffer.from(kept.digest, 'hex') });
}

function streamNamed(name: string): Pick<Stream, 'name' | 'columns' | 'key'> {
  const columns = feedColumns(hl7v2Feed, name);
  return { name, columns, key: columns.slice(0, -1).map((column) => column.name) };
}

const snapshotAt = (arrivals: number): string => `arrivals-${arrivals}`;

/** Number of the last arrival in a snapshot of an inbox. */
export function snapshotArrivals(snapshot: string): number | undefined {
  const arrivals = /^arrivals-(\d{1,15})$/.exec(snapshot)?.[1];
  return arrivals === undefined ? undefined : Number(arrivals);
}

/** An older snapshot of the same inbox is still all there; one that is ahead is of another inbox. */
function isWithin(snapshot: string, last: number): boolean {
  const arrivals = snapshotArrivals(snapshot);
  return arrivals !== undefined && arrivals <= last;
}

/** @throws HandoverError: an inbox is read inside its project alone. */
export function inboxElsewhere(): HandoverError {
  return new HandoverError('inbox-missing', 'an inbox was asked for outside its project', {
    next: 'This is a defect of Handover: please report it.',
    exitCode: exitCodes.unexpected,
  });
}
