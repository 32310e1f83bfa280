import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { certifiedRun, judgeTamperings } from '../../measure/tamper.ts';
import type { Material } from '../../measure/tamperings.ts';
import { withClient } from '../../src/store/provision.ts';
import { inProject, openBench, type Bench } from '../cli/commandLine.ts';

let bench: Bench;
let material: Material;
before(async () => {
  bench = await openBench({ patients: 60 });
  material = await certifiedRun(bench);
});
after(() => bench[Symbol.asyncDispose]());

test('R09 a certificate that was tampered with is refused, with the reason, in every kind', () => {
  const figures = judgeTamperings(material);
  assert.deepEqual(figures.misses, []);
  assert.ok(figures.kinds >= 20);
});

const program = new URL('../../verify-certificate/verify-certificate.mjs', import.meta.url);

test('R09 the verifier is one file that a stranger runs alone, with nothing that reaches a network', async () => {
  const source = await readFile(program, 'utf8');
  const modules = [...source.matchAll(/from '([^']+)'|import\('?/g)].map(([, name]) => name);
  const own = ['node:crypto', 'node:fs', 'node:util', 'node:url']; // none reaches a network
  assert.deepEqual(modules, own);
  const folder = await mkdtemp(join(tmpdir(), 'handover-stranger-'));
  try {
    await copyFile(program, join(folder, 'verify.mjs'));
    const { certificate, key, ledger, proof, log, anchors } = material.whole;
    const files = { certificate, key, ledger, proof, log, anchor: anchors[0] as string };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const words = ['--ledger', 'ledger', '--proof', 'proof', '--log', 'log', '--anchor', 'anchor'];
    const verified = alone(folder, ['certificate', '--key', 'key', ...words]);
    assert.equal(verified.status, 0, verified.stdout);
    assert.match(verified.stdout, /^Verified: /);
    assert.match(verified.stdout, /not a certification of clinical correctness/);
    assert.match(verified.stdout, /The item is in the ledger: load clinic\.pt_demog at chart/);
    assert.match(verified.stdout, /Not checked:\n {2}\S/);
    await writeFile(join(folder, 'certificate'), certificate.replace('"read":', '"read":1'));
    const refused = alone(folder, ['certificate', '--key', key]);
    assert.deepEqual([refused.status, refused.stdout.split('\n').length], [8, 2]);
    assert.match(refused.stdout, /^REFUSED \(signature-wrong\)/);
    assert.equal(alone(folder, ['certificate']).status, 2);
    assert.equal(alone(folder, ['nothing', '--key', key]).status, 8);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** The program in a folder, with nothing of our environment. */
function alone(folder: string, words: readonly string[]) {
  const options = { cwd: folder, env: {}, encoding: 'utf8' } as const;
  return spawnSync(process.execPath, ['verify.mjs', ...words], options);
}

test('R09 R05 nothing of a patient stands in a certificate, its ledger, a proof or the log', async () => {
  const { rows } = await withClient({ url: bench.environment['CLINIC_URL'] as string }, (client) =>
    client.query<Record<string, string | null>>(
      'select mrn, ssn, last_nm, home_phone, addr_1 from legacy.pt_demog',
    ),
  );
  const values = rows
    .flatMap((row) => Object.values(row))
    .filter((value) => (value ?? '').length > 5);
  assert.ok(values.length > 100);
  const { certificate, ledger, proof, log, anchors } = material.whole;
  const texts = [certificate, ledger, proof, log, ...anchors].join('\n');
  assert.deepEqual(values.filter((value) => texts.includes(value as string)).length, 0);
});

test('R09 a certificate with its gates stays under 100 KB, were its counts those of millions of records', () => {
  const { certificate, ledger } = material.whole;
  const end = certificate.lastIndexOf('\n\n');
  const parsed = JSON.parse(certificate.slice(0, end)) as { report: unknown; gates: object[] };
  assert.equal(parsed.gates.length, 1, 'a gate with criteria, approvals and a waiver is in it');
  const many = JSON.stringify(parsed, (_, value: unknown) =>
    typeof value === 'number' ? value * 100_000 + 12_345_678 : value,
  );
  const spaces = certificate.length - JSON.stringify(parsed).length;
  assert.ok(many.length + spaces < 100_000, `${many.length + spaces}`);
  // What grows with the batches stands beside it.
  assert.ok(ledger.split('\n').length > 20);
});

test('R09 the command verifies with the separate program, and writes nothing twice', async () => {
  const place = inProject(bench, 'certified/certificate');
  const verified = await bench.run('certificate', 'verify', place, '--key', material.whole.key);
  assert.deepEqual([verified.code, verified.stdout.split(':')[0]], [0, 'Verified']);
  const wrong = await bench.run('certificate', 'verify', place, '--key', material.strangerKey);
  assert.equal(wrong.code, 8);
  const again = await bench.run('certificate', 'issue', '--out', place);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /file-exists/);
});

test('R08 the audit log of a project is verified by its own command', async () => {
  const anchor = inProject(bench, 'certified/earlier');
  const { code, stdout } = await bench.run('--json', 'audit', 'verify', '--anchor', anchor);
  const verdict = JSON.parse(stdout) as { events: number; faults: unknown[] };
  assert.deepEqual([code, verdict.faults], [0, []]);
  assert.ok(verdict.events >= 4);
});
