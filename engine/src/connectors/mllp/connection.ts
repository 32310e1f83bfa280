import type { Socket } from 'node:net';
import { encodeBase32 } from '../../base/base32.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { acknowledgementText } from '../../formats/hl7v2/acknowledgement.ts';
import { frameTextOf, MllpReader, type MllpFrame } from '../../formats/hl7v2/mllpFrames.ts';
import { anonymous, type Inbox } from './inbox.ts';
import { judge, type Judgement } from './judgement.ts';
import type { Kept } from './knownMessages.ts';

/** What came through a listener. */
export interface Traffic {
  kept: number;
  repeated: number;
  /** Of those kept, under the control id of another. */
  reused: number;
  refused: number;
}

export interface ConnectionServices {
  inbox: Inbox;
  clock: Clock;
  random: Random;
  log: Log;
  longest: number;
  idleMs: number;
  traffic: Traffic;
  /** Told how many bytes more (or fewer) are held for frames that are not whole; false: too many. */
  hold(bytes: number): boolean;
}

/**
 * One sender. Frames are read in order and answered in order, each when the inbox has made it
 * durable; many may be on their way at once. While the inbox has no room, or the sender does not
 * take its answers, nothing more is read.
 *
 * `reading` until the sender ends, says nothing for too long, or we drain; then `answering` until
 * the last answer is out; then closed. An error closes at once: what has no answer is sent again.
 */
export class Connection {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #services: ConnectionServices;
  readonly #reader: MllpReader;
  /** Of our answers to this sender: each has this and its number for an id. */
  readonly #id: string;
  #answered = 0;
  /** Frames that the inbox has not settled. */
  #unsettled = 0;
  /** Answers of this turn of the event loop, a character a byte. */
  #answers = '';
  #held = 0;
  #isReading = true;

  constructor(socket: Socket, services: ConnectionServices) {
    this.#socket = socket;
    this.#services = services;
    this.#reader = new MllpReader(services.longest);
    this.#id = encodeBase32(services.random.bytes(8));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.setNoDelay(true);
    socket.setTimeout(services.idleMs);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => this.#ended());
    socket.on('timeout', () => this.#idle());
    socket.on('error', () => services.log.info('mllp.connectionLost'));
    socket.on('close', () => this.#release());
  }

  /** Read no more, answer what was read, and end. */
  drain(): void {
    this.#isReading = false;
    this.#socket.pause();
    this.#finish();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (!this.#isReading) return;
    for (const frame of this.#reader.push(chunk)) this.#take(frame);
    const held = this.#reader.held;
    const fits = this.#services.hold(held - this.#held);
    this.#held = held;
    if (!fits) {
      this.#services.log.warn('mllp.tooMuchUnfinished', { bytes: held });
      this.#socket.destroy();
    } else if (!this.#services.inbox.hasRoom || this.#socket.writableNeedDrain) {
      void this.#pause();
    }
  }

  async #pause(): Promise<void> {
    this.#socket.pause();
    await this.#services.inbox.room();
    if (this.#socket.writableNeedDrain && !this.#socket.destroyed) {
      await new Promise<void>((resolve) => {
        this.#socket.once('drain', resolve);
        this.#socket.once('close', resolve);
      });
    }
    if (this.#isReading) this.#socket.resume();
  }

  #take(frame: MllpFrame): void {
    const judgement = judge(frame);
    const { header, stream, refused } = judgement;
    const field = (number: number): string => header?.segment.field(number) ?? '';
    this.#unsettled++;
    this.#services.inbox.keep({
      bytes: frame.bytes,
      stream,
      identity:
        refused === undefined ? `${field(3)}\u001f${field(4)}\u001f${field(10)}` : anonymous,
      ...(refused !== undefined && { refused: refused.code }),
      settled: (kept) => this.#settled(frame, judgement, kept),
      failed: () => this.#socket.destroy(),
    });
  }

  #settled({ problem }: MllpFrame, { header, refused }: Judgement, kept: Kept): void {
    const { traffic, clock } = this.#services;
    if (refused !== undefined) traffic.refused++;
    else if (kept === 'repeated') traffic.repeated++;
    else traffic.kept++;
    if (kept === 'reused') traffic.reused++;
    this.#unsettled--;
    if (this.#answers === '') setImmediate(() => this.#write());
    // Stray bytes were no message: an answer would be taken for that to another one.
    const answer =
      problem === 'stray-bytes'
        ? undefined
        : acknowledgementText({
            header,
            ...(refused !== undefined && { refusal: refused.refusal }),
            id: `${this.#id}${(this.#answered++).toString(36)}`,
            now: clock.now(),
          });
    if (answer !== undefined) this.#answers += frameTextOf(answer);
  }

  /** All answers of a commit go out at once. */
  #write(): void {
    const answers = this.#answers;
    this.#answers = '';
    if (answers !== '' && this.#socket.writable) this.#socket.write(answers, 'latin1');
    if (!this.#isReading && this.#unsettled === 0) this.#socket.end();
  }

  /** The sender has said all it has to say. Half a frame is none: it will be sent again. */
  #ended(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    const frames = this.#reader.finish();
    for (const frame of frames) if (frame.problem !== 'frame-end-missing') this.#take(frame);
    if (frames.some(({ problem }) => problem === 'frame-end-missing')) {
      this.#services.log.info('mllp.frameCutOff');
    }
    this.#finish();
  }

  /** A frame that was begun and not ended is refused, so that its sender learns why. */
  #idle(): void {
    if (!this.#isReading) {
      this.#socket.destroy();
      return;
    }
    if (this.#socket.isPaused()) {
      // It is we who hold the sender up.
      this.#socket.setTimeout(this.#services.idleMs);
      return;
    }
    this.#isReading = false;
    for (const frame of this.#reader.finish()) this.#take(frame);
    this.#finish();
  }

  /** End, as soon as everything is answered. */
  #finish(): void {
    if (this.#unsettled === 0 && this.#answers === '') this.#socket.end();
  }

  #release(): void {
    this.#isReading = false;
    this.#services.hold(-this.#held);
    this.#held = 0;
  }
}
