import { lineUnits, type Units } from './lineUnits.ts';
import type { LineLayout } from '../model/recordLayout.ts';

/** How lines end: LF with or without CR before it, CR and LF together only, or CR alone. */
export type LineEnd = 'lf' | 'crlf' | 'cr';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const backslash = 0x5c;

/**
 * Finds where records end, line by line; a quoted field may hold line ends. A line with broken
 * quotes is a record by itself, so that one stray quote costs one line and not the rest of the file.
 *
 * No record is longer than `longest` units: what does not end by then is cut there, and the pieces
 * are held, as none is whole.
 */
export class LineSplitter {
  readonly #ends: LineEnd;
  readonly #longest: number;
  readonly #mark: number;
  readonly #quote: number;
  readonly #backslashes: boolean;
  readonly #delimiter: Units;
  /** Where the next line end and quote stand in the units looked at; both are asked for in order. */
  #units: Units | undefined;
  #markAt = 0;
  #quoteAt = 0;
  /** End of the record found last, without its line end. */
  end = 0;
  /** Where the next record starts. */
  next = 0;
  /** Line ends that the record takes up. */
  lines = 0;

  constructor(layout: LineLayout, ends: LineEnd, longest: number) {
    const delimited = layout.kind === 'delimited';
    this.#ends = ends;
    this.#longest = longest;
    this.#mark = ends === 'cr' ? carriageReturn : lineFeed;
    this.#quote = delimited && layout.quote !== '' ? layout.quote.charCodeAt(0) : -1;
    this.#backslashes = delimited && layout.escape === 'backslash';
    this.#delimiter = lineUnits(delimited ? layout.delimiter : '', layout.charset);
  }

  /**
   * Find the record that starts at `start`, which is before `limit`. What follows `limit` is never
   * looked at: it must be the end of the file or of a record, or lie `longest` or more away. Units
   * must not change under the splitter: other content, another object.
   */
  find(units: Units, start: number, limit: number): void {
    const bound = Math.min(limit, start + this.#longest);
    this.lines = 0;
    if (this.#units !== units || start < this.next) this.#turnTo(units);
    let stop = this.#markFrom(units, start);
    let quote = this.#quoteFrom(units, start);
    while (quote < stop && quote < bound) {
      let after = quote + 1;
      if (this.#beginsField(units, start, quote)) {
        after = this.#afterQuoted(units, quote + 1, bound);
        if (after === -1) return this.#plainLine(units, start, bound);
        for (; stop < after; stop = this.#markFrom(units, stop + 1)) this.lines++;
      }
      quote = this.#quoteFrom(units, after);
    }
    this.#stopAt(units, start, stop, bound);
  }

  #turnTo(units: Units): void {
    this.#units = units;
    this.#markAt = -1;
    this.#quoteAt = -1;
  }

  /** The first line end at or after a place. */
  #markFrom(units: Units, from: number): number {
    if (this.#markAt >= from) return this.#markAt;
    let at = units.indexOf(this.#mark, from);
    if (this.#ends === 'crlf') {
      while (at !== -1 && units[at - 1] !== carriageReturn) at = units.indexOf(this.#mark, at + 1);
    }
    this.#markAt = at === -1 ? units.length : at;
    return this.#markAt;
  }

  /** The first quote at or after a place. It is often near, where a call would cost more. */
  #quoteFrom(units: Units, from: number): number {
    if (this.#quoteAt >= from) return this.#quoteAt;
    const quote = this.#quote;
    const near = Math.min(from + nearby, units.length);
    let at = from;
    while (at < near && units[at] !== quote) at++;
    if (at === near) {
      const found = quote === -1 ? -1 : units.indexOf(quote, at);
      at = found === -1 ? units.length : found;
    }
    this.#quoteAt = at;
    return at;
  }

  /** The record as one line, whatever its quotes say. */
  #plainLine(units: Units, start: number, bound: number): void {
    this.lines = 0;
    this.#turnTo(units);
    this.#stopAt(units, start, this.#markFrom(units, start), bound);
  }

  /** End the record at the line end `stop`, or at `bound` if that comes first. */
  #stopAt(units: Units, start: number, stop: number, bound: number): void {
    if (stop >= bound) {
      this.end = bound;
      this.next = bound;
      return;
    }
    const afterReturn = this.#ends !== 'cr' && stop > start && units[stop - 1] === carriageReturn;
    this.end = afterReturn ? stop - 1 : stop;
    this.next = stop + 1;
    this.lines++;
  }

  #beginsField(units: Units, start: number, at: number): boolean {
    const before = at - this.#delimiter.length;
    return at === start || (before >= start && this.#isDelimiter(units, before));
  }

  #isDelimiter(units: Units, at: number): boolean {
    const delimiter = this.#delimiter;
    for (let index = 0; index < delimiter.length; index++) {
      if (units[at + index] !== delimiter[index]) return false;
    }
    return true;
  }

  /** The place after a quoted field whose text begins at `from`; -1 when its quotes are broken. */
  #afterQuoted(units: Units, from: number, bound: number): number {
    let at = this.#quoteFrom(units, from);
    while (at < bound) {
      const next = units[at + 1];
      if (this.#backslashes) {
        if (!isEscaped(units, from, at)) return this.#endsField(units, at + 1, bound);
      } else if (next !== this.#quote || at + 1 >= bound) {
        return this.#endsField(units, at + 1, bound);
      } else at++;
      at = this.#quoteFrom(units, at + 1);
    }
    return -1;
  }

  #endsField(units: Units, at: number, bound: number): number {
    const unit = units[at];
    const ends = at >= bound || unit === lineFeed || unit === carriageReturn;
    return ends || this.#isDelimiter(units, at) ? at : -1;
  }
}

const nearby = 24;

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(units: Units, from: number, at: number): boolean {
  let before = at;
  while (before > from && units[before - 1] === backslash) before--;
  return (at - before) % 2 === 1;
}
