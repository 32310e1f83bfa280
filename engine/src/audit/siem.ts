import type { KeptEvent } from './auditEvent.ts';
import type { PlacedEvent } from './keptEvents.ts';

/** What tells one Handover from another in a collector. */
export interface Sender {
  host: string;
  /** Origin of the audit log. */
  origin: string;
}

/** Facility 13 (log audit) of RFC 5424, times eight. */
const facility = 13 * 8;
const [warning, notice, informational] = [4, 5, 6];

/** An enterprise number stands in private names of structured data: 32473 is for documentation (RFC 5612). */
const dataName = 'handover@32473';

/**
 * An event as a message of syslog (RFC 5424): its parts are structured data, so a collector needs no
 * pattern of its own. It holds ids that Handover made, and nothing else of a patient.
 */
export function syslogMessage(event: PlacedEvent, sender: Sender): string {
  const parts: [string, string][] = [
    ['event', event.event],
    ['actor', event.actor],
    ['action', event.action],
    ['type', event.resourceType],
    ['ids', event.resourceIds.join(' ')],
    ['patient', event.patient ?? ''],
    ['outcome', event.outcome],
    ['system', event.system ?? ''],
    ['log', sender.origin],
  ];
  const data = parts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => ` ${name}="${value.replaceAll(/["\\\]]/g, String.raw`\$&`)}"`);
  const priority = facility + severityOf(event);
  const host = sender.host.replaceAll(/[^!-~]/g, '').slice(0, 255) || '-';
  return `<${priority}>1 ${event.instant} ${host} handover - ${event.action} [${dataName}${data.join('')}]`;
}

function severityOf({ action }: KeptEvent): number {
  if (action === 'break-glass') return warning;
  return action === 'decision' || action === 'reveal' || action === 'export'
    ? notice
    : informational;
}

/** Severity numbers of OTLP logs: INFO, INFO2, WARN. */
const otlpSeverity = new Map([
  [informational, 9],
  [notice, 10],
  [warning, 13],
]);

/** Events as one request of OTLP logs in JSON (ExportLogsServiceRequest), as a collector's file or HTTP receiver takes it. */
export function otlpLogs(events: readonly PlacedEvent[], { host, origin }: Sender): object {
  const resource = { 'service.name': 'handover', 'host.name': host, 'handover.log': origin };
  return {
    resourceLogs: [
      {
        resource: { attributes: attributes(resource) },
        scopeLogs: [{ scope: { name: 'handover.audit' }, logRecords: events.map(otlpRecord) }],
      },
    ],
  };
}

function otlpRecord(event: PlacedEvent): object {
  const { actor, action, resourceType, resourceIds, patient = '', outcome, system = '' } = event;
  return {
    timeUnixNano: nanoseconds(event.instant),
    severityNumber: otlpSeverity.get(severityOf(event)),
    eventName: `handover.audit.${action}`,
    body: { stringValue: action },
    attributes: attributes({
      'handover.event': event.event,
      'enduser.id': actor,
      'handover.type': resourceType,
      'handover.ids': resourceIds.join(' '),
      'handover.patient': patient,
      'handover.outcome': outcome,
      'handover.system': system,
    }),
  };
}

function attributes(values: Readonly<Record<string, string>>): object[] {
  return Object.entries(values)
    .filter(([, value]) => value !== '')
    .map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

/** `2026-03-01T10:00:00.123456Z` in nanoseconds since 1970; 64 bits are text in JSON. */
function nanoseconds(instant: string): string {
  const [seconds = '', fraction = ''] = instant.replace('Z', '').split('.');
  const whole = BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n;
  return String(whole + BigInt(fraction.padEnd(9, '0').slice(0, 9)));
}
