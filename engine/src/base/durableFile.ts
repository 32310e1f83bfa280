import { link, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { durableOperation } from './durableOperation.ts';
import { systemCode } from './errors.ts';

/**
 * Put a file under a name that must be free: whole, and durable (file and folder synced) before
 * this resolves, or not there at all. Two who try at once: one stores, the other finds it.
 *
 * @param unfinished where the bytes stand until they are whole; on the same file system. What a
 *   crash leaves there is garbage that anyone may remove.
 */
export async function putFileOnce(
  path: string,
  bytes: Uint8Array,
  unfinished: string = join(dirname(path), `.${basename(path)}.${process.pid}`),
): Promise<'stored' | 'exists'> {
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
    await link(unfinished, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return 'exists';
    throw error;
  } finally {
    await file.close();
    await unlink(unfinished);
  }
  await syncFolder(dirname(path));
  return 'stored';
}

/**
 * Put other bytes in the place of a file: whoever opens it, after a crash too, finds the former ones or
 * these, whole. Mode 0600. Durable before this resolves.
 */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = join(dirname(path), `.${basename(path)}.${process.pid}`);
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await durableOperation('file.replace', async () => {
    await rename(unfinished, path);
    await syncFolder(dirname(path));
  });
}

/** Make the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
