import type { TrialBalance, TrialBalanceLine } from '../contract/report.ts';
import type { Queries, Transaction } from '../store/session.ts';
import { latestRound } from './findings.ts';
import type { SliceKey } from './workUnit.ts';

/** A trial balance as it is kept: whether its lines tie is for the reader to judge. */
export type KeptBalance = Omit<TrialBalance, 'apart' | 'lines'> & {
  lines: readonly KeptBalanceLine[];
};
export type KeptBalanceLine = Omit<TrialBalanceLine, 'ties' | 'printedTies'>;

/** Runs inside the commit of the batch that drew it up. */
export async function insertTrialBalance(
  transaction: Transaction,
  { run, target, slice }: SliceKey,
  balance: Omit<KeptBalance, 'target'>,
): Promise<void> {
  await transaction.query(
    `insert into handover.trial_balance_run values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      run,
      target,
      slice,
      balance.asOf,
      balance.guarantors,
      balance.guarantorsDiffering,
      balance.guarantorsUnprinted,
      balance.unreadable,
      balance.heldRecords,
      balance.receivables,
    ],
  );
  const { lines } = balance;
  await transaction.query(
    `insert into handover.trial_balance
     select $1, $2, $3, * from unnest($4::int[], $5::text[], $6::text[], $7::text[],
       $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[])`,
    [
      run,
      target,
      slice,
      lines.map((_, at) => at),
      lines.map(({ group }) => group),
      lines.map(({ member }) => member),
      lines.map(({ column }) => column),
      lines.map(({ legacy }) => legacy),
      lines.map(({ held }) => held),
      lines.map(({ target: there }) => there),
      lines.map(({ printed }) => printed ?? null),
      lines.map(({ stays }) => stays),
    ],
  );
}

interface HeadRow {
  target: string;
  slice: string;
  as_of: string;
  guarantors: number;
  guarantors_differing: number;
  guarantors_unprinted: number;
  unreadable: number;
  held_records: number;
  receivables: KeptBalance['receivables'];
}

interface LineRow {
  grp: string;
  member: string;
  bucket: string;
  legacy: string;
  stays: string;
  held: string;
  at_target: string;
  printed: string | null;
}

/** Those of the latest round of reading back, one for each target. */
export async function trialBalancesOf(reader: Queries, run: string): Promise<KeptBalance[]> {
  const { rows } = await reader.query<HeadRow>(
    `select b.*, b.as_of::text as as_of from handover.trial_balance_run b
      where b.run = $1 and (${latestRound('b')}) order by b.target`,
    [run],
  );
  const balances: KeptBalance[] = [];
  for (const row of rows) {
    balances.push({
      target: row.target,
      asOf: row.as_of,
      receivables: row.receivables,
      guarantors: row.guarantors,
      guarantorsDiffering: row.guarantors_differing,
      guarantorsUnprinted: row.guarantors_unprinted,
      unreadable: row.unreadable,
      heldRecords: row.held_records,
      lines: await linesOf(reader, run, row),
    });
  }
  return balances;
}

async function linesOf(
  reader: Queries,
  run: string,
  { target, slice }: HeadRow,
): Promise<KeptBalanceLine[]> {
  const { rows } = await reader.query<LineRow>(
    `select grp, member, bucket, legacy::text, stays::text, held::text, at_target::text, printed::text
       from handover.trial_balance where run = $1 and target = $2 and slice = $3
      order by position`,
    [run, target, slice],
  );
  return rows.map((row) => ({
    group: row.grp,
    member: row.member,
    column: row.bucket,
    legacy: row.legacy,
    stays: row.stays,
    held: row.held,
    target: row.at_target,
    ...(row.printed !== null && { printed: row.printed }),
  }));
}
