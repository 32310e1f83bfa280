import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sharedFiles } from './tables/documents.ts';
import type { Truth } from './table.ts';
import type { World } from './world.ts';

/** What must become of the files of the share: `truth/files.ndjson` of a folder. */
export function* shareTruths(world: World): Generator<Truth> {
  for (const { truth } of sharedFiles(world)) yield truth;
}

/**
 * The share of scans and letters: the files that the table `documents` points to, and some that
 * nobody indexed. A file that is there is not written over.
 */
export async function writeShare(folder: string, world: World): Promise<void> {
  const made = new Set<string>();
  for (const { path, bytes } of sharedFiles(world)) {
    const below = dirname(join(folder, path));
    if (!made.has(below)) await mkdir(below, { recursive: true });
    made.add(below);
    await writeFile(join(folder, path), bytes, { flag: 'wx' });
  }
}
