import { HandoverError } from '../../base/errors.ts';
import type {
  Creations,
  Receipt,
  Stored,
  StoredBatch,
  Target,
  TargetId,
  Write,
} from '../../model/target.ts';
import type { EmbeddedStore } from './store.ts';

/** The embedded store behind the Target seam. It connects in `open`. */
export class EmbeddedTarget implements Target {
  readonly #connect: () => Promise<EmbeddedStore>;
  #store: EmbeddedStore | undefined;

  constructor(connect: () => Promise<EmbeddedStore>) {
    this.#connect = connect;
  }

  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#store ??= await this.#connect();
  }

  async write(batch: readonly Write[], signal: AbortSignal): Promise<readonly Receipt[]> {
    return this.#opened.write(batch, signal);
  }

  async create(
    all: Creations,
    intend: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<boolean> {
    return this.#opened.create(all, intend, signal);
  }

  async fetch(
    ids: readonly TargetId[],
    want: 'head' | 'body',
    signal: AbortSignal,
  ): Promise<readonly Stored[]> {
    return this.#opened.fetch(ids, want, signal);
  }

  async present(ids: readonly TargetId[], signal: AbortSignal): Promise<readonly boolean[]> {
    signal.throwIfAborted();
    return this.#opened.present(ids);
  }

  scan(after: string | undefined, signal: AbortSignal): AsyncIterable<StoredBatch> {
    return this.#opened.scan(after, signal);
  }

  everything(
    type: string,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<StoredBatch> {
    return this.#opened.everything(type, after, signal);
  }

  flush(): Promise<void> {
    return this.#opened.flush();
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.close();
  }

  get #opened(): EmbeddedStore {
    if (this.#store !== undefined) return this.#store;
    throw new HandoverError('target-closed', 'the target is used before open or after close', {
      next: 'This is a defect of Handover: please report it.',
    });
  }
}
