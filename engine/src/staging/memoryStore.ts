import type { Clock } from '../base/clock.ts';
import { durableOperation } from '../base/durableOperation.ts';
import type { BlobEntry, BlobStore } from './blobStore.ts';
import { checkBlobName } from './blobStore.ts';

/** A blob store for simulation: as durable as the object is. */
export class MemoryStore implements BlobStore {
  readonly #clock: Clock;
  readonly #blobs = new Map<string, { bytes: Buffer; modified: Date }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async put(name: string, bytes: Uint8Array): Promise<'stored' | 'exists'> {
    checkBlobName(name);
    const kept = Buffer.from(bytes);
    return durableOperation('blob.put', async () => {
      if (this.#blobs.has(name)) return 'exists';
      this.#blobs.set(name, { bytes: kept, modified: this.#clock.now() });
      return 'stored';
    });
  }

  async get(name: string): Promise<Buffer | undefined> {
    checkBlobName(name);
    const blob = this.#blobs.get(name);
    return blob && Buffer.from(blob.bytes);
  }

  async remove(name: string): Promise<void> {
    checkBlobName(name);
    await durableOperation('blob.remove', async () => {
      this.#blobs.delete(name);
    });
  }

  async *list(prefix: string): AsyncGenerator<BlobEntry> {
    for (const [name, { bytes, modified }] of this.#blobs) {
      if (name.startsWith(prefix)) yield { name, bytes: bytes.length, modified };
    }
  }
}
