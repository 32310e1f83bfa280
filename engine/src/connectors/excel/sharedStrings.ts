import type { XmlHandler } from './xml.ts';

/**
 * The texts that cells refer to by number (ECMA-376 part 1, section 18.4), packed as UTF-8: a
 * workbook can have millions, and as strings they would take several times the memory.
 */
export class SharedStrings {
  readonly #most: number;
  #bytes = Buffer.allocUnsafeSlow(4096);
  #ends = new Float64Array(256);
  #filled = 0;
  count = 0;

  /** @param most bytes of all texts together. */
  constructor(most = 1024 ** 3) {
    this.#most = most;
  }

  /** Whether there was room for it. */
  add(text: string): boolean {
    const end = this.#filled + Buffer.byteLength(text);
    if (end > this.#most) return false;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#filled);
      this.#bytes = larger;
    }
    if (this.count === this.#ends.length) {
      const longer = new Float64Array(this.count * 2);
      longer.set(this.#ends);
      this.#ends = longer;
    }
    this.#bytes.write(text, this.#filled);
    this.#filled = end;
    this.#ends[this.count++] = end;
    return true;
  }

  at(index: number): string | undefined {
    if (!Number.isInteger(index) || index < 0 || index >= this.count) return undefined;
    return this.#bytes.toString('utf8', this.#ends[index - 1] ?? 0, this.#ends[index]);
  }
}

/** Gathers a text in pieces, without its phonetic guide (`rPh`), for `si` and `is` alike. */
export class TextGatherer implements XmlHandler {
  readonly #element: string;
  readonly #done: (text: string) => void;
  #pieces = '';
  #inText = false;
  #guide = 0;

  constructor(element: string, done: (text: string) => void) {
    this.#element = element;
    this.#done = done;
  }

  open(name: string): void {
    if (name === this.#element) this.#pieces = '';
    else if (name === 'rPh') this.#guide++;
    else if (name === 't') this.#inText = this.#guide === 0;
  }

  text(text: string): void {
    if (this.#inText) this.#pieces += text;
  }

  close(name: string): void {
    if (name === 't') this.#inText = false;
    else if (name === 'rPh') this.#guide--;
    else if (name === this.#element) this.#done(unescapeText(this.#pieces));
  }
}

/** Characters that XML cannot hold stand as `_x000B_` (ECMA-376 part 1, section 22.9.2.19). */
export function unescapeText(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
