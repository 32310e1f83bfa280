import type { Clock } from '../../base/clock.ts';
import { failureOf, HandoverError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { retryDelayMs, type RetryPolicy } from '../../base/retry.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import {
  commitArrivals,
  inboxState,
  openInbox,
  seenUnder,
  type ArrivalIssue,
  type SeenMessage,
} from '../../ledger/inbox.ts';
import { packItems } from '../../staging/packedItems.ts';
import { sealParcel } from '../../staging/parcel.ts';
import type { Database } from '../../store/database.ts';

/** What a listener received. */
export interface Arrival {
  /** Exactly as received; not written to afterwards. */
  bytes: Buffer;
  stream: string;
  /** Who sent it and under which control id; {@link anonymous} where nobody can tell. */
  identity: string;
  /** Why it is refused: it is kept to look at, and not acknowledged as taken. */
  refused?: string;
}

/** Identity of what has none: such are told apart by their bytes. */
export const anonymous = '';

/** `repeated`: these very bytes are kept already. `reused`: other bytes under the same identity. */
export type Kept = 'kept' | 'repeated' | 'reused';

/** The issue of an arrival under the control id of another one. */
export const reusedCode = 'control-id-reused';

export interface InboxServices {
  database: Database;
  key: ProjectKey;
  clock: Clock;
  random: Random;
  log: Log;
}

interface Waiting extends Arrival, SeenMessage {
  resolve: (kept: Kept) => void;
  reject: (error: unknown) => void;
}

/** Arrivals and bytes in one commit, and waiting for one before senders are held up. */
const groupArrivals = 2_000;
const groupBytes = 8 * 1024 * 1024;
/** A commit names the stream of each arrival in one byte. */
const groupStreams = 255;
const waitingArrivals = 8_000;
const waitingBytes = 64 * 1024 * 1024;

/** A database that is away is waited for: senders are held up, and send again what they must. */
const retry: RetryPolicy = { attempts: Infinity, firstDelayMs: 100, longestDelayMs: 5_000 };

/** What the wrapped key of a parcel is bound to. */
export function parcelContext(inbox: string, first: number): string {
  return `inbox:${inbox}:${first}`;
}

/** What stream the tokens of an inbox are made under. */
function tokenStream(inbox: string): string {
  return `inbox:${inbox}`;
}

/**
 * Keeps what arrives, durably, before anybody acknowledges it. While one commit is on its way,
 * arrivals of all connections gather for the next: one transaction each, its size that of the
 * traffic, and no wait when there is little.
 */
export class Inbox {
  readonly name: string;
  readonly #services: InboxServices;
  readonly #waiting: Waiting[] = [];
  readonly #stop = new AbortController();
  #waitingBytes = 0;
  #arrivals = 0;
  #working: Promise<void> | undefined;
  #roomMakers: (() => void)[] = [];
  #failure: unknown;
  readonly #failed = Promise.withResolvers<never>();

  constructor(name: string, services: InboxServices) {
    this.name = name;
    this.#services = services;
    this.#failed.promise.catch(() => undefined);
  }

  async open(): Promise<void> {
    const { database } = this.#services;
    const state = await database.transaction((transaction) => openInbox(transaction, this.name));
    this.#arrivals = state.arrivals;
  }

  /** Rejects when nothing more can be kept; never resolves. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Resolves when the arrival is durable, or was so before. */
  keep(arrival: Arrival): Promise<Kept> {
    const { key } = this.#services;
    const digest = key.digest(arrival.bytes);
    const { identity } = arrival;
    const tag = identity === anonymous ? digest : key.tag(tokenStream(this.name), identity);
    const token = tag.subarray(0, 16);
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#waiting.push({ ...arrival, token, digest, resolve, reject });
      this.#waitingBytes += arrival.bytes.length;
      this.#working ??= this.#work();
    });
  }

  /** Whether more should be read from senders; if not, {@link room} resolves when it should. */
  get hasRoom(): boolean {
    return this.#waiting.length < waitingArrivals && this.#waitingBytes < waitingBytes;
  }

  async room(): Promise<void> {
    while (!this.hasRoom && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#roomMakers.push(resolve));
    }
  }

  /** Finish what is on its way; what could not be made durable within the time is given up. */
  async close(waitMs: number): Promise<void> {
    if (this.#working === undefined) return;
    const enough = new AbortController();
    const late = this.#services.clock.sleep(waitMs, enough.signal).catch(() => undefined);
    await Promise.race([this.#working, late]);
    enough.abort();
    this.#stop.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    // What other connections have received in this turn of the event loop comes along.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        const outcomes = await this.#keepGroup(group);
        group.forEach(({ resolve }, at) => resolve(outcomes[at] as Kept));
      } catch (error) {
        this.#fail(error, group);
        break;
      }
    }
    this.#working = undefined;
  }

  #nextGroup(): Waiting[] {
    const streams = new Set<string>();
    let count = 0;
    let bytes = 0;
    while (count < Math.min(this.#waiting.length, groupArrivals)) {
      const { bytes: next, stream } = this.#waiting[count] as Waiting;
      streams.add(stream);
      const full = bytes + next.length > groupBytes || streams.size > groupStreams;
      if (count > 0 && full) break;
      bytes += next.length;
      count++;
    }
    const group = this.#waiting.splice(0, count);
    this.#waitingBytes -= bytes;
    if (this.hasRoom) for (const wake of this.#roomMakers.splice(0)) wake();
    return group;
  }

  async #keepGroup(group: readonly Waiting[]): Promise<Kept[]> {
    const { clock, random, log } = this.#services;
    for (let attempt = 1; ; attempt++) {
      try {
        const outcomes = await this.#commit(group);
        if (outcomes !== undefined) return outcomes;
        log.warn('inbox.movedByAnother', { stream: this.name });
      } catch (error) {
        // Where the answer to a commit was lost, what it kept is found when it is tried again.
        if (failureOf(error) === 'permanent') throw error;
        const code = error instanceof HandoverError ? error.code : 'unexpected';
        log.warn('inbox.waits', { stream: this.name, attempt, code });
        await clock.sleep(retryDelayMs(retry, Math.min(attempt, 10), random), this.#stop.signal);
      }
      await this.#find();
    }
  }

  /** Where the inbox stands now; another listener, or an attempt of ours, may have moved it. */
  async #find(): Promise<void> {
    const { database, clock } = this.#services;
    for (;;) {
      try {
        this.#arrivals = (await inboxState(database, this.name)).arrivals;
        return;
      } catch (error) {
        if (failureOf(error) === 'permanent') throw error;
        await clock.sleep(retry.longestDelayMs, this.#stop.signal);
      }
    }
  }

  /** Undefined when the inbox does not stand where it should. */
  async #commit(group: readonly Waiting[]): Promise<Kept[] | undefined> {
    const { database, key, random } = this.#services;
    const tokens = group.map(({ token }) => token);
    const known = new Known(await seenUnder(database, this.name, tokens));
    const outcomes = group.map((one) => known.add(one));
    const fresh = group.filter((_, at) => outcomes[at] !== 'repeated');
    const repeats = group.length - fresh.length;
    const after = this.#arrivals;
    const sealed = sealParcel(packItems(fresh.map(({ bytes }) => bytes)), random);
    const issues = group.flatMap((one, at) => issueOf(one, outcomes[at] as Kept));
    const numbers = new Map(fresh.map((one, at) => [one, after + 1 + at]));
    const moved = await database.transaction((transaction) =>
      commitArrivals(transaction, {
        inbox: this.name,
        after,
        seen: fresh,
        streams: fresh.map(({ stream }) => stream),
        issues: issues.map(({ arrival, ...issue }): ArrivalIssue => {
          return { ...issue, number: numbers.get(arrival) as number };
        }),
        repeats,
        sealed: sealed.bytes,
        wrappedKey: key.wrapDataKey(sealed.dataKey, parcelContext(this.name, after + 1)),
        manifest: { ...sealed.manifest, digest: sealed.manifest.digest.toString('hex') },
      }),
    );
    if (!moved) return undefined;
    this.#arrivals = after + fresh.length;
    return outcomes;
  }

  /** Nothing more is kept; every sender keeps what it was not told of. */
  #fail(error: unknown, group: readonly Waiting[]): void {
    this.#failure = error;
    this.#failed.reject(error);
    for (const { reject } of [...group, ...this.#waiting.splice(0)]) reject(error);
    this.#waitingBytes = 0;
    for (const wake of this.#roomMakers.splice(0)) wake();
  }
}

function issueOf(
  arrival: Waiting,
  kept: Kept,
): { arrival: Waiting; code: string; refused: boolean }[] {
  if (kept === 'repeated') return [];
  if (arrival.refused !== undefined) return [{ arrival, code: arrival.refused, refused: true }];
  return kept === 'reused' ? [{ arrival, code: reusedCode, refused: false }] : [];
}

/** What has arrived before, in the database or in the group at hand. */
class Known {
  readonly #digests = new Map<string, Set<string>>();

  constructor(seen: readonly SeenMessage[]) {
    for (const one of seen) this.add(one);
  }

  add({ token, digest }: SeenMessage): Kept {
    const name = token.toString('latin1');
    const mark = digest.toString('latin1');
    const digests = this.#digests.get(name);
    if (digests === undefined) {
      this.#digests.set(name, new Set([mark]));
      return 'kept';
    }
    if (digests.has(mark)) return 'repeated';
    digests.add(mark);
    return 'reused';
  }
}
