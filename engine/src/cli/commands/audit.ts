import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { signAuditHead } from '../../audit/auditLog.ts';
import { verifierKey } from '../../audit/signedNote.ts';
import { leafHashes, verifyAuditLog } from '../../audit/verify.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { auditServices } from '../composition.ts';
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

/** `handover audit export`: the leaf hashes alone, for those who verify and may see nobody. */
export async function auditExportCommand(
  project: Project,
  output: Output,
  options: { out: string },
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const hashes = await database.read((reader) => leafHashes(reader));
    const place = resolve(options.out);
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
