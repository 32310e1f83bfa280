import type { Clock } from '../../base/clock.ts';
import { HandoverError, exitCodes } from '../../base/errors.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import { keyRotation, recordRotation, type KeyRotation } from '../../ledger/keyRotations.ts';
import { listRuns } from '../../ledger/runs.ts';
import type { Database } from '../../store/database.ts';
import { sealedGeneration } from '../../store/sealing.ts';
import type { Queries } from '../../store/session.ts';
import { resealAll, type Resealed } from './reseal.ts';

export interface RotationServices {
  /** Its sessions go by `session`, and by no other name. */
  database: Database;
  session: string;
  clock: Clock;
  /** Put on record that it begins; where that fails nothing is rotated. */
  record(): Promise<void>;
  /** A new key in the key file beside the present one; the same new one when it was begun before. */
  begin(): Promise<ProjectKey>;
  /** The former key leaves the key file; false: it had left before. */
  end(): Promise<boolean>;
}

export interface Rotated extends Resealed {
  former: string;
  current: string;
}

/**
 * Rotate the project key as somebody asked for and somebody else approved. Three durable steps: both
 * keys in the key file; everything sealed again under the new one, and the database bound to it, in
 * one transaction; the former key gone. Killed between any two, it is done again and ends the same.
 *
 * @throws HandoverError `key-rotation-unapproved` (exit 9), `key-rotation-done` (exit 2),
 *   `run-under-way`, `project-in-use` (exit 4): nothing was sealed again, and the project opens as before.
 */
export async function rotateKey(services: RotationServices, id: string): Promise<Rotated> {
  const { database, clock } = services;
  const request = await keyRotation(database, id);
  if (request.rotatedAt !== null) return endInterrupted(services, request);
  if (request.approvers.length === 0) throw unapproved(id);
  await refuseBusy(database);
  await refuseOthers(database, services.session);
  await services.record();
  const key = await services.begin();
  const { generation: current, otherGeneration: former = '' } = key;
  const done = await database.transaction(async (transaction) => {
    await transaction.query("set local lock_timeout = '10s'");
    // Whoever connects from here on waits, and then holds the new key or is refused.
    await transaction.query('lock table handover.sealing in access exclusive mode');
    await refuseOthers(transaction, services.session);
    const counts = await resealAll(transaction, key);
    await recordRotation(transaction, { id, former, current, ...counts, at: clock.now() });
    return counts;
  });
  await services.end();
  return { former, current, ...done };
}

/** It was committed, and where it was interrupted the former key still stands in the file. */
async function endInterrupted(
  services: RotationServices,
  { former, current, resealed, rewrapped }: KeyRotation,
): Promise<Rotated> {
  if ((await sealedGeneration(services.database)) === current && (await services.end())) {
    const counts = { resealed: Number(resealed), rewrapped: Number(rewrapped) };
    return { former: former ?? '', current: current ?? '', ...counts };
  }
  throw new HandoverError('key-rotation-done', 'This rotation was carried out already.', {
    exitCode: exitCodes.usage,
    next: 'The former key is gone. See `handover keys show`.',
  });
}

async function refuseBusy(database: Database): Promise<void> {
  const busy = (await listRuns(database)).find(({ state }) => state === 'running');
  if (busy === undefined) return;
  throw new HandoverError('run-under-way', `Run ${busy.id} is under way; nothing was rotated.`, {
    exitCode: exitCodes.gateNotMet,
    next: 'Let it end, or stop it, then do this again.',
  });
}

/** A program that opened the project before would go on sealing under the former key. */
async function refuseOthers(reader: Queries, session: string): Promise<void> {
  const { rows } = await reader.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
      where datname = current_database() and backend_type = 'client backend'
        and pid <> pg_backend_pid() and application_name is distinct from $1`,
    [session],
  );
  if (rows[0]?.count === 0) return;
  throw new HandoverError(
    'project-in-use',
    `Other programs have the control database open (${rows[0]?.count} sessions).`,
    {
      exitCode: exitCodes.gateNotMet,
      next: 'Stop console, serve, listen and workers, then do this again. Everything opens as before.',
    },
  );
}

function unapproved(id: string): HandoverError {
  return new HandoverError(
    'key-rotation-unapproved',
    'Nobody but its author wants this rotation.',
    {
      exitCode: exitCodes.approvalNeeded,
      next: `Somebody else approves it: handover keys approve ${id} --as NAME. Nothing was rotated.`,
    },
  );
}
