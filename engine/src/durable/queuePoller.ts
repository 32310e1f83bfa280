import { runWithAbortableDbRetries } from '@dbos-inc/dbos-sdk/internal/context';
import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import type { registerInternalQueue } from '@dbos-inc/dbos-sdk/eventreceiver';
import type { Clock } from '../base/clock.ts';
import { uuid7 } from '../base/id.ts';
import type { Random } from '../base/random.ts';
import { Pace } from './bell.ts';
import type { Bell } from './bell.ts';
import { applicationVersion } from './dbosTables.ts';

export interface QueuePollerOptions {
  queue: ReturnType<typeof registerInternalQueue>;
  bell: Bell;
  clock: Clock;
  random: Random;
  /** How often it looks for what other processes put into the queue. */
  longestMs: number;
}

/**
 * Takes workflows from one queue, by DBOS's own statements. DBOS's loop looks at a fixed pace: a
 * quick one keeps PostgreSQL busy through a run of hours, a slow one leaves a processor idle after
 * each slice. This one looks when something changed in this process, and slowly otherwise; and not
 * at all while as many workflows run here as may.
 */
export class QueuePoller {
  readonly #options: QueuePollerOptions;
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: QueuePollerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** What was taken already runs on. */
  stop(): Promise<void> {
    this.#stop.abort();
    return this.#loop;
  }

  async #run(): Promise<void> {
    const { bell, clock, longestMs } = this.#options;
    const { signal } = this.#stop;
    const pace = new Pace(bell, clock, longestMs);
    while (!signal.aborted) {
      // What fails here has changed nothing, or is found by the beat (liveness.ts).
      const looked = await runWithAbortableDbRetries(signal, () => this.#take()).catch(() => false);
      // What rang was in the queue by then: once is enough.
      if (looked) pace.rest();
      await pace.wait(signal).catch(() => undefined);
    }
  }

  /** False: there is no room for more. */
  async #take(): Promise<boolean> {
    const { queue, clock, random } = this.#options;
    const executor = DBOSExecutor.globalInstance;
    if (executor === undefined) return false;
    const { systemDatabase, executorID } = executor;
    const running = systemDatabase.countRunningWorkflowsForQueue(queue.name);
    if (running >= (queue.workerConcurrency ?? Infinity)) return false;
    const owner = uuid7(clock, random);
    const claimed = await systemDatabase.findAndMarkStartableWorkflows(
      queue,
      executorID,
      applicationVersion,
      undefined,
      running,
      0,
      owner,
    );
    if (claimed.length > 0) await executor.dispatchDequeuedWorkflows(claimed, owner);
    return true;
  }
}
