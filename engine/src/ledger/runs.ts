import type { RunState } from '../model/phase.ts';
import type { Queries, Transaction } from '../store/session.ts';

/** One execution of a plan revision. */
export interface Run {
  id: string;
  revision: string;
  strategy: string;
  protocol: number;
  state: RunState;
  /** Why it paused or failed; a stable code. */
  code?: string;
  resumes: number;
  /** How often what was written has been read back and compared. */
  verifications: number;
  replays: number;
  startedAt: string;
  endedAt?: string;
}

interface RunRow {
  id: string;
  revision: string;
  strategy: string;
  protocol: number;
  state: RunState;
  code: string | null;
  resumes: number;
  verifications: number;
  replays: number;
  started_at: string;
  ended_at: string | null;
}

/** Store a plan revision under its digest, once. `sealed` is the whole plan, sealed. */
export async function recordRevision(
  transaction: Transaction,
  digest: string,
  sealed: Buffer,
): Promise<void> {
  await transaction.query(
    'insert into handover.revision (digest, plan) values ($1, $2) on conflict do nothing',
    [digest, sealed],
  );
}

export async function revisionPlan(reader: Queries, digest: string): Promise<Buffer | undefined> {
  const { rows } = await reader.query<{ plan: Buffer }>(
    'select plan from handover.revision where digest = $1',
    [digest],
  );
  return rows[0]?.plan;
}

/** Begin a run: its row, and the partitions that hold its ledger. */
export async function beginRun(
  transaction: Transaction,
  run: { id: string; revision: string; strategy: string; protocol: number },
): Promise<void> {
  await transaction.query(
    'insert into handover.run (id, revision, strategy, protocol) values ($1, $2, $3, $4)',
    [run.id, run.revision, run.strategy, run.protocol],
  );
  await transaction.query('select handover.open_ledger($1)', [run.id]);
}

const runColumns = `id, revision, strategy, protocol, state, code, resumes, verifications, replays,
  started_at::text, ended_at::text`;

export async function findRun(reader: Queries, id: string): Promise<Run | undefined> {
  const { rows } = await reader.query<RunRow>(
    // As text: somebody may have typed what is no id at all.
    `select ${runColumns} from handover.run where id::text = lower($1)`,
    [id],
  );
  return rows[0] && toRun(rows[0]);
}

/** Runs of the project, the newest first. */
export async function listRuns(reader: Queries): Promise<Run[]> {
  const { rows } = await reader.query<RunRow>(
    `select ${runColumns} from handover.run order by started_at desc, id desc`,
  );
  return rows.map(toRun);
}

/**
 * The one setter of a run's state. A run that is finished, cancelled or undone stays so, but for a
 * finished one that is undone or that a replay adds to.
 */
export async function setRunState(
  transaction: Transaction,
  id: string,
  state: RunState,
  code?: string,
): Promise<boolean> {
  const ended = state === 'running' || state === 'paused' ? 'null' : 'now()';
  const moved = await transaction.query(
    `update handover.run set state = $2, code = $3, ended_at = ${ended}
      where id = $1 and state <> 'undone'
        and (state <> 'cancelled' or $2 = 'undone')`,
    [id, state, code ?? null],
  );
  return moved.count === 1;
}

/**
 * Put a run that was cancelled for an undo back to where it stood, because nothing of it was undone.
 * One that was under way is paused: its workers have let it go.
 */
export async function restoreRunState(transaction: Transaction, before: Run): Promise<void> {
  const under = before.state === 'running';
  await transaction.query(
    `update handover.run set state = $2, code = $3, ended_at = $4
      where id = $1 and state = 'cancelled'`,
    [
      before.id,
      under ? 'paused' : before.state,
      under ? 'undo-refused' : (before.code ?? null),
      before.endedAt ?? null,
    ],
  );
}

/** Count one more reading back of everything written, or one more replay; returns its number. */
export async function countOneMore(
  transaction: Transaction,
  id: string,
  what: 'verifications' | 'replays',
): Promise<number> {
  const { rows } = await transaction.query<{ number: number }>(
    `update handover.run set ${what} = ${what} + 1 where id = $1 returning ${what} as number`,
    [id],
  );
  return rows[0]?.number ?? 1;
}

/** Count one more resume; its number names the coordinator that may work from now on. */
export async function countResume(transaction: Transaction, id: string): Promise<number> {
  const { rows } = await transaction.query<{ resumes: number }>(
    `update handover.run set resumes = resumes + 1, state = 'running', code = null, ended_at = null
      where id = $1 returning resumes`,
    [id],
  );
  return rows[0]?.resumes ?? 0;
}

/** Note the revision that a run works under from now on; used again, it is the newest again. */
export async function recordRunRevision(
  transaction: Transaction,
  run: string,
  revision: string,
  reason: string,
): Promise<void> {
  await transaction.query(
    `insert into handover.run_revision (run, revision, reason) values ($1, $2, $3)
     on conflict (run, revision)
     do update set reason = excluded.reason, recorded_at = clock_timestamp()`,
    [run, revision, reason],
  );
}

export async function runRevisions(
  reader: Queries,
  run: string,
): Promise<{ revision: string; reason: string }[]> {
  const { rows } = await reader.query<{ revision: string; reason: string }>(
    `select revision, reason from handover.run_revision where run = $1 order by recorded_at`,
    [run],
  );
  return rows;
}

function toRun(row: RunRow): Run {
  return {
    id: row.id,
    revision: row.revision,
    strategy: row.strategy,
    protocol: row.protocol,
    state: row.state,
    ...(row.code !== null && { code: row.code }),
    resumes: row.resumes,
    verifications: row.verifications,
    replays: row.replays,
    startedAt: row.started_at,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
  };
}
