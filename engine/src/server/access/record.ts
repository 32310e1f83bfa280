import type { AuditAction } from '../../audit/auditEvent.ts';
import type { AuditLog } from '../../audit/auditLog.ts';
import type { Clock } from '../../base/clock.ts';

/** Puts on record who comes, goes, is refused or changed, before it happens. */
export type AccessRecord = (
  action: AuditAction,
  actor: string,
  outcome: 'attempted' | 'not-found',
  what?: string,
) => Promise<void>;

export function accessRecord(audit: AuditLog, clock: Clock): AccessRecord {
  return (action, actor, outcome, what = 'Session') =>
    audit.record([
      {
        instant: clock.now(),
        actor,
        action,
        resourceType: what,
        resourceIds: [],
        patient: undefined,
        outcome,
      },
    ]);
}
