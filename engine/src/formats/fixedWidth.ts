import type { RecordBatch } from '../model/record.ts';
import type { FixedWidthLayout } from '../model/recordLayout.ts';
import type { Row } from './copyText.ts';
import { RecordText } from './recordText.ts';
import type { RowProblem, RowReader } from './tableRow.ts';

/**
 * Fields at fixed places, counted in characters. The blanks that fill a field up are no part of its
 * value; a field of nothing but blanks is NULL, for such a file cannot say anything else.
 */
export class FixedWidthReader implements RowReader {
  readonly #layout: FixedWidthLayout;
  readonly #wanted: readonly boolean[];
  readonly #text: RecordText;
  readonly #shortest: number;
  readonly #longest: number;
  readonly populated: Uint32Array;

  constructor(layout: FixedWidthLayout, wanted: readonly boolean[]) {
    this.#layout = layout;
    this.#wanted = wanted;
    this.#text = new RecordText(layout.charset);
    const lastStart = Math.max(...layout.fields.map(([start]) => start));
    this.#shortest = layout.shortLines === 'blank' ? 0 : lastStart;
    this.#longest = Math.max(...layout.fields.map(([, end]) => end));
    this.populated = new Uint32Array(wanted.length);
  }

  open(batch: RecordBatch): void {
    this.#text.open(batch);
  }

  read(ordinal: number, row: Row): RowProblem | undefined {
    const line = this.#line(ordinal);
    if (line === undefined) return 'encoding-invalid';
    if (line.length < this.#shortest || line.trimEnd().length > this.#longest) return 'field-count';
    this.#layout.fields.forEach(([start, end], column) => {
      const value = line.slice(start, end).trim();
      if (this.#wanted[column] === true) row[column] = value === '' ? null : value;
      else if (value !== '') this.populated[column] = (this.populated[column] as number) + 1;
    });
    return undefined;
  }

  /** The fields at these places, or undefined when the record is no text. */
  fields(ordinal: number, places: readonly number[]): (string | null)[] | undefined {
    const line = this.#line(ordinal);
    return line === undefined
      ? undefined
      : places.map((place) => {
          const [start, end] = this.#layout.fields[place] as readonly [number, number];
          return line.slice(start, end).trim() || null;
        });
  }

  #line(ordinal: number): string | undefined {
    const text = this.#text;
    return text.select(ordinal) ? text.text.slice(text.start, text.end) : undefined;
  }
}
