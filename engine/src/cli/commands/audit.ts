import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { signAuditHead } from '../../audit/auditLog.ts';
import { balpEvents } from '../../audit/balp.ts';
import { keptEvents, type PlacedEvent } from '../../audit/keptEvents.ts';
import { otlpLogs, syslogMessage, type Sender } from '../../audit/siem.ts';
import { verifierKey } from '../../audit/signedNote.ts';
import { leafHashes, verifyAuditLog } from '../../audit/verify.ts';
import { HandoverError, exitCodes, systemCode, type ExitCode } from '../../base/errors.ts';
import { auditLogOf, auditServices, decisionEvent } from '../composition.ts';
import { counted, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { writeNew } from './certificate.ts';
import { withControl } from './look.ts';

/** `handover audit anchor`: the signed head of the log, to be kept where no intruder of it reaches. */
export async function auditAnchorCommand(
  project: Project,
  output: Output,
  options: { out: string },
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const note = await signAuditHead(database, auditServices(project));
    const place = resolve(options.out);
    await writeNew(place, note);
    const looks = Number(note.split('\n')[1]);
    output.data({ format: 'handover-audit-anchor/1', anchor: place, looks }, () => [
      `${place} (${counted(looks)} looks)`,
      'Keep it outside of this machine: it shows whether the log is ever cut or rewritten.',
    ]);
    return exitCodes.ok;
  });
}

/** `handover audit verify`: the whole log against every signed head; exit 8 when it was tampered with. */
export async function auditVerifyCommand(
  project: Project,
  output: Output,
  options: { anchor?: string[] },
): Promise<ExitCode> {
  const { origin, signer } = auditServices(project);
  const anchors = await Promise.all((options.anchor ?? []).map(readAnchor));
  return withControl(project, async (database) => {
    const witness = { origin, publicKey: signer.publicKey, anchors };
    const verdict = await database.read((reader) => verifyAuditLog(reader, witness));
    const { events, checkpoints, unplaced, faults } = verdict;
    output.data({ format: 'handover-audit-check/1', ...verdict }, () => [
      `${counted(events)} looks, ${counted(checkpoints)} signed heads, ` +
        (faults.length === 0 ? 'nothing wrong' : `${counted(faults.length)} faults`),
      ...faults.slice(0, 100).map(({ fault, at }) => `  ${fault} at ${at}`),
      ...(unplaced > 0
        ? [
            `${counted(unplaced)} were recorded before the log was a tree; nothing vouches for them.`,
          ]
        : []),
      ...(anchors.length === 0
        ? ['No head from outside was given: a log that was cut with its heads would not show.']
        : []),
    ]);
    return faults.length === 0 ? exitCodes.ok : exitCodes.integrityBroken;
  });
}

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
    await mkdir(dirname(place), { recursive: true });
    const file = await newFile(place);
    let events = 0;
    try {
      for await (const page of keptEvents(database)) {
        events += page.length;
        await file.write(pageText(form, page, sender));
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
  return open(place, 'wx', 0o600).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
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
      `${place} (${counted(looks)} looks)`,
      `Verifier key of the log: ${key}`,
    ]);
    return exitCodes.ok;
  });
}

async function readAnchor(place: string): Promise<string> {
  try {
    return await readFile(place, 'utf8');
  } catch (error) {
    throw new HandoverError('anchor-missing', `${place} cannot be read`, {
      exitCode: exitCodes.usage,
      next: 'Name a file that `handover audit anchor` wrote.',
      cause: error,
    });
  }
}
