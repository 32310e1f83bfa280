import { encodeCopyRow } from '../../formats/copyText.ts';
import { objectText } from '../../model/largeObject.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Column, Slice, Stream } from '../../model/stream.ts';
import { HeldFiles } from '../heldFiles.ts';
import { RowPacker } from '../rowPacker.ts';
import { streamMissing } from '../sourceFailure.ts';
import { shareFailure } from './failure.ts';
import { readShared } from './fileBytes.ts';
import { listFolder, slicesAt, walking, type HeldFolder, type PathRange } from './heldFolder.ts';
import { isAfter, type ShareEntry } from './walk.ts';

const columns: readonly Column[] = [
  { name: 'path', sourceType: 'path', type: 'text', nullable: false },
  { name: 'bytes', sourceType: 'length', type: 'integer', nullable: false },
  { name: 'media', sourceType: 'media type', type: 'text', nullable: true },
  { name: 'sha1', sourceType: 'digest', type: 'text', nullable: true },
  { name: 'modified', sourceType: 'instant', type: 'instant', nullable: false },
  { name: 'problem', sourceType: 'code', type: 'text', nullable: true, problem: true },
  { name: 'content', sourceType: 'content', type: 'binary', nullable: true },
];

const files: Pick<Stream, 'name' | 'columns' | 'key'> = { name: 'files', columns, key: ['path'] };

/**
 * A share of documents: one stream, `files`, with a record for everything in it that is no folder. The
 * files are the snapshot: its name is made of their paths, lengths and times of change. Records are
 * COPY text in the order of their paths; the bytes of the files go to the request's object sink.
 * Nothing is ever opened but what was listed, so no path from elsewhere can lead out.
 */
export class ShareSource implements Source {
  readonly #largest: number;
  readonly #files: HeldFiles<HeldFolder>;

  constructor(folder: string, largest: number, digest: (data: Uint8Array) => string) {
    this.#largest = largest;
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
    return [{ ...files, count: this.#files.state.count }];
  }

  async layout(stream: Stream): Promise<Pick<Stream, 'columns' | 'key'> | undefined> {
    return stream.name === files.name ? files : undefined;
  }

  async slices(stream: Stream, want: number): Promise<Slice[]> {
    this.#require(stream);
    const { root, count } = this.#files.state;
    const pieces = Math.max(1, Math.min(want, count));
    const ends: string[] = [];
    let passed = 0;
    if (pieces > 1) {
      for await (const { path } of walking(root)) {
        passed++;
        if (passed === Math.floor(((ends.length + 1) * count) / pieces)) ends.push(path);
      }
      ends.length = Math.min(ends.length, pieces - 1);
    }
    return slicesAt(stream.name, ends);
  }

  /** @throws HandoverError `snapshot-lost`; then {@link snapshot} names what is there now. */
  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    signal.throwIfAborted();
    this.#require(request.stream);
    const held = this.#files.for(request);
    yield* this.#files.whole(held, this.#batches(held.root, request, signal));
  }

  async close(): Promise<void> {
    this.#files.close();
  }

  async *#batches(
    root: string,
    request: ReadRequest,
    signal: AbortSignal,
  ): AsyncGenerator<RecordBatch> {
    const packer = new BatchPacker(request);
    const range = JSON.parse(request.slice.range) as PathRange;
    const wanted = wantedPaths(request);
    for await (const entry of walking(root, request.after ?? range.after)) {
      signal.throwIfAborted();
      if (range.upTo !== undefined && isAfter(entry.path, range.upTo)) break;
      if (wanted && !wanted.has(entry.path)) continue;
      const problem = problemOf(entry, this.#largest);
      const full = packer.roomFor(entry, problem === undefined ? entry.bytes : 0);
      if (full) yield full;
      packer.add(entry, await this.#row(entry, problem, packer.count, request, signal));
    }
    const last = packer.finish();
    if (last) yield last;
  }

  async #row(
    entry: ShareEntry,
    problem: string | undefined,
    ordinal: number,
    { objects }: ReadRequest,
    signal: AbortSignal,
  ): Promise<(string | null)[]> {
    const { path, bytes, modified } = entry;
    const take = objects ? objects.keep.bind(objects, ordinal) : exhaust;
    const facts = problem === undefined && (await reading(() => readShared(entry, take, signal)));
    const known = facts || undefined;
    const unread = problem ?? (known === undefined ? 'document-unreadable' : null);
    return [
      path,
      String(bytes),
      known?.media ?? null,
      known?.sha1 ?? null,
      modified.toISOString(),
      unread,
      known === undefined ? null : objectText({ sha256: known.sha256, bytes }),
    ];
  }

  #require(stream: Pick<Stream, 'name'>): void {
    if (stream.name !== files.name) throw streamMissing('stream', stream.name);
  }
}

/** Rows are packed until they, and the files with them, are as large as a batch may be. */
class BatchPacker {
  readonly #request: ReadRequest;
  readonly #packer: RowPacker;
  #bytes = 0;
  count = 0;

  constructor(request: ReadRequest) {
    this.#request = request;
    this.#packer = new RowPacker({ ...request, records: Infinity, bytes: Infinity });
  }

  /** The batch that a file of so many bytes no longer fits into; asked before it is read. */
  roomFor({ path }: ShareEntry, objectBytes: number): RecordBatch | undefined {
    const { records, bytes } = this.#request;
    // A character takes at most three bytes, and two where it is escaped; the rest is of one length.
    const most = path.length * 3 + 300 + objectBytes;
    const full = this.count === records || this.#bytes + most > bytes;
    const batch = full && this.count > 0 ? this.finish() : undefined;
    this.#bytes += most;
    return batch;
  }

  add({ path }: ShareEntry, row: readonly (string | null)[]): void {
    this.#packer.add({ line: encodeCopyRow(row), key: path, cursor: path });
    this.count++;
  }

  finish(): RecordBatch | undefined {
    this.count = 0;
    this.#bytes = 0;
    return this.#packer.finish();
  }
}

/** Why a file is not read. */
function problemOf({ kind, bytes }: ShareEntry, largest: number): string | undefined {
  if (kind === 'other') return 'document-not-a-file';
  if (kind === 'closed folder') return 'document-unreadable';
  if (bytes === 0) return 'document-empty';
  return bytes > largest ? 'document-too-large' : undefined;
}

/** The paths that are asked for, where they alone decide. */
function wantedPaths({ where }: ReadRequest): ReadonlySet<string> | undefined {
  return where?.columns.join() === 'path' ? where.keys : undefined;
}

async function exhaust(frames: AsyncIterable<Buffer>): Promise<void> {
  for await (const frame of frames) void frame;
}

async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw shareFailure(error);
  }
}
