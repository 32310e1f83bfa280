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
  type ArrivalCommit,
  type ArrivalIssue,
  type SeenMessage,
} from '../../ledger/inbox.ts';
import { packItems } from '../../staging/packedItems.ts';
import { sealParcel } from '../../staging/parcel.ts';
import type { Database } from '../../store/database.ts';
import { Gathering } from './gathering.ts';
import { KnownMessages, messageName, type Kept, type MessageName } from './knownMessages.ts';

/** What a listener received. */
export interface Arrival {
  /** Exactly as received; not written to afterwards. */
  bytes: Buffer;
  stream: string;
  /** Who sent it and under which control id; {@link anonymous} where nobody can tell. */
  identity: string;
  /** Why it is refused: it is kept to look at, and not acknowledged as taken. */
  refused?: string;
  /** Told when it is durable, or was so before. Arrivals of a sender are told of in their order. */
  settled: (kept: Kept) => void;
  /** Told when nothing more can be kept. */
  failed: () => void;
}

/** Identity of what has none: such are told apart by their bytes. */
export const anonymous = '';

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
  name: MessageName;
}

/** Of so many arrivals it is known without asking that they are kept; most repeats come soon. */
const remembered = 20_000;

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
  /** Of those kept; others may be kept, too. */
  readonly #recent = new KnownMessages(remembered);
  readonly #gathering: Gathering;
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
    this.#gathering = new Gathering(services.clock);
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

  /** Keep an arrival, with those of its time. */
  keep(arrival: Arrival): void {
    if (this.#failure !== undefined) {
      arrival.failed();
      return;
    }
    const { key } = this.#services;
    const digest = key.digest(arrival.bytes);
    const { identity } = arrival;
    const tag = identity === anonymous ? digest : key.tag(tokenStream(this.name), identity);
    const seen = { token: tag.subarray(0, 16), digest };
    this.#waiting.push({ ...arrival, ...seen, name: messageName(seen) });
    this.#waitingBytes += arrival.bytes.length;
    this.#working ??= this.#work();
    this.#gathering.arrived(this.#waiting.length);
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
    const { clock } = this.#services;
    // What other connections have received in this turn of the event loop comes along.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    while (this.#waiting.length > 0) {
      await this.#gathering.company(this.#waiting.length);
      const group = this.#nextGroup();
      const beganMs = clock.monotonicMs();
      try {
        const outcomes = await this.#keepGroup(group);
        for (const [at, one] of group.entries()) tell(one, outcomes[at] as Kept);
        const tookMs = clock.monotonicMs() - beganMs;
        this.#gathering.begin(tookMs, group.length + this.#waiting.length);
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
    const { database } = this.#services;
    const first = sorted(group, this.#recent);
    const tried = await commitArrivals(database, this.#sealed(first), false);
    if (tried.is === 'kept') return this.#kept(first);
    if (tried.is === 'moved') return undefined;
    const known = new KnownMessages();
    for (const one of tried.seen) known.add(messageName(one));
    const second = sorted(group, this.#recent, known);
    const { is } = await commitArrivals(database, this.#sealed(second), true);
    return is === 'kept' ? this.#kept(second) : undefined;
  }

  #kept({ fresh, outcomes }: Sorted): Kept[] {
    this.#arrivals += fresh.length;
    for (const { name } of fresh) this.#recent.add(name);
    return outcomes;
  }

  #sealed({ fresh, issues, repeats }: Sorted): ArrivalCommit {
    const { key, random } = this.#services;
    const after = this.#arrivals;
    const sealed = sealParcel(packItems(fresh.map(({ bytes }) => bytes)), random);
    return {
      inbox: this.name,
      after,
      seen: fresh,
      streams: fresh.map(({ stream }) => stream),
      issues: issues.map(({ at, ...issue }): ArrivalIssue => ({
        ...issue,
        number: after + 1 + at,
      })),
      repeats,
      sealed: sealed.bytes,
      wrappedKey: key.wrapDataKey(sealed.dataKey, parcelContext(this.name, after + 1)),
      manifest: { ...sealed.manifest, digest: sealed.manifest.digest.toString('hex') },
    };
  }

  /** Nothing more is kept; every sender keeps what it was not told of. */
  #fail(error: unknown, group: readonly Waiting[]): void {
    this.#failure = error;
    this.#failed.reject(error);
    for (const { failed } of [...group, ...this.#waiting.splice(0)]) failed();
    this.#waitingBytes = 0;
    for (const wake of this.#roomMakers.splice(0)) wake();
  }
}

/** A sender whose answer cannot be made is let go, and no other with it: the arrival is kept. */
function tell(arrival: Waiting, kept: Kept): void {
  try {
    arrival.settled(kept);
  } catch {
    arrival.failed();
  }
}

/** A group of arrivals, told apart. */
interface Sorted {
  /** Of each arrival of the group. */
  outcomes: Kept[];
  /** Those to be kept. */
  fresh: Waiting[];
  repeats: number;
  /** `at`: place in `fresh`. */
  issues: { at: number; code: string; refused: boolean }[];
}

/** Tell a group apart by what is known: from before, or from the group itself. */
function sorted(group: readonly Waiting[], ...known: readonly KnownMessages[]): Sorted {
  const found: Sorted = { outcomes: [], fresh: [], repeats: 0, issues: [] };
  const own = new KnownMessages();
  const all = [own, ...known];
  for (const one of group) {
    const told = all.map((each) => each.tell(one.name));
    const kept =
      told.find((each) => each === 'repeated') ?? told.find((each) => each === 'reused') ?? 'kept';
    found.outcomes.push(kept);
    if (kept === 'repeated') {
      found.repeats++;
      continue;
    }
    const at = found.fresh.push(one) - 1;
    own.add(one.name);
    if (one.refused !== undefined) found.issues.push({ at, code: one.refused, refused: true });
    else if (kept === 'reused') found.issues.push({ at, code: reusedCode, refused: false });
  }
  return found;
}
