import { longestMessage } from './frames.ts';

/** What is wrong with a piece of an MLLP stream. */
export type FrameProblem =
  /** Bytes between two frames, not ended as one. */
  | 'stray-bytes'
  /** Ended as a frame, but its start byte is missing. */
  | 'frame-start-missing'
  /** The next frame, or the end of the stream, came before the end bytes. */
  | 'frame-end-missing'
  /** Longer than allowed: `bytes` is its beginning only. */
  | 'frame-too-long';

/** What stood between a start byte and the end bytes, or was meant to. */
export interface MllpFrame {
  bytes: Buffer;
  problem?: FrameProblem;
}

const startByte = 0x0b;
const endByte = 0x1c;
const lineEnd = 0x0d;
const lineFeed = 0x0a;
/** A start byte with the beginning of a message: no text holds that. */
const nextFrame = Buffer.from('\u000bMSH', 'latin1');

/** Of what is too long, so much is kept: enough to see whose it is. */
const keptOfTooLong = 64 * 1024;

/**
 * Cuts a stream into frames of the Minimal Lower Layer Protocol (0x0B, message, 0x1C 0x0D; HL7
 * Implementation Guide, appendix C), whatever chunks its bytes come in. Nothing is dropped but line
 * ends between frames. A 0x0B or 0x1C inside a message that begins or ends no frame is part of its
 * text: word processors write vertical tabs. Memory is bounded by `longest` and one chunk.
 */
export class MllpReader {
  readonly #longest: number;
  /** Last bytes of a chunk that may be the beginning of a mark. */
  #tail: Buffer = Buffer.alloc(0);
  /** The frame so far: a view of a chunk while one chunk holds it all, then room of its own. */
  #room: Buffer = Buffer.alloc(0);
  #isOwn = false;
  #length = 0;
  #tooLong = false;
  /** A start byte has come. */
  #inside = false;

  constructor(longest: number = longestMessage) {
    this.#longest = longest;
  }

  /** Bytes that are held for a frame that is not whole. */
  get held(): number {
    return this.#length + this.#tail.length;
  }

  /** A frame has begun and not ended. */
  get inFrame(): boolean {
    return this.#inside;
  }

  /** Frames that are whole now. Their bytes may be views into `chunk`. */
  push(chunk: Buffer): MllpFrame[] {
    const bytes = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = Buffer.alloc(0);
    const frames: MllpFrame[] = [];
    let at = 0;
    while (at < bytes.length) at = this.#step(bytes, at, frames);
    return frames;
  }

  /** The stream has ended: what is left, if anything. */
  finish(): MllpFrame[] {
    const frames: MllpFrame[] = [];
    const tail = this.#tail;
    this.#tail = Buffer.alloc(0);
    // Only the line end behind the end byte never came.
    const ended = this.#inside && tail.length === 1 && tail[0] === endByte;
    if (ended) {
      this.#close(frames, undefined);
    } else {
      this.#take(tail);
      this.#close(frames, this.#inside ? 'frame-end-missing' : 'stray-bytes');
    }
    return frames;
  }

  /** Read on from `at`; returns where to go on. */
  #step(bytes: Buffer, at: number, frames: MllpFrame[]): number {
    const start = bytes.indexOf(startByte, at);
    const end = bytes.indexOf(endByte, at);
    const mark = start < 0 ? end : end < 0 ? start : Math.min(start, end);
    if (mark < 0) {
      this.#take(bytes.subarray(at));
      return bytes.length;
    }
    this.#take(bytes.subarray(at, mark));
    return mark === start ? this.#atStart(bytes, mark, frames) : this.#atEnd(bytes, mark, frames);
  }

  #atStart(bytes: Buffer, at: number, frames: MllpFrame[]): number {
    if (!this.#inside) {
      this.#close(frames, 'stray-bytes');
      this.#inside = true;
      return at + 1;
    }
    if (this.#length === 0) return at + 1;
    const next = bytes.subarray(at, at + nextFrame.length);
    if (next.equals(nextFrame)) {
      this.#close(frames, 'frame-end-missing');
      this.#inside = true;
      return at + 1;
    }
    if (next.equals(nextFrame.subarray(0, next.length))) return this.#wait(bytes, at);
    this.#take(bytes.subarray(at, at + 1));
    return at + 1;
  }

  #atEnd(bytes: Buffer, at: number, frames: MllpFrame[]): number {
    const after = bytes[at + 1];
    if (after === undefined) return this.#wait(bytes, at);
    // Some senders forget the line end; a new frame right behind says the same.
    if (after === lineEnd || after === startByte) {
      this.#close(frames, this.#inside ? undefined : 'frame-start-missing');
      return at + (after === lineEnd ? 2 : 1);
    }
    this.#take(bytes.subarray(at, at + 1));
    return at + 1;
  }

  /** What stands from `at` can only be told with the bytes that come next. */
  #wait(bytes: Buffer, at: number): number {
    this.#tail = Buffer.from(bytes.subarray(at));
    return bytes.length;
  }

  #take(piece: Buffer): void {
    if (!this.#inside && this.#length === 0) piece = withoutLineEnds(piece);
    if (piece.length === 0 || this.#tooLong) return;
    const length = this.#length + piece.length;
    if (length > this.#longest) {
      this.#tooLong = true;
      this.#keep(piece.subarray(0, Math.max(0, this.#mostKept() - this.#length)));
      this.#room = Buffer.from(this.#room.subarray(0, Math.min(this.#length, this.#mostKept())));
      this.#length = this.#room.length;
      return;
    }
    this.#keep(piece);
  }

  #keep(piece: Buffer): void {
    if (this.#length === 0) {
      this.#room = piece;
      this.#isOwn = false;
    } else {
      this.#makeRoom(this.#length + piece.length);
      piece.copy(this.#room, this.#length);
    }
    this.#length += piece.length;
  }

  /** Doubled as it grows, so that a message in many small chunks is not copied for each of them. */
  #makeRoom(length: number): void {
    if (this.#isOwn && this.#room.length >= length) return;
    const room = Buffer.allocUnsafe(Math.min(2 * length, this.#longest));
    this.#room.copy(room, 0, 0, this.#length);
    this.#room = room;
    this.#isOwn = true;
  }

  #mostKept(): number {
    return Math.min(keptOfTooLong, this.#longest);
  }

  #close(frames: MllpFrame[], problem: FrameProblem | undefined): void {
    const told = this.#tooLong ? 'frame-too-long' : problem;
    const bytes = this.#room.subarray(0, this.#length);
    // An end without anything before it, and nothing between frames, are no pieces.
    if (bytes.length > 0 || (this.#inside && told === undefined)) {
      frames.push({ bytes, ...(told !== undefined && { problem: told }) });
    }
    this.#room = Buffer.alloc(0);
    this.#isOwn = false;
    this.#length = 0;
    this.#tooLong = false;
    this.#inside = false;
  }
}

function withoutLineEnds(piece: Buffer): Buffer {
  let at = 0;
  while (piece[at] === lineEnd || piece[at] === lineFeed) at++;
  return at === 0 ? piece : piece.subarray(at);
}

const frameStart = Buffer.from([startByte]);
const frameEnd = Buffer.from([endByte, lineEnd]);

/** The same of a text that has a character for each byte. */
export function frameTextOf(message: string): string {
  return `\u000b${message}\u001c\r`;
}

/** A message as one frame. */
export function frameOf(message: Uint8Array): Buffer {
  return Buffer.concat([frameStart, message, frameEnd], message.length + 3);
}
