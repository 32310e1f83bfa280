import { HandoverError } from '../../base/errors.ts';
import { openRowReader } from '../../formats/rowReader.ts';
import type { Row } from '../../formats/copyText.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';
import { snapshotLost, sourceClosed, streamMissing } from '../sourceFailure.ts';
import type { ByteFile } from './byteFile.ts';
import { fileFailure } from './failure.ts';
import { indexFile } from './fileIndex.ts';
import { readHead, type LineFilePlan } from './lineFile.ts';
import { openFile } from './openFile.ts';
import { readLines, type ByteRange, type OpenedFile } from './readLines.ts';
import { cutSlices } from './slices.ts';

/** What a folder holds. */
export interface Folder {
  files: readonly LineFilePlan[];
  /** Whatever else lies there: it is no table, yet somebody must decide what becomes of it. */
  others: readonly string[];
}

/** A folder that was walked over. */
interface HeldFolder {
  files: ReadonlyMap<string, OpenedFile>;
  others: readonly string[];
  snapshot: string;
}

export interface LineSourceOptions {
  /** Look into the folder. */
  discover(): Promise<Folder>;
  /** Keyed digest of bytes. */
  digest: (data: Uint8Array) => string;
  /** Bytes that are read, compared and split at a time; 4 MiB unless told otherwise. */
  blockBytes?: number;
}

/**
 * A folder of files that hold a record a line. The files themselves are the snapshot: its name is
 * made of their digests, so that other processes, and this one after a restart, read under the same
 * as long as no byte has changed. A record is its line as it stands in the file; a cursor is the
 * offset behind it.
 */
export class LineSource implements Source {
  readonly #options: LineSourceOptions;
  #held: HeldFolder | undefined;
  #renewing: Promise<void> | undefined;
  /** Of files that have changed: others may still be reading them. */
  readonly #retired: ByteFile[] = [];

  constructor(options: LineSourceOptions) {
    this.#options = options;
  }

  /**
   * Walks over every file once.
   * @throws HandoverError `source-file-missing`, `source-denied`, `source-charset`,
   * `source-header-unreadable`, `source-header-unlike`, `source-column-missing`, `source-stream-doubled`.
   */
  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#held = await this.#take(signal);
  }

  snapshot(): string | undefined {
    return this.#held?.snapshot;
  }

  async streams(): Promise<Stream[]> {
    const { files, others } = this.#open();
    const tables = [...files.values()].map(({ plan, head, index }) => ({
      name: plan.name,
      columns: head.columns,
      key: plan.key,
      count: index.records,
    }));
    return [...tables, ...others.map((name) => ({ name, columns: [], key: [] }))];
  }

  async slices(stream: Stream, want: number): Promise<Slice[]> {
    return cutSlices(stream.name, this.#file(stream).index, want);
  }

  /** What the head of the file says now; undefined when it is gone. */
  async layout(stream: Stream): Promise<Pick<Stream, 'columns' | 'key'> | undefined> {
    const { files } = await this.#options.discover();
    const plan = files.find(({ name }) => name === stream.name);
    if (plan === undefined) return undefined;
    const file = await openFile(plan.path);
    try {
      return { columns: (await readHead(file, plan)).columns, key: plan.key };
    } finally {
      await file.close();
    }
  }

  /** @throws HandoverError `snapshot-lost`; then {@link snapshot} names what is there now. */
  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    const { stream, slice, snapshot } = request;
    signal.throwIfAborted();
    if (snapshot !== undefined && snapshot !== this.snapshot()) throw snapshotLost();
    const file = this.#file(stream);
    try {
      yield* readLines(file, JSON.parse(slice.range) as ByteRange, request, signal);
    } catch (error) {
      if (error instanceof HandoverError && error.code === 'snapshot-lost') {
        await this.#renew(file, signal);
      }
      throw fileFailure(error, file.plan.path);
    }
  }

  async probe(stream: Stream): Promise<ReadonlyMap<string, number>> {
    const { head, index, plan } = this.#file(stream);
    const reader = openRowReader(
      head.mediaType,
      head.columns.map(() => false),
    );
    const range = JSON.stringify({ start: head.start, end: index.blocks.at(-1)?.end ?? 0 });
    const slice = { stream: plan.name, id: '', range };
    const row: Row = [];
    const whole = { stream, slice, records: 5_000, bytes: 1024 * 1024 };
    for await (const batch of this.read(whole, new AbortController().signal)) {
      reader?.open(batch);
      for (let at = 0; at < batch.keys.length; at++) reader?.read(at, row);
    }
    return new Map(head.columns.map(({ name }, at) => [name, reader?.populated[at] ?? 0]));
  }

  async close(): Promise<void> {
    await this.#renewing?.catch(() => undefined);
    for (const { file } of this.#held?.files.values() ?? []) this.#retired.push(file);
    this.#held = undefined;
    for (const file of this.#retired.splice(0)) await file.close();
  }

  /** Walk over everything as it is now. */
  async #take(signal: AbortSignal): Promise<HeldFolder> {
    const { files: plans, others } = await this.#options.discover();
    const files = new Map<string, OpenedFile>();
    try {
      for (const plan of plans) files.set(plan.name, await this.#openFile(plan, signal));
    } catch (error) {
      for (const { file } of files.values()) await file.close();
      throw error;
    }
    const digests = [...files].map(([name, file]) => [name, file.index.digest]);
    const snapshot = this.#options.digest(Buffer.from(JSON.stringify(digests)));
    return { files, others, snapshot };
  }

  async #openFile(plan: LineFilePlan, signal: AbortSignal): Promise<OpenedFile> {
    const { digest, blockBytes = 4 * 1024 * 1024 } = this.#options;
    const file = await openFile(plan.path);
    try {
      const head = await readHead(file, plan);
      const index = await indexFile(file, plan, head, { digest, blockBytes }, signal);
      return { plan, head, file, index, digest };
    } catch (error) {
      await file.close();
      throw fileFailure(error, plan.path);
    }
  }

  /** Take the files as they are now, unless another reader has done so already. */
  #renew(changed: OpenedFile, signal: AbortSignal): Promise<void> {
    if (this.#held?.files.get(changed.plan.name) !== changed) return Promise.resolve();
    this.#renewing ??= this.#replace(this.#held, signal).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** What cannot be taken leaves what was held: the next reader tries again. */
  async #replace(former: HeldFolder, signal: AbortSignal): Promise<void> {
    this.#held = await this.#take(signal);
    for (const { file } of former.files.values()) this.#retired.push(file);
  }

  #open(): HeldFolder {
    if (this.#held) return this.#held;
    throw sourceClosed();
  }

  #file(stream: Stream): OpenedFile {
    const file = this.#open().files.get(stream.name);
    if (file) return file;
    throw streamMissing('file', stream.name);
  }
}
