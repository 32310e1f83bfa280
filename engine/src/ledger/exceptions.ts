import type { Phase } from '../model/phase.ts';
import type { Queries, Transaction } from '../store/session.ts';
import { sliceColumns, type BatchKey } from './workUnit.ts';

/** A held, excluded or waiting record or draft, with how it was resolved where it was. */
export interface Exception {
  id: string;
  key: BatchKey;
  ordinal: number;
  kind: 'quarantined' | 'excluded' | 'waiting';
  code: string;
  path: string;
  token: Buffer;
  /** Token of the patient it is about, where known. */
  subject?: Buffer;
  raisedAt: string;
  resolution?: { outcome: 'loaded' | 'quarantined' | 'replayed'; code: string; version?: number };
}

interface Row {
  id: string;
  phase: Phase;
  target: string;
  stream: string;
  slice: string;
  number: number;
  ordinal: number;
  kind: Exception['kind'];
  code: string;
  path: string;
  token: Buffer;
  subject: Buffer | null;
  raised_at: string;
  outcome: 'loaded' | 'quarantined' | 'replayed' | null;
  resolution_code: string | null;
  version: number | null;
}

const columns = `e.id, e.phase, e.target, e.stream, e.slice, e.number, e.ordinal, e.kind, e.code,
  e.path, e.token, e.subject, e.raised_at::text, r.outcome, r.code as resolution_code, r.version`;

/**
 * SQL: not resolved, or resolved into quarantine; and not a draft whose record has been mapped again
 * since, which is accounted for where it stands now.
 */
export const stands = `(r.outcome is null or r.outcome = 'quarantined') and not exists (
  select 1 from handover.superseded s
   where e.phase in ('check', 'load') and s.run = e.run and s.stream = e.stream
     and s.slice = e.slice and s.number = e.number and s.ordinal = e.ordinal)`;

/**
 * SQL: a path as causes are told apart by it. Where in its own item a problem stands (`character 120`,
 * `[3]`) is no part of what caused it: each item keeps that for itself.
 */
export function causePath(path: string): string {
  return `btrim(regexp_replace(${path}, '\\mcharacter \\d+|\\[\\d+\\]', '', 'g'))`;
}

/** Exceptions of one batch, ordinals rising. */
export async function exceptionsOf(reader: Queries, key: BatchKey): Promise<Exception[]> {
  const { rows } = await reader.query<Row>(
    `select ${columns} from handover.exception e
       left join handover.resolution r on r.run = e.run and r.exception = e.id
      where e.run = $1 and e.phase = $2 and e.target = $3 and e.stream = $4 and e.slice = $5
        and e.number = $6 order by e.ordinal, e.id`,
    [...sliceColumns(key), key.number],
  );
  return rows.map((row) => toException(key.run, row));
}

export interface ExceptionFilter {
  kind?: Exception['kind'];
  phase?: Phase;
  target?: string;
  stream?: string;
  code?: string;
  token?: Buffer;
  /** Token of the patient. */
  subject?: Buffer;
  ids?: readonly string[];
  /** Only those that still stand: not resolved, or resolved into quarantine. */
  standing?: boolean;
  limit?: number;
  /** Only those after this id. */
  after?: string;
}

/** The worklist: exceptions of a run by kind, cause or place, oldest first. */
export async function listExceptions(
  reader: Queries,
  run: string,
  filter: ExceptionFilter = {},
): Promise<Exception[]> {
  const { rows } = await reader.query<Row>(
    `select ${columns} from handover.exception e
       left join handover.resolution r on r.run = e.run and r.exception = e.id
      where e.run = $1
        and ($2::text is null or e.kind = $2
             or ($2 = 'quarantined' and r.outcome = 'quarantined'))
        and ($3::text is null or e.phase = $3) and ($4::text is null or e.target = $4)
        and ($5::text is null or e.stream = $5)
        and ($6::text is null or coalesce(nullif(r.code, ''), e.code) = $6)
        and ($7::bytea is null or e.token = $7)
        and (not $8::boolean or (${stands}))
        and e.id > $9
        and ($11::bytea is null or e.subject = $11)
        and ($12::bigint[] is null or e.id = any($12))
      order by e.id limit $10`,
    [
      run,
      filter.kind ?? null,
      filter.phase ?? null,
      filter.target ?? null,
      filter.stream ?? null,
      filter.code ?? null,
      filter.token ?? null,
      filter.standing ?? false,
      filter.after ?? '0',
      filter.limit ?? 1_000_000,
      filter.subject ?? null,
      filter.ids ?? null,
    ],
  );
  return rows.map((row) => toException(run, row));
}

/** Of these tokens, as hex, those under which something stands held for a target or for all. */
export async function heldTokens(
  reader: Queries,
  run: string,
  target: string,
  tokens: readonly Buffer[],
): Promise<ReadonlySet<string>> {
  const { rows } = await reader.query<{ token: string }>(
    `select distinct encode(e.token, 'hex') as token from handover.exception e
       left join handover.resolution r on r.run = e.run and r.exception = e.id
      where e.run = $1 and e.target in ('', $2) and e.token = any($3::bytea[])
        and (e.kind = 'quarantined' or r.outcome = 'quarantined') and ${stands}`,
    [run, target, tokens],
  );
  return new Set(rows.map(({ token }) => token));
}

export interface ExceptionCause {
  stream: string;
  target: string;
  phase: Phase;
  kind: Exception['kind'];
  code: string;
  path: string;
  count: number;
}

/** Standing exceptions grouped by cause, the most frequent first. */
export async function exceptionCauses(reader: Queries, run: string): Promise<ExceptionCause[]> {
  const { rows } = await reader.query<Omit<ExceptionCause, 'count'> & { count: string }>(
    `select e.stream, e.target, e.phase,
            case when r.outcome = 'quarantined' then 'quarantined' else e.kind end as kind,
            coalesce(nullif(r.code, ''), e.code) as code, ${causePath('e.path')} as path,
            count(*) as count
       from handover.exception e
       left join handover.resolution r on r.run = e.run and r.exception = e.id
      where e.run = $1 and ${stands}
      group by 1, 2, 3, 4, 5, 6 order by count(*) desc, 1, 2, 3, 4, 5, 6`,
    [run],
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

export interface Resolution {
  exception: string;
  outcome: 'loaded' | 'quarantined' | 'replayed';
  code: string;
  version?: number;
}

/**
 * Add resolutions. Returns how many were new: an exception is resolved once, so a second attempt at
 * the same work adds none.
 */
export async function resolveExceptions(
  transaction: Transaction,
  run: string,
  resolutions: readonly Resolution[],
): Promise<number> {
  const added = await transaction.query(
    `insert into handover.resolution (run, exception, outcome, code, version)
     select $1, * from unnest($2::bigint[], $3::text[], $4::text[], $5::int[])
     on conflict do nothing`,
    [
      run,
      resolutions.map((resolution) => resolution.exception),
      resolutions.map((resolution) => resolution.outcome),
      resolutions.map((resolution) => resolution.code),
      resolutions.map((resolution) => resolution.version ?? null),
    ],
  );
  return added.count;
}

function toException(run: string, row: Row): Exception {
  const { phase, target, stream, slice, number } = row;
  return {
    id: row.id,
    key: { run, phase, target, stream, slice, number },
    ordinal: row.ordinal,
    kind: row.kind,
    code: row.code,
    path: row.path,
    token: row.token,
    ...(row.subject && { subject: row.subject }),
    raisedAt: row.raised_at,
    ...(row.outcome && {
      resolution: {
        outcome: row.outcome,
        code: row.resolution_code ?? '',
        ...(row.version !== null && { version: row.version }),
      },
    }),
  };
}

/** Items that stand held for review, by run; runs without any are left out. */
export async function standingByRun(reader: Queries): Promise<Map<string, number>> {
  const { rows } = await reader.query<{ run: string; count: number }>(
    `select e.run, count(*)::int as count from handover.exception e
       left join handover.resolution r on r.run = e.run and r.exception = e.id
      where (e.kind = 'quarantined' or r.outcome = 'quarantined') and (${stands})
      group by e.run`,
  );
  return new Map(rows.map(({ run, count }) => [run, count]));
}
