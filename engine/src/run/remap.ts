import { HandoverError, exitCodes } from '../base/errors.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import { draftBalances } from '../ledger/balances.ts';
import { batchesOf, pageOf } from '../ledger/pages.ts';
import { enterRemap } from '../ledger/remaps.ts';
import { roundOf } from '../ledger/rounds.ts';
import { countOneMore, recordRunRevision, runRevisions, type Run } from '../ledger/runs.ts';
import { phaseDone, planSlices, slicesOf } from '../ledger/slices.ts';
import { forgetUnread, streamsOf } from '../ledger/streams.ts';
import { deliveryCodes } from '../model/delivery.ts';
import type { Database } from '../store/database.ts';
import { remapSlices } from './phases/remap.ts';
import type { CompiledPlan } from './plan/compile.ts';
import { compileStreams, type CompiledStreams } from './plan/streams.ts';
import { keepRevision, readRevision } from './revision.ts';
import { refuseOpened } from './undo.ts';

export interface RemapBeginServices {
  database: Database;
  key: ProjectKey;
  /** Bind the plan of a revision that the run has worked under. */
  bind(text: CompiledPlan['project']): CompiledPlan;
}

/**
 * Begin a re-map of a run under `plan`, the plan as it is now: in one transaction its revision becomes
 * that of the run, and for each slice that was mapped a slice is entered that looks through its kept
 * records for those of which something else is made now. Those go back to the mapping and on through
 * all phases; everything else stays as it is. Nothing is read from a source.
 * @returns the number of the round; undefined: the run has worked under this very revision last.
 * @throws HandoverError `run-unfinished` (exit 2), `remap-unfit` (exit 3) when streams or targets are
 * others than those of the run, `target-opened` (exit 4).
 */
export async function beginRemap(
  services: RemapBeginServices,
  run: Run,
  plan: CompiledPlan,
): Promise<number | undefined> {
  const { database, key } = services;
  await requireMapped(database, run);
  const former = (await runRevisions(database, run.id)).at(-1)?.revision ?? run.revision;
  const { digest } = plan.project;
  if (former === digest) return undefined;
  const streams = await streamsOf(database, run.id);
  const { mappings } = compileStreams(plan, streams, key);
  const planned = streams.map(({ name }) => name);
  requireSame('streams', planned, [...mappings.keys()]);
  const balances = await draftBalances(database, run.id);
  const targets = [...new Set(balances.map(({ target }) => target))];
  requireSame('targets', targets, [...plan.targets.keys()]);
  for (const target of targets) await refuseOpened(database, target);
  const before = services.bind(await readRevision(database, key, former));
  const recount = changedMappings(compileStreams(before, streams, key).mappings, mappings);
  const mapped = await slicesOf(database, run.id, 'map');
  return database.transaction(async (transaction) => {
    await keepRevision(transaction, key, plan.project);
    await recordRunRevision(transaction, run.id, digest, 'remap');
    await countOneMore(transaction, run.id, 'verifications');
    const round = await countOneMore(transaction, run.id, 'replays');
    await enterRemap(transaction, run.id, round, digest);
    for (const stream of recount) await forgetUnread(transaction, run.id, stream);
    await planSlices(transaction, remapSlices(key, round, mapped, mappings, recount));
    return round;
  });
}

/** What was begun under one revision comes to its end under it. */
export async function requireMapped(
  database: Database,
  run: Run,
  then = 'apply the changed mappings',
): Promise<void> {
  const over = run.state === 'cancelled' || run.state === 'undone';
  const needed = ['extract', 'map', 'check', 'load'] as const;
  const done = await Promise.all(needed.map((phase) => phaseDone(database, run.id, phase)));
  if (!over && done.every(Boolean)) return;
  throw new HandoverError(
    'run-unfinished',
    `The run is ${run.state} and not all of it is loaded.`,
    {
      exitCode: exitCodes.usage,
      next: `Bring it to its end with \`handover resume\`, then ${then}.`,
    },
  );
}

function requireSame(what: string, run: readonly string[], plan: readonly string[]): void {
  const names = (all: readonly string[]): string => all.toSorted().join(', ');
  if (names(run) === names(plan)) return;
  throw new HandoverError(
    'remap-unfit',
    `The run has the ${what} ${names(run)}; the plan has ${names(plan)}.`,
    {
      exitCode: exitCodes.planInvalid,
      next: `What was not read cannot be mapped again: begin a new run with \`handover run\`, or give the plan the ${what} of the run.`,
    },
  );
}

type Mappings = CompiledStreams['mappings'];

/** Streams whose records a mapping of another digest is to map. */
function changedMappings(before: Mappings, now: Mappings): Set<string> {
  const changed = [...now.values()].filter(
    ({ stream, digest }) => before.get(stream)?.digest !== digest,
  );
  return new Set(changed.map(({ stream }) => stream));
}

/** What a re-map did, as the ledger tells. */
export interface RemapCounts {
  /** Records that went back to the mapping. */
  records: number;
  targets: {
    target: string;
    created: number;
    updated: number;
    /** Made again, and the same as the target holds. */
    unchanged: number;
    removed: number;
  }[];
}

/** `round`: its first; records that it recalled went back in later ones. */
export async function remapCounts(
  database: Database,
  run: string,
  round: number,
): Promise<RemapCounts> {
  const searched = await batchesOf(database, run, 'extract');
  const records = searched
    .filter(({ key }) => roundOf(key.slice) >= round)
    .reduce((sum, { counts }) => {
      const { fromMapped = 0, fromQuarantined = 0, fromExcluded = 0 } = counts;
      return sum + fromMapped + fromQuarantined + fromExcluded;
    }, 0);
  const targets = new Map<string, RemapCounts['targets'][number]>();
  for (const { key } of await batchesOf(database, run, 'load')) {
    if (roundOf(key.slice) < round) continue;
    const nothing = { created: 0, updated: 0, unchanged: 0, removed: 0 };
    const counts = targets.get(key.target) ?? { target: key.target, ...nothing };
    targets.set(key.target, counts);
    const page = await pageOf(database, key);
    for (const state of page?.states ?? []) {
      if (state === deliveryCodes.created) counts.created++;
      else if (state === deliveryCodes.updated) counts.updated++;
      else if (state === deliveryCodes.unchanged) counts.unchanged++;
      else if (state === deliveryCodes.removed) counts.removed++;
    }
  }
  return { records, targets: [...targets.values()] };
}
