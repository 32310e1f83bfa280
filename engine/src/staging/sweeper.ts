import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { BlobStore } from './blobStore.ts';

export interface SweepOptions {
  store: BlobStore;
  /** Only names that start with this. */
  prefix: string;
  /**
   * No parcel younger than this is touched: its batch may be about to commit, and after a restore
   * from the oldest kept backup its manifest may be in force again. Measured on the store's clock.
   */
  olderThanMs: number;
  /** Which of these parcels a committed manifest names. */
  isCommitted(names: readonly string[]): Promise<ReadonlySet<string>>;
  clock: Clock;
  log: Log;
}

export interface SweepResult {
  /** Parcels looked at. */
  seen: number;
  /** Orphans that are too young to go. */
  spared: number;
  removed: number;
  removedBytes: number;
}

const namesPerQuestion = 1_000;

/**
 * Remove the parcels that no committed manifest names: attempts that died, or lost to another. They
 * were born unreadable, as their data key was never stored; this only frees their room. Each is
 * asked about just before it goes, and an attempt that may still commit is younger than the age.
 */
export async function sweepOrphans(options: SweepOptions): Promise<SweepResult> {
  const result: SweepResult = { seen: 0, spared: 0, removed: 0, removedBytes: 0 };
  const before = options.clock.now().getTime() - options.olderThanMs;
  let asked = new Map<string, { bytes: number; old: boolean }>();
  for await (const { name, bytes, modified } of options.store.list(options.prefix)) {
    asked.set(name, { bytes, old: modified.getTime() < before });
    if (asked.size < namesPerQuestion) continue;
    await sweepSome(options, asked, result);
    asked = new Map();
  }
  await sweepSome(options, asked, result);
  options.log.info('staging.swept', { count: result.removed, bytes: result.removedBytes });
  return result;
}

async function sweepSome(
  options: SweepOptions,
  asked: ReadonlyMap<string, { bytes: number; old: boolean }>,
  result: SweepResult,
): Promise<void> {
  if (asked.size === 0) return;
  const committed = await options.isCommitted([...asked.keys()]);
  result.seen += asked.size;
  for (const [name, { bytes, old }] of asked) {
    if (committed.has(name)) continue;
    if (!old) {
      result.spared++;
      continue;
    }
    await options.store.remove(name);
    result.removed++;
    result.removedBytes += bytes;
  }
}
