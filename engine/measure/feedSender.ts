import { connect, type Socket } from 'node:net';
import type { Random } from '../src/base/random.ts';

/** What one of the senders of a feed has done, counted by itself. */
export interface SenderTally {
  sent: number;
  acknowledged: number;
  refused: number;
  disconnects: number;
  /** Sent once more although it was acknowledged. */
  duplicates: number;
  /** Sent behind newer ones. */
  late: number;
}

/** A message with its number that is sent behind others. */
interface Held {
  number: number;
  /** When so many have been sent. */
  due: number;
}

const window = 32;
const reconnectMs = 40;
/** Behind so many others, at most, comes a message that is late. */
const latest = 200;

/**
 * A sender with the faults of real ones: connections that break anywhere, also inside a message and
 * before an answer; messages sent twice; messages sent again behind newer ones. It shares no code with
 * the listener or with `handover send`, and it remembers which of its messages were acknowledged.
 */
export class FeedSender {
  readonly tally: SenderTally = {
    sent: 0,
    acknowledged: 0,
    refused: 0,
    disconnects: 0,
    duplicates: 0,
    late: 0,
  };
  /** By number: 1 where it was acknowledged. */
  readonly acknowledged: Uint8Array;
  readonly #port: () => number;
  readonly #random: Random;
  readonly #message: (number: number) => string;
  readonly #rate: number;
  readonly #inFlight = new Set<number>();
  readonly #again: number[] = [];
  readonly #late: Held[] = [];
  #next = 0;

  /** @param message the text of a message; its MSH-10 ends in its number, behind a hyphen. */
  constructor(options: {
    count: number;
    port: () => number;
    random: Random;
    message: (number: number) => string;
  }) {
    this.acknowledged = new Uint8Array(options.count);
    this.#port = options.port;
    this.#random = options.random;
    this.#message = options.message;
    // Some ten breaks even in a short feed, and no more than one in a thousand messages in a long one.
    this.#rate = Math.max(1 / 1_000, 10 / options.count);
  }

  /** Send until everything is acknowledged. */
  async run(signal: AbortSignal): Promise<void> {
    while (!this.#isOver) {
      signal.throwIfAborted();
      await this.#session(signal);
      if (!this.#isOver) await new Promise((resolve) => setTimeout(resolve, reconnectMs));
    }
  }

  get #isOver(): boolean {
    const { acknowledged, refused } = this.tally;
    return acknowledged + refused >= this.acknowledged.length && this.#inFlight.size === 0;
  }

  /** One connection, until it breaks or all is done. */
  #session(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ port: this.#port(), host: '127.0.0.1' });
      let text = '';
      const stop = (): void => void socket.destroy();
      signal.addEventListener('abort', stop, { once: true });
      socket.on('connect', () => this.#fill(socket));
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        const frames = text.split('\u001c\r');
        text = frames.pop() ?? '';
        for (const frame of frames) this.#answered(frame);
        if (this.#isOver) socket.destroy();
        else this.#fill(socket);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        signal.removeEventListener('abort', stop);
        this.#broken();
        resolve();
      });
    });
  }

  #fill(socket: Socket): void {
    while (this.#inFlight.size < window && !socket.destroyed) {
      const number = this.#pick();
      if (number === undefined) return;
      this.#inFlight.add(number);
      this.tally.sent++;
      const frame = Buffer.from(`\u000b${this.#message(number)}\u001c\r`, 'latin1');
      if (this.#random.next() >= this.#rate) {
        socket.write(frame);
        continue;
      }
      // The connection breaks: inside the message, or behind it and before the answer.
      this.tally.disconnects++;
      const part =
        this.#random.integer(2) === 0 ? this.#random.integer(frame.length) : frame.length;
      socket.write(frame.subarray(0, part), () => socket.destroy());
      return;
    }
  }

  #pick(): number | undefined {
    const [held] = this.#late;
    if (held !== undefined && (held.due <= this.tally.sent || this.#isEmpty)) {
      this.#late.shift();
      this.tally.late++;
      return held.number;
    }
    const again = this.#again.shift();
    if (again !== undefined) return again;
    if (this.#next === this.acknowledged.length) return undefined;
    const number = this.#next++;
    if (this.#random.next() >= this.#rate * 4) return number;
    this.#postpone(number);
    return this.#pick();
  }

  get #isEmpty(): boolean {
    return this.#again.length === 0 && this.#next === this.acknowledged.length;
  }

  #postpone(number: number): void {
    this.#late.push({ number, due: this.tally.sent + 1 + this.#random.integer(latest) });
  }

  #answered(frame: string): void {
    const [, code, control = ''] = /\rMSA\|(\w\w)\|([^|\r]*)/.exec(frame) ?? [];
    const number = Number(control.slice(control.lastIndexOf('-') + 1));
    this.#inFlight.delete(number);
    if (code !== 'AA') {
      this.tally.refused++;
      return;
    }
    if (this.acknowledged[number] === 0) {
      this.acknowledged[number] = 1;
      this.tally.acknowledged++;
    }
    if (this.#random.next() < this.#rate * 4) {
      this.tally.duplicates++;
      this.#again.push(number);
    }
  }

  /** What had no answer is sent again; some of it only later, behind newer messages. */
  #broken(): void {
    for (const number of this.#inFlight) {
      if (this.#random.integer(4) === 0) this.#postpone(number);
      else this.#again.push(number);
    }
    this.#inFlight.clear();
  }
}
