import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import type { Slice } from '../../model/stream.ts';
import type { FileState } from '../heldFiles.ts';
import { shareFailure } from './failure.ts';
import { walkShare, type ShareEntry } from './walk.ts';

/** A folder as it was listed: paths, lengths and times of change make the name of its snapshot. */
export interface HeldFolder extends FileState {
  root: string;
  /** Everything in it that is no folder. */
  count: number;
}

/** @throws HandoverError `source-file-missing`, `source-denied`, `source-unavailable`. */
export async function listFolder(
  folder: string,
  digest: (data: Uint8Array) => string,
): Promise<HeldFolder> {
  const root = await realpath(folder).catch((error: unknown) => {
    throw shareFailure(error);
  });
  const listing = createHash('sha256');
  let count = 0;
  for await (const { path, kind, trace } of walking(root)) {
    listing.update(`${JSON.stringify([path, kind, trace])}\n`);
    count++;
  }
  return { root, count, snapshot: digest(listing.digest()) };
}

/** {@link walkShare}, what fails on the way told as a failure of the source. */
export async function* walking(root: string, after?: string): AsyncGenerator<ShareEntry> {
  try {
    yield* walkShare(root, after);
  } catch (error) {
    throw shareFailure(error);
  }
}

/** Paths after `after`, up to and with `upTo`. */
export interface PathRange {
  after?: string;
  upTo?: string;
}

/** Slices that end with these paths, and one of what is behind the last. */
export function slicesAt(stream: string, ends: readonly string[]): Slice[] {
  return [...ends, undefined].map((upTo, at) => {
    const after = ends[at - 1];
    const range: PathRange = { ...(after !== undefined && { after }), ...(upTo && { upTo }) };
    return { stream, id: String(at + 1).padStart(4, '0'), range: JSON.stringify(range) };
  });
}
