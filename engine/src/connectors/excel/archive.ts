import { open, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { damaged, isOldFormat, isProtected, tooLarge, workbookFailure } from './failure.ts';

const parts = 10_000;
const partBytes = 4 * 1024 ** 3;
/** Parts below this may be packed as tightly as they like; sheets are packed some twenty to one. */
const tightBytes = 64 * 1024 ** 2;
const tightest = 250;

/** The parts of a workbook (ECMA-376 part 2: a ZIP file), within the bounds of any sound one. */
export class Archive {
  readonly path: string;
  readonly #file: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(path: string, file: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.path = path;
    this.#file = file;
    this.#entries = entries;
  }

  has(part: string): boolean {
    return this.#entries.has(part.toLowerCase());
  }

  /**
   * The bytes of a part; its stream is given back when the reader leaves.
   * @throws HandoverError `source-file-damaged` when it is not there, or not what it says.
   */
  async *read(part: string): AsyncGenerator<Buffer> {
    const entry = this.#entries.get(part.toLowerCase());
    if (entry === undefined) throw damaged(this.path);
    let stream: Readable | undefined;
    try {
      stream = await this.#file.openReadStreamPromise(entry);
      let sum = 0;
      for await (const bytes of stream) {
        sum = crc32(bytes as Buffer, sum);
        yield bytes as Buffer;
      }
      if (sum !== entry.crc32) throw damaged(this.path);
    } catch (error) {
      throw workbookFailure(error, this.path);
    } finally {
      stream?.destroy();
    }
  }

  close(): void {
    this.#file.close();
  }
}

/**
 * Open a workbook; what it says of the sizes of its parts is judged before one is unpacked, and the
 * ZIP reader holds each part to what it says.
 * @throws HandoverError `source-file-missing`, `source-denied`, `source-file-protected`,
 * `source-file-damaged`, `source-file-large`.
 */
export async function openArchive(path: string): Promise<Archive> {
  try {
    await requirePackage(path);
    const file = await openPromise(path, { lazyEntries: true, autoClose: false });
    try {
      return new Archive(path, file, await entriesOf(path, file));
    } catch (error) {
      file.close();
      throw error;
    }
  } catch (error) {
    throw workbookFailure(error, path);
  }
}

async function entriesOf(path: string, file: ZipFile): Promise<Map<string, Entry>> {
  if (file.entryCount > parts) throw tooLarge(path, `has more than ${parts} parts`);
  const entries = new Map<string, Entry>();
  for await (const entry of file.eachEntry()) {
    const { uncompressedSize: size, compressedSize } = entry;
    if (size > partBytes) throw tooLarge(path, 'has a part of more than 4 GiB');
    if (size > tightBytes && size > compressedSize * tightest) {
      throw tooLarge(path, `has a part that grows more than ${tightest} times when it is unpacked`);
    }
    const name = entry.fileName.toLowerCase();
    // Of two parts with one name each reader would choose its own (ECMA-376 part 2 forbids them).
    if (entries.has(name)) throw damaged(path);
    entries.set(name, entry);
  }
  return entries;
}

const oleMagic = Buffer.from('d0cf11e0a1b11ae1', 'hex');
const encrypted = Buffer.from('EncryptedPackage', 'utf16le');
const lookedBytes = 4096;

async function requirePackage(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(lookedBytes);
    const { bytesRead } = await handle.read(buffer, 0, lookedBytes, 0);
    const head = buffer.subarray(0, bytesRead);
    if (!head.subarray(0, oleMagic.length).equals(oleMagic)) return;
    throw (await namesEncrypted(handle, head)) ? isProtected(path) : isOldFormat(path);
  } finally {
    await handle.close();
  }
}

/** Whether the directory of an OLE file, which may stand anywhere, names such a stream. */
async function namesEncrypted(handle: FileHandle, head: Buffer): Promise<boolean> {
  const sectorBytes = 2 ** head.readUInt16LE(30);
  const directory = Buffer.alloc(lookedBytes);
  const at = (head.readUInt32LE(48) + 1) * sectorBytes;
  const { bytesRead } = await handle.read(directory, 0, lookedBytes, at);
  return directory.subarray(0, bytesRead).includes(encrypted);
}
