import { HandoverError, exitCodes } from '../base/errors.ts';
import { isoInstant } from '../store/instant.ts';
import type { Queries, Transaction } from '../store/session.ts';

/** Purposes that the reason of a decision is sealed for. */
export const erasureReason = 'erasure reason';
export const holdReason = 'legal hold reason';

/** What an erasure takes: what is kept of one person in every run, or all working copies of one run. */
export type ErasureScope =
  { scope: 'patient'; subjects: readonly Buffer[] } | { scope: 'run'; run: string };

/** Somebody asked for an erasure. */
export interface ErasureRequest {
  id: string;
  scope: 'patient' | 'run';
  run: string | null;
  /** Tokens of the person's Patients, 16 bytes each. */
  subjects: Buffer[];
  /** Sealed. */
  reason: Buffer;
  author: string;
  requestedAt: string;
  approvers: string[];
  /** When it was carried out; null while it was not. */
  erasedAt: string | null;
}

const columns = `q.id, q.scope, q.run, q.subjects, q.reason, q.author,
  ${isoInstant('q.requested_at')} as "requestedAt",
  array(select a.approver from handover.erasure_approval a
         where a.request = q.id order by a.approved_at, a.approver) as approvers,
  (select ${isoInstant('e.erased_at')} from handover.erasure e where e.request = q.id) as "erasedAt"`;

/** @returns the id of the request. */
export async function askForErasure(
  transaction: Transaction,
  what: ErasureScope,
  { reason, author, at }: { reason: Buffer; author: string; at: Date },
): Promise<string> {
  const { rows } = await transaction.query<{ id: string }>(
    `insert into handover.erasure_request (scope, run, subjects, reason, author, requested_at)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [
      what.scope,
      what.scope === 'run' ? what.run : null,
      what.scope === 'patient' ? what.subjects : [],
      reason,
      author,
      at,
    ],
  );
  return (rows[0] as { id: string }).id;
}

/** @throws HandoverError `erasure-unknown` (exit 2) */
export async function erasureRequest(reader: Queries, id: string): Promise<ErasureRequest> {
  const { rows } = await reader.query<ErasureRequest>(
    `select ${columns} from handover.erasure_request q where q.id = $1`,
    [/^\d{1,15}$/.test(id) ? id : '0'],
  );
  if (rows[0] !== undefined) return rows[0];
  throw new HandoverError('erasure-unknown', 'Nobody has asked for such an erasure.', {
    exitCode: exitCodes.usage,
    next: 'See what was asked for with `handover erasure list`.',
  });
}

/** The newest first. */
export async function erasureRequests(reader: Queries): Promise<ErasureRequest[]> {
  const { rows } = await reader.query<ErasureRequest>(
    `select ${columns} from handover.erasure_request q order by q.id desc`,
  );
  return rows;
}

/** The same person's approval is one, however often it is given. */
export async function approveErasure(
  transaction: Transaction,
  { id, author }: ErasureRequest,
  { approver, at }: { approver: string; at: Date },
): Promise<void> {
  await transaction.query(
    `insert into handover.erasure_approval (request, author, approver, approved_at)
     values ($1, $2, $3, $4) on conflict do nothing`,
    [id, author, approver, at],
  );
}

/** From now on these runs are read and never worked on again. */
export async function closeRuns(
  transaction: Transaction,
  request: string,
  runs: readonly string[],
): Promise<void> {
  await transaction.query(
    `insert into handover.erased_run (run, request)
     select run, $1 from unnest($2::uuid[]) as t (run) on conflict do nothing`,
    [request, runs],
  );
}

/** @throws HandoverError `run-erased` (exit 4): something of the run was erased. */
export async function refuseErased(reader: Queries, run: string): Promise<void> {
  const { rows } = await reader.query('select from handover.erased_run where run = $1', [run]);
  if (rows.length === 0) return;
  throw new HandoverError('run-erased', 'Something that the run had read was erased since.', {
    exitCode: exitCodes.gateNotMet,
    next: 'Its report, ledger and certificate stay. To work on, begin a new run: handover run',
  });
}

/** Runs without working copies: there is nothing left in them to be found or erased. */
export async function purgedRuns(reader: Queries): Promise<ReadonlySet<string>> {
  const { rows } = await reader.query<{ run: string }>(
    `select distinct r.run from handover.erasure_request q
       join handover.erased_run r on r.request = q.id where q.scope = 'run'`,
  );
  return new Set(rows.map(({ run }) => run));
}

/** Enter that an erasure was done, with its signed record; once. */
export async function recordErasure(
  transaction: Transaction,
  request: string,
  at: Date,
  record: string,
): Promise<void> {
  await transaction.query(
    `insert into handover.erasure (request, erased_at, record) values ($1, $2, $3)
     on conflict do nothing`,
    [request, at, record],
  );
}

/** The signed sanitisation record of an erasure; undefined while it was not carried out. */
export async function erasureRecord(reader: Queries, id: string): Promise<string | undefined> {
  const { rows } = await reader.query<{ record: string }>(
    'select record from handover.erasure where request = $1',
    [id],
  );
  return rows[0]?.record;
}

/** Under a legal hold nothing of what it names is erased. */
export interface LegalHold {
  id: string;
  scope: 'project' | 'run' | 'patient';
  run: string | null;
  subjects: Buffer[];
  reason: Buffer;
  placedBy: string;
  placedAt: string;
  releasedBy: string | null;
  releasedAt: string | null;
}

export async function placeLegalHold(
  transaction: Transaction,
  what: ErasureScope | { scope: 'project' },
  { reason, by, at }: { reason: Buffer; by: string; at: Date },
): Promise<string> {
  const { rows } = await transaction.query<{ id: string }>(
    `insert into handover.legal_hold (scope, run, subjects, reason, placed_by, placed_at)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [
      what.scope,
      what.scope === 'run' ? what.run : null,
      what.scope === 'patient' ? what.subjects : [],
      reason,
      by,
      at,
    ],
  );
  return (rows[0] as { id: string }).id;
}

/** @returns false: there is no such hold, or it was released before. */
export async function releaseLegalHold(
  transaction: Transaction,
  hold: string,
  { by, at }: { by: string; at: Date },
): Promise<boolean> {
  const { count } = await transaction.query(
    `insert into handover.legal_hold_release (hold, released_by, released_at)
     select id, $2, $3 from handover.legal_hold where id = $1 on conflict do nothing`,
    [/^\d{1,15}$/.test(hold) ? hold : '0', by, at],
  );
  return count === 1;
}

/** The newest first. */
export async function legalHolds(reader: Queries): Promise<LegalHold[]> {
  const { rows } = await reader.query<LegalHold>(
    `select h.id, h.scope, h.run, h.subjects, h.reason, h.placed_by as "placedBy",
            ${isoInstant('h.placed_at')} as "placedAt", r.released_by as "releasedBy",
            ${isoInstant('r.released_at')} as "releasedAt"
       from handover.legal_hold h left join handover.legal_hold_release r on r.hold = h.id
      order by h.id desc`,
  );
  return rows;
}

/**
 * A hold on a person keeps every run that may hold something of them, and a hold on a run keeps what it
 * has of every person: only a hold on another person, or another run, leaves an erasure free.
 * @throws HandoverError `legal-hold` (exit 4)
 */
export async function refuseHeldByLaw(reader: Queries, what: ErasureRequest): Promise<void> {
  const standing = (await legalHolds(reader)).filter(({ releasedAt }) => releasedAt === null);
  const named = new Set(what.subjects.map((token) => token.toString('hex')));
  const hold = standing.find((one) => {
    if (one.scope === 'project' || one.scope !== what.scope) return true;
    if (one.scope === 'run') return one.run === what.run;
    return one.subjects.some((token) => named.has(token.toString('hex')));
  });
  if (hold === undefined) return;
  throw new HandoverError('legal-hold', `Legal hold ${hold.id} keeps this; nothing was erased.`, {
    exitCode: exitCodes.gateNotMet,
    next: 'Compliance releases it when the matter has ended: `handover legal-hold release`.',
  });
}
