import { hostname } from 'node:os';
import { isIP } from 'node:net';
import { forwardEvents, type Forwarded, type ForwardServices } from '../../audit/forward.ts';
import type { PlacedEvent } from '../../audit/keptEvents.ts';
import { sendOtlp } from '../../audit/otlpSender.ts';
import { otlpLogs, syslogMessage, type Sender } from '../../audit/siem.ts';
import { sendSyslog } from '../../audit/syslogSender.ts';
import { systemClock } from '../../base/clock.ts';
import { exitCodes, HandoverError, type ExitCode } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { readTls } from '../../connectors/mllp/tls.ts';
import { readProject, resolveEnvironment } from '../../run/plan/read.ts';
import { planInvalid } from '../../run/plan/streams.ts';
import { endedExceptions, siemProblems } from '../../run/plan/wires.ts';
import type { PlanDocument } from '../../run/plan/schema.ts';
import { auditLogOf, auditServices, decisionEvent } from '../composition.ts';
import { counted, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { withControl } from './look.ts';
import { onInterrupt } from './run.ts';

const timeoutMs = 30_000;
const followMs = 1_000;
const retry = { attempts: 5, firstDelayMs: 500, longestDelayMs: 30_000 };
/** Following goes on through an outage of hours: nothing is lost meanwhile, and it says so. */
const followRetry = { ...retry, attempts: 500 };

/**
 * `handover audit forward`: the audit log to the collector of the plan, from where it stopped. It ends when
 * nothing waits, or goes on with `--follow`. That a copy leaves is on record before it does.
 */
export async function auditForwardCommand(
  project: Project,
  output: Output,
  { follow = false }: { follow?: boolean },
): Promise<ExitCode> {
  const siem = await siemOf(project, output);
  const send = await senderTo(project, siem);
  return withControl(project, async (database) => {
    const exported = { ...decisionEvent('operator', 'AuditEvent'), action: 'export' } as const;
    await auditLogOf(project, database).record([exported]);
    const stop = new AbortController();
    const release = onInterrupt(() => stop.abort());
    const services: ForwardServices = {
      database,
      clock: systemClock,
      random: systemRandom,
      destination: new URL(siem.url).host,
      send,
      policy: follow ? followRetry : retry,
    };
    try {
      const forwarded = await forwardAll(services, output, stop.signal, follow);
      tell(output, forwarded);
      return forwarded.waiting > 0 && stop.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
    } finally {
      release();
    }
  });
}

async function forwardAll(
  services: ForwardServices,
  output: Output,
  signal: AbortSignal,
  follow: boolean,
): Promise<Forwarded> {
  let sent = 0;
  for (;;) {
    const now = await forwardEvents(services, signal, (more) => {
      output.note(`audit forward: ${counted(sent + more)} sent`);
    });
    sent += now.sent;
    if (!follow || signal.aborted) return { ...now, sent };
    await services.clock.sleep(followMs, signal).catch(() => undefined);
  }
}

function tell(output: Output, { sent, position, waiting }: Forwarded): void {
  const data = { format: 'handover-audit-forward/1', sent, position, waiting };
  output.data(data, () => [`${counted(sent)} events sent, ${counted(waiting)} wait`]);
}

type Siem = NonNullable<PlanDocument['siem']>;

/** @throws HandoverError `siem-missing` (exit 2), `plan-invalid` (exit 3) */
async function siemOf(project: Project, output: Output): Promise<Siem> {
  const { value, problems } = await readProject(project.folder);
  const today = systemClock.now().toISOString().slice(0, 10);
  const found = value
    ? [...siemProblems(value, project.environment), ...endedExceptions(value, today)]
    : problems;
  if (value === undefined || found.length > 0) {
    output.problems(found);
    throw planInvalid(found.length);
  }
  const { siem } = value.document;
  if (siem !== undefined) {
    return resolveEnvironment(siem, project.environment, ['siem'], value, []) as Siem;
  }
  throw new HandoverError('siem-missing', 'The plan names no collector of the audit log.', {
    exitCode: exitCodes.usage,
    next: 'Write `siem: { url: tls://siem.example:6514 }` into handover.yaml.',
  });
}

async function senderTo(
  project: Project,
  { url: text, token, ...files }: Siem,
): Promise<ForwardServices['send']> {
  const url = new URL(text);
  const sender: Sender = { host: hostname(), origin: auditServices(project).origin };
  if (url.protocol.startsWith('http')) {
    const collector = { url, timeoutMs, ...(token !== undefined && { token }) };
    return (events) => sendOtlp(collector, otlpLogs(events, sender));
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const name = isIP(host) === 0 ? { servername: host } : {};
  const secured = url.protocol === 'tls:';
  const tls = secured ? { ...(await readTls(project.folder, files)), ...name } : undefined;
  const collector = { host, port: Number(url.port), timeoutMs, ...(tls && { tls }) };
  const lines = (events: readonly PlacedEvent[]): string[] =>
    events.map((event) => syslogMessage(event, sender));
  return (events) => sendSyslog(collector, lines(events));
}
