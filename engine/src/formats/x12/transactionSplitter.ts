import { delimitersOf, headerLength } from './delimiters.ts';
import type { Delimiters } from './delimiters.ts';

/** A transaction with the headers it stands under, or what is none. */
export interface TransactionPiece {
  kind: 'transaction' | 'stray';
  /** ISA and GS as sent, and the transaction from ST to SE. */
  bytes: Buffer;
  /** Where the transaction starts in its file. */
  offset: number;
  /** ISA06, ISA13, GS06 and ST02: what tells it apart. */
  control: readonly string[];
  /** ST01, and the guide: ST03, else GS08. */
  set: string;
  guide: string;
}

/** Bytes of a transaction that is looked at whole: the guides stop at some five thousand claims. */
export const longestTransaction = 64 * 1024 * 1024;

/** Bytes of what is no interchange that are told of at a time. */
const longestStray = 1024 * 1024;

interface Open {
  offset: number;
  parts: string[];
  length: number;
}

/**
 * Cuts interchanges into transactions, whatever chunks their bytes come in, and judges nothing of what
 * is in them. Each keeps the headers it stands under, which say how it is parted and who sent it. A trailer
 * that counts more than came is a piece of its own: something was lost. Memory is that of a transaction:
 * of one that is longer than `longest` the beginning is kept, by which it is told to be too long.
 */
export class TransactionSplitter {
  readonly #longest: number;
  #text = '';
  #base = 0;
  #delimiters: Delimiters | undefined;
  #interchange = '';
  #group = '';
  #groups = 0;
  #transactions = 0;
  #open: Open | undefined;
  #pieces: TransactionPiece[] = [];

  constructor(longest: number = longestTransaction) {
    this.#longest = longest;
  }

  push(chunk: Buffer): TransactionPiece[] {
    this.#text += chunk.toString('latin1');
    return this.#read(false);
  }

  finish(): TransactionPiece[] {
    return this.#read(true);
  }

  #read(last: boolean): TransactionPiece[] {
    this.#pieces = [];
    let at = 0;
    for (;;) {
      const next = this.#delimiters ? this.#inside(at, last) : this.#outside(at, last);
      if (next === undefined) break;
      at = next;
    }
    this.#base += at;
    this.#text = this.#text.slice(at);
    if (last) this.#close();
    return this.#pieces;
  }

  /** Where to read on; undefined: more has to come. */
  #outside(from: number, last: boolean): number | undefined {
    const text = this.#text;
    const start = text.slice(from).search(/[^\s\xef\xbb\xbf]/);
    if (start < 0) return undefined;
    const at = from + start;
    const whole = text.length - at >= headerLength;
    if (begins(text, at) && !whole && !last) return undefined;
    const delimiters = begins(text, at) && whole ? delimitersOf(header(text, at)) : undefined;
    if (delimiters !== undefined) {
      this.#delimiters = delimiters;
      this.#interchange = header(text, at);
      this.#group = '';
      this.#groups = 0;
      return at + headerLength;
    }
    beginning.lastIndex = at + 1;
    const next = beginning.exec(text)?.index;
    if (next === undefined && !last && text.length - at < longestStray) return undefined;
    const end = Math.min(next ?? text.length, at + longestStray);
    this.#add('stray', text.slice(at, end), this.#base + at);
    return end;
  }

  #inside(from: number, last: boolean): number | undefined {
    const text = this.#text;
    const { terminator } = this.#delimiters as Delimiters;
    const blank = text.slice(from).search(/\S/);
    if (blank >= 0 && begins(text, from + blank)) {
      this.#close();
      this.#delimiters = undefined;
      return from;
    }
    const end = text.indexOf(terminator, from);
    if (end < 0 && !last && text.length - from < longestStray) return undefined;
    if (end < 0 && blank < 0) return undefined;
    const raw = text.slice(from, end < 0 ? text.length : end + 1);
    this.#segment(raw, this.#base + from);
    return from + raw.length;
  }

  #segment(raw: string, offset: number): void {
    const elements = this.#elements(raw);
    switch (elements[0] ?? '') {
      case 'GS':
        this.#close();
        this.#group = raw.trimStart();
        this.#groups++;
        this.#transactions = 0;
        return;
      case 'ST':
        this.#close();
        this.#transactions++;
        this.#open = { offset, parts: [raw.trimStart()], length: raw.length };
        return;
      case 'SE':
        this.#hold(raw, offset);
        this.#close();
        return;
      case 'GE':
        this.#close();
        if (Number(elements[1]) > this.#transactions) this.#lost(raw, offset);
        this.#group = '';
        return;
      case 'IEA':
        this.#close();
        if (Number(elements[1]) > this.#groups) this.#lost(raw, offset);
        this.#delimiters = undefined;
        return;
      default:
        this.#hold(raw, offset);
    }
  }

  /** A segment of the transaction that is open; one that stands in none is told of. */
  #hold(raw: string, offset: number): void {
    const open = this.#open;
    if (open === undefined) {
      if (raw.trim() !== '') this.#lost(raw, offset);
      return;
    }
    // The segment that makes it too long is kept, so that by its bytes alone it is told to be so.
    if (open.length <= this.#longest) open.parts.push(raw);
    open.length += raw.length;
  }

  #lost(raw: string, offset: number): void {
    this.#add('stray', this.#interchange + this.#group + raw.trimStart(), offset);
  }

  #close(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const text = this.#interchange + this.#group + open.parts.join('');
    const [, set = '', control = '', named = ''] = this.#elements(open.parts[0] ?? '');
    const group = this.#elements(this.#group);
    const isa = this.#elements(this.#interchange);
    this.#pieces.push({
      kind: open.length > this.#longest ? 'stray' : 'transaction',
      bytes: Buffer.from(text, 'latin1'),
      offset: open.offset,
      control: [(isa[6] ?? '').trim(), isa[13] ?? '', group[6] ?? '', control],
      set,
      guide: named || (group[8] ?? ''),
    });
  }

  #elements(raw: string): string[] {
    const { element, terminator } = this.#delimiters as Delimiters;
    const end = raw.endsWith(terminator) ? raw.length - 1 : raw.length;
    return raw.slice(0, end).trim().split(element);
  }

  #add(kind: TransactionPiece['kind'], text: string, offset: number): void {
    const bytes = Buffer.from(text, 'latin1');
    this.#pieces.push({ kind, bytes, offset, control: [], set: '', guide: '' });
  }
}

const beginning = /ISA[^A-Za-z0-9\s]/g;

function begins(text: string, at: number): boolean {
  return text.startsWith('ISA', at) && /^[^A-Za-z0-9\s]?$/.test(text.charAt(at + 3));
}

function header(text: string, at: number): string {
  return text.slice(at, at + headerLength);
}
