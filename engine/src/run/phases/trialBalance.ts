import { uuid7 } from '../../base/id.ts';
import { commitBatch } from '../../ledger/batches.ts';
import type { Claim } from '../../ledger/slices.ts';
import { insertTrialBalance, type KeptBalance } from '../../ledger/trialBalance.ts';
import type { ReceivablesWay } from '../../mapping/shape.ts';
import type { Target } from '../../model/target.ts';
import {
  compareBalances,
  formatAmount,
  lineTies,
  type BalanceLine,
} from '../../verification/trialBalance.ts';
import type { TrialBalancePlan } from '../plan/trialBalance.ts';
import { legacyBalance, type LegacyServices } from './legacyBalance.ts';
import { targetBalance } from './targetBalance.ts';
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
  const committed = await services.database.transaction(async (transaction) => {
    const done = await commitBatch(transaction, {
      key,
      attempt: uuid7(services.clock, services.random),
      fence: claim.fence,
      revision: services.revision,
      counts: {},
      parcels: [],
      exceptions: [],
      balance: [],
      last: true,
    });
    if (done && balance) await insertTrialBalance(transaction, key, balance);
    return done;
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
  const target = await targetBalance(there, asOf, legacy.members, signal);
  const { all, within, moved, printed } = legacy;
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
