import { isAscii, isUtf8 } from 'node:buffer';
import type { RecordBatch } from '../model/record.ts';
import type { LineCharset } from '../model/recordLayout.ts';

/**
 * The records of a batch as text. Where offsets in bytes and characters agree (ASCII, and every
 * character set of one byte) a batch is decoded once as a whole.
 */
export class RecordText {
  readonly #charset: LineCharset;
  readonly #decoder: InstanceType<typeof TextDecoder>;
  #batch: RecordBatch | undefined;
  /** The whole batch, where its offsets hold for its text too. */
  #whole: string | undefined;
  /** Whether some byte of the whole stands for no character. */
  #damaged = false;
  /** The selected record is `text[start … end]`. */
  text = '';
  start = 0;
  end = 0;

  constructor(charset: LineCharset) {
    this.#charset = charset;
    const fatal = !isSingleByte(charset);
    this.#decoder = new TextDecoder(charset, { fatal, ignoreBOM: true });
  }

  open(batch: RecordBatch): void {
    this.#batch = batch;
    this.#whole = this.#decodeWhole(batch.bytes.subarray(0, batch.offsets.at(-1)));
    this.#damaged = false;
    if (this.#whole === undefined) return;
    this.#damaged = isSingleByte(this.#charset) && noCharacter.test(this.#whole);
    this.text = this.#whole;
  }

  #decodeWhole(bytes: Buffer): string | undefined {
    if (isWide(this.#charset)) return undefined;
    if (isAscii(bytes)) return bytes.toString('latin1');
    return isSingleByte(this.#charset) ? this.#decoder.decode(bytes) : undefined;
  }

  /** Turn to a record; false when its bytes are no text of the character set. */
  select(ordinal: number): boolean {
    const { bytes, offsets } = this.#batch as RecordBatch;
    const start = offsets[ordinal] as number;
    const end = offsets[ordinal + 1] as number;
    if (this.#whole === undefined) return this.#decode(bytes.subarray(start, end));
    this.start = start;
    this.end = end;
    return !this.#damaged || !noCharacter.test(this.#whole.slice(start, end));
  }

  #decode(bytes: Buffer): boolean {
    if (this.#charset === 'utf-8') {
      if (!isUtf8(bytes)) return false;
      this.text = bytes.toString('utf8');
    } else {
      try {
        this.text = this.#decoder.decode(bytes);
      } catch {
        return false;
      }
    }
    this.start = 0;
    this.end = this.text.length;
    return true;
  }
}

/** Whether a character takes two bytes (or four). */
export function isWide(charset: LineCharset): boolean {
  return charset === 'utf-16le' || charset === 'utf-16be';
}

function isSingleByte(charset: LineCharset): boolean {
  return charset !== 'utf-8' && !isWide(charset);
}

/**
 * Bytes without a character in a one-byte set come out as control characters that no text holds
 * (C1), or as the replacement character.
 */
// oxlint-disable-next-line no-control-regex -- the C1 controls are what is looked for
const noCharacter = /[\u0080-\u009f\ufffd]/;
