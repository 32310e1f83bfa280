import type { AuditAction, AuditEvent, AuditOutcome } from '../audit/auditEvent.ts';
import type { AuditLog } from '../audit/auditLog.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { patientIn } from '../connectors/embedded/indexEntry.ts';
import type { SystemScope } from '../contract/scopes.ts';
import type { EmbeddedStore } from '../connectors/embedded/store.ts';
import type { Terminology } from '../terminology/terminology.ts';
import type { PageTokens } from './pageToken.ts';

/** What every interaction works with. */
export interface ServerParts {
  store: EmbeddedStore;
  audit: AuditLog;
  clock: Clock;
  random: Random;
  log: Log;
  /** Who asks, for the audit log; the host's own name until a request is there. */
  actor: string;
  /** What the token of who asks is for; undefined: whatever the roles allow. */
  scopes?: readonly SystemScope[] | undefined;
  pages: PageTokens;
  /** Code systems, value sets and maps that the site has loaded. */
  terminology?: Terminology;
  /** The CapabilityStatement. */
  metadata: string;
  /** Searches by identifier or patient may stand in an address. */
  patientsInAddresses: boolean;
}

/** A request as interactions see it, free of the HTTP library. */
export interface FhirRequest {
  type: string;
  id: string;
  version: string;
  /** `http://127.0.0.1:port` */
  base: string;
  parameters: URLSearchParams;
  header(name: string): string | undefined;
  /** The raw body; empty when there is none. */
  body: Buffer;
}

/** What goes back once the audit log has it. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  body?: string;
  /** What is disclosed; nothing of it was written to the audit log yet. */
  disclosed: { action: AuditAction; seen: readonly Seen[]; outcome?: AuditOutcome };
}

/** A resource somebody looked at or changed. */
export interface Seen {
  type: string;
  /** Empty for one that was not there: such an id is the client's and may be anything. */
  id: string;
  /** Tells the patient; undefined for a removal or a resource that was not there. */
  body: Buffer | undefined;
}

/** One event per patient and type, ids together. */
export function auditEvents(
  parts: Pick<ServerParts, 'clock' | 'actor'>,
  action: AuditAction,
  seen: readonly Seen[],
  outcome: AuditOutcome,
): AuditEvent[] {
  const instant = parts.clock.now();
  const groups = Map.groupBy(seen, ({ type, id, body }) =>
    JSON.stringify([type, patientOf(type, id, body) ?? null]),
  );
  return [...groups.values()].map((group) => {
    const [{ type, id, body }] = group as [Seen, ...Seen[]];
    const resourceIds = [...new Set(group.map((one) => one.id))].filter((one) => one !== '');
    const patient = patientOf(type, id, body);
    return {
      instant,
      actor: parts.actor,
      action,
      resourceType: type,
      resourceIds,
      patient,
      outcome,
    };
  });
}

function patientOf(type: string, id: string, body: Buffer | undefined): string | undefined {
  if (id === '') return undefined;
  if (type === 'Patient') return id;
  return body === undefined ? undefined : patientIn(body);
}
