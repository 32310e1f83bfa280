import type { DelimitedLayout, FixedWidthLayout, LineCharset } from '../../model/recordLayout.ts';
import type { FieldProblem, RecordFields } from './fields.ts';

/**
 * The facts' own reading of lines of a file (RFC 4180 and fixed width). It shares no code with the
 * mapping's, so that a mistake in either shows as a difference instead of cancelling out.
 */
export class DelimitedFields implements RecordFields {
  readonly #layout: DelimitedLayout;
  readonly #columns: number;
  readonly #decode: (record: Uint8Array) => string | undefined;

  constructor(layout: DelimitedLayout, columns: number) {
    this.#layout = layout;
    this.#columns = columns;
    this.#decode = strictDecoder(layout.charset);
  }

  /** Fields with their quotes. */
  split(record: Uint8Array): readonly string[] | FieldProblem {
    const text = this.#decode(record);
    if (text === undefined) return 'encoding-invalid';
    const fields: string[] = [];
    let rest = text;
    for (;;) {
      const length = this.#fieldLength(rest);
      if (typeof length === 'string') return length;
      fields.push(rest.slice(0, length));
      if (length === rest.length) break;
      rest = rest.slice(length + this.#layout.delimiter.length);
    }
    return fields.length === this.#columns ? fields : 'field-count';
  }

  unescape(field: string): string | null {
    const { quote, nullIs, escape } = this.#layout;
    if (quote === '' || !field.startsWith(quote)) return field === nullIs ? null : field;
    const inner = field.slice(1, -1);
    if (escape === 'doubled') return inner.split(quote + quote).join(quote);
    return inner.replaceAll(/\\([^])/g, '$1');
  }

  /** How many characters of `rest` are its first field. */
  #fieldLength(rest: string): number | FieldProblem {
    const { quote, delimiter } = this.#layout;
    if (quote === '' || rest[0] !== quote) {
      const at = rest.indexOf(delimiter);
      return at < 0 ? rest.length : at;
    }
    const length = this.#quotedLength(rest);
    if (length === undefined) return 'quote-unterminated';
    const after = rest.slice(length, length + delimiter.length);
    return after === '' || after === delimiter ? length : 'quote-misplaced';
  }

  /** Steps over pairs: what is escaped never ends the field. */
  #quotedLength(rest: string): number | undefined {
    const { quote, escape } = this.#layout;
    for (let at = 1; at < rest.length; at++) {
      const character = rest[at];
      const paired =
        escape === 'backslash' ? character === '\\' : character === quote && rest[at + 1] === quote;
      if (paired) at++;
      else if (character === quote) return at + 1;
    }
    return undefined;
  }
}

/** Fields at fixed places; blanks around a value are no part of it. */
export class FixedFields implements RecordFields {
  readonly #layout: FixedWidthLayout;
  readonly #decode: (record: Uint8Array) => string | undefined;

  constructor(layout: FixedWidthLayout) {
    this.#layout = layout;
    this.#decode = strictDecoder(layout.charset);
  }

  split(record: Uint8Array): readonly string[] | FieldProblem {
    const text = this.#decode(record);
    if (text === undefined) return 'encoding-invalid';
    const { fields, shortLines } = this.#layout;
    const lastStart = Math.max(...fields.map(([start]) => start));
    const lastEnd = Math.max(...fields.map(([, end]) => end));
    const tooShort = shortLines === 'hold' && text.length < lastStart;
    if (tooShort || text.slice(lastEnd).trim() !== '') return 'field-count';
    return fields.map(([start, end]) => text.slice(start, end));
  }

  unescape(field: string): string | null {
    const value = field.trim();
    return value === '' ? null : value;
  }
}

/** Text of bytes, or undefined when some of them are no text of the character set. */
function strictDecoder(charset: LineCharset): (record: Uint8Array) => string | undefined {
  const decoder = new TextDecoder(charset, { fatal: true, ignoreBOM: true });
  const oneByte = !charset.startsWith('utf-');
  return (record) => {
    let text: string;
    try {
      text = decoder.decode(record);
    } catch {
      return undefined;
    }
    return oneByte && holdsControl(text) ? undefined : text;
  };
}

/** C1 controls are what undefined bytes of one-byte sets become. */
function holdsControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x80 && code < 0xa0) return true;
  }
  return false;
}
