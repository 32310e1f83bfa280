import { readCancelled, readWorkflows } from './dbosTables.ts';
import type { Queryable, WorkflowRow } from './dbosTables.ts';
import type { Outcome, WorkflowStatus } from './engine.ts';
import { reviveFailure } from './failure.ts';
import type { Storable } from './storable.ts';

/** What a body's end is stored as: its value, or the generation that goes on. */
export type Envelope = { readonly value: Storable } | { readonly next: string };

/**
 * Follows workflows through their generations. It remembers the last generation seen, so that a
 * poll of a long chain reads one row.
 */
export class Follower {
  readonly #generations: Map<string, string>;

  constructor(ids: readonly string[]) {
    this.#generations = new Map(ids.map((id) => [id, id]));
  }

  /** Ids not yet dropped. */
  get ids(): readonly string[] {
    return [...this.#generations.keys()];
  }

  drop(id: string): void {
    this.#generations.delete(id);
  }

  /** The row of each workflow's present generation; a workflow that does not exist has none. */
  async read(db: Queryable): Promise<Map<string, WorkflowRow>> {
    const found = new Map<string, WorkflowRow>();
    let open = [...this.#generations];
    while (open.length > 0) {
      const rows = await readWorkflows(db, [...new Set(open.map(([, generation]) => generation))]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      const further: [string, string][] = [];
      for (const [id, generation] of open) {
        const row = byId.get(generation);
        const next = row && nextOf(row);
        if (next !== undefined) further.push([id, next]);
        else if (row) found.set(id, row);
      }
      for (const [id, generation] of further) this.#generations.set(id, generation);
      open = further;
    }
    return found;
  }
}

/** The outcomes of those workflows that ended, by the id asked for. */
export async function readOutcomes(
  db: Queryable,
  rows: ReadonlyMap<string, WorkflowRow>,
): Promise<Map<string, Outcome>> {
  const cancelled = await cancelledAmong(db, rows);
  const outcomes = new Map<string, Outcome>();
  for (const [id, row] of rows) {
    const outcome = outcomeOf(id, row, cancelled.has(row.id));
    if (outcome) outcomes.set(id, outcome);
  }
  return outcomes;
}

export async function readStatus(
  db: Queryable,
  id: string,
  row: WorkflowRow,
): Promise<WorkflowStatus> {
  const cancelled = await cancelledAmong(db, new Map([[id, row]]));
  const outcome = outcomeOf(id, row, cancelled.has(row.id));
  const attempts = row.attempts;
  if (outcome?.state === 'failed') return { id, state: 'failed', code: outcome.code, attempts };
  if (outcome) return { id, state: outcome.state, attempts };
  if (row.status === 'PENDING') return { id, state: 'running', attempts, worker: row.worker };
  return { id, state: row.status === 'CANCELLED' ? 'paused' : 'waiting', attempts };
}

async function cancelledAmong(
  db: Queryable,
  rows: ReadonlyMap<string, WorkflowRow>,
): Promise<Set<string>> {
  const stopped = [...rows.values()].filter((row) => row.status === 'CANCELLED');
  return stopped.length === 0
    ? new Set()
    : readCancelled(
        db,
        stopped.map((row) => row.id),
      );
}

/** A stopped workflow that was only paused has no outcome yet. */
function outcomeOf(id: string, row: WorkflowRow, cancelled: boolean): Outcome | undefined {
  switch (row.status) {
    case 'SUCCESS':
      return { id, state: 'finished', value: valueOf(row) };
    case 'ERROR':
      return failed(id, messageOf(row));
    case 'MAX_RECOVERY_ATTEMPTS_EXCEEDED':
      return failed(id, 'durable-attempts-exhausted permanent 1');
    case 'CANCELLED':
      return cancelled ? { id, state: 'cancelled' } : undefined;
    default:
      return undefined;
  }
}

function failed(id: string, text: string): Outcome {
  const { code, failure, exitCode } = reviveFailure(text);
  return { id, state: 'failed', code, failure, exitCode };
}

function messageOf(row: WorkflowRow): string {
  const { message = '' } = JSON.parse(row.error ?? '{}') as { message?: string };
  return message;
}

function nextOf(row: WorkflowRow): string | undefined {
  if (row.status !== 'SUCCESS') return undefined;
  const envelope = envelopeOf(row);
  return 'next' in envelope ? envelope.next : undefined;
}

function valueOf(row: WorkflowRow): Storable {
  const envelope = envelopeOf(row);
  return 'value' in envelope ? envelope.value : null;
}

function envelopeOf(row: WorkflowRow): Envelope {
  return row.output === null ? { value: null } : (JSON.parse(row.output) as Envelope);
}
