import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { balpEvents } from '../../audit/balp.ts';
import { keptEvents, type PlacedEvent } from '../../audit/keptEvents.ts';
import { otlpLogs, syslogMessage, type Sender } from '../../audit/siem.ts';
import { verifierKey } from '../../audit/signedNote.ts';
import { leafHashes } from '../../audit/verify.ts';
import { HandoverError, exitCodes, systemCode, type ExitCode } from '../../base/errors.ts';
import { auditLogOf, auditServices, decisionEvent } from '../composition.ts';
import { outputFailure } from '../convert/outputFailure.ts';
import { counted, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { writeNew } from './certificate.ts';
import { withControl } from './look.ts';

export type AuditForm = 'leaves' | 'fhir' | 'syslog' | 'otlp';

/**
 * `handover audit export`: the leaf hashes alone, for those who verify and may see nobody; or the events,
 * for a SIEM or an audit record repository, which is an export and on record as one before it begins.
 */
export async function auditExportCommand(
  project: Project,
  output: Output,
  { out, as: form }: { out: string; as: AuditForm },
): Promise<ExitCode> {
  if (form === 'leaves') return exportLeaves(project, output, out);
  return withControl(project, async (database) => {
    const exported = { ...decisionEvent('operator', 'AuditEvent'), action: 'export' } as const;
    await auditLogOf(project, database).record([exported]);
    const sender = { host: hostname(), origin: auditServices(project).origin };
    const place = resolve(out);
    const file = await newFile(place);
    let events = 0;
    try {
      for await (const page of keptEvents(database)) {
        events += page.events.length;
        await file.write(pageText(form, page.events, sender));
      }
    } finally {
      await file.close();
    }
    output.data({ format: 'handover-audit-events/1', events, out: place, as: form }, () => [
      `${place} (${counted(events)} events)`,
    ]);
    return exitCodes.ok;
  });
}

function pageText(
  form: Exclude<AuditForm, 'leaves'>,
  page: readonly PlacedEvent[],
  sender: Sender,
): string {
  if (form === 'otlp') return `${JSON.stringify(otlpLogs(page, sender))}\n`;
  const lines =
    form === 'syslog'
      ? page.map((event) => syslogMessage(event, sender))
      : page.flatMap((event) => balpEvents(event, sender.origin)).map((one) => JSON.stringify(one));
  return lines.map((line) => `${line}\n`).join('');
}

/** @throws HandoverError `file-exists` (exit 2): what was handed out is never replaced. */
async function newFile(place: string): Promise<FileHandle> {
  await mkdir(dirname(place), { recursive: true }).catch((error: unknown) => {
    throw outputFailure(place, error);
  });
  return open(place, 'wx', 0o600).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw outputFailure(place, error);
    throw new HandoverError('file-exists', `${place} exists already and is kept`, {
      exitCode: exitCodes.usage,
      next: 'Choose another name.',
    });
  });
}

async function exportLeaves(project: Project, output: Output, out: string): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const hashes = await database.read((reader) => leafHashes(reader));
    const place = resolve(out);
    await writeNew(place, hashes.map((hash) => `${hash.toString('hex')}\n`).join(''));
    const { origin, signer } = auditServices(project);
    const key = verifierKey(origin, signer.publicKey);
    const looks = hashes.length;
    output.data({ format: 'handover-audit-export/1', leaves: place, looks, key }, () => [
      `${place} (${counted(looks)} events)`,
      `Verifier key of the log: ${key}`,
    ]);
    return exitCodes.ok;
  });
}
