import type { LineCharset } from '../../model/recordLayout.ts';
import { charsetDiffers } from './failure.ts';

const marks: readonly { charset: LineCharset; bytes: Buffer }[] = [
  { charset: 'utf-8', bytes: Buffer.from([0xef, 0xbb, 0xbf]) },
  { charset: 'utf-16le', bytes: Buffer.from([0xff, 0xfe]) },
  { charset: 'utf-16be', bytes: Buffer.from([0xfe, 0xff]) },
];

/**
 * The character set of a file and the length of its byte order mark (Unicode, section 23.8).
 * @throws HandoverError `source-charset` when the mark says otherwise than the plan.
 */
export function charsetOf(
  bytes: Buffer,
  plan: { path: string; charset: LineCharset | 'utf-16' | undefined },
): { charset: LineCharset; length: number } {
  const { charset, path } = plan;
  const mark = marks.find((one) => bytes.subarray(0, one.bytes.length).equals(one.bytes));
  if (mark === undefined) {
    return { charset: charset === 'utf-16' ? 'utf-16le' : (charset ?? 'utf-8'), length: 0 };
  }
  const agrees = charset === 'utf-16' ? mark.charset !== 'utf-8' : charset === mark.charset;
  if (charset !== undefined && !agrees) throw charsetDiffers(path, charset, mark.charset);
  return { charset: mark.charset, length: mark.bytes.length };
}
