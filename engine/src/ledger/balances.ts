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

/**
 * Move balances. The table's checks hold both equations of promise 1 at every commit, so a movement
 * that does not balance fails the transaction.
 */
export async function addToBalances(
  transaction: Transaction,
  run: string,
  changes: readonly BalanceChange[],
): Promise<void> {
  for (const change of changes) {
    if ('records' in change) {
      await add(transaction, 'record_balance', [run, change.stream], recordCounts, change.records);
    } else {
      const keys = [run, change.stream, change.target];
      await add(transaction, 'draft_balance', keys, draftCounts, change.drafts);
    }
  }
}

async function add<Count extends string>(
  transaction: Transaction,
  table: 'record_balance' | 'draft_balance',
  keys: readonly string[],
  counts: readonly Count[],
  change: Partial<Record<Count, number>>,
): Promise<void> {
  const keyNames = ['run', 'stream', 'target'].slice(0, keys.length);
  const sums = counts.map((name, at) => `${name} = ${name} + $${keys.length + at + 1}`);
  const found = keyNames.map((name, at) => `${name} = $${at + 1}`);
  await transaction.query(
    `update handover.${table} set ${sums.join(', ')} where ${found.join(' and ')}`,
    [...keys, ...counts.map((name) => change[name] ?? 0)],
  );
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
