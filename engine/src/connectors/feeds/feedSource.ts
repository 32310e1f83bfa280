import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';
import { HeldFiles } from '../heldFiles.ts';
import { RowPacker } from '../rowPacker.ts';
import { shareFailure } from '../share/failure.ts';
import { readFrames } from '../share/fileBytes.ts';
import {
  listFolder,
  slicesAt,
  walking,
  type HeldFolder,
  type PathRange,
} from '../share/heldFolder.ts';
import { isAfter, type ShareEntry } from '../share/walk.ts';
import { streamMissing } from '../sourceFailure.ts';
import { feedColumns, unreadable, type FeedFormat, type FeedPiece } from './feedFormat.ts';

/** Behind the piece with this number (from 0) of a file. */
type FeedCursor = [path: string, piece: number];

interface Held extends HeldFolder {
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
  readonly #format: FeedFormat;
  readonly #files: HeldFiles<Held>;

  constructor(folder: string, format: FeedFormat, digest: (data: Uint8Array) => string) {
    this.#format = format;
    this.#files = new HeldFiles({ take: () => listFolder(folder, digest) });
  }

  /** @throws HandoverError `source-file-missing`, `source-denied`, `source-unavailable`. */
  async open(signal: AbortSignal): Promise<void> {
    await this.#files.open(signal);
  }

  snapshot(): string | undefined {
    return this.#files.snapshot;
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
      return files[Math.floor(((at + 1) * files.length) / pieces) - 1] as string;
    });
    return slicesAt(stream.name, ends);
  }

  /** @throws HandoverError `snapshot-lost`; then {@link snapshot} names what is there now. */
  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    signal.throwIfAborted();
    const held = this.#files.for(request);
    const known = held.index && (await held.index);
    if (known && !known.has(request.stream.name)) {
      throw streamMissing(this.#format.streams, request.stream.name);
    }
    yield* this.#files.whole(held, this.#batches(held, request, signal));
  }

  async close(): Promise<void> {
    this.#files.close();
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
    const held = this.#files.state;
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

  #stream(name: string): Stream {
    const columns = feedColumns(this.#format, name);
    return { name, columns, key: columns.slice(0, -1).map((column) => column.name) };
  }
}

const unread: FeedPiece = { stream: unreadable, key: [], bytes: Buffer.alloc(0), offset: 0 };

function cursorOf(text: string): FeedCursor {
  return JSON.parse(text) as FeedCursor;
}
