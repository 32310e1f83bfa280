import { mkdir, opendir, readFile, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { sha256Hex } from '../base/digest.ts';
import { putFileOnce, syncFolder } from '../base/durableFile.ts';
import { durableOperation } from '../base/durableOperation.ts';
import { exitCodes, HandoverError, systemCode } from '../base/errors.ts';
import { systemRandom } from '../base/random.ts';
import type { BlobEntry, BlobStore } from './blobStore.ts';
import { checkBlobName, diskFull } from './blobStore.ts';

/** Bytes on their way to a name. No blob's folder starts with a dot. */
const unfinishedFolder = '.unfinished';
/** No put takes a day: what is older was left by a program that died. */
const unfinishedForMs = 24 * 3_600_000;
const fullCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/**
 * A blob store in a local folder (or a shared one whose file system has hard links). The file of
 * `a/b/c` is `a/b/XX/c`, XX being two hex digits from the name's digest: no folder grows huge.
 */
export async function openFolderStore(options: {
  folder: string;
  clock: Clock;
}): Promise<BlobStore> {
  const store = new FolderStore(options.folder);
  await store.open(options.clock);
  return store;
}

class FolderStore implements BlobStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(clock: Clock): Promise<void> {
    await this.#attempt(async () => {
      await ensureFolder(join(this.#folder, unfinishedFolder));
      const before = clock.now().getTime() - unfinishedForMs;
      for await (const { path, modified } of filesBelow(join(this.#folder, unfinishedFolder))) {
        if (modified.getTime() < before) await unlinkIfThere(path);
      }
    });
  }

  async put(name: string, bytes: Uint8Array): Promise<'stored' | 'exists'> {
    const path = this.#pathOf(name);
    return this.#attempt(() =>
      durableOperation('blob.put', async () => {
        await ensureFolder(dirname(path));
        return putFileOnce(path, bytes, this.#unfinishedPath());
      }),
    );
  }

  async get(name: string): Promise<Buffer | undefined> {
    const path = this.#pathOf(name);
    return this.#attempt(() => orUndefined(readFile(path)));
  }

  async remove(name: string): Promise<void> {
    const path = this.#pathOf(name);
    await this.#attempt(() =>
      durableOperation('blob.remove', async () => {
        if (await unlinkIfThere(path)) await syncFolder(dirname(path));
      }),
    );
  }

  async *list(prefix: string): AsyncGenerator<BlobEntry> {
    const whole = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (whole !== '') checkBlobName(whole.slice(0, -1));
    for await (const { path, bytes, modified } of filesBelow(join(this.#folder, whole))) {
      const name = this.#nameOf(path);
      if (name !== undefined && name.startsWith(prefix)) yield { name, bytes, modified };
    }
  }

  #unfinishedPath(): string {
    const name = `${process.pid}-${systemRandom.bytes(8).toString('hex')}`;
    return join(this.#folder, unfinishedFolder, name);
  }

  #pathOf(name: string): string {
    checkBlobName(name);
    const words = name.split('/');
    words.splice(-1, 0, sha256Hex(name).slice(0, 2));
    return join(this.#folder, ...words);
  }

  /** `undefined` for a file that is no blob, such as one on its way. */
  #nameOf(path: string): string | undefined {
    const words = path.slice(join(this.#folder, '/').length).split('/');
    if (words.length < 2 || words[0] === unfinishedFolder) return undefined;
    words.splice(-2, 1);
    return words.join('/');
  }

  async #attempt<T>(operate: () => Promise<T>): Promise<T> {
    try {
      return await operate();
    } catch (error) {
      const code = systemCode(error);
      if (fullCodes.includes(code)) throw diskFull(this.#folder);
      if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
      throw new HandoverError(
        'blob-store-unavailable',
        `${this.#folder} cannot be used (${code})`,
        {
          next: 'What is committed is safe. Check the folder, its disk and its owner; then resume.',
          failure: 'transient',
          exitCode: exitCodes.unavailable,
        },
      );
    }
  }
}

/** Create a folder and make it durable, with every folder above it that was not there either. */
async function ensureFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let at = dirname(path); ; at = dirname(at)) {
    await syncFolder(at);
    if (at === dirname(first) || at === dirname(at)) return;
  }
}

interface FoundFile {
  path: string;
  bytes: number;
  modified: Date;
}

async function* filesBelow(folder: string): AsyncGenerator<FoundFile> {
  const entries = await orUndefined(opendir(folder));
  if (entries === undefined) return;
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      yield* filesBelow(path);
    } else {
      const found = await orUndefined(stat(path));
      if (found !== undefined) yield { path, bytes: found.size, modified: found.mtime };
    }
  }
}

async function unlinkIfThere(path: string): Promise<boolean> {
  return (await orUndefined(unlink(path).then(() => true))) ?? false;
}

async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
