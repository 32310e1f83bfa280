import { uuid7 } from '../../base/id.ts';
import type { BatchCommit } from '../../ledger/batches.ts';
import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import { deliveryCodes } from '../../model/delivery.ts';
import { conflictName, decidedRemovals } from '../../ledger/conflicts.ts';
import { typeAt } from '../../ledger/entries.ts';
import { erasedNames } from '../../ledger/erasedPersons.ts';
import { insertFindings } from '../../ledger/findings.ts';
import { countAt, createdAt } from '../../ledger/pages.ts';
import { removedNames, resourceName, retiredNames } from '../../ledger/retired.ts';
import type { Claim } from '../../ledger/slices.ts';
import type { Finding } from '../../model/finding.ts';
import type { Target, TargetId } from '../../model/target.ts';
import type { Database } from '../../store/database.ts';
import { bucketCountFor, BucketNames, planRounds, ScanSum } from '../../verification/scan.ts';
import { idAt, idToken } from '../idToken.ts';
import type { Attempts, StopSignal, WorkEnd } from './work.ts';

/** The slice of `verify` in which a whole target is scanned for what is extra or doubled. */
export const scanName = 'scan';

/** Stands in a slice's key for the stream where a slice is about a target as a whole. */
export const wholeTarget = 'whole-target';

export interface ScanServices extends Attempts {
  database: Database;
  targets: ReadonlyMap<string, Target>;
  revision: string;
  /** Key of the scan's sums, 32 bytes. */
  scanKey: Buffer;
}

/** A second pass holds at most this many ids at once. */
const mostIds = 500_000;

/**
 * Compare what the ledger says was created at a target, over all runs that stand, with everything
 * the target gives when scanned. Memory does not grow with the target.
 */
export async function scanTarget(
  services: ScanServices,
  claim: Claim,
  stop: StopSignal,
): Promise<WorkEnd> {
  const target = services.targets.get(claim.key.target) as Target;
  const findings = await compareScan(services, claim.key.target, target, stop.abort);
  const { scanned, unnamed } = findings;
  const counts: Record<string, number> = { scanned, missing: 0, extra: unnamed };
  for (const { kind } of findings.list) counts[kind] = (counts[kind] ?? 0) + 1;
  const key = { ...claim.key, number: claim.position };
  const batch: BatchCommit = {
    key,
    attempt: uuid7(services.clock, services.random),
    fence: claim.fence,
    revision: services.revision,
    counts,
    parcels: [],
    exceptions: [],
    balance: [],
    last: true,
  };
  const { database } = services;
  const committed = await commitBatchAlone(database, batch, (transaction) =>
    insertFindings(transaction, key, findings.list),
  );
  return committed ? 'done' : 'lost';
}

type Removals = Awaited<ReturnType<typeof decidedRemovals>>;

async function compareScan(
  services: ScanServices,
  name: string,
  target: Target,
  signal: AbortSignal,
): Promise<{ scanned: number; unnamed: number; list: Finding[] }> {
  const buckets = bucketCountFor(await countAt(services.database, name), mostIds);
  const removals = await decidedRemovals(services.database, name);
  const expectedIds = (): AsyncGenerator<TargetId[]> =>
    createdIds(services.database, name, removals);
  const scannedIds = (): AsyncGenerator<TargetId[]> => presentIds(target, removals, signal);
  const expected = new ScanSum(services.scanKey, buckets);
  const found = new ScanSum(services.scanKey, buckets);
  for await (const batch of expectedIds()) batch.forEach((id) => expected.add(id));
  let scanned = 0;
  for await (const batch of scannedIds()) {
    scanned += batch.length;
    for (const id of batch) found.add(id);
  }
  const list: Finding[] = [];
  let unnamed = 0;
  for (const round of planRounds(expected, expected.differingBuckets(found), mostIds)) {
    const names = new BucketNames(services.scanKey, buckets, round);
    for await (const batch of expectedIds()) batch.forEach((id) => names.expect(id));
    for await (const batch of scannedIds()) batch.forEach((id) => names.see(id));
    list.push(...names.findings());
    unnamed += names.unnamed;
  }
  return { scanned, unnamed, list };
}

/**
 * Ids that the ledger says were created at the target by runs that have not been undone, without
 * those that a replay or a re-map has superseded and not made again. One that was taken out in between
 * was created twice, and is there once; so was one that users of the target had removed and that somebody
 * took all the same. What was erased of a person is missed by nobody, nor what was left removed.
 */
async function* createdIds(
  database: Database,
  target: string,
  { keep, take }: Removals,
): AsyncGenerator<TargetId[]> {
  let present = '';
  let retired = new Set<string>();
  let removed = new Set<string>();
  const again = new Set<string>();
  const taken = new Set<string>();
  const gone = new Set([...(await erasedNames(database, target)), ...keep]);
  for await (const { key, page } of createdAt(database, target)) {
    const { run } = key;
    if (run !== present) {
      present = run;
      again.clear();
      retired = await retiredNames(database, run, target);
      removed = await removedNames(database, run, target);
    }
    const ids: TargetId[] = [];
    const plain = [retired, removed, gone, take].every(({ size }) => size === 0);
    for (let at = 0; at < page.count; at++) {
      if (page.states[at] !== deliveryCodes.created) continue;
      const name = plain ? '' : resourceName(page, at);
      if (!plain && (retired.has(name) || again.has(name) || gone.has(name))) continue;
      if (!plain && taken.has(name)) continue;
      if (!plain && removed.has(name)) again.add(name);
      if (!plain && take.has(name)) taken.add(name);
      ids.push({ type: typeAt(page, at), id: idAt(page.tokens, at) });
    }
    yield ids;
  }
}

async function* presentIds(
  target: Target,
  { keep }: Removals,
  signal: AbortSignal,
): AsyncGenerator<TargetId[]> {
  for await (const batch of target.scan(undefined, signal)) {
    yield batch.resources.filter(
      ({ state, type, id }) =>
        state === 'present' && (keep.size === 0 || !keep.has(conflictName(type, idToken(id)))),
    );
  }
}
