/**
 * Every statement of ours that knows the tables of DBOS 5.3 (schema `dbos`). The package is pinned
 * to that version, and the conformance suite fails when a later one moves a column.
 *
 * `owner_xid` is DBOS's own fence: each taking-up of a workflow writes a new one, and an execution
 * whose token is no longer there can neither checkpoint nor end the workflow. Whatever takes a
 * workflow away sets it to null.
 */
import type { QueryResult, QueryResultRow } from 'pg';
import { durableProtocol } from './engine.ts';
import type { WorkflowKind } from './engine.ts';
import { storableText } from './storable.ts';
import type { Storable } from './storable.ts';

/** A pool or a client of `pg`. */
export interface Queryable {
  query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<QueryResult<Row>>;
}

export const dbosSchema = 'dbos';
export const applicationVersion = String(durableProtocol);

/** Two queues, because a coordinator that held a slice's place while it waits could starve it. */
export const queues: Readonly<Record<WorkflowKind, string>> = {
  coordinator: 'handover.coordinator',
  slice: 'handover.slice',
};

/** The columns of a workflow that is put back to its queue. */
const putBack = `status = 'ENQUEUED', owner_xid = null, started_at_epoch_ms = null,
  updated_at = (extract(epoch from now()) * 1000)::bigint`;

/** The advisory lock that a worker's session holds while it lives. */
const workerLock = (id: string): string => `hashtextextended('handover.worker:' || ${id}, 0)`;

/** Workflow $1 and all that it started, through any number of generations. */
const tree = `recursive tree(id) as (
    select workflow_uuid from dbos.workflow_status where workflow_uuid = $1
    union
    select s.workflow_uuid from dbos.workflow_status s join tree on s.parent_workflow_id = tree.id
  )`;

export interface WorkflowRow {
  id: string;
  name: string;
  status: string;
  attempts: number;
  worker: string;
  output: string | null;
  error: string | null;
}

export async function readWorkflows(db: Queryable, ids: readonly string[]): Promise<WorkflowRow[]> {
  const { rows } = await db.query<WorkflowRow>(
    `select s.workflow_uuid as id, s.name, s.status, s.recovery_attempts::integer as attempts,
       s.executor_id as worker, coalesce(o.output, s.output) as output,
       coalesce(o.error, s.error) as error
     from dbos.workflow_status s left join dbos.workflow_output o using (workflow_uuid)
     where s.workflow_uuid = any($1)`,
    [ids],
  );
  return rows;
}

/** Which of these were cancelled for good, themselves or with one that started them. */
export async function readCancelled(db: Queryable, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    `with recursive up(id, ancestor) as (
       select id, id from unnest($1::text[]) as id
       union
       select up.id, s.parent_workflow_id
       from up join dbos.workflow_status s on s.workflow_uuid = up.ancestor
       where s.parent_workflow_id is not null
     )
     select distinct up.id from up join handover.halt h on h.workflow = up.ancestor and h.final`,
    [ids],
  );
  return new Set(rows.map((row) => row.id));
}

/** Puts one workflow back to its queue, unless it is no longer ours. */
export async function handBack(db: Queryable, id: string, owner: string): Promise<void> {
  await db.query(
    `update dbos.workflow_status set ${putBack}
     where workflow_uuid = $1 and owner_xid = $2 and status = 'PENDING'`,
    [id, owner],
  );
}

export async function handBackAll(db: Queryable, worker: string): Promise<void> {
  await db.query(
    `update dbos.workflow_status set ${putBack} where executor_id = $1 and status = 'PENDING'`,
    [worker],
  );
}

/** What a worker holds by DBOS's account: workflow id by owner token. */
export async function readHeld(db: Queryable, worker: string): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; owner: string | null }>(
    `select workflow_uuid as id, owner_xid as owner
     from dbos.workflow_status where executor_id = $1 and status = 'PENDING'`,
    [worker],
  );
  return new Map(rows.map((row) => [row.owner ?? '', row.id]));
}

export async function writeHalt(db: Queryable, id: string, final: boolean): Promise<void> {
  await db.query(
    `insert into handover.halt (workflow, final) values ($1, $2)
     on conflict (workflow) do update set final = halt.final or excluded.final`,
    [id, final],
  );
}

/**
 * Puts a paused workflow and all that it started back, in one statement, so that no parent sees a
 * child that is still stopped. What was halted below it by a request of its own stays so.
 */
export async function resumeTree(
  db: Queryable,
  id: string,
  coordinators: readonly string[],
): Promise<void> {
  await db.query(
    `with recursive tree(id) as (
       select workflow_uuid from dbos.workflow_status where workflow_uuid = $1
       union
       select s.workflow_uuid from dbos.workflow_status s join tree on s.parent_workflow_id = tree.id
       where not exists (select from handover.halt h where h.workflow = s.workflow_uuid)
     ),
     lifted as (delete from handover.halt where workflow = $1)
     update dbos.workflow_status s
     set ${putBack}, recovery_attempts = 0, completed_at = null,
       queue_name = case when s.name = any($2) then $3 else $4 end
     from tree where s.workflow_uuid = tree.id and s.status = 'CANCELLED'`,
    [id, coordinators, queues.coordinator, queues.slice],
  );
}

/** A workflow and all that it started, and how many of them may still run. */
export async function readTree(
  db: Queryable,
  id: string,
): Promise<{ ids: string[]; active: number }> {
  const { rows } = await db.query<{ id: string; active: boolean }>(
    `with ${tree}
     select tree.id, s.status in ('PENDING', 'ENQUEUED', 'DELAYED') as active
     from tree join dbos.workflow_status s on s.workflow_uuid = tree.id`,
    [id],
  );
  return { ids: rows.map((row) => row.id), active: rows.filter((row) => row.active).length };
}

export async function forgetNotes(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.query(
    `with signals as (delete from handover.signal where workflow = any($1))
     delete from handover.halt where workflow = any($1)`,
    [ids],
  );
}

export async function writeSignal(
  db: Queryable,
  id: string,
  name: string,
  value: Storable,
): Promise<void> {
  await db.query(
    `insert into handover.signal (workflow, name, value) values ($1, $2, $3)
     on conflict do nothing`,
    [id, name, storableText(value)],
  );
}

/** The value of a signal, wrapped because a value may be null; `undefined` while it is not set. */
export async function readSignal(
  db: Queryable,
  id: string,
  name: string,
): Promise<{ value: Storable } | undefined> {
  const { rows } = await db.query<{ value: Storable }>(
    'select value from handover.signal where workflow = $1 and name = $2',
    [id, name],
  );
  return rows[0];
}

/** Whether this session now holds (or held already) the lock that says the worker lives. */
export async function lockWorker(db: Queryable, worker: string): Promise<boolean> {
  const { rows } = await db.query<{ held: boolean }>(
    `select pg_try_advisory_lock(${workerLock('$1::text')}) as held`,
    [worker],
  );
  return rows[0]?.held ?? false;
}

export async function writeBeat(
  db: Queryable,
  worker: { id: string; name: string; draining: boolean },
): Promise<void> {
  await db.query(
    `insert into handover.worker (id, name, protocol, draining) values ($1, $2, $3, $4)
     on conflict (id) do update set beat_at = clock_timestamp(), draining = excluded.draining`,
    [worker.id, worker.name, durableProtocol, worker.draining],
  );
}

export async function removeWorker(db: Queryable, worker: string): Promise<void> {
  await db.query('delete from handover.worker where id = $1', [worker]);
}

/**
 * Puts the workflows of dead workers back to their queues: of a worker whose session is gone (its
 * lock is free), whose beat is older than `lapseMs` on PostgreSQL's clock, or that nobody knows.
 * One statement, so a reaper that is stopped holds nothing; one reaper at a time, to spare work and
 * not for safety: the update looks at each row's executor again. Never judges `self`, whose lock
 * its own session could always take.
 */
export async function reap(
  db: Queryable,
  self: string,
  lapseMs: number,
): Promise<{ workers: number; workflows: number }> {
  const { rows } = await db.query<{ workers: number; workflows: number }>(
    `with known as (
       select coalesce(w.id::text, p.executor_id) as id, w.id is null as unknown, w.beat_at
       from handover.worker w full join (
         select distinct executor_id from dbos.workflow_status
         where status = 'PENDING' and application_version = $2
       ) p on p.executor_id = w.id::text
     ),
     dead as materialized (
       select id from known
       where id <> $1 and (select pg_try_advisory_xact_lock(hashtextextended('handover.reaper', 0)))
         and (unknown or beat_at < clock_timestamp() - $3 * interval '1 millisecond'
           or pg_try_advisory_xact_lock(${workerLock('id')}))
     ),
     workflows as (
       update dbos.workflow_status s set ${putBack}
       from dead
       where s.executor_id = dead.id and s.status = 'PENDING' and s.application_version = $2
       returning 1
     ),
     workers as (delete from handover.worker w using dead where w.id::text = dead.id returning 1)
     select (select count(*)::integer from workers) as workers,
       (select count(*)::integer from workflows) as workflows`,
    [self, applicationVersion, lapseMs],
  );
  return rows[0] ?? { workers: 0, workflows: 0 };
}
