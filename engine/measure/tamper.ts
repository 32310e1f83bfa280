import { readFile } from 'node:fs/promises';
import { signedNote, verifierKey } from '../src/audit/signedNote.ts';
import { certificateIssuer } from '../src/cli/composition.ts';
import { openKey } from '../src/cli/project.ts';
import { silentLog } from '../src/base/log.ts';
import type { GateState } from '../src/contract/gates.ts';
import { openDatabase } from '../src/store/database.ts';
import { person, type Person } from '../test/access/people.ts';
import { signingKeyFrom, type SigningKey } from '../src/keys/signingKey.ts';
import { inProject, openBench, type Bench } from '../test/cli/commandLine.ts';
import { verifyCertificate, type GivenFiles } from '../verify-certificate/verify-certificate.mjs';
import { tamperings, type Material } from './tamperings.ts';

export interface TamperFigures {
  kinds: number;
  refused: number;
  /** Let through, or refused for another reason than the kind should be. */
  misses: { kind: string; code: string }[];
}

/** Certify a run, alter what a stranger is given in every way we know, and count what is refused. */
export async function measureTamper(): Promise<TamperFigures> {
  await using bench = await openBench({ patients: 60 });
  return judgeTamperings(await certifiedRun(bench));
}

/** Every kind of tampering with this material. @throws Error when the material itself is refused. */
export function judgeTamperings(material: Material): TamperFigures {
  const { whole } = material;
  const untouched = codeOf(whole);
  if (untouched !== '') throw new Error(`the certificate itself is refused: ${untouched}`);
  const misses: TamperFigures['misses'] = [];
  for (const { kind, code: expected, alter } of tamperings) {
    const code = codeOf({ ...whole, ...alter(material) });
    if (code !== expected) misses.push({ kind, code });
  }
  return { kinds: tamperings.length, refused: tamperings.length - misses.length, misses };
}

/** Why the program refuses these files; `''` when it does not. */
function codeOf(given: GivenFiles): string {
  try {
    verifyCertificate(given);
    return '';
  } catch (error) {
    return (error as { code?: string }).code ?? 'unreadable';
  }
}

/** Run a small clinic, look at patients before and after, certify it and prove one item. */
export async function certifiedRun(bench: Bench): Promise<Material> {
  const file = (name: string): string => inProject(bench, `certified/${name}`);
  const command = async (input: string, ...words: string[]): Promise<void> => {
    const { code, stderr } = await bench.tell(input, ...words);
    if (code !== 0) throw new Error(`${words.join(' ')}: exit ${code}: ${stderr}`);
  };
  const look = (): Promise<void> => command('100002\n', 'explain', '--patient', '-');
  await command('', 'run');
  await look();
  await look();
  await command('', 'audit', 'anchor', '--out', file('earlier'));
  await look();
  await gateWithWaiver(bench);
  await command('', 'certificate', 'issue', '--out', file('certificate'));
  const proven = ['--reference', 'item 1', '--out', file('proof')];
  await command('100002\n', 'certificate', 'prove', 'clinic.pt_demog', ...proven);
  await command('', 'audit', 'anchor', '--out', file('later'));
  await command('', 'audit', 'export', '--out', file('log'));
  const texts = await Promise.all(
    ['certificate', 'certificate.ledger', 'proof', 'log', 'earlier', 'later'].map((name) =>
      readFile(file(name), 'utf8'),
    ),
  );
  const [certificate = '', ledger = '', proof = '', log = '', earlier = '', later = ''] = texts;
  const { name, signer } = certificateIssuer({ key: await openKey(bench.folder, {}) });
  const key = verifierKey(name, signer.publicKey);
  const sign = (text: string, own: SigningKey = signer): string => signedNote(text, name, own);
  const stranger = signingKeyFrom(Buffer.alloc(32, 7));
  const whole = { certificate, key, ledger, proof, log, anchors: [earlier, later] };
  return { whole, later, sign, stranger, strangerKey: verifierKey(name, stranger.publicKey) };
}

/** A gate that was asked for, with one approval and a waiver: shut, for it lacks another. */
export async function gateWithWaiver(bench: Bench): Promise<void> {
  const key = await openKey(bench.folder, {});
  const database = openDatabase(
    { url: bench.environment['DATABASE_URL'] as string },
    { log: silentLog, instants: 'text', max: 2 },
  );
  try {
    const people = {
      lead: await person({ database, key }, 'lead', 'lead'),
      director: await person({ database, key }, 'him.director', 'steward'),
      officer: await person({ database, key }, 'officer', 'compliance'),
    };
    const gate = async (who: Person, ...words: string[]): Promise<GateState> => {
      const { stdout, stderr } = await bench.tell(
        await who.lines(),
        '--json',
        'gate',
        ...words,
        '--as',
        who.name,
      );
      if (stdout === '') throw new Error(`gate ${words.join(' ')}: ${stderr}`);
      return JSON.parse(stdout) as GateState;
    };
    await gate(people.lead, 'request', 'open:chart');
    const expires = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const reason = ['--reason', 'worked off in the first week', '--expires', expires];
    const waived = await gate(people.director, 'waive', 'open:chart', 'held.items', ...reason);
    await gate(people.officer, 'approve', 'open:chart', '--evidence', waived.evidence);
  } finally {
    await database.close();
  }
}
