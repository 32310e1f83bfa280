/** The part of `yauzl` used here; the package ships no types. */
declare module 'yauzl' {
  import type { Readable } from 'node:stream';

  export interface Entry {
    fileName: string;
    /** As the central directory says. */
    compressedSize: number;
    uncompressedSize: number;
    /** Nothing compares it with the bytes but we. */
    crc32: number;
  }

  export interface ZipFile {
    entryCount: number;
    eachEntry(): AsyncIterable<Entry>;
    /** Fails when the entry has another size than it says. */
    openReadStreamPromise(entry: Entry): Promise<Readable>;
    close(): void;
  }

  export function openPromise(
    path: string,
    options: { lazyEntries: boolean; autoClose: boolean },
  ): Promise<ZipFile>;
}
