import { exitCodes, HandoverError } from '../base/errors.ts';

/**
 * Where parcels stand: immutable blobs under names that are given out once. The contract, shown by
 * the conformance suite:
 * - `put` stores under a free name or finds the name taken and changes nothing; of several at once
 *   one stores. It is durable before it resolves, and nobody ever sees a part of a blob.
 * - A failed `put` leaves nothing under the name; one whose caller died left all of it or nothing.
 * - `remove` of what is not there succeeds.
 * - `list` promises no order. A blob that comes or goes meanwhile may be listed or not.
 *
 * @throws HandoverError `blob-name` (permanent), `disk-full`, `blob-store-unavailable` (transient).
 */
export interface BlobStore {
  put(name: string, bytes: Uint8Array): Promise<'stored' | 'exists'>;
  get(name: string): Promise<Buffer | undefined>;
  remove(name: string): Promise<void>;
  /** Every blob whose name starts with `prefix`, which need not end at a slash. */
  list(prefix: string): AsyncIterable<BlobEntry>;
}

export interface BlobEntry {
  name: string;
  bytes: number;
  modified: Date;
}

const longestName = 512;
const namePattern = /^(?:[a-z0-9_~-][a-z0-9._~-]{0,127}\/)*[a-z0-9_~-][a-z0-9._~-]{0,127}$/;

/**
 * Names are words of lower-case letters, digits and `._~-`, joined by slashes; no word starts with
 * a dot. Every store, and every file system below one, keeps such names apart.
 */
export function checkBlobName(name: string): void {
  if (name.length <= longestName && namePattern.test(name)) return;
  throw new HandoverError('blob-name', 'a name that no blob store can hold', {
    next: 'This is a defect of Handover: please report it.',
  });
}

/** The disk (or the quota, or the largest file allowed) is used up. */
export function diskFull(place: string): HandoverError {
  return new HandoverError('disk-full', `there is no room for parcels in ${place}`, {
    next: 'What is committed is safe. Free disk space, then run: handover resume',
    failure: 'transient',
    exitCode: exitCodes.unavailable,
  });
}
