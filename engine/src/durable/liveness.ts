import { Client } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { handBack, lockWorker, readHeld, reap, removeWorker, writeBeat } from './dbosTables.ts';

export interface LivenessOptions {
  url: string;
  worker: { id: string; name: string };
  beatMs: number;
  lapseMs: number;
  clock: Clock;
  log: Log;
  /** Owner tokens of the executions under way in this process. */
  owners: () => ReadonlySet<string>;
  /** Told the owner token of an execution that lost its workflow. */
  onLost: (owner: string) => void;
  /** A database that answered no beat for so long counts as away. */
  awayMs: number;
  /** Told when the database goes away, and when it is back. */
  onAway: (away: boolean) => void;
}

/**
 * Says that this worker lives, notices what it lost, and takes work from the dead, once per beat on
 * a session of its own: a full pool must not silence it. A worker that is killed is noticed by the
 * end of that session, at the next beat of any other; one that is stopped or cut off, by the age of
 * its beat.
 */
export class Liveness {
  readonly #options: LivenessOptions;
  readonly #stop = new AbortController();
  #client: Client | undefined;
  #locked = false;
  #draining = false;
  #stranded: ReadonlySet<string> = new Set();
  /** When the first of the beats in a row failed that were not answered, on the monotonic clock. */
  #silentSinceMs: number | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** The first beat, so that nothing is taken up before the worker is known; then one per period. */
  async start(): Promise<void> {
    await this.#beat();
    this.#loop = this.#run();
  }

  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#client) await writeBeat(this.#client, this.#self());
  }

  /** The last thing a worker does: from here its workflows, if any, count as left behind. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    try {
      if (this.#client) await removeWorker(this.#client, this.#options.worker.id);
    } finally {
      await this.#disconnect();
    }
  }

  async #run(): Promise<void> {
    const { clock, beatMs, log } = this.#options;
    for (;;) {
      try {
        await clock.sleep(beatMs, this.#stop.signal);
      } catch {
        return;
      }
      try {
        await this.#beat();
      } catch {
        log.warn('durable.beat-failed', { worker: this.#options.worker.id });
        await this.#disconnect();
        this.#miss();
      }
    }
  }

  async #beat(): Promise<void> {
    const { worker, lapseMs, log } = this.#options;
    const client = this.#client ?? (await this.#connect());
    // The lock before the row: a row without its lock is a dead worker's.
    if (!this.#locked) this.#locked = await lockWorker(client, worker.id);
    await writeBeat(client, this.#self());
    await this.#compare(client);
    const dead = await reap(client, worker.id, lapseMs);
    if (this.#silentSinceMs !== undefined) this.#options.onAway(false);
    this.#silentSinceMs = undefined;
    if (dead.workers + dead.workflows > 0) {
      log.info('durable.reaped', { worker: worker.id, count: dead.workflows });
    }
  }

  /** A beat went unanswered. The time begins here: whoever was stopped himself missed nothing. */
  #miss(): void {
    const { clock, awayMs, onAway } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#silentSinceMs ??= nowMs;
    if (nowMs - this.#silentSinceMs >= awayMs) onAway(true);
  }

  /**
   * What runs here against what DBOS has on its books. An execution that is not there is lost. A
   * workflow that is, but does not run, was claimed by a transaction whose answer never came: it is
   * put back when two beats have seen it.
   */
  async #compare(client: Client): Promise<void> {
    const { worker, owners, onLost } = this.#options;
    const before = owners();
    const held = await readHeld(client, worker.id);
    for (const owner of before) if (!held.has(owner)) onLost(owner);
    const after = owners();
    const stranded = [...held].filter(([owner]) => !after.has(owner));
    for (const [owner, id] of stranded) {
      if (this.#stranded.has(owner)) await handBack(client, id, owner);
    }
    this.#stranded = new Set(stranded.map(([owner]) => owner));
  }

  #self(): { id: string; name: string; draining: boolean } {
    return { ...this.#options.worker, draining: this.#draining };
  }

  async #connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.#options.url,
      application_name: 'handover liveness',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      query_timeout: 10_000,
    });
    // A connection that breaks between two beats must not end the process; the next beat finds out.
    client.on('error', () => undefined);
    await client.connect();
    this.#client = client;
    return client;
  }

  async #disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#locked = false;
    await client?.end().catch(() => undefined);
  }
}
