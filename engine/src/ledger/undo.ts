import type { Queries, Transaction } from '../store/session.ts';
import type { BatchKey } from './workUnit.ts';

/** When a target was opened to its users, and by whom; undefined while it is not. */
export async function openingOf(
  reader: Queries,
  target: string,
): Promise<{ openedAt: string; openedBy: string; request: string | undefined } | undefined> {
  const { rows } = await reader.query<{
    opened_at: string;
    opened_by: string;
    request: string | null;
  }>('select opened_at::text, opened_by, request from handover.opening where target = $1', [
    target,
  ]);
  const row = rows[0];
  return (
    row && {
      openedAt: row.opened_at,
      openedBy: row.opened_by,
      request: row.request ?? undefined,
    }
  );
}

/**
 * Record that a target is open to its users from now on; false when it was open already.
 * @param request of the gate it was opened under.
 */
export async function recordOpening(
  transaction: Transaction,
  target: string,
  openedBy: string,
  request?: string,
): Promise<boolean> {
  const { count } = await transaction.query(
    `insert into handover.opening (target, opened_by, request) values ($1, $2, $3)
     on conflict do nothing`,
    [target, openedBy, request ?? null],
  );
  return count === 1;
}

/** What may have written to a target: an intent, with or without the batch that followed it. */
export interface Undoable {
  key: BatchKey;
  /** False: the run was killed between intent and commit, so only the target knows what it took. */
  committed: boolean;
}

/** Intents of a run at a target that have not been undone, the newest first. */
export async function intentsToUndo(
  reader: Queries,
  run: string,
  target: string,
): Promise<Undoable[]> {
  const { rows } = await reader.query<{
    stream: string;
    slice: string;
    number: number;
    committed: boolean;
  }>(
    `select i.stream, i.slice, i.number, b.number is not null as committed
       from handover.intent i
       left join handover.batch b
         on b.run = i.run and b.phase = 'load' and b.target = i.target and b.stream = i.stream
        and b.slice = i.slice and b.number = i.number
      where i.run = $1 and i.target = $2
        and not exists (
          select 1 from handover.undo u
           where u.run = i.run and u.target = i.target and u.stream = i.stream
             and u.slice = i.slice and u.number = i.number)
      order by i.committed_at desc, i.stream desc, i.slice desc, i.number desc`,
    [run, target],
  );
  return rows.map(({ committed, ...place }) => ({
    key: { run, phase: 'load', target, ...place },
    committed,
  }));
}

/** Whether anything of the run has been taken back: then it can only be undone to its end. */
export async function undoBegun(reader: Queries, run: string): Promise<boolean> {
  const { rows } = await reader.query('select 1 from handover.undo where run = $1 limit 1', [run]);
  return rows.length > 0;
}

/** Record that a batch was taken back; what it had loaded counts as removed from now on. */
export async function recordUndone(
  transaction: Transaction,
  key: BatchKey,
  reverted: number,
): Promise<void> {
  const inserted = await transaction.query(
    `insert into handover.undo (run, target, stream, slice, number, reverted)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [key.run, key.target, key.stream, key.slice, key.number, reverted],
  );
  if (inserted.count === 0) return;
  // Drafts that a replay has superseded since are counted as that, and no longer as loaded.
  await transaction.query(
    `update handover.draft_balance d
        set loaded = d.loaded - least(d.loaded, b.loaded),
            removed = d.removed + least(d.loaded, b.loaded)
       from (select coalesce((counts->>'loaded')::bigint, 0) as loaded from handover.batch
              where run = $1 and phase = 'load' and target = $2 and stream = $3 and slice = $4
                and number = $5) b
      where d.run = $1 and d.target = $2 and d.stream = $3`,
    [key.run, key.target, key.stream, key.slice, key.number],
  );
}
