import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { systemCode } from '../../base/errors.ts';

/** A thing in the share that is no folder, or a folder that cannot be listed. */
export interface ShareEntry {
  /** Below the share, parted by `/`; a folder ends in one. */
  path: string;
  /** Where it is, as the bytes that the file system has. */
  place: Buffer;
  kind: 'file' | 'other' | 'closed folder';
  bytes: number;
  /** Changes when the file does: inode, length, time of change. */
  trace: string;
  modified: Date;
}

/**
 * Everything in a folder, however deep, in total order: by the parts of the path. Symbolic links are
 * named and not followed. `after`: strictly after this path, whose folder is found without listing
 * what lies before it.
 * @throws the file system's error where the share itself cannot be listed.
 */
export async function* walkShare(root: string, after?: string): AsyncGenerator<ShareEntry> {
  yield* walk({ place: Buffer.from(root), path: '' }, after?.split('/'));
}

/** Whether a path comes after another one in the order of {@link walkShare}. */
export function isAfter(path: string, other: string): boolean {
  const [left, right] = [path.split('/'), other.split('/')];
  for (let at = 0; at < left.length && at < right.length; at++) {
    const [a, b] = [left[at] as string, right[at] as string];
    if (a !== b) return a > b;
  }
  return left.length > right.length;
}

interface Folder {
  place: Buffer;
  /** Empty for the share itself. */
  path: string;
}

type Listed = { name: string; entry: Dirent<Buffer> };

async function* walk(folder: Folder, after?: readonly string[]): AsyncGenerator<ShareEntry> {
  const names = await listed(folder);
  if (names === undefined) {
    if (after === undefined) yield* entryOf(folder, `${folder.path}/`, 'closed folder');
    return;
  }
  const [passed, ...deeper] = after ?? [];
  for (const { name, entry } of names) {
    if (passed !== undefined && name < passed) continue;
    const path = folder.path === '' ? name : `${folder.path}/${name}`;
    const below = { place: placeIn(folder, entry.name), path };
    const isPassed = name === passed;
    if (entry.isDirectory()) yield* walk(below, isPassed ? deeper : undefined);
    else if (!isPassed) yield* entryOf(below, path, entry.isFile() ? 'file' : 'other');
  }
}

/** `undefined`: there is no leave to list it. */
async function listed({ place, path }: Folder): Promise<Listed[] | undefined> {
  try {
    const entries = await readdir(place, { withFileTypes: true, encoding: 'buffer' });
    const names = entries.map((entry) => ({ name: textOf(entry.name), entry }));
    return names.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  } catch (error) {
    const code = systemCode(error);
    if (path === '' || code === undefined) throw error;
    if (code === 'EACCES' || code === 'EPERM') return undefined;
    if (isGone(code)) return [];
    throw error;
  }
}

/** A name in an old character set is read as Latin-1: each byte a character, none lost. */
function textOf(name: Buffer): string {
  return name.toString(isUtf8(name) ? 'utf8' : 'latin1');
}

function placeIn({ place }: Folder, name: Buffer): Buffer {
  return Buffer.concat([place, slash, name]);
}

const slash = Buffer.from('/');

/** What went between being listed and being looked at is not there. */
async function* entryOf(
  { place }: Folder,
  path: string,
  kind: ShareEntry['kind'],
): AsyncGenerator<ShareEntry> {
  const found = await lstat(place, { bigint: true }).catch((error: unknown) => {
    if (isGone(systemCode(error))) return undefined;
    throw error;
  });
  if (found === undefined) return;
  const isFile = found.isFile();
  yield {
    path,
    place,
    // What was a file when it was listed may have become a link since.
    kind: kind === 'file' && !isFile ? 'other' : kind,
    bytes: isFile ? Number(found.size) : 0,
    trace: traceOf(found),
    modified: new Date(Number(found.mtimeNs / 1_000_000n)),
  };
}

function isGone(code: string | undefined): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR';
}

export function traceOf(stats: {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
}): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs].join(' ');
}
