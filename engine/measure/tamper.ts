import { readFile } from 'node:fs/promises';
import { signedNote, verifierKey } from '../src/audit/signedNote.ts';
import { certificateIssuer } from '../src/cli/composition.ts';
import { openKey } from '../src/cli/project.ts';
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
