import { isoInstant } from '../store/instant.ts';
import type { Queries, Transaction } from '../store/session.ts';

/** Somebody asked for a gate on what a run did; the newest request is the one that counts. */
export interface GateRequest {
  id: string;
  gate: string;
  run: string;
  author: string;
  requestedAt: string;
}

export interface KeptApproval {
  approver: string;
  evidence: string;
  approvedAt: string;
}

export interface KeptWaiver {
  criterion: string;
  owner: string;
  reason: string;
  givenAt: string;
  expiresAt: string;
}

export async function askForGate(
  transaction: Transaction,
  request: { gate: string; run: string; author: string; at: Date },
): Promise<void> {
  await transaction.query(
    `insert into handover.gate_request (gate, run, author, requested_at) values ($1, $2, $3, $4)`,
    [request.gate, request.run, request.author, request.at],
  );
}

export async function newestRequest(
  reader: Queries,
  gate: string,
): Promise<GateRequest | undefined> {
  const { rows } = await reader.query<GateRequest>(
    `select id, gate, run, author, ${isoInstant('requested_at')} as "requestedAt"
       from handover.gate_request where gate = $1 order by id desc limit 1`,
    [gate],
  );
  return rows[0];
}

/** The same person's approval of the same evidence is one, however often it is sent. */
export async function recordApproval(
  transaction: Transaction,
  { id, author }: GateRequest,
  approval: { approver: string; evidence: string; at: Date },
): Promise<void> {
  await transaction.query(
    `insert into handover.gate_approval (request, author, approver, evidence, approved_at)
     values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [id, author, approval.approver, approval.evidence, approval.at],
  );
}

export async function approvalsOf(reader: Queries, request: string): Promise<KeptApproval[]> {
  const { rows } = await reader.query<KeptApproval>(
    `select approver, evidence, ${isoInstant('approved_at')} as "approvedAt"
       from handover.gate_approval where request = $1 order by approved_at, approver`,
    [request],
  );
  return rows;
}

export async function recordWaiver(
  transaction: Transaction,
  waiver: {
    gate: string;
    run: string;
    criterion: string;
    owner: string;
    reason: string;
    at: Date;
    expiresAt: Date;
  },
): Promise<void> {
  await transaction.query(
    `insert into handover.gate_waiver
       (gate, run, criterion, owner, reason, given_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      waiver.gate,
      waiver.run,
      waiver.criterion,
      waiver.owner,
      waiver.reason,
      waiver.at,
      waiver.expiresAt,
    ],
  );
}

export async function waiversOf(reader: Queries, gate: string, run: string): Promise<KeptWaiver[]> {
  const { rows } = await reader.query<KeptWaiver>(
    `select criterion, owner, reason, ${isoInstant('given_at')} as "givenAt",
            ${isoInstant('expires_at')} as "expiresAt"
       from handover.gate_waiver where gate = $1 and run = $2 order by id`,
    [gate, run],
  );
  return rows;
}

/** Whoever decides on a gate holds it until the transaction ends: of two at once, one sees the other. */
export async function holdGate(transaction: Transaction, gate: string): Promise<void> {
  await transaction.query(`select pg_advisory_xact_lock(1213484868, hashtext($1))`, [gate]);
}
