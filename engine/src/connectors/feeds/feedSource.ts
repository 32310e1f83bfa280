import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';
import { RowPacker } from '../rowPacker.ts';
import { shareFailure } from '../share/failure.ts';
import { readFrames } from '../share/fileBytes.ts';
import { isAfter, walkShare, type ShareEntry } from '../share/walk.ts';
import { snapshotLost, sourceClosed, streamMissing } from '../sourceFailure.ts';
import { feedColumns, unreadable, type FeedFormat, type FeedPiece } from './feedFormat.ts';

/** Paths after `after`, up to and with `upTo`. */
interface PathRange {
  after?: string;
  upTo?: string;
}

/** Behind the piece with this number (from 0) of a file. */
type FeedCursor = [path: string, piece: number];

/** The folder as it was listed. */
interface Held {
  root: string;
  snapshot: string;
  /** What the files hold, once somebody asked. */
  index?: Promise<FeedIndex>;
}

/** By stream, its pieces and the files that have some, in their order. */
type FeedIndex = ReadonlyMap<string, { count: number; files: string[] }>;

/**
 * A folder of messages, documents or interchanges, however deep: each kind of them a stream, each of
 * them a record with its exact bytes, in the order of the files and of the places in them. What is
 * none (a stray piece, a file of another kind, a link) is a record of the stream `unreadable`, so that
 * every byte is accounted for. The files are the snapshot, as in a share. Memory is that of one piece.
 */
export class FeedSource implements Source {
  readonly #folder: string;
  readonly #format: FeedFormat;
  readonly #digest: (data: Uint8Array) => string;
  #held: Held | undefined;

  constructor(folder: string, format: FeedFormat, digest: (data: Uint8Array) => string) {
    this.#folder = folder;
    this.#format = format;
    this.#digest = digest;
  }

  /** @throws HandoverError `source-file-missing`, `source-denied`, `source-unavailable`. */
  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#held = await this.#list();
  }

  snapshot(): string | undefined {
    return this.#held?.snapshot;
  }

  async streams(): Promise<Stream[]> {
    const index = await this.#index();
    const names = [...index.keys()].toSorted();
    return names.map((name) => ({ ...this.#stream(name), count: index.get(name)?.count ?? 0 }));
  }

  /** A kind of message has the same columns in every folder. */
  async layout({ name }: Stream): Promise<Pick<Stream, 'columns' | 'key'>> {
    return this.#stream(name);
  }

  async slices(stream: Stream, want: number): Promise<Slice[]> {
    const files = (await this.#index()).get(stream.name)?.files ?? [];
    const pieces = Math.max(1, Math.min(want, files.length));
    const ends = Array.from({ length: pieces - 1 }, (_, at) => {
      return files[Math.floor(((at + 1) * files.length) / pieces) - 1];
    });
    return [...ends, undefined].map((upTo, at) => {
      const after = ends[at - 1];
      const range: PathRange = { ...(after !== undefined && { after }), ...(upTo && { upTo }) };
      const id = String(at + 1).padStart(4, '0');
      return { stream: stream.name, id, range: JSON.stringify(range) };
    });
  }

  /** @throws HandoverError `snapshot-lost`; then {@link snapshot} names what is there now. */
  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    signal.throwIfAborted();
    const held = this.#open();
    if (request.snapshot !== undefined && request.snapshot !== held.snapshot) throw snapshotLost();
    const known = held.index && (await held.index);
    if (known && !known.has(request.stream.name)) {
      throw streamMissing(this.#format.streams, request.stream.name);
    }
    try {
      yield* this.#batches(held, request, signal);
    } catch (error) {
      if (isLost(error)) await this.#requireSame(held);
      throw error;
    }
    await this.#requireSame(held);
  }

  async close(): Promise<void> {
    this.#held = undefined;
  }

  async *#batches(
    held: Held,
    request: ReadRequest,
    signal: AbortSignal,
  ): AsyncGenerator<RecordBatch> {
    const { name } = request.stream;
    const packer = new RowPacker(request, this.#format.mediaType);
    const range = JSON.parse(request.slice.range) as PathRange;
    const cursor = request.after === undefined ? undefined : cursorOf(request.after);
    const files = held.index && new Set((await held.index).get(name)?.files);
    for await (const entry of this.#walk(held.root, cursor, range)) {
      signal.throwIfAborted();
      if (files?.has(entry.path) === false) continue;
      let number = -1;
      for await (const piece of this.#pieces(entry, signal)) {
        number++;
        if (piece.stream !== name) continue;
        if (cursor?.[0] === entry.path && number <= cursor[1]) continue;
        const key = this.#keyOf(piece, entry).join(keySeparator);
        const place: FeedCursor = [entry.path, number];
        const full = packer.add({ line: piece.bytes, key, cursor: JSON.stringify(place) });
        if (full) yield full;
        signal.throwIfAborted();
      }
    }
    const last = packer.finish();
    if (last) yield last;
  }

  #keyOf({ stream, key, offset }: FeedPiece, { path }: ShareEntry): readonly string[] {
    return stream === unreadable ? [path, String(offset)] : key;
  }

  /** The file of the cursor is read again from its start: its pieces are counted. */
  async *#walk(
    root: string,
    cursor: FeedCursor | undefined,
    { after, upTo }: PathRange,
  ): AsyncGenerator<ShareEntry> {
    for await (const entry of walking(root, cursor === undefined ? after : undefined)) {
      const { path } = entry;
      if (upTo !== undefined && isAfter(path, upTo)) return;
      if (cursor !== undefined && path !== cursor[0] && !isAfter(path, cursor[0])) continue;
      yield entry;
    }
  }

  /** The pieces of a file; what is none, and what there is no leave to read, is one without bytes. */
  async *#pieces(entry: ShareEntry, signal: AbortSignal): AsyncGenerator<FeedPiece> {
    if (entry.kind !== 'file') {
      yield unread;
      return;
    }
    try {
      const frames = await readFrames(entry, signal);
      if (frames === undefined) yield unread;
      else yield* this.#format.cut(frames);
    } catch (error) {
      throw shareFailure(error);
    }
  }

  #index(): Promise<FeedIndex> {
    const held = this.#open();
    held.index ??= this.#count(held.root);
    return held.index;
  }

  async #count(root: string): Promise<FeedIndex> {
    const index = new Map<string, { count: number; files: string[] }>();
    const never = new AbortController().signal;
    for await (const entry of walking(root)) {
      for await (const { stream } of this.#pieces(entry, never)) {
        const found = index.get(stream) ?? { count: 0, files: [] };
        index.set(stream, found);
        found.count++;
        if (found.files.at(-1) !== entry.path) found.files.push(entry.path);
      }
    }
    return index;
  }

  async #list(): Promise<Held> {
    const root = await realpath(this.#folder).catch((error: unknown) => {
      throw shareFailure(error);
    });
    const listing = createHash('sha256');
    for await (const { path, kind, trace } of walking(root)) {
      listing.update(`${JSON.stringify([path, kind, trace])}\n`);
    }
    return { root, snapshot: this.#digest(listing.digest()) };
  }

  async #requireSame(held: Held): Promise<void> {
    const now = await this.#list();
    if (now.snapshot === held.snapshot) return;
    if (this.#held === held) this.#held = now;
    throw snapshotLost();
  }

  #stream(name: string): Stream {
    const columns = feedColumns(this.#format, name);
    return { name, columns, key: columns.slice(0, -1).map((column) => column.name) };
  }

  #open(): Held {
    if (this.#held) return this.#held;
    throw sourceClosed();
  }
}

const unread: FeedPiece = { stream: unreadable, key: [], bytes: Buffer.alloc(0), offset: 0 };

async function* walking(root: string, after?: string): AsyncGenerator<ShareEntry> {
  try {
    yield* walkShare(root, after);
  } catch (error) {
    throw shareFailure(error);
  }
}

function cursorOf(text: string): FeedCursor {
  return JSON.parse(text) as FeedCursor;
}

function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'snapshot-lost';
}
