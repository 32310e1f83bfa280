/** A piece of a feed: a message, or a segment of the envelope that batches come in. */
export interface Frame {
  kind: 'message' | 'envelope' | 'stray';
  /** Bytes of the piece, blank lines and MLLP marks around it left out. */
  bytes: Buffer;
  /** Where it starts in the feed. */
  offset: number;
  /** Longer than allowed: `bytes` is its beginning only. */
  cut: boolean;
}

/** Segments that begin a message or stand around messages (chapter 2.10.3). */
const beginnings = ['MSH', 'FHS', 'BHS', 'BTS', 'FTS'] as const;

/** Bytes of a message that is looked at whole; documents travel in messages. */
export const longestMessage = 64 * 1024 * 1024;

/**
 * Cuts a feed into messages and envelope segments, whatever chunks its bytes come in. A message runs
 * to the next beginning or the end, an envelope segment to the end of its line; anything else is a
 * stray piece and is told, not dropped. Memory is bounded by `longest` and one chunk.
 */
export class FrameSplitter {
  readonly #longest: number;
  #held: Buffer = Buffer.alloc(0);
  /** Where `#held` starts in the feed. */
  #offset = 0;
  /** No beginning stands before this place of `#held`. */
  #searched = 0;
  /** The rest of a piece that was cut is passed over. */
  #skipping = false;

  constructor(longest: number = longestMessage) {
    this.#longest = longest;
  }

  /** Pieces that are whole now. Their bytes are views into memory that is not written again. */
  push(chunk: Buffer): Frame[] {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    return this.#frames(false);
  }

  /** The last pieces. */
  finish(): Frame[] {
    return this.#frames(true);
  }

  #frames(last: boolean): Frame[] {
    const frames: Frame[] = [];
    const finder = new BeginningFinder(this.#held, last);
    let start = 0;
    for (;;) {
      const beginning = finder.find(Math.max(start + 1, this.#searched));
      const lineEnd = this.#skipping && start === 0 ? undefined : this.#envelopeEnd(start, last);
      const next = Math.min(beginning ?? Infinity, lineEnd ?? Infinity);
      if (next === Infinity) break;
      this.#add(frames, start, next);
      start = next;
      this.#searched = 0;
    }
    if (last) this.#add(frames, start, this.#held.length);
    else if (this.#held.length - start > this.#longest) {
      this.#add(frames, start, this.#held.length, true);
      this.#skipping = true;
      // A beginning may lie over the edge: its line end, byte order mark and name are kept.
      start = this.#held.length - 7;
    }
    this.#offset += last ? this.#held.length : start;
    this.#held = last ? Buffer.alloc(0) : this.#held.subarray(start);
    // A byte order mark and a name may have come, and not yet what stands behind it.
    this.#searched = Math.max(0, this.#held.length - 6);
    return frames;
  }

  /**
   * Where the line of the envelope segment ends that the piece from `start` begins with: what stands
   * behind it, before the next beginning, is no part of it. Undefined for other pieces, and while the
   * end has not come.
   */
  #envelopeEnd(start: number, last: boolean): number | undefined {
    const { length } = this.#held;
    const from = skipBlank(this.#held, start, length);
    if (kindOf(this.#held, from) !== 'envelope') return undefined;
    let at = from;
    while (at < length && this.#held[at] !== 0x0d && this.#held[at] !== 0x0a) at++;
    // The second half of a line end may still come.
    if (at >= length || (at + 1 === length && !last)) return undefined;
    return at + (this.#held[at] === 0x0d && this.#held[at + 1] === 0x0a ? 2 : 1);
  }

  /** @param unended more of the piece is to come, and is passed over. */
  #add(frames: Frame[], from: number, to: number, unended = false): void {
    if (this.#skipping && from === 0) {
      this.#skipping = false;
      return;
    }
    const start = skipBlank(this.#held, from, to);
    const end = trimBlank(this.#held, start, to);
    if (start >= end) return;
    const cut = unended || end - start > this.#longest;
    const bytes = this.#held.subarray(start, Math.min(end, start + this.#longest));
    const kind = kindOf(this.#held, start);
    // Whoever passes over the envelope would pass over what came of such a line, too.
    const told = cut && kind === 'envelope' ? 'stray' : kind;
    frames.push({ kind: told, bytes, offset: this.#offset + start, cut });
  }
}

/** Asks for each beginning once and remembers where the next of its kind stands. */
class BeginningFinder {
  readonly #bytes: Buffer;
  /** Nothing comes after these bytes; else a name at their end may be the beginning of a word. */
  readonly #last: boolean;
  readonly #next = new Map<string, number>();

  constructor(bytes: Buffer, last: boolean) {
    this.#bytes = bytes;
    this.#last = last;
  }

  find(from: number): number | undefined {
    let nearest = Infinity;
    for (const name of beginnings) {
      let at = this.#next.get(name) ?? -1;
      if (at < from) at = this.#search(name, from);
      this.#next.set(name, at);
      if (at < nearest) nearest = at;
    }
    return nearest === Infinity ? undefined : nearest;
  }

  #search(name: string, from: number): number {
    for (let at = from; ; at++) {
      at = this.#bytes.indexOf(name, at, 'latin1');
      if (at < 0 || (!this.#last && at + 3 >= this.#bytes.length)) return Infinity;
      // Files with byte order marks are joined to one.
      const start = isByteOrderMark(this.#bytes, at - 3) ? at - 3 : at;
      if (start < from) continue;
      if (isLineStart(this.#bytes, start) && isSegment(this.#bytes, at)) return start;
    }
  }
}

function isLineStart(bytes: Buffer, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && bytes[before] === 0x20) before--;
  const byte = bytes[before];
  return byte === 0x0d || byte === 0x0a || byte === 0x0b || byte === 0x1c;
}

/** Trailers may end right after their name; a name with a letter or digit behind it is a word. */
function isSegment(bytes: Buffer, at: number): boolean {
  const after = bytes[at + 3];
  if (after === undefined) return true;
  const letter = after | 0x20;
  return !(letter >= 0x61 && letter <= 0x7a) && !(after >= 0x30 && after <= 0x39);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x0d || byte === 0x0a || byte === 0x0b || byte === 0x1c || byte === 0x20;
}

function skipBlank(bytes: Buffer, from: number, to: number): number {
  let at = from;
  for (;;) {
    if (at < to && isBlank(bytes[at])) at++;
    else if (at + 2 < to && isByteOrderMark(bytes, at)) at += 3;
    else return at;
  }
}

function isByteOrderMark(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf;
}

/** The line end of the last segment belongs to it; what comes after does not. */
function trimBlank(bytes: Buffer, from: number, to: number): number {
  let end = to;
  while (end > from && isBlank(bytes[end - 1])) end--;
  if (end <= from || end >= to || (bytes[end] !== 0x0d && bytes[end] !== 0x0a)) return end;
  const both = bytes[end] === 0x0d && bytes[end + 1] === 0x0a && end + 1 < to;
  return end + (both ? 2 : 1);
}

function kindOf(bytes: Buffer, from: number): Frame['kind'] {
  const name = bytes.toString('latin1', from, from + 3);
  if (name === 'MSH') return 'message';
  const isEnvelope = (beginnings as readonly string[]).includes(name) && isSegment(bytes, from);
  return isEnvelope ? 'envelope' : 'stray';
}
