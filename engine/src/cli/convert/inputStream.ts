import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** A compressed file that cannot be read to its end. */
export class GzipProblem extends Error {}

/** The bytes of a file as they come; one named `.gz` is decompressed. */
export async function* inputBytes(file: string): AsyncGenerator<Buffer> {
  const bytes = createReadStream(file);
  if (!isGzip(file)) {
    yield* bytes as AsyncIterable<Buffer>;
    return;
  }
  const plain = createGunzip();
  bytes.on('error', (error) => plain.destroy(error));
  try {
    for await (const chunk of bytes.pipe(plain)) yield chunk as Buffer;
  } catch (error) {
    const isBroken = /^(Z_|ERR_)/.test((error as { code?: string }).code ?? '');
    throw isBroken ? new GzipProblem('broken') : error;
  } finally {
    bytes.destroy();
  }
}

function isGzip(name: string): boolean {
  return /\.gz$/i.test(name);
}

/** The name that a file has when it is not compressed. */
export function plainName(name: string): string {
  return isGzip(name) ? name.slice(0, -3) : name;
}

/** A line, or a file of one value, is no longer than this. */
const mostBytes = 256 * 1024 * 1024;

const lineFeed = 0x0a;

/** Lines as they come, empty ones too; undefined for one that is longer than any resource is. */
export async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string | undefined> {
  let held = new Held();
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
      held.add(chunk.subarray(from, end));
      yield held.text();
      held = new Held();
      from = end + 1;
    }
    held.add(chunk.subarray(from));
  }
  yield held.text();
}

/** The whole of a file; undefined where it is longer than any resource is. */
export async function* wholeOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string | undefined> {
  const held = new Held();
  for await (const chunk of bytes) held.add(chunk);
  yield held.text();
}

/** Pieces of one text; what is too long is let go. */
class Held {
  #parts: Buffer[] = [];
  #length = 0;

  add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length <= mostBytes) this.#parts.push(part);
    else this.#parts = [];
  }

  text(): string | undefined {
    return this.#length > mostBytes ? undefined : Buffer.concat(this.#parts).toString('utf8');
  }
}
