import type { FileHandle } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { systemCode } from '../../base/errors.ts';
import type { ByteFile } from './byteFile.ts';
import { fileBomb, fileDamaged } from './failure.ts';

/** Places at which a file is being unpacked at once: as many as slices are read side by side. */
const mostWalks = 8;

/** Beyond so many bytes a file may not grow by more than the ratio; text packs to a tenth or so. */
const freeBytes = 64 * 1024 * 1024;
const mostRatio = 200;

/**
 * What is in a file that gzip has packed. It is unpacked in passing, and nothing of it is kept but
 * what was asked for: no copy in the clear lies anywhere. Who reads on where he left off goes on; who
 * goes back begins at the front.
 */
export class UnpackedFile implements ByteFile {
  readonly #handle: FileHandle;
  readonly #path: string;
  /** The last used last. */
  #walks: Walk[] = [];

  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  /** @throws HandoverError `source-file-damaged`, `source-file-bomb`. */
  async readAt(from: number, length: number): Promise<Buffer> {
    const walk = this.#take(from);
    try {
      const bytes = await walk.read(from, length);
      this.#walks.push(walk);
      if (this.#walks.length > mostWalks) this.#walks.shift()?.end();
      return bytes;
    } catch (error) {
      walk.end();
      if (isPackingError(error)) throw fileDamaged(this.#path);
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const walk of this.#walks.splice(0)) walk.end();
    await this.#handle.close();
  }

  /** The walk that is nearest before the place; it is out of the list while it is used. */
  #take(from: number): Walk {
    const before = this.#walks.filter(({ at }) => at <= from);
    const nearest = before.reduce<Walk | undefined>(
      (best, one) => (best === undefined || one.at > best.at ? one : best),
      undefined,
    );
    if (nearest === undefined) return new Walk(this.#handle, this.#path);
    this.#walks = this.#walks.filter((one) => one !== nearest);
    return nearest;
  }
}

/** One way through the file, from its front on. */
class Walk {
  /** Offset of the next byte that it gives. */
  at = 0;
  readonly #path: string;
  readonly #unpacked: Readable & { bytesWritten: number };
  readonly #pieces: AsyncIterator<Buffer>;
  #ahead: Buffer = Buffer.alloc(0);
  #given = 0;

  constructor(handle: FileHandle, path: string) {
    this.#path = path;
    const unpacked = createGunzip();
    // What goes wrong is thrown by the iterator below.
    pipeline(packedBytes(handle), unpacked, () => undefined);
    this.#unpacked = unpacked;
    this.#pieces = unpacked[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async read(from: number, length: number): Promise<Buffer> {
    while (this.at < from) {
      if (this.#ahead.length === 0 && !(await this.#next())) break;
      const skipped = Math.min(from - this.at, this.#ahead.length);
      this.#drop(skipped);
    }
    const taken: Buffer[] = [];
    let left = length;
    while (left > 0) {
      if (this.#ahead.length === 0 && !(await this.#next())) break;
      const piece = this.#ahead.subarray(0, left);
      taken.push(piece);
      left -= piece.length;
      this.#drop(piece.length);
    }
    return Buffer.concat(taken);
  }

  end(): void {
    this.#unpacked.destroy();
  }

  #drop(count: number): void {
    this.#ahead = this.#ahead.subarray(count);
    this.at += count;
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#pieces.next();
    if (done === true) return false;
    this.#ahead = value;
    this.#given += value.length;
    const most = Math.max(freeBytes, mostRatio * this.#unpacked.bytesWritten);
    if (this.#given > most) throw fileBomb(this.#path);
    return true;
  }
}

async function* packedBytes(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    const buffer = Buffer.allocUnsafe(64 * 1024);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** Of zlib: `Z_DATA_ERROR` where bytes are damaged, `Z_BUF_ERROR` where the file was cut. */
function isPackingError(error: unknown): boolean {
  return systemCode(error)?.startsWith('Z_') === true;
}
