import type { RecordBatch } from '../model/record.ts';
import type { DelimitedLayout } from '../model/recordLayout.ts';
import type { Row } from './copyText.ts';
import { RecordText } from './recordText.ts';
import type { RowProblem, RowReader } from './tableRow.ts';

/**
 * Fields parted by a delimiter (RFC 4180). A quote is one only where a field begins; elsewhere it is
 * text like any other, so that `5" pipe` stays what it is.
 */
export class DelimitedReader implements RowReader {
  readonly #layout: DelimitedLayout;
  readonly #wanted: readonly boolean[];
  readonly #empty: '' | null;
  readonly #text: RecordText;
  readonly #quote: number;
  /** Offset of the first delimiter at or after where one was looked for last. */
  #delimiter = -1;
  /** Set by a field: where it stops, and what it holds. */
  #stop = 0;
  #quoted: string | undefined;
  readonly populated: Uint32Array;

  constructor(layout: DelimitedLayout, wanted: readonly boolean[], empty: '' | null = '') {
    this.#layout = layout;
    this.#wanted = wanted;
    this.#empty = empty;
    this.#text = new RecordText(layout.charset);
    this.#quote = layout.quote === '' ? -1 : layout.quote.charCodeAt(0);
    this.populated = new Uint32Array(wanted.length);
  }

  open(batch: RecordBatch): void {
    this.#text.open(batch);
    this.#delimiter = -1;
  }

  read(ordinal: number, row: Row): RowProblem | undefined {
    const text = this.#text;
    if (!text.select(ordinal)) return 'encoding-invalid';
    const wanted = this.#wanted;
    const last = wanted.length - 1;
    this.#begin();
    let at = text.start;
    for (let column = 0; column <= last; column++) {
      const problem = this.#field(at);
      if (problem !== undefined) return problem;
      if (this.#stop === text.end && column !== last) return 'field-count';
      if (wanted[column] === true) row[column] = this.#value(at);
      else if (this.#holds(at)) this.populated[column] = (this.populated[column] as number) + 1;
      at = this.#stop + this.#layout.delimiter.length;
    }
    return this.#stop === text.end ? undefined : 'field-count';
  }

  /** The fields at these rising places, or undefined when the record cannot be read so far. */
  fields(ordinal: number, places: readonly number[]): (string | null)[] | undefined {
    const text = this.#text;
    if (!text.select(ordinal)) return undefined;
    this.#begin();
    const found: (string | null)[] = [];
    let at = text.start;
    for (let column = 0; found.length < places.length; column++) {
      if (at > text.end || this.#field(at) !== undefined) return undefined;
      if (column === places[found.length]) found.push(this.#value(at));
      at = this.#stop + this.#layout.delimiter.length;
    }
    return found;
  }

  /** All fields of a header, however many; undefined when it cannot be read. */
  header(): (string | null)[] | undefined {
    const text = this.#text;
    if (!text.select(0)) return undefined;
    this.#begin();
    const found: (string | null)[] = [];
    for (let at = text.start; at <= text.end; at = this.#stop + this.#layout.delimiter.length) {
      if (this.#field(at) !== undefined) return undefined;
      found.push(this.#value(at));
    }
    return found;
  }

  /** Where a record is decoded apart from its batch, offsets begin again with each. */
  #begin(): void {
    if (this.#text.start === 0) this.#delimiter = -1;
  }

  /** Find where the field ends that begins at `at`. */
  #field(at: number): RowProblem | undefined {
    const { text, end } = this.#text;
    this.#quoted = undefined;
    if (at < end && text.charCodeAt(at) === this.#quote) return this.#quotedField(at + 1);
    if (this.#delimiter < at) {
      const found = text.indexOf(this.#layout.delimiter, at);
      this.#delimiter = found === -1 ? text.length : found;
    }
    this.#stop = Math.min(this.#delimiter, end);
    return undefined;
  }

  #quotedField(from: number): RowProblem | undefined {
    const { text, end } = this.#text;
    const { quote, delimiter, escape } = this.#layout;
    let at = from;
    let value = '';
    for (;;) {
      const close = this.#nextSpecial(at);
      if (close === -1 || close >= end) return 'quote-unterminated';
      const isEscape = escape === 'backslash' && text[close] === '\\';
      if (isEscape || (escape === 'doubled' && text[close + 1] === quote && close + 1 < end)) {
        if (close + 1 >= end) return 'quote-unterminated';
        value += text.slice(at, close) + (text[close + 1] as string);
        at = close + 2;
        continue;
      }
      this.#quoted = value + text.slice(at, close);
      this.#stop = close + 1;
      const ends = this.#stop === end || text.startsWith(delimiter, this.#stop);
      return ends ? undefined : 'quote-misplaced';
    }
  }

  /** The next quote, or the next backslash if that comes first and means something. */
  #nextSpecial(at: number): number {
    const { text } = this.#text;
    const quote = text.indexOf(this.#layout.quote, at);
    if (this.#layout.escape === 'doubled') return quote;
    const backslash = text.indexOf('\\', at);
    return backslash !== -1 && (quote === -1 || backslash < quote) ? backslash : quote;
  }

  #value(at: number): string | null {
    if (this.#quoted !== undefined) return this.#quoted === '' ? this.#empty : this.#quoted;
    const value = this.#text.text.slice(at, this.#stop);
    if (value === this.#layout.nullIs) return null;
    return value === '' ? this.#empty : value;
  }

  #holds(at: number): boolean {
    if (this.#quoted !== undefined) return this.#quoted !== '';
    const length = this.#stop - at;
    const { nullIs } = this.#layout;
    if (length === 0) return false;
    return length !== nullIs.length || !this.#text.text.startsWith(nullIs, at);
  }
}
