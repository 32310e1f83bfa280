import { parseJson, type JsonObject } from '../../base/json.ts';
import { uuid7 } from '../../base/id.ts';
import type { ExceptionRow } from '../../ledger/batches.ts';
import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import type { BalanceChange } from '../../ledger/balances.ts';
import { batchCount } from '../../ledger/pages.ts';
import { phaseDone, planSlicesAlone, slicesOf, type Claim } from '../../ledger/slices.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { DraftJudge } from '../../quality/draftJudge.ts';
import type { Database } from '../../store/database.ts';
import { isRouted, unpackDrafts, type PackedDrafts } from '../drafts.ts';
import { idToken } from '../idToken.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { Parcels } from '../parcels.ts';
import type { Attempts, PhaseWork, StopSignal, WorkEnd } from './work.ts';

export interface CheckServices extends Attempts {
  database: Database;
  parcels: Parcels;
  targets: readonly string[];
  revision: string;
  /** Judge one draft, parsed; an error holds it. */
  judge: DraftJudge;
}

/** `check`: quality rules on every draft; a draft that breaks one is held with the rule and the path. */
export function checkPhase(services: CheckServices): PhaseWork {
  return {
    async plan(run) {
      if (!(await phaseDone(services.database, run, 'map'))) return;
      const mapped = await slicesOf(services.database, run, 'map');
      const slices = mapped.map(({ key }) => ({ key: { ...key, phase: 'check' as const } }));
      await planSlicesAlone(services.database, slices);
    },
    work: (claim, stop) => checkSlice(services, claim, stop),
  };
}

async function checkSlice(
  services: CheckServices,
  claim: Claim,
  stop: StopSignal,
): Promise<WorkEnd> {
  const total = await batchCount(services.database, { ...claim.key, phase: 'map' });
  for (let number = claim.position; number < total; number++) {
    const last = number === total - 1;
    if (!(await checkBatch(services, { ...claim, position: number }, last))) return 'lost';
    if (stop.stopped() && !last) return 'stopped';
  }
  return 'done';
}

async function checkBatch(services: CheckServices, claim: Claim, last: boolean): Promise<boolean> {
  const key: BatchKey = { ...claim.key, number: claim.position };
  const items = await services.parcels.read({ ...key, phase: 'map' }, 'drafts');
  const drafts = items && unpackDrafts(items);
  const { held, notLoaded } = judgeDrafts(services, drafts);
  return commitBatchAlone(services.database, {
    key,
    attempt: uuid7(services.clock, services.random),
    fence: claim.fence,
    revision: services.revision,
    counts: {
      accepted: (drafts?.ids.length ?? 0) - held.length,
      quarantined: held.length,
      ...Object.fromEntries(notLoaded),
    },
    parcels: [],
    exceptions: held,
    balance: drafts ? heldBalance(services, key.stream, drafts, held) : [],
    last,
  });
}

/** Drafts that are held, and how many there were for which something was not loaded. */
interface JudgedBatch {
  held: ExceptionRow[];
  notLoaded: Map<string, number>;
}

function judgeDrafts({ judge }: CheckServices, drafts: PackedDrafts | undefined): JudgedBatch {
  const held: ExceptionRow[] = [];
  const notLoaded = new Map<string, number>();
  for (const [ordinal, id] of drafts?.ids.entries() ?? []) {
    const body = itemAt((drafts as PackedDrafts).bodies, ordinal).toString('utf8');
    const { errors, notLoaded: lacking } = judge(parseJson(body) as JsonObject);
    for (const each of lacking) notLoaded.set(each, (notLoaded.get(each) ?? 0) + 1);
    const [error] = errors;
    if (error === undefined) continue;
    const { code, path } = error;
    held.push({ ordinal, kind: 'quarantined', code, path, token: idToken(id) });
  }
  return { held, notLoaded };
}

function heldBalance(
  services: CheckServices,
  stream: string,
  drafts: PackedDrafts,
  held: readonly ExceptionRow[],
): BalanceChange[] {
  return services.targets.map((target) => {
    const count = held.filter(({ ordinal }) => isRouted(drafts, ordinal, target)).length;
    return { stream, target, drafts: { quarantined: count, waiting: -count } };
  });
}
