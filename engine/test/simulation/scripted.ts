import type { Clock } from '../../src/base/clock.ts';
import type {
  Receipt,
  Stored,
  StoredBatch,
  Target,
  TargetId,
  Write,
} from '../../src/model/target.ts';

/** What a request is answered with: its real answer, or what the script makes of it. */
export interface Script {
  /** `commit` writes for real and may be called or not. */
  write(
    batch: readonly Write[],
    commit: () => Promise<readonly Receipt[]>,
  ): Promise<readonly Receipt[]>;
  fetch?(answer: () => Promise<readonly Stored[]>): Promise<readonly Stored[]>;
}

/** A target that follows a script and notes when it was asked. */
export class ScriptedTarget implements Target {
  readonly #target: Target;
  readonly #clock: Clock;
  script: Script;
  /** Instants of all requests, in milliseconds of the clock. */
  readonly writesMs: number[] = [];
  readonly requestsMs: number[] = [];

  constructor(target: Target, clock: Clock, script: Script) {
    this.#target = target;
    this.#clock = clock;
    this.script = script;
  }

  open(signal: AbortSignal): Promise<void> {
    return this.#target.open(signal);
  }

  close(): Promise<void> {
    return this.#target.close();
  }

  write(batch: readonly Write[], signal: AbortSignal): Promise<readonly Receipt[]> {
    this.writesMs.push(this.#clock.monotonicMs());
    this.requestsMs.push(this.#clock.monotonicMs());
    return this.script.write(batch, () => this.#target.write(batch, signal));
  }

  fetch(
    ids: readonly TargetId[],
    want: 'head' | 'body',
    signal: AbortSignal,
  ): Promise<readonly Stored[]> {
    this.requestsMs.push(this.#clock.monotonicMs());
    const answer = (): Promise<readonly Stored[]> => this.#target.fetch(ids, want, signal);
    return this.script.fetch?.(answer) ?? answer();
  }

  scan(after: string | undefined, signal: AbortSignal): AsyncIterable<StoredBatch> {
    return this.#target.scan(after, signal);
  }
}

/** The whole of a batch answered alike. */
export function answered(
  batch: readonly Write[],
  answer:
    | Pick<Receipt & { state: 'ambiguous' }, 'state' | 'code'>
    | { state: 'transient'; code: string; retryAfterMs?: number },
): Receipt[] {
  return batch.map(({ type, id }) => ({ type, id, ...answer }));
}
