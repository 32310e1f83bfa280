/** A resource, or a line of NDJSON, is no longer than this. */
export const mostBytes = 256 * 1024 * 1024;

const lineFeed = 0x0a;

/** Whether a file holds one resource or a resource in each line. */
type Kind = 'unknown' | 'lines' | 'whole';

/** A line of a file, or all of it. */
export interface FhirPiece {
  isLine: boolean;
  /** Where it starts in the file: in bytes, and its line from 1. */
  offset: number;
  line: number;
  /** Absent: it is longer than any resource is. */
  bytes?: Buffer;
}

/**
 * What of a file is a resource each: its lines where it is named as NDJSON or its first line is JSON by
 * itself, as bulk exports name both `.json`, else all of it. Pieces may be empty.
 */
export async function* fhirPieces(
  chunks: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<FhirPiece> {
  const held = new Held(/\.(ndjson|jsonl)$/i.test(name) ? 'lines' : 'unknown');
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
      held.add(chunk.subarray(from, end + 1));
      from = end + 1;
      if (held.kind === 'unknown') held.decide();
      if (held.kind === 'lines') yield held.take();
    }
    held.add(chunk.subarray(from));
  }
  yield held.take();
}

/** Nothing but white, and perhaps UTF-8's byte order mark. */
export function isBlank(bytes: Buffer): boolean {
  return !bytes.some((byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
}

class Held {
  kind: Kind;
  #parts: Buffer[] = [];
  #length = 0;
  #offset = 0;
  #line = 1;
  #lines = 0;

  constructor(kind: Kind) {
    this.kind = kind;
  }

  /** A part without a line feed, but for one at its end. */
  add(part: Buffer): void {
    if (part.at(-1) === lineFeed) this.#lines++;
    this.#length += part.length;
    if (this.#length <= mostBytes) this.#parts.push(part);
    else this.#parts = [];
  }

  /** By the first line that is not empty. One that repeats a key is a line too, and refused alone. */
  decide(): void {
    const bytes = Buffer.concat(this.#parts);
    if (isBlank(bytes)) return;
    this.kind = 'whole';
    const text = bytes.toString('utf8').trim();
    if (!text.endsWith('}')) return;
    try {
      JSON.parse(text.replace(/^\ufeff/, ''));
      this.kind = 'lines';
    } catch {
      // It is the beginning of something longer.
    }
  }

  take(): FhirPiece {
    const place = { isLine: this.kind === 'lines', offset: this.#offset, line: this.#line };
    this.#offset += this.#length;
    this.#line += this.#lines;
    const isLong = this.#length > mostBytes;
    const piece = isLong ? place : { ...place, bytes: withoutFeed(Buffer.concat(this.#parts)) };
    this.#parts = [];
    this.#length = 0;
    this.#lines = 0;
    return piece;
  }
}

function withoutFeed(bytes: Buffer): Buffer {
  return bytes.at(-1) === lineFeed ? bytes.subarray(0, -1) : bytes;
}
