import type { Receipt, TargetId, Write } from '../../model/target.ts';

/** The newest version of a resource as its row tells. */
export interface Head extends TargetId {
  version: number;
  /** Undefined: the newest version is a removal. */
  stored: { block: number; slot: number; digest: string } | undefined;
}

/** What becomes of one write, given what is there. */
export type Decision =
  | { step: 'store'; version: number }
  | { step: 'remove'; version: number }
  | { step: 'revert'; version: number }
  /** Nothing is changed. */
  | { step: 'answer'; receipt: Receipt };

/**
 * Decide a write. The rules make a repeated write harmless, whatever happened to the first one:
 * - a put of the digest that is current changes nothing, even where `ifVersion` no longer fits;
 * - a removal of what is removed changes nothing;
 * - a revert of a version that is not there any more changes nothing.
 *
 * A removal counts as a version: after it `ifVersion` is its number, not 0.
 */
export function decide(write: Write, current: Head | undefined, digest: () => string): Decision {
  switch (write.kind) {
    case 'put':
      return decidePut(write, current, digest);
    case 'remove':
      return decideRemove(write, current);
    case 'revert':
      return decideRevert(write, current);
  }
}

function decidePut(
  write: TargetId & { ifVersion?: number },
  current: Head | undefined,
  digest: () => string,
): Decision {
  if (current?.stored !== undefined && current.stored.digest === digest()) {
    return unchanged(current);
  }
  if (!fits(write.ifVersion, current)) return versionDiffers(write);
  return { step: 'store', version: (current?.version ?? 0) + 1 };
}

function decideRemove(
  write: TargetId & { ifVersion?: number },
  current: Head | undefined,
): Decision {
  if (current !== undefined && current.stored === undefined) return unchanged(current);
  if (!fits(write.ifVersion, current)) return versionDiffers(write);
  if (current === undefined) return unchanged({ ...write, version: 0, stored: undefined });
  return { step: 'remove', version: current.version + 1 };
}

function decideRevert(
  write: TargetId & { ifVersion: number },
  current: Head | undefined,
): Decision {
  const version = current?.version ?? 0;
  if (version === write.ifVersion && version > 0) return { step: 'revert', version };
  if (version > write.ifVersion) return versionDiffers(write);
  return unchanged(current ?? { ...write, version: 0, stored: undefined });
}

function fits(ifVersion: number | undefined, current: Head | undefined): boolean {
  return ifVersion === undefined || ifVersion === (current?.version ?? 0);
}

function unchanged(head: Head): Decision {
  return { step: 'answer', receipt: delivered(head, true) };
}

function versionDiffers(write: TargetId): Decision {
  return { step: 'answer', receipt: refused(write, 'version-differs') };
}

/** The receipt for a resource that is now (or still) as `head` says; no version: digest is empty. */
export function delivered(head: Head, same: boolean): Receipt {
  const { type, id, version, stored } = head;
  return { type, id, state: 'delivered', version, digest: stored?.digest ?? '', unchanged: same };
}

export function refused({ type, id }: TargetId, code: string): Receipt {
  return { type, id, state: 'refused', code };
}

/**
 * Cut a batch into rounds in which no resource is written twice, so that each round can be done
 * set-wise. Almost every batch is one round.
 * @returns places in the batch.
 */
export function roundsOf(batch: readonly Write[]): number[][] {
  const rounds: number[][] = [];
  let round: number[] = [];
  // Ids by type: to join the two into one text costs more than all else here.
  const seen = new Map<string, Set<string>>();
  batch.forEach(({ type, id }, place) => {
    if (seen.get(type)?.has(id) === true) {
      rounds.push(round);
      round = [];
      seen.clear();
    }
    const ids = seen.get(type);
    if (ids === undefined) seen.set(type, new Set([id]));
    else ids.add(id);
    round.push(place);
  });
  if (round.length > 0) rounds.push(round);
  return rounds;
}
