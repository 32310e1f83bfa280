import { HandoverError, exitCodes } from '../base/errors.ts';
import { isoInstant } from '../store/instant.ts';
import type { Queries, Transaction } from '../store/session.ts';

/** Purpose that the reason of a rotation is sealed for. */
export const rotationReason = 'key rotation reason';

/** Somebody asked that the project key be rotated. */
export interface KeyRotation {
  id: string;
  /** Sealed. */
  reason: Buffer;
  author: string;
  requestedAt: string;
  approvers: string[];
  /** Generations of the key; null while it was not rotated. */
  former: string | null;
  current: string | null;
  resealed: string | null;
  rewrapped: string | null;
  rotatedAt: string | null;
}

const select = `select q.id, q.reason, q.author, ${isoInstant('q.requested_at')} as "requestedAt",
    array(select a.approver from handover.key_rotation_approval a
           where a.request = q.id order by a.approved_at, a.approver) as approvers,
    r.former, r.current, r.resealed, r.rewrapped, ${isoInstant('r.rotated_at')} as "rotatedAt"
  from handover.key_rotation_request q left join handover.key_rotation r on r.request = q.id`;

/** @returns the id of the request. */
export async function askForRotation(
  transaction: Transaction,
  { reason, author, at }: { reason: Buffer; author: string; at: Date },
): Promise<string> {
  const { rows } = await transaction.query<{ id: string }>(
    `insert into handover.key_rotation_request (reason, author, requested_at)
     values ($1, $2, $3) returning id`,
    [reason, author, at],
  );
  return (rows[0] as { id: string }).id;
}

/** The newest first. */
export async function keyRotations(reader: Queries): Promise<KeyRotation[]> {
  return (await reader.query<KeyRotation>(`${select} order by q.id desc`)).rows;
}

/** @throws HandoverError `key-rotation-unknown` (exit 2) */
export async function keyRotation(reader: Queries, id: string): Promise<KeyRotation> {
  const number = /^\d{1,15}$/.test(id) ? id : '0';
  const { rows } = await reader.query<KeyRotation>(`${select} where q.id = $1`, [number]);
  const [found] = rows;
  if (found !== undefined) return found;
  throw new HandoverError('key-rotation-unknown', 'Nobody asked for a rotation of that number.', {
    exitCode: exitCodes.usage,
    next: 'See `handover keys show`.',
  });
}

/** Once for each approver. */
export async function approveRotation(
  transaction: Transaction,
  { id, author }: Pick<KeyRotation, 'id' | 'author'>,
  { approver, at }: { approver: string; at: Date },
): Promise<void> {
  await transaction.query(
    `insert into handover.key_rotation_approval (request, author, approver, approved_at)
     values ($1, $2, $3, $4) on conflict do nothing`,
    [id, author, approver, at],
  );
}

/** From this commit on the database is sealed under `current`, and no program without it connects. */
export async function recordRotation(
  transaction: Transaction,
  rotation: {
    id: string;
    former: string;
    current: string;
    resealed: number;
    rewrapped: number;
    at: Date;
  },
): Promise<void> {
  const { id, former, current, resealed, rewrapped, at } = rotation;
  await transaction.query(
    `insert into handover.key_rotation (request, former, current, resealed, rewrapped, rotated_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [id, former, current, resealed, rewrapped, at],
  );
  await transaction.query(
    `insert into handover.sealing (generation) values ($1)
     on conflict (place) do update set generation = excluded.generation`,
    [current],
  );
}
