import { uuid7 } from '../../base/id.ts';
import type { BatchCommit } from '../../ledger/batches.ts';
import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import { typeAt } from '../../ledger/entries.ts';
import { createdAt } from '../../ledger/pages.ts';
import type { Claim } from '../../ledger/slices.ts';
import { insertTrialBalance, type KeptBalance } from '../../ledger/trialBalance.ts';
import type { ReceivablesWay } from '../../mapping/shape.ts';
import type { Target } from '../../model/target.ts';
import type { Database } from '../../store/database.ts';
import {
  compareBalances,
  formatAmount,
  lineTies,
  type BalanceLine,
} from '../../verification/trialBalance.ts';
import { idAt } from '../idToken.ts';
import type { TrialBalancePlan } from '../plan/trialBalance.ts';
import { legacyBalance, type LegacyServices } from './legacyBalance.ts';
import { moneyTypes, targetBalance } from './targetBalance.ts';
import type { Attempts, StopSignal, WorkEnd } from './work.ts';

/** The slice of `verify` in which the trial balance is drawn up on both sides. */
export const balanceName = 'trial-balance';

export interface BalanceServices extends Attempts, LegacyServices {
  targets: ReadonlyMap<string, Target>;
  revision: string;
  /** What the plan says of open accounts. */
  receivables: ReceivablesWay;
  /** How the plan has it drawn up; undefined: not at all. */
  trialBalance?: TrialBalancePlan | undefined;
}

/** Draw up the aged trial balance from the old records and from the target, and keep both. */
export async function drawTrialBalance(
  services: BalanceServices,
  claim: Claim,
  stop: StopSignal,
): Promise<WorkEnd> {
  const plan = services.trialBalance;
  const balance = plan && (await comparedBalance(services, plan, claim, stop.abort));
  const key = { ...claim.key, number: claim.position };
  const batch: BatchCommit = {
    key,
    attempt: uuid7(services.clock, services.random),
    fence: claim.fence,
    revision: services.revision,
    counts: {},
    parcels: [],
    exceptions: [],
    balance: [],
    last: true,
  };
  const { database } = services;
  const committed = await commitBatchAlone(database, batch, async (transaction) => {
    if (balance) await insertTrialBalance(transaction, key, balance);
  });
  return committed ? 'done' : 'lost';
}

async function comparedBalance(
  services: BalanceServices,
  plan: TrialBalancePlan,
  { key }: Claim,
  signal: AbortSignal,
): Promise<Omit<KeptBalance, 'target'>> {
  const { receivables } = services;
  const legacy = await legacyBalance(services, key.run, plan, receivables);
  const asOf = { day: plan.asOf, ages: plan.ages };
  const there = services.targets.get(key.target) as Target;
  const apart = await namesApart(services.database, key.target, plan);
  const { members, all, within, moved, printed } = legacy;
  const target = await targetBalance(there, asOf, { members, apart }, signal);
  const lines = compareBalances({ legacy: all, within, moved, target, printed });
  const people = lines.filter(({ group }) => group === 'guarantor');
  const membersOf = (some: readonly BalanceLine[]): number =>
    new Set(some.map(({ member }) => member)).size;
  return {
    asOf: plan.asOf,
    receivables,
    guarantors: membersOf(people),
    guarantorsDiffering: membersOf(people.filter((line) => !lineTies(line))),
    guarantorsUnprinted: membersOf(
      people.filter((line) => line.printed !== undefined && line.printed !== line.legacy),
    ),
    unreadable: legacy.unreadable,
    heldRecords: legacy.heldRecords,
    lines: lines.filter(({ group }) => group !== 'guarantor').map(keptLine),
  };
}

/**
 * By the ledger, which resources of a target were made of the streams that the plan sets apart. What
 * was made of no such stream is added up, whatever it looks like.
 */
async function namesApart(
  database: Database,
  target: string,
  { apart }: TrialBalancePlan,
): Promise<Set<string>> {
  const names = new Set<string>();
  const streams = apart.flatMap((one) => one.streams);
  if (streams.length === 0) return names;
  for await (const { page } of createdAt(database, target, streams)) {
    for (let at = 0; at < page.count; at++) {
      const type = typeAt(page, at);
      if (moneyTypes.has(type)) names.add(`${type}/${idAt(page.tokens, at)}`);
    }
  }
  return names;
}

function keptLine(line: BalanceLine): KeptBalance['lines'][number] {
  const { group, member, column, legacy, stays, held, target, printed } = line;
  return {
    group,
    member,
    column,
    legacy: formatAmount(legacy),
    stays: formatAmount(stays),
    held: formatAmount(held),
    target: formatAmount(target),
    ...(printed !== undefined && { printed: formatAmount(printed) }),
  };
}
