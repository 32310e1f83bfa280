import type { Clock } from '../../base/clock.ts';
import type { LiveRun } from '../../contract/console.ts';

/** Looks at the ledger while somebody watches, and tells each watcher what changed. */
export interface LiveFeedOptions {
  clock: Clock;
  /** The run as it stands; undefined: there is no such run. */
  look: (run: string) => Promise<LiveRun | undefined>;
  everyMs?: number;
}

/** Sends an event to one watcher. */
export type Send = (event: string, data: string) => void;

const heartbeatMs = 15_000;

/**
 * One loop for each run that is watched, however many watch it. A look that fails is told as
 * `trouble` and tried again: the page says that it is not up to date rather than showing old counts.
 */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #watched = new Map<string, Watch>();

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  /** Watch a run until the function returned is called. */
  watch(run: string, send: Send): () => void {
    const watch = this.#watched.get(run) ?? this.#begin(run);
    watch.watchers.add(send);
    if (watch.last !== '') send('run', watch.last);
    return () => {
      watch.watchers.delete(send);
      if (watch.watchers.size > 0) return;
      watch.stop.abort();
      if (this.#watched.get(run) === watch) this.#watched.delete(run);
    };
  }

  close(): void {
    for (const watch of this.#watched.values()) watch.stop.abort();
    this.#watched.clear();
  }

  #begin(run: string): Watch {
    const watch: Watch = { watchers: new Set(), last: '', stop: new AbortController() };
    this.#watched.set(run, watch);
    void this.#loop(run, watch);
    return watch;
  }

  async #loop(run: string, watch: Watch): Promise<void> {
    const { clock, look, everyMs = 1000 } = this.#options;
    let saidMs = clock.monotonicMs();
    while (!watch.stop.signal.aborted) {
      const told = await tidings(() => look(run));
      const nowMs = clock.monotonicMs();
      if (told.event !== 'run' || told.data !== watch.last) {
        watch.last = told.event === 'run' ? told.data : '';
        saidMs = nowMs;
        for (const send of watch.watchers) send(told.event, told.data);
      } else if (nowMs - saidMs > heartbeatMs) {
        saidMs = nowMs;
        for (const send of watch.watchers) send('beat', '{}');
      }
      await clock.sleep(everyMs, watch.stop.signal).catch(() => undefined);
    }
  }
}

interface Watch {
  watchers: Set<Send>;
  /** The newest event as sent; empty before the first and after a failure. */
  last: string;
  stop: AbortController;
}

async function tidings(
  look: () => Promise<LiveRun | undefined>,
): Promise<{ event: 'run' | 'gone' | 'trouble'; data: string }> {
  try {
    const run = await look();
    return run === undefined
      ? { event: 'gone', data: '{}' }
      : { event: 'run', data: JSON.stringify(run) };
  } catch {
    return { event: 'trouble', data: '{}' };
  }
}
