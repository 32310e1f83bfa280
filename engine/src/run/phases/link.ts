import { uuid7 } from '../../base/id.ts';
import type { BalanceChange } from '../../ledger/balances.ts';
import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import {
  digestBytes,
  emptyPage,
  packContributions,
  packTypes,
  type EntryPage,
} from '../../ledger/entries.ts';
import { exceptionsOf } from '../../ledger/exceptions.ts';
import { batchCount } from '../../ledger/pages.ts';
import {
  phaseDone,
  planSlices,
  planSlicesAlone,
  slicesOf,
  type Claim,
} from '../../ledger/slices.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { Charts } from '../../linkage/persons/charts.ts';
import { isRouted, packDrafts, unpackDrafts } from '../drafts.ts';
import { existingSlices, isExisting } from '../existing/existingSlice.ts';
import { readExisting, type ExistingServices } from '../existing/readExisting.ts';
import { idTokens } from '../idToken.ts';
import { linkDrafts, type LinkedDrafts } from '../linkedDrafts.ts';
import { chartsOfRun } from '../linkage/chartedRows.ts';
import { linkRound, type LinkRoundServices } from '../linkage/linkRound.ts';
import type { Attempts, PhaseWork, StopSignal, WorkEnd } from './work.ts';

export interface LinkServices extends Attempts, LinkRoundServices, ExistingServices {
  targets: readonly string[];
}

/**
 * `link`: first what targets have of their own is read, where the plan says so. Who is who is decided once,
 * over all Patients that stand; then every draft's references to a
 * patient are led to the chart of the person, batch by batch. A Patient that is not the chart goes no
 * further and counts as merged: its identifiers stand on the chart.
 */
export function linkPhase(services: LinkServices): PhaseWork {
  return {
    async plan(run) {
      if (!(await phaseDone(services.database, run, 'check'))) return;
      if (!(await readAtTargets(services, run))) return;
      await linkRound(services, run);
      const mapped = await slicesOf(services.database, run, 'map');
      const slices = mapped.map(({ key }) => ({ key: { ...key, phase: 'link' as const } }));
      await services.database.transaction((transaction) => planSlices(transaction, slices));
    },
    work: (claim, stop) =>
      isExisting(claim.key.slice)
        ? readExisting(services, claim, stop)
        : linkSlice(services, claim, stop),
  };
}

/** Whether all targets that have something of their own have been read; enters that they are to be. */
async function readAtTargets({ database, existing }: LinkServices, run: string): Promise<boolean> {
  if (existing.size === 0) return true;
  await planSlicesAlone(database, existingSlices(run, existing.keys()));
  const slices = await slicesOf(database, run, 'link');
  return slices.every(({ key, done }) => done || !isExisting(key.slice));
}

async function linkSlice(services: LinkServices, claim: Claim, stop: StopSignal): Promise<WorkEnd> {
  const total = await batchCount(services.database, { ...claim.key, phase: 'map' });
  const charts = await chartsOfRun(services, claim.key.run);
  for (let number = claim.position; number < total; number++) {
    const last = number === total - 1;
    if (!(await linkBatch(services, { ...claim, position: number }, charts, last))) return 'lost';
    if (stop.stopped() && !last) return 'stopped';
  }
  return 'done';
}

async function linkBatch(
  services: LinkServices,
  claim: Claim,
  charts: Charts,
  last: boolean,
): Promise<boolean> {
  const { database, parcels } = services;
  const key: BatchKey = { ...claim.key, number: claim.position };
  const attempt = uuid7(services.clock, services.random);
  const linked = charts.size === 0 ? undefined : await linkedBatch(services, key, charts);
  const parcel = linked && (await parcels.keep(key, attempt, 'drafts', packDrafts(linked.drafts)));
  return commitBatchAlone(database, {
    key,
    attempt,
    fence: claim.fence,
    revision: services.revision,
    counts: { resolved: linked?.changed ?? 0, merged: linked?.drafts.merged?.length ?? 0 },
    ...(linked && linked.beside.length > 0 && { entries: besidePage(services, linked) }),
    parcels: parcel ? [parcel] : [],
    exceptions: [],
    balance: linked ? linkedBalance(services, key.stream, linked) : [],
    last,
  });
}

async function linkedBatch(
  { database, parcels }: LinkServices,
  key: BatchKey,
  charts: Charts,
): Promise<ReturnType<typeof linkDrafts>> {
  const items = await parcels.read({ ...key, phase: 'map' }, 'drafts');
  if (items === undefined) return undefined;
  const held = await exceptionsOf(database, { ...key, phase: 'check' });
  return linkDrafts(unpackDrafts(items), charts, new Set(held.map(({ ordinal }) => ordinal)));
}

/** Charts that come beside are drafts more, made here and not by the mapping. */
function linkedBalance(
  { targets }: LinkServices,
  stream: string,
  { drafts, beside }: LinkedDrafts,
): BalanceChange[] {
  return targets.map((target) => {
    const routed = (ordinals: readonly number[]): number =>
      ordinals.filter((at) => isRouted(drafts, at, target)).length;
    const [merged, drafted] = [routed(drafts.merged ?? []), routed(beside)];
    return { stream, target, drafts: { drafted, merged, waiting: drafted - merged } };
  });
}

/** Charts that come beside, with the records that bring them: they go back with these. */
function besidePage({ random }: LinkServices, { drafts, beside }: LinkedDrafts): EntryPage {
  return {
    ...emptyPage,
    count: beside.length,
    tokens: idTokens(beside.map((at) => drafts.ids[at] as string)),
    ...packTypes(beside.map((at) => drafts.types[at] as string)),
    digests: Buffer.alloc(beside.length * digestBytes),
    salts: random.bytes(beside.length * 16),
    contributions: packContributions(beside.map((at) => drafts.from[at] ?? [])),
  };
}
