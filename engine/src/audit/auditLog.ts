import { failureOf, HandoverError } from '../base/errors.ts';
import type { Database } from '../store/database.ts';

/** What was done, in the words of FHIR's REST interactions (R4, http). */
export type AuditAction =
  'read' | 'vread' | 'history' | 'search' | 'create' | 'update' | 'delete' | 'transaction';

/** `attempted`: written just before a change is committed, so that no change goes unseen. */
export type AuditOutcome = 'disclosed' | 'attempted' | 'not-found';

/** One look at, or change to, what concerns one patient (or none). */
export interface AuditEvent {
  instant: Date;
  /** Who: a name of the engine's own, never a token. */
  actor: string;
  action: AuditAction;
  resourceType: string;
  /** Ids that Handover or the target made. */
  resourceIds: readonly string[];
  /** Stable id of the patient; undefined when the resources are about none. */
  patient: string | undefined;
  outcome: AuditOutcome;
}

/** Append-only. What it is asked to record is durable when `record` resolves. */
export interface AuditLog {
  /** @throws HandoverError `audit-unavailable`: then nothing may leave. */
  record(events: readonly AuditEvent[]): Promise<void>;
}

/** The audit log in the control database (`audit.event`). */
export function databaseAuditLog(database: Database): AuditLog {
  return {
    async record(events) {
      if (events.length === 0) return;
      try {
        await database.transaction(
          (transaction) => transaction.query(insert, [JSON.stringify(events.map(rowOf))]),
          { operation: 'audit.record' },
        );
      } catch (error) {
        if (!(error instanceof HandoverError)) throw error;
        throw new HandoverError('audit-unavailable', 'the audit log cannot be written', {
          next: 'Nothing was shown. Check the control database; then ask again.',
          failure: failureOf(error),
          cause: error,
        });
      }
    },
  };
}

const insert = `
  insert into audit.event
    (instant, actor, action, resource_type, resource_ids, patient, outcome)
  select instant, actor, action, resource_type, resource_ids, patient, outcome
  from jsonb_to_recordset($1::jsonb) as event (instant timestamptz, actor text, action text,
    resource_type text, resource_ids text[], patient text, outcome text)`;

function rowOf(event: AuditEvent): object {
  return {
    instant: event.instant,
    actor: event.actor,
    action: event.action,
    resource_type: event.resourceType,
    resource_ids: event.resourceIds,
    patient: event.patient ?? null,
    outcome: event.outcome,
  };
}
