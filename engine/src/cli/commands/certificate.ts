import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { signAuditHead } from '../../audit/auditLog.ts';
import { signedNote, verifierKey } from '../../audit/signedNote.ts';
import { systemClock } from '../../base/clock.ts';
import { putFileOnce } from '../../base/durableFile.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { attestedBatches } from '../../ledger/attested.ts';
import { chooseRun } from '../../run/begin.ts';
import { certificateText } from '../../run/certificate/certificate.ts';
import { proveRecord } from '../../run/certificate/proof.ts';
import { buildReport } from '../../run/report/build.ts';
import { readRevision } from '../../run/revision.ts';
import { gatesOf } from '../../run/gates/gates.ts';
import { auditLogOf, auditServices, certificateIssuer, gateServices } from '../composition.ts';
import { outputFailure } from '../convert/outputFailure.ts';
import { counted, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { readStandardInput, withControl } from './look.ts';

/** What signs, and what outsiders verify it with. */
function issuerOf(project: Pick<Project, 'key'>) {
  const { name, signer } = certificateIssuer(project);
  return {
    key: verifierKey(name, signer.publicKey),
    sign: (text: string) => signedNote(text, name, signer),
  };
}

/** `handover certificate key`: what is handed to those who will verify, before anything is certified. */
export async function certificateKeyCommand(project: Project, output: Output): Promise<ExitCode> {
  const { key } = issuerOf(project);
  output.data({ format: 'handover-certificate-key/1', key }, () => [key]);
  return exitCodes.ok;
}

/** `handover certificate issue`: the signed certificate of a run, and the ledger it was made from. */
export async function certificateIssueCommand(
  project: Project,
  output: Output,
  id: string | undefined,
  options: { out?: string },
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const run = await chooseRun(database, id);
    const services = auditServices(project);
    const checkpoint = await signAuditHead(database, services);
    const audit = { key: verifierKey(services.origin, services.signer.publicKey), checkpoint };
    const text = await readRevision(database, project.key, run.revision);
    const gating = gateServices(project, database);
    const { report, batches, gates } = await database.read(async (reader) => ({
      report: await buildReport(reader, run, text),
      batches: await attestedBatches(reader, run.id),
      gates: await gatesOf(gating, reader, Object.keys(text.document.targets)),
    }));
    const parts = { issuedAt: systemClock.now(), report, files: text.files, batches, gates, audit };
    const issuer = issuerOf(project);
    const certificate = resolve(options.out ?? `handover-certificate-${run.id}.txt`);
    const ledger = `${certificate}.ledger`;
    await writeNew(ledger, batches.map((line) => `${line}\n`).join(''));
    await writeNew(certificate, issuer.sign(certificateText(parts)));
    const { key } = issuer;
    const { verdict } = report;
    output.data(
      { format: 'handover-certificate-issued/1', run: run.id, certificate, ledger, key, verdict },
      () => [
        `${verdict.color}: ${verdict.sentence}`,
        certificate,
        `${ledger} (${counted(batches.length)} batches)`,
        `Verifier key, to be handed over by another way: ${key}`,
      ],
    );
    return exitCodes.ok;
  });
}

/** `handover certificate prove`: that one source item is in the certified ledger. */
export async function certificateProveCommand(
  project: Project,
  output: Output,
  stream: string,
  options: { run?: string; reference: string; out: string },
): Promise<ExitCode> {
  const sourceKey = (await readStandardInput()).trim();
  return withControl(project, async (database) => {
    const run = await chooseRun(database, options.run);
    const { reference } = options;
    const request = { run: run.id, stream, sourceKey, reference };
    const proof = await database.read((reader) => proveRecord(reader, project.key, request));
    await auditLogOf(project, database).record([
      {
        instant: systemClock.now(),
        actor: 'operator',
        action: 'read',
        resourceType: stream,
        resourceIds: [],
        patient: undefined,
        outcome: 'disclosed',
      },
    ]);
    const place = resolve(options.out);
    await writeNew(place, issuerOf(project).sign(`${JSON.stringify(proof, null, 2)}\n`));
    const entries = proof.entries.length;
    output.data({ format: 'handover-proof-issued/1', run: run.id, proof: place, entries }, () => [
      `${place} (${counted(entries)} entries of the ledger)`,
    ]);
    return exitCodes.ok;
  });
}

/** `handover certificate verify`: the separate program, with the words as they came. */
export async function certificateVerifyCommand(
  output: Output,
  certificate: string,
  options: { key: string; ledger?: string; proof?: string; log?: string; anchor?: string[] },
): Promise<ExitCode> {
  const { anchor = [], ...single } = options;
  const words = [
    certificate,
    ...Object.entries(single).flatMap(([name, value]) => [`--${name}`, value]),
    ...anchor.flatMap((file) => ['--anchor', file]),
    ...(output.json ? ['--json'] : []),
  ];
  const program = fileURLToPath(
    new URL('../../../verify-certificate/verify-certificate.mjs', import.meta.url),
  );
  const child = spawn(process.execPath, [program, ...words], { stdio: 'inherit' });
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail);
    child.on('close', done);
  });
  if (code === 0) return exitCodes.ok;
  return code === 2 ? exitCodes.usage : exitCodes.integrityBroken;
}

/** @throws HandoverError `file-exists` (exit 2): what was handed out is never replaced. */
export async function writeNew(place: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(place), { recursive: true });
    if ((await putFileOnce(place, Buffer.from(text))) === 'stored') return;
  } catch (error) {
    throw outputFailure(place, error);
  }
  throw new HandoverError('file-exists', `${place} exists already and is kept`, {
    exitCode: exitCodes.usage,
    next: 'Choose another name.',
  });
}
