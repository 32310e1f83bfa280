import type { FieldProblem, RecordFields } from './fields.ts';

/**
 * The facts' own reading of PostgreSQL's COPY text format. It shares no code with the mapping's, so
 * that a mistake in either shows as a difference instead of cancelling out.
 */
export class FieldSplitter implements RecordFields {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #columns: number;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** The fields of a record, still escaped, or the code of what is wrong with it. */
  split(record: Uint8Array): readonly string[] | FieldProblem {
    let text: string;
    try {
      text = this.#decoder.decode(record);
    } catch {
      return 'encoding-invalid';
    }
    const fields = text.split('\t');
    return fields.length === this.#columns ? fields : 'field-count';
  }

  /** The value of one field: `null` for NULL. */
  unescape(field: string): string | null {
    if (!field.includes('\\')) return field;
    return field === '\\N' ? null : this.#undo(Buffer.from(field, 'utf8'));
  }

  /** Walks over the bytes, since an escape may stand for half a character. */
  #undo(bytes: Buffer): string {
    const undone: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte !== 0x5c || at + 1 === bytes.length) {
        undone.push(byte);
        continue;
      }
      const escape = readEscape(bytes, at + 1);
      undone.push(escape.byte);
      at += escape.length;
    }
    return this.#decoder.decode(Uint8Array.from(undone));
  }
}

const letters: Readonly<Record<string, number>> = { b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** What follows a backslash: a letter, up to three octal digits, or `x` and up to two hex digits. */
function readEscape(bytes: Buffer, at: number): { byte: number; length: number } {
  const numeric = /^(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3}))/.exec(
    bytes.toString('latin1', at, at + 3),
  );
  if (numeric !== null) {
    const [whole, hex, octal] = numeric;
    const byte = hex === undefined ? Number.parseInt(octal as string, 8) : Number.parseInt(hex, 16);
    return { byte: byte & 0xff, length: whole.length };
  }
  const byte = bytes[at] as number;
  return { byte: letters[String.fromCharCode(byte)] ?? byte, length: 1 };
}
