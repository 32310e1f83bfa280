import { failureOf, HandoverError } from '../../base/errors.ts';
import type { Receipt } from '../../model/target.ts';
import { roundsOf } from '../embedded/writePlan.ts';
import type { EntryAnswer } from './answers.ts';
import { refusalCode } from './fate.ts';
import type { Lately } from './lately.ts';
import { nameOf } from './linking.ts';
import { decide, refused, type Deciding, type Order, type PlainWrite } from './orders.ts';
import type { Seen } from './reader.ts';
import { Sender, type SenderParts } from './sender.ts';
import { Suspects } from './suspects.ts';
import { versionTold, type Verdict } from './verdicts.ts';
import { versionNumber } from './versions.ts';

export interface WriterParts extends Omit<SenderParts, 'suspects'> {
  lately: Lately;
  digest(data: Uint8Array): string;
}

/** Times that a write is decided anew because somebody else was quicker. */
const mostLooks = 3;

/**
 * Writes as the Target seam says: look at what is there, decide, and send what is left to do under
 * the condition that it is still there. Every entry of an answer is looked into; where a server's
 * deed is not certain, the receipt says *ambiguous*.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #suspects = new Suspects();
  readonly #sender: Sender;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#sender = new Sender({ ...parts, suspects: this.#suspects });
  }

  /**
   * One receipt per write, in the same order.
   * @throws HandoverError when nothing was tried and trying again will not help.
   */
  async write(batch: readonly PlainWrite[], signal: AbortSignal): Promise<Receipt[]> {
    signal.throwIfAborted();
    const receipts: Receipt[] = Array.from({ length: batch.length });
    let tried = false;
    for (const round of roundsOf(batch)) {
      let left = round;
      for (let look = 1; left.length > 0; look++) {
        const orders = await this.#decide(batch, left, receipts, tried, signal);
        tried ||= orders.length > 0;
        const verdicts = await this.#sender.carryOut(orders, signal);
        left = [];
        for (const verdict of verdicts) {
          const { place } = verdict.order;
          if (verdict.fate.state === 'overtaken' && look < mostLooks) left.push(place);
          else receipts[place] = this.#receipt(await this.#judge(verdict, signal));
        }
      }
    }
    return receipts;
  }

  /** What is to be sent; all else has its receipt. */
  async #decide(
    batch: readonly PlainWrite[],
    places: readonly number[],
    receipts: Receipt[],
    tried: boolean,
    signal: AbortSignal,
  ): Promise<Order[]> {
    const writes = places.map((place) => batch[place] as PlainWrite);
    let seen: Seen[];
    try {
      seen = await this.#look(writes, signal);
    } catch (error) {
      if (!tried && (signal.aborted || failureOf(error) === 'permanent')) throw error;
      const code = error instanceof HandoverError ? error.code : 'aborted';
      for (const place of places) {
        const { type, id } = batch[place] as PlainWrite;
        receipts[place] = { type, id, state: 'transient', code };
      }
      return [];
    }
    const deciding: Deciding = { ...this.#parts, ids: this.#parts.serverIds ? 'server' : 'client' };
    return places.flatMap((place, at) => {
      const write = batch[place] as PlainWrite;
      const decision = decide(deciding, write, seen[at] as Seen, place);
      if (!('state' in decision)) return [decision];
      receipts[place] = decision;
      return [];
    });
  }

  /** What stands there: as seen just now, or else by looking. */
  async #look(writes: readonly PlainWrite[], signal: AbortSignal): Promise<Seen[]> {
    const seen = writes.map((write) => this.#parts.lately.take(write));
    const unseen = writes.filter((_, at) => seen[at] === undefined);
    const looked = (await this.#parts.reader.read(unseen, signal)).values();
    return seen.map((one) => one ?? (looked.next().value as Seen));
  }

  /**
   * A server's own 500 for one resource alone, time and again while others succeed, is a refusal, if
   * a last look shows that nothing came of it.
   */
  async #judge(verdict: Verdict, signal: AbortSignal): Promise<Verdict> {
    const { order, fate, answer, alone = false } = verdict;
    const name = nameOf(order.write);
    if (fate.state === 'done') this.#suspects.succeeded(name);
    // Without an outcome it is a gateway that speaks.
    if (answer?.status !== 500 || answer.outcome === undefined) return verdict;
    if (!this.#suspects.failed(name, alone)) return verdict;
    const [now] = await this.#parts.reader.read([order.write], signal).catch(() => []);
    if (now === undefined || !isSame(now, order.before)) return verdict;
    this.#suspects.clear(name);
    return { ...verdict, fate: { state: 'refused', code: refusalCode(500, answer.outcome) } };
  }

  #receipt({ order, fate, answer, askedMs }: Verdict): Receipt {
    const { type, id } = order.write;
    switch (fate.state) {
      case 'done':
        return this.#delivered(order, answer as EntryAnswer);
      case 'transient':
        return {
          type,
          id,
          state: 'transient',
          code: fate.code,
          ...(askedMs !== undefined && { retryAfterMs: askedMs }),
        };
      case 'ambiguous':
        return { type, id, state: 'ambiguous', code: fate.code };
      case 'overtaken':
      case 'refused':
        return refused(order.write, fate.code);
    }
  }

  /**
   * The digest is that of what was sent: what the server made of it is for `verify` to say. A put
   * whose answer does not tell the version is asked about.
   */
  #delivered({ write, before }: Order, answer: EntryAnswer): Receipt {
    const { type, id } = write;
    const told = versionTold(answer);
    const was = before.state === 'absent' ? 0 : before.version;
    if (write.kind === 'remove') {
      const version = told === undefined ? was + 1 : versionNumber(told);
      return { type, id, state: 'delivered', version, digest: '', unchanged: false };
    }
    if (told === undefined) return { type, id, state: 'ambiguous', code: 'version-unknown' };
    const version = versionNumber(told);
    const digest = this.#parts.digest(write.body);
    return { type, id, state: 'delivered', version, digest, unchanged: version === was };
  }
}

function isSame(one: Seen, other: Seen): boolean {
  if (one.state === 'absent' || other.state === 'absent') return one.state === other.state;
  return one.state === other.state && one.version === other.version;
}
