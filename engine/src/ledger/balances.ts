import type { DraftBalance, RecordBalance } from '../model/balance.ts';
import type { Queries, Transaction } from '../store/session.ts';

type RecordCount = 'read' | 'mapped' | 'quarantined' | 'excluded' | 'waiting';
type DraftCount =
  | 'drafted'
  | 'loaded'
  | 'merged'
  | 'superseded'
  | 'removed'
  | 'quarantined'
  | 'excluded'
  | 'waiting';

/** A movement in the balance of a stream: of its records, or of its drafts for one target. */
export type BalanceChange =
  | { stream: string; records: Partial<Record<RecordCount, number>> }
  | { stream: string; target: string; drafts: Partial<Record<DraftCount, number>> };

const recordCounts: readonly RecordCount[] = [
  'read',
  'mapped',
  'quarantined',
  'excluded',
  'waiting',
];
const draftCounts: readonly DraftCount[] = [
  'drafted',
  'loaded',
  'merged',
  'superseded',
  'removed',
  'quarantined',
  'excluded',
  'waiting',
];

/** Movements of one table, summed by key: what does not move is left out. */
export interface BalanceSums {
  /** Names of the columns beside the run that name a balance, and of its counts. */
  keys: readonly string[];
  counts: readonly string[];
  rows: { keys: readonly string[]; counts: readonly number[] }[];
}

/**
 * What `changes` come to. The tables' checks hold both equations of promise 1 at every commit, so a
 * movement that does not balance fails the transaction.
 */
export function balanceSums(changes: readonly BalanceChange[]): {
  records: BalanceSums;
  drafts: BalanceSums;
} {
  const records = new Map<string, number[]>();
  const drafts = new Map<string, number[]>();
  for (const change of changes) {
    if ('records' in change) sum(records, [change.stream], recordCounts, change.records);
    else sum(drafts, [change.stream, change.target], draftCounts, change.drafts);
  }
  return {
    records: { keys: ['stream'], counts: recordCounts, rows: moving(records) },
    drafts: { keys: ['stream', 'target'], counts: draftCounts, rows: moving(drafts) },
  };
}

function sum<Count extends string>(
  sums: Map<string, number[]>,
  keys: readonly string[],
  counts: readonly Count[],
  change: Partial<Record<Count, number>>,
): void {
  const key = JSON.stringify(keys);
  const before = sums.get(key);
  sums.set(
    key,
    counts.map((name, at) => (before?.[at] ?? 0) + (change[name] ?? 0)),
  );
}

function moving(sums: ReadonlyMap<string, number[]>): BalanceSums['rows'] {
  return [...sums]
    .filter(([, counts]) => counts.some((count) => count !== 0))
    .map(([key, counts]) => ({ keys: JSON.parse(key) as string[], counts }));
}

/** Open empty balances for a stream and its targets, once. */
export async function openBalances(
  transaction: Transaction,
  run: string,
  stream: string,
  targets: readonly string[],
): Promise<void> {
  await transaction.query(
    `insert into handover.record_balance (run, stream) values ($1, $2) on conflict do nothing`,
    [run, stream],
  );
  await transaction.query(
    `insert into handover.draft_balance (run, stream, target)
     select $1, $2, unnest($3::text[]) on conflict do nothing`,
    [run, stream, targets],
  );
}

export async function recordBalances(reader: Queries, run: string): Promise<RecordBalance[]> {
  const { rows } = await reader.query<Record<string, string>>(
    `select b.* from handover.record_balance b join handover.stream s
         on s.run = b.run and s.name = b.stream
      where b.run = $1 order by s.position`,
    [run],
  );
  return rows.map((row) => ({ stream: row.stream as string, ...numbers(row, recordCounts) }));
}

export async function draftBalances(reader: Queries, run: string): Promise<DraftBalance[]> {
  const { rows } = await reader.query<Record<string, string>>(
    `select b.* from handover.draft_balance b join handover.stream s
         on s.run = b.run and s.name = b.stream
      where b.run = $1 order by b.target, s.position`,
    [run],
  );
  return rows.map((row) => ({
    stream: row.stream as string,
    target: row.target as string,
    ...numbers(row, draftCounts),
  }));
}

function numbers<Count extends string>(
  row: Record<string, string>,
  counts: readonly Count[],
): Record<Count, number> {
  const pairs = counts.map((name) => [name, Number(row[name])] as const);
  return Object.fromEntries(pairs) as Record<Count, number>;
}
