import type { Phase } from '../model/phase.ts';
import type { Database } from '../store/database.ts';
import type { Queries, Transaction } from '../store/session.ts';
import { sliceColumns, type SliceKey } from './workUnit.ts';

/**
 * A claim on a slice. Only the holder of the newest fence can commit a batch of it: a worker that
 * was paused and revived finds its fence old and its commit moves nothing.
 */
export interface Claim {
  key: SliceKey;
  fence: string;
  /** Number of the next batch. */
  position: number;
  /** Sealed place after the last committed batch. */
  cursor?: Buffer;
  /** Sealed range of the slice, as its source named it. */
  range?: Buffer;
}

export interface PlannedSlice {
  key: SliceKey;
  range?: Buffer;
}

/** Enter slices that a phase will work through; those already entered stay as they are. */
export async function planSlices(
  transaction: Transaction,
  slices: readonly PlannedSlice[],
): Promise<void> {
  await transaction.query(planning, slicesAsColumns(slices));
}

/** The same as a transaction of its own. */
export async function planSlicesAlone(
  database: Database,
  slices: readonly PlannedSlice[],
): Promise<void> {
  await database.commit({ name: 'slice.plan', sql: planning, parameters: slicesAsColumns(slices) });
}

const planning = `
  insert into handover.slice (run, phase, target, stream, slice, range)
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[])
  on conflict do nothing`;

function slicesAsColumns(slices: readonly PlannedSlice[]): unknown[] {
  return [
    slices.map(({ key }) => key.run),
    slices.map(({ key }) => key.phase),
    slices.map(({ key }) => key.target),
    slices.map(({ key }) => key.stream),
    slices.map(({ key }) => key.slice),
    slices.map(({ range }) => range ?? null),
  ];
}

/** `over`: the run was cancelled or undone, and nobody may work on it. */
export type ClaimAnswer = { claim: Claim } | 'done' | 'held' | 'over';

/** SQL: the run in this column takes no more work. */
export function runOver(run: string): string {
  return `exists (select 1 from handover.run r
                   where r.id = ${run} and r.state in ('cancelled', 'undone'))`;
}

/** Name of a worker's sessions at PostgreSQL, by which others see whether it lives. */
export function workerSession(worker: string): string {
  return `handover ${worker}`;
}

/**
 * SQL: the worker in this column has a session at PostgreSQL. (The view `pg_stat_activity` costs more
 * to plan than all the rest of a claim costs to run.)
 */
function sessionLives(worker: string): string {
  return `exists (select 1 from pg_stat_get_activity(null) a
                   where a.application_name = 'handover ' || ${worker})`;
}

/**
 * Claim a slice for `holder` for a minute on PostgreSQL's clock; each committed batch renews it.
 * `held`: another holder's lease still runs. A holder without a session at PostgreSQL is dead, and its
 * lease need not be waited for. `done`: nothing is left to do.
 */
export async function claimSlice(
  transaction: Transaction,
  key: SliceKey,
  holder: string,
): Promise<ClaimAnswer> {
  const { rows } = await transaction.query<ClaimRow>(claiming, [...sliceColumns(key), holder]);
  return rows[0] ? claimed(key, rows[0]) : unclaimed(transaction, key);
}

/** The same as a transaction of its own. */
export async function claimAlone(
  database: Database,
  key: SliceKey,
  holder: string,
): Promise<ClaimAnswer> {
  const parameters = [...sliceColumns(key), holder];
  const { rows } = await database.commit<ClaimRow>({
    name: 'slice.claim',
    sql: claiming,
    parameters,
  });
  return rows[0] ? claimed(key, rows[0]) : unclaimed(database, key);
}

const claiming = `
  update handover.slice
     set fence = fence + 1, holder = $6, lease_until = now() + interval '60 seconds'
   where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5 and not done
     and not ${runOver('run')}
     and (holder is null or holder = $6 or lease_until < now()
       or not ${sessionLives('holder')})
  returning fence, position, cursor, range`;

interface ClaimRow {
  fence: string;
  position: number;
  cursor: Buffer | null;
  range: Buffer | null;
}

function claimed(key: SliceKey, { fence, position, cursor, range }: ClaimRow): { claim: Claim } {
  return { claim: { key, fence, position, ...(cursor && { cursor }), ...(range && { range }) } };
}

async function unclaimed(reader: Queries, key: SliceKey): Promise<'done' | 'held' | 'over'> {
  const { rows } = await reader.query<{ done: boolean; over: boolean }>(
    `select done, ${runOver('run')} as over from handover.slice
      where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5`,
    sliceColumns(key),
  );
  const row = rows[0];
  if (row?.over) return 'over';
  return row === undefined || row.done ? 'done' : 'held';
}

/** Give a slice back early (drain), so that nobody waits for the lease to run out. */
export async function releaseSlice(transaction: Transaction, claim: Claim): Promise<void> {
  await transaction.query(
    `update handover.slice set holder = null, lease_until = null
      where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5 and fence = $6`,
    [...sliceColumns(claim.key), claim.fence],
  );
}

/** Workers, alive by their sessions, that hold a slice of `load`: they may be writing just now. */
export async function loadHolders(reader: Queries, run: string): Promise<string[]> {
  const { rows } = await reader.query<{ holder: string }>(
    `select distinct holder from handover.slice
      where run = $1 and phase = 'load' and not done and lease_until > now()
        and ${sessionLives('holder')}`,
    [run],
  );
  return rows.map(({ holder }) => holder);
}

/** Give back every lease of a worker that is known to be dead. */
export async function releaseHolder(transaction: Transaction, holder: string): Promise<void> {
  await transaction.query(
    'update handover.slice set holder = null, lease_until = null where holder = $1 and not done',
    [holder],
  );
}

/**
 * Whether `claim` still stands, asked without a lock just before something leaves that cannot be
 * called back: a worker that was stopped for a minute must not write what was long done, or undone.
 */
export async function claimStands(reader: Queries, claim: Claim): Promise<boolean> {
  const { rows } = await reader.query(
    `select 1 from handover.slice
      where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5
        and fence = $6 and not done and not ${runOver('run')}`,
    [...sliceColumns(claim.key), claim.fence],
  );
  return rows.length === 1;
}

/** Whether a phase has slices and none of them is left to do: only then may the next one begin. */
export async function phaseDone(reader: Queries, run: string, phase: Phase): Promise<boolean> {
  const { rows } = await reader.query<{ done: boolean | null }>(
    'select bool_and(done) as done from handover.slice where run = $1 and phase = $2',
    [run, phase],
  );
  return rows[0]?.done ?? false;
}

export interface SliceState {
  key: SliceKey;
  position: number;
  done: boolean;
}

/** All slices of a phase, in the order in which streams are worked through. */
export async function slicesOf(reader: Queries, run: string, phase: Phase): Promise<SliceState[]> {
  const { rows } = await reader.query<{
    target: string;
    stream: string;
    slice: string;
    position: number;
    done: boolean;
  }>(
    `select l.target, l.stream, l.slice, l.position, l.done
       from handover.slice l left join handover.stream s on s.run = l.run and s.name = l.stream
      where l.run = $1 and l.phase = $2
      order by s.position nulls last, l.target, l.slice`,
    [run, phase],
  );
  return rows.map(({ target, stream, slice, position, done }) => ({
    key: { run, phase, target, stream, slice },
    position,
    done,
  }));
}
