/** What was done, in the words of FHIR's REST interactions (R4, http), and what else is on record. */
export type AuditAction =
  | 'read'
  | 'vread'
  | 'history'
  | 'search'
  | 'create'
  | 'update'
  | 'delete'
  | 'transaction'
  /** The content of what is masked was asked for. */
  | 'reveal'
  /** A copy leaves the system. */
  | 'export'
  /** A batch of a run was read from a source, or goes to a target. */
  | 'extract'
  | 'load'
  /** Charts were opened to somebody whose role does not open them. */
  | 'break-glass'
  | 'sign-in'
  | 'sign-out'
  /** Asked for, approved, waived, opened, made, disabled: `resourceType` says of what. */
  | 'decision';

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

/** An event as the log keeps it: the instant as `2026-03-01T10:00:00.123000Z`, as PostgreSQL holds it. */
export interface KeptEvent extends Omit<AuditEvent, 'instant' | 'action' | 'outcome'> {
  instant: string;
  action: string;
  outcome: string;
  /** Of a batch of a run: the source it came from or the target it goes to, as the plan names it. */
  system?: string;
}

export function keptEvent({ instant, ...event }: AuditEvent): KeptEvent {
  return { ...event, instant: instant.toISOString().replace('Z', '000Z') };
}

/** What the leaf of an event is made of, in the one order that counts. UTF-8. */
export function leafText(event: KeptEvent, batch?: BatchPlace): string {
  const { instant, actor, action, resourceType, resourceIds, patient, outcome } = event;
  return JSON.stringify([
    instant,
    actor,
    action,
    resourceType,
    resourceIds,
    patient ?? null,
    outcome,
    ...(batch === undefined ? [] : placeText(batch)),
  ]);
}

function placeText(batch: BatchPlace): unknown[] {
  const { run, system, slice, number, count, types, digests, root } = batch;
  return [run, system, slice, number, count, types, digests, root];
}

/** Where a batch stands in its run, and what it holds, as its leaf commits to it: digests, SHA-256. */
export interface BatchPlace {
  run: string;
  /** Name of the source or target in the plan. */
  system: string;
  slice: string;
  number: number;
  count: number;
  types: readonly string[];
  /** Of patients, counts, ids and types, in this order; hexadecimal. */
  digests: readonly string[];
  /** Hexadecimal. */
  root: string;
}
