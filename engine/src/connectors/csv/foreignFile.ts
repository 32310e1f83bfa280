import { isAscii, isUtf8 } from 'node:buffer';
import { singleByteCharsets, type LineCharset } from '../../model/recordLayout.ts';
import { charsetContradicted, charsetUnmarked, fileCompressed } from './failure.ts';

/** The first bytes of files that must be unpacked first (the file formats' own specifications). */
const packings: readonly (readonly [name: string, bytes: Buffer])[] = [
  // In a file that gzip has packed there may be another.
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['zip', Buffer.from('PK\u0003\u0004', 'latin1')],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['bzip2', Buffer.from('BZh', 'latin1')],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
];

/** Bytes of the head that are looked at. */
const looked = 4096;

/**
 * Refuse a file that is no text in a charset of one byte a unit, by its first bytes.
 * @throws HandoverError `source-file-compressed`, `source-charset`.
 */
export function requireLines(path: string, head: Buffer, charset: LineCharset): void {
  const packing = packings.find(([, bytes]) => head.subarray(0, bytes.length).equals(bytes));
  if (packing !== undefined) throw fileCompressed(path, packing[0]);
  if (charset === 'utf-16le' || charset === 'utf-16be') return;
  const zeros = [0, 0] as [even: number, odd: number];
  const length = Math.min(head.length, looked);
  for (let at = 0; at < length; at++) if (head[at] === 0) zeros[at & 1 ? 1 : 0]++;
  // Text of the West is half zeros in UTF-16; elsewhere a zero is a damaged byte here and there.
  if ((zeros[0] + zeros[1]) * 4 < length || length === 0) return;
  throw charsetUnmarked(path, charset, zeros[1] >= zeros[0] ? 'utf-16le' : 'utf-16be');
}

/**
 * Whether a file is UTF-8 although the plan says a character set of one byte: it would be read without
 * an error, and each letter beyond ASCII would become two others, which no comparison could see.
 * Text of such a set is by chance no UTF-8 at all.
 */
export class CharsetEvidence {
  readonly #charset: LineCharset;
  #beyondAscii = false;
  #allUtf8: boolean;

  constructor(charset: LineCharset) {
    this.#charset = charset;
    this.#allUtf8 = singleByteCharsets.some((one) => one === charset);
  }

  /** @param bytes whole records. */
  add(bytes: Buffer): void {
    if (!this.#allUtf8 || isAscii(bytes)) return;
    this.#beyondAscii = true;
    this.#allUtf8 = isUtf8(bytes);
  }

  /** @throws HandoverError `source-charset`. */
  requireDeclared(path: string): void {
    if (this.#beyondAscii && this.#allUtf8) throw charsetContradicted(path, this.#charset);
  }
}
