import type { Clock } from '../../base/clock.ts';
import type { TargetId } from '../../model/target.ts';
import type { Seen } from './reader.ts';

/** What was seen is good for so long … */
const goodForMs = 60_000;
/** … and for so many resources; bodies are not kept. */
const most = 50_000;

/**
 * What a fetch has just seen, for the write that follows it: a batch is looked at before its intent
 * is committed, and need not be looked at again. Each is used once, and only under a condition
 * (If-Match), so that what has changed since is noticed.
 */
export class Lately {
  readonly #clock: Clock;
  readonly #seen = new Map<string, { seen: Seen; untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  remember(all: readonly Seen[]): void {
    if (this.#seen.size + all.length > most) this.#seen.clear();
    const untilMs = this.#clock.monotonicMs() + goodForMs;
    for (const one of all.slice(0, most)) {
      const seen = { ...one };
      if (seen.state === 'present') delete seen.body;
      this.#seen.set(nameOf(one), { seen, untilMs });
    }
  }

  /** Take it out: the next one who asks looks for himself. */
  take(id: TargetId): Seen | undefined {
    const found = this.#seen.get(nameOf(id));
    this.#seen.delete(nameOf(id));
    return found !== undefined && found.untilMs > this.#clock.monotonicMs()
      ? found.seen
      : undefined;
  }
}

function nameOf({ type, id }: TargetId): string {
  return `${type}/${id}`;
}
