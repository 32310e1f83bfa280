import { delimitersOf, headerLength } from './delimiters.ts';
import type { Delimiters } from './delimiters.ts';
import { Envelope } from './envelope.ts';
import type { X12Event } from './envelope.ts';
import { X12Segment } from './segment.ts';

/** Characters of a segment; the longest of any guide has a few thousand. */
export const longestSegment = 64 * 1024;

/** Characters of a transaction that are held until its trailer has come. */
export const mostHeld = 256 * 1024;

/** Characters of one claim, payment or member; the longest that the guides allow has a million. */
export const longestUnit = 4 * 1024 * 1024;

export interface X12ReaderOptions {
  /** Keep what became of each transaction of a group, as a 999 tells it. */
  acknowledge?: boolean;
  mostHeld?: number;
  longestUnit?: number;
}

/**
 * Reads interchanges, whatever chunks their bytes come in. A transaction is given when its trailer
 * has been seen and judged. One of more than `mostHeld` is given unit by unit as they come, and
 * judged at its end: who takes its units must be able to take them back. Memory is bounded by the
 * longest unit and one chunk; nothing is thrown for what a file holds.
 */
export class X12Reader {
  readonly #envelope: Envelope;
  /** What came and was not parted yet; a byte is a character. */
  #text = '';
  /** Where `#text` starts in the file. */
  #base = 0;
  #delimiters: Delimiters | undefined;
  /** Characters that no segment may have; the delimiters are not among them. */
  #control = /(?!)/;
  /** One of them stands somewhere in `#text`. */
  #hasControl = false;
  /** The piece that is passed over now was told of. */
  #strayTold = false;
  /** The rest of a segment that is too long is passed over. */
  #skipping = false;

  constructor(options: X12ReaderOptions = {}) {
    this.#envelope = new Envelope({
      acknowledge: false,
      mostHeld,
      longestUnit,
      ...options,
    });
  }

  push(chunk: Buffer): X12Event[] {
    this.#text += chunk.toString('latin1');
    this.#read(false);
    return this.#envelope.take();
  }

  finish(): X12Event[] {
    this.#read(true);
    this.#envelope.end();
    return this.#envelope.take();
  }

  #read(last: boolean): void {
    let at = 0;
    this.#hasControl = this.#control.test(this.#text);
    for (;;) {
      const next =
        this.#delimiters === undefined ? this.#outside(at, last) : this.#inside(at, last);
      if (next < 0) {
        at = ~next;
        break;
      }
      at = next;
    }
    this.#base += at;
    this.#text = this.#text.slice(at);
  }

  /** Where to read on; the complement of where to wait for more. */
  #outside(from: number, last: boolean): number {
    const text = this.#text;
    const start = skipBlank(text, this.#base === 0 && from === 0 ? skipMark(text) : from);
    if (start >= text.length) return ~start;
    if (!isHeader(text, start)) {
      if (!last && text.length - start < 4 && 'ISA'.startsWith(text.slice(start, start + 3))) {
        return ~start;
      }
      return this.#stray(start, last);
    }
    if (text.length - start < headerLength && !last) return ~start;
    this.#strayTold = false;
    const header = text.slice(start, start + headerLength);
    const delimiters = delimitersOf(header);
    if (delimiters === undefined) {
      this.#envelope.stray('x12-header-unreadable', 'ISA', this.#base + start);
      this.#strayTold = true;
      return start + 3;
    }
    this.#delimiters = delimiters;
    this.#control = controlBut(delimiters);
    this.#hasControl = this.#control.test(text);
    const raw = header.slice(0, headerLength - 1);
    const before = text.slice(from, start);
    const segment = new X12Segment(raw, before, 0, this.#base + start, delimiters);
    this.#envelope.begin(segment, delimiters);
    return start + headerLength;
  }

  /** What stands before an interchange is told once and passed over. */
  #stray(start: number, last: boolean): number {
    const text = this.#text;
    if (!this.#strayTold) {
      this.#envelope.stray('x12-no-interchange', 'ISA', this.#base + start);
      this.#strayTold = true;
    }
    beginning.lastIndex = start;
    const found = beginning.exec(text);
    if (found !== null) return found.index;
    return ~(last ? text.length : Math.max(start, text.length - 3));
  }

  #inside(from: number, last: boolean): number {
    const text = this.#text;
    const { terminator } = this.#delimiters as Delimiters;
    if (this.#skipping) {
      const end = text.indexOf(terminator, from);
      if (end < 0) return ~text.length;
      this.#skipping = false;
      return end + 1;
    }
    const start = skipBlank(text, from);
    if (start >= text.length) return ~(last ? start : from);
    if (text.length - start < 4 && !last) return ~from;
    if (isHeader(text, start)) {
      this.#envelope.end();
      this.#delimiters = undefined;
      return from;
    }
    const end = text.indexOf(terminator, start);
    if (end < 0 || end - start > longestSegment) return this.#unended(from, start, end, last);
    const raw = text.slice(start, end);
    const before = start === from ? '' : text.slice(from, start);
    const position = this.#envelope.position;
    const by = this.#delimiters as Delimiters;
    const segment = new X12Segment(raw, before, position, this.#base + start, by);
    this.#envelope.segment(segment, this.#hasControl && this.#control.test(raw));
    if (segment.id === 'IEA') this.#delimiters = undefined;
    return end + 1;
  }

  /** No terminator is there yet, or it comes too late. */
  #unended(from: number, start: number, end: number, last: boolean): number {
    const text = this.#text;
    if (end < 0 && text.length - start <= longestSegment) {
      if (!last) return ~from;
      this.#envelope.cut();
      return ~text.length;
    }
    this.#envelope.tooLong(text.slice(start, start + 3));
    if (end >= 0) return end + 1;
    this.#skipping = true;
    return ~text.length;
  }
}

const beginning = /ISA[^A-Za-z0-9\s]/g;

function isHeader(text: string, at: number): boolean {
  return text.startsWith('ISA', at) && /^[^A-Za-z0-9\s]$/.test(text[at + 3] ?? '');
}

function skipBlank(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x0a && code !== 0x0d && code !== 0x20 && code !== 0x09) break;
  }
  return at;
}

/** A byte order mark of UTF-8. */
function skipMark(text: string): number {
  return text.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0;
}

const controls = [...Array.from({ length: 32 }, (_, code) => code), 127].filter(
  (code) => code !== 0x0a && code !== 0x0d,
);

function controlBut({ element, component, repetition = '', terminator }: Delimiters): RegExp {
  const used = element + component + repetition + terminator;
  const codes = controls.filter((code) => !used.includes(String.fromCharCode(code)));
  return new RegExp(
    `[${codes.map((code) => `\\x${code.toString(16).padStart(2, '0')}`).join('')}]`,
  );
}
