import { open, type FileHandle } from 'node:fs/promises';
import type { ByteFile } from './byteFile.ts';
import { fileFailure } from './failure.ts';
import { UnpackedFile } from './unpackedFile.ts';

/** The first bytes of gzip (RFC 1952). */
const gzip = Buffer.from([0x1f, 0x8b]);

/**
 * Open a file; of one that gzip has packed, what is in it.
 * @throws HandoverError `source-file-missing`, `source-denied`, `source-unavailable`; reading one that
 * is packed, `source-file-damaged`, `source-file-bomb`.
 */
export async function openFile(path: string): Promise<ByteFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const plain = new PlainFile(handle);
    const head = await plain.readAt(0, gzip.length);
    if (!head.equals(gzip)) return plain;
    return new UnpackedFile(handle, path);
  } catch (error) {
    await handle?.close();
    throw fileFailure(error, path);
  }
}

class PlainFile implements ByteFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async readAt(from: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, from + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
