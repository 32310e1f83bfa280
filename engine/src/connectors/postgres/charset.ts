import { isAscii } from 'node:buffer';

/**
 * Text of a database that does not know its own character set, as UTF-8. Chunks may be cut
 * anywhere, since every character of these sets is one byte; UTF-8 itself passes untouched.
 */
export async function* inUtf8(
  chunks: AsyncIterable<Buffer>,
  charset: string,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(charset);
  for await (const chunk of chunks) {
    yield isAscii(chunk) ? chunk : Buffer.from(decoder.decode(chunk), 'utf8');
  }
}
