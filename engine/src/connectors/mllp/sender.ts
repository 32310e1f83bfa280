import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { exitCodes, HandoverError, systemCode } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { retryDelayMs, type RetryPolicy } from '../../base/retry.ts';
import {
  isAnswerWanted,
  readAcknowledgement,
  type Acknowledgement,
} from '../../formats/hl7v2/acknowledgement.ts';
import { headerOf } from '../../formats/hl7v2/header.ts';
import { frameOf, MllpReader } from '../../formats/hl7v2/mllpFrames.ts';

/** Where messages are sent to. */
export interface Receiver {
  host: string;
  port: number;
  tls?: ConnectionOptions;
}

export interface SenderOptions {
  receiver: Receiver;
  /** Messages on their way at once: 1 is what every receiver can do. */
  window: number;
  /** An answer that takes longer is not waited for: the message is sent again. */
  answerMs: number;
  /** Of connecting and being answered, after failures in a row. */
  retry: RetryPolicy;
  clock: Clock;
  random: Random;
}

/** What became of a message. */
export interface Outcome {
  /** Its number among those given, from 0. */
  number: number;
  /** Absent for a message whose sender wants no answer (MSH-15 and MSH-16). */
  answer?: Acknowledgement;
}

/** Not answered yet. */
interface Pending {
  number: number;
  control: string;
  frame: Buffer;
  wasSent: boolean;
}

/**
 * Sends messages over MLLP, in their order, until each is answered. When a connection breaks or an
 * answer does not come, what has none is sent again, in its order, over a new one: a receiver may see
 * a message twice, and always in the order of the messages.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #pending: Pending[] = [];
  #next = 0;
  #link: Link | undefined;
  /** In a row, without any answer. */
  #failures = 0;
  /** What went wrong last. */
  #reason: Unanswered = { kind: 'unconnected', code: '' };
  #resent = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Messages that were sent again. */
  get resent(): number {
    return this.#resent;
  }

  /** How many messages from the first on have their outcome. */
  get settled(): number {
    return this.#pending[0]?.number ?? this.#next;
  }

  /**
   * Outcomes as they come. When `signal` is aborted nothing more is sent; answers on their way are
   * still waited for while the connection stands.
   * @throws HandoverError `receiver-unreachable` (transient, exit 7) when the retries are used up.
   */
  async *send(messages: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Outcome> {
    const iterator = messages[Symbol.asyncIterator]();
    const hasRoom = (): boolean => !signal.aborted && this.#pending.length < this.#options.window;
    try {
      for (let isOver = false; ;) {
        while (!isOver && hasRoom()) {
          const { value, done } = await iterator.next();
          isOver = done === true;
          const outcome = isOver ? undefined : await this.#begin(value as Buffer, signal);
          if (outcome !== undefined) yield outcome;
        }
        if (this.#pending.length === 0) return;
        yield await this.#answered(signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#drop();
      await iterator.return?.();
    }
  }

  /** The outcome at once, where no answer will come. */
  async #begin(message: Buffer, signal: AbortSignal): Promise<Outcome | undefined> {
    const header = headerOf(message);
    const frame = frameOf(message);
    if (!isAnswerWanted(header)) {
      const link = await this.#connected(signal);
      await link.write(frame);
      return { number: this.#next++ };
    }
    const control = header?.segment.field(10) ?? '';
    const pending = { number: this.#next++, control, frame, wasSent: false };
    this.#pending.push(pending);
    // Without a connection it goes out with the others, as soon as there is one.
    if (this.#link) await this.#write(this.#link, pending);
    return undefined;
  }

  async #answered(signal: AbortSignal): Promise<Outcome> {
    for (;;) {
      const link = await this.#connected(signal);
      const answer = await link.answer();
      if (answer === undefined) {
        this.#failures++;
        this.#reason = { kind: link.silence };
        this.#drop();
        continue;
      }
      const at = this.#pending.findIndex(({ control }) => control === answer.control);
      // A receiver that cannot tell which message it means answers the oldest.
      const found = at < 0 && answer.control === '' ? 0 : at;
      const [settled] = found < 0 ? [] : this.#pending.splice(found, 1);
      if (settled === undefined) {
        link.isOffKey = true;
        continue;
      }
      this.#failures = 0;
      return { number: settled.number, answer };
    }
  }

  /** The connection; a new one begins with all that has no answer. */
  async #connected(signal: AbortSignal): Promise<Link> {
    const { retry, clock, random, receiver, answerMs } = this.#options;
    while (this.#link === undefined) {
      signal.throwIfAborted();
      if (this.#failures >= retry.attempts) throw unreachable(receiver, this.#reason);
      if (this.#failures > 0) {
        await clock.sleep(retryDelayMs(retry, this.#failures, random), signal);
      }
      const link = await openLink(receiver, answerMs).catch((error: unknown) => {
        this.#reason = { kind: 'unconnected', code: systemCode(error) ?? '' };
        return undefined;
      });
      if (link === undefined) {
        this.#failures++;
        continue;
      }
      this.#link = link;
      for (const each of this.#pending) await this.#write(link, each);
    }
    return this.#link;
  }

  async #write(link: Link, pending: Pending): Promise<void> {
    if (pending.wasSent) this.#resent++;
    pending.wasSent = true;
    await link.write(pending.frame);
  }

  #drop(): void {
    this.#link?.close();
    this.#link = undefined;
  }
}

/** One connection; once it is broken it answers nothing, and is not an error. */
class Link {
  readonly #socket: Socket;
  /** For an answer, and for the other side to take what is sent. */
  readonly #waitMs: number;
  readonly #reader = new MllpReader();
  readonly #answers: Acknowledgement[] = [];
  /** Something came that acknowledges nothing that was sent. */
  isOffKey = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket, waitMs: number) {
    this.#socket = socket;
    this.#waitMs = waitMs;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.isOffKey = true;
      const answers = this.#reader.push(chunk).map(({ bytes }) => readAcknowledgement(bytes));
      const acknowledgements = answers.filter((answer) => answer !== undefined);
      if (acknowledgements.length > 0) this.isOffKey = false;
      this.#answers.push(...acknowledgements);
      this.#wake();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#wake());
  }

  async write(frame: Buffer): Promise<void> {
    if (this.#socket.destroyed || this.#socket.write(frame)) return;
    const timer = setTimeout(() => this.#socket.destroy(), this.#waitMs);
    await new Promise<void>((resolve) => {
      this.#socket.once('drain', resolve);
      this.#socket.once('close', () => resolve());
    });
    clearTimeout(timer);
  }

  /** The next answer; undefined when it did not come in time, or no more will. */
  async answer(): Promise<Acknowledgement | undefined> {
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
      this.#wake();
    }, this.#waitMs);
    while (this.#answers.length === 0 && !late.signal.aborted && !this.#socket.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    return this.#answers.shift();
  }

  /** Why no answer came. */
  get silence(): 'off key' | 'closed' | 'silent' {
    if (this.isOffKey) return 'off key';
    return this.#socket.closed ? 'closed' : 'silent';
  }

  close(): void {
    this.#socket.destroy();
  }
}

function openLink({ host, port, tls }: Receiver, waitMs: number): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = tls ? connectTls({ host, port, ...tls }) : connect({ host, port });
    const failed = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(connectMs, () => failed(Object.assign(new Error(), { code: 'ETIMEDOUT' })));
    socket.once('error', failed);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      socket.setTimeout(0);
      socket.off('error', failed);
      resolve(new Link(socket, waitMs));
    });
  });
}

const connectMs = 15_000;

/** Why a receiver gave no answer. */
type Unanswered =
  /** `code` of the system, of TLS, or none. */
  { kind: 'unconnected'; code: string } | { kind: 'off key' | 'closed' | 'silent' };

function unreachable({ host, port }: Receiver, reason: Unanswered): HandoverError {
  const { why, next } = explained(reason);
  return new HandoverError('receiver-unreachable', `${host}:${port} does not answer: ${why}`, {
    next: `${next} What was answered is told above.`,
    failure: 'transient',
    exitCode: exitCodes.unavailable,
  });
}

function explained(reason: Unanswered): { why: string; next: string } {
  switch (reason.kind) {
    case 'off key':
      return {
        why: 'what it says is no acknowledgement of a message that was sent',
        next: 'Check that an MLLP receiver listens there, and that it answers with MSA-2.',
      };
    case 'closed':
      return {
        why: 'it closes the connection when it has a message',
        next: 'Look at its log: it may not want this sender, or want TLS.',
      };
    case 'silent':
      return {
        why: 'it takes messages and is silent',
        next: 'Wait longer (--wait), or ask who runs it.',
      };
    case 'unconnected':
      return /CERT|TLS|SSL|SIGNED|ISSUER|ALTNAME/.test(reason.code)
        ? {
            why: `its certificate is not accepted (${reason.code})`,
            next: 'Name those who signed it (--authorities), and in --to the name that stands in it.',
          }
        : {
            why: `there is no connection${reason.code === '' ? '' : ` (${reason.code})`}`,
            next: 'Check host and port, and that it listens.',
          };
  }
}
