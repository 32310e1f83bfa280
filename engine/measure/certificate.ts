import { readFile, stat } from 'node:fs/promises';
import { certificateIssuer } from '../src/cli/composition.ts';
import { openKey } from '../src/cli/project.ts';
import { verifierKey } from '../src/audit/signedNote.ts';
import { inProject, openBench } from '../test/cli/commandLine.ts';
import { verifyCertificate } from '../verify-certificate/verify-certificate.mjs';
import { gateWithWaiver } from './tamper.ts';

export interface CertificateFigures {
  /** Source items of the run. */
  records: number;
  /** Of the signed certificate, gates with their evidence in it; goal: 100,000 at most. */
  bytes: number;
  gates: number;
  /** Of the ledger beside it: a line for each batch. */
  ledgerBytes: number;
  proofBytes: number;
  /** The whole command, with the start of the program; goal: 1 at most. */
  proveSeconds: number;
  verifySeconds: number;
}

/** Rows that the sample's core tables have for one patient, about. */
const rowsPerPatient = 9.35;

/** Certify a run of about so many records, and prove one of them. */
export async function measureCertificate(
  records: number,
  say: (line: string) => void,
): Promise<CertificateFigures> {
  await using bench = await openBench({ patients: Math.ceil(records / rowsPerPatient) });
  const file = (name: string): string => inProject(bench, `certified/${name}`);
  const command = async (input: string, ...words: string[]): Promise<number> => {
    const began = performance.now();
    const { code, stderr } = await bench.tell(input, ...words);
    if (code !== 0) throw new Error(`${words.join(' ')}: exit ${code}: ${stderr}`);
    return (performance.now() - began) / 1000;
  };
  say('the run');
  await command('', 'run');
  await gateWithWaiver(bench);
  await command('', 'certificate', 'issue', '--out', file('certificate'));
  say('the proof');
  const seconds: number[] = [];
  for (const name of ['one', 'two', 'three']) {
    const words = ['clinic.pt_demog', '--reference', 'item 1', '--out', file(name)];
    seconds.push(await command('100002\n', 'certificate', 'prove', ...words));
  }
  const [certificate, ledger, proof] = await Promise.all(
    ['certificate', 'certificate.ledger', 'one'].map((name) => readFile(file(name), 'utf8')),
  );
  const { name, signer } = certificateIssuer({ key: await openKey(bench.folder, {}) });
  const key = verifierKey(name, signer.publicKey);
  const began = performance.now();
  verifyCertificate({
    certificate: certificate!,
    key,
    ledger: ledger!,
    proof: proof!,
    anchors: [],
  });
  const verifySeconds = (performance.now() - began) / 1000;
  const text = certificate!.slice(0, certificate!.lastIndexOf('\n\n'));
  const { report, gates } = JSON.parse(text) as {
    report: { streams: { read: number }[] };
    gates: unknown[];
  };
  return {
    records: report.streams.reduce((sum, { read }) => sum + read, 0),
    bytes: (await stat(file('certificate'))).size,
    gates: gates.length,
    ledgerBytes: Buffer.byteLength(ledger!),
    proofBytes: Buffer.byteLength(proof!),
    proveSeconds: rounded(seconds.toSorted((one, other) => one - other)[1]!),
    verifySeconds: rounded(verifySeconds),
  };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
