import { failureOf, HandoverError } from '../base/errors.ts';
import type { Database } from '../store/database.ts';
import type { AuditEvent } from './auditEvent.ts';
import { appendEvents, signPresentHead, type AuditServices } from './tree.ts';

/** Append-only. What it is asked to record is durable when `record` resolves. */
export interface AuditLog {
  /** @throws HandoverError `audit-unavailable`: then nothing may leave. */
  record(events: readonly AuditEvent[]): Promise<void>;
}

/** A head is signed with the first commit and then about so often: a signature costs as much as ten events. */
const signEveryMs = 1_000;

/**
 * The audit log in the control database (`audit.event`), a Merkle tree whose head is signed every
 * second that something is recorded in. Whoever asks while a commit is under way waits for the next
 * one, which takes them all.
 */
export function databaseAuditLog(database: Database, services: AuditServices): AuditLog {
  let waiting: AuditEvent[] = [];
  let next: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();
  let signedMs = Number.NEGATIVE_INFINITY;
  const commit = async (): Promise<void> => {
    await running.catch(() => undefined);
    const events = waiting;
    waiting = [];
    next = undefined;
    const nowMs = services.clock.monotonicMs();
    const sign = nowMs - signedMs >= signEveryMs;
    running = commitEvents(database, services, events, sign);
    await running;
    if (sign) signedMs = nowMs;
  };
  return {
    async record(events) {
      if (events.length === 0) return;
      waiting.push(...events);
      next ??= commit();
      await next;
    },
  };
}

async function commitEvents(
  database: Database,
  services: AuditServices,
  events: readonly AuditEvent[],
  sign: boolean,
): Promise<void> {
  try {
    await database.transaction((transaction) => appendEvents(transaction, services, events, sign), {
      operation: 'audit.record',
    });
  } catch (error) {
    if (!(error instanceof HandoverError)) throw error;
    throw new HandoverError('audit-unavailable', 'the audit log cannot be written', {
      next: 'Nothing was shown. Check the control database; then ask again.',
      failure: failureOf(error),
      cause: error,
    });
  }
}

/**
 * Sign the head of the log as it stands, to be kept where an intruder in the database cannot reach it.
 * @returns the signed note.
 */
export async function signAuditHead(
  database: Database,
  services: Pick<AuditServices, 'origin' | 'signer'>,
): Promise<string> {
  return database.transaction((transaction) => signPresentHead(transaction, services), {
    operation: 'audit.sign',
  });
}
