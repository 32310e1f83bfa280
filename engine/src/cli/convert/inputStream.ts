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
