import type { ReadRequest } from '../model/source.ts';
import { snapshotLost, sourceClosed } from './sourceFailure.ts';

/** Files as they were when somebody looked. */
export interface FileState {
  /** Names this state: the same in every process as long as no byte changes. */
  snapshot: string;
  /** While this stays, so do the bytes; absent where the files have to be looked at again. */
  trace?: string;
}

interface HeldFilesParts<State extends FileState> {
  take: () => Promise<State>;
  /** What {@link FileState.trace} is now. */
  trace?: (held: State) => Promise<string>;
  /** Free what a state holds open. */
  letGo?: (held: State) => void;
}

/**
 * Files that are their own snapshot: what a source has seen of them since it was opened. A source that
 * reads asks before and after each batch, or at the end, whether they still are what they were; when
 * they are not, the snapshot is lost and the next one is what is there now.
 */
export class HeldFiles<State extends FileState> {
  readonly #parts: HeldFilesParts<State>;
  #held: State | undefined;
  /** Of files that have changed: others may still be reading them. */
  readonly #retired: State[] = [];

  constructor(parts: HeldFilesParts<State>) {
    this.#parts = parts;
  }

  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#held = await this.#parts.take();
  }

  get snapshot(): string | undefined {
    return this.#held?.snapshot;
  }

  /** @throws HandoverError `source-closed`. */
  get state(): State {
    if (this.#held) return this.#held;
    throw sourceClosed();
  }

  /** The state that a request is to be read from. @throws HandoverError `snapshot-lost`. */
  for({ snapshot }: Pick<ReadRequest, 'snapshot'>): State {
    const { state } = this;
    if (snapshot !== undefined && snapshot !== state.snapshot) throw snapshotLost();
    return state;
  }

  /** Files that were touched and hold the same bytes are the same. @throws HandoverError `snapshot-lost`. */
  async requireSame(held: State): Promise<void> {
    const { take, trace, letGo } = this.#parts;
    if (trace !== undefined && held.trace === (await trace(held))) return;
    const now = await take();
    const same = now.snapshot === held.snapshot;
    if (!same && this.#held === held) {
      this.#held = now;
      this.#retired.push(held);
    } else letGo?.(now);
    if (!same) throw snapshotLost();
    if (now.trace !== undefined) held.trace = now.trace;
  }

  /** Batches of a state that is looked at again when they are at an end, however they came to it. */
  async *whole<Batch>(held: State, batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    try {
      yield* batches;
    } catch (error) {
      if (isLost(error)) await this.requireSame(held);
      throw error;
    }
    await this.requireSame(held);
  }

  close(): void {
    const { letGo } = this.#parts;
    const all = [...this.#retired.splice(0), ...(this.#held ? [this.#held] : [])];
    if (letGo !== undefined) for (const each of all) letGo(each);
    this.#held = undefined;
  }
}

function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'snapshot-lost';
}
