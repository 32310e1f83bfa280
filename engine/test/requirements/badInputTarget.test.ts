/** A target that refuses, a disk that is full, keys that come twice: what is held, and the way out. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ScriptedServer } from '../../src/connectors/fhir/testing.ts';
import type { RunReport } from '../../src/contract/report.ts';
import { temporaryFolder } from '../../src/store/testing.ts';
import { closed, people, personLines, smallClinic } from './badInput.ts';
import { chartOf } from './ownClinic.ts';
import { owned } from './owned.ts';

function sums({ targets }: RunReport): { drafted: number; loaded: number; held: number } {
  const sum = (name: 'drafted' | 'loaded' | 'quarantined'): number =>
    targets.reduce((total, target) => total + target[name], 0);
  return { drafted: sum('drafted'), loaded: sum('loaded'), held: sum('quarantined') };
}

test('bad input: a target that refuses every tenth write: each is held with its code, the others arrive, a replay brings the rest', async (context) => {
  const server = await ScriptedServer.start();
  context.after(() => server.close());
  const clinic = owned(context, await smallClinic());
  const fhir = `{ kind: fhir, url: '${server.url}', bundles: none }`;
  await clinic.edit('handover.yaml', 'chart: { kind: embedded }', `chart: ${fhir}`);
  let writes = 0;
  let refused = 0;
  const body = JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'business-rule', diagnostics: 'Núñez is not welcome' }],
  });
  server.script = ({ writes: is }) => {
    if (!is || ++writes % 10 !== 0) return undefined;
    refused++;
    return { does: 'answer', status: 422, body };
  };
  const { code, stdout, stderr } = await clinic.cli(['--json', 'run']);
  assert.equal(code, 0, stderr);
  assert.ok(refused >= 3, String(refused));
  const report = closed(JSON.parse(stdout) as RunReport);
  const codes = new Map<string, number>();
  for (const one of report.held) codes.set(one.code, (codes.get(one.code) ?? 0) + one.count);
  // A result whose patient was refused has nothing to refer to.
  assert.equal(codes.get('refused-business-rule'), refused);
  assert.deepEqual(
    [...codes.keys()].filter((one) => !/^(refused-business-rule|reference-unresolved)$/.test(one)),
    [],
  );
  const { drafted, loaded, held: waiting } = sums(report);
  assert.deepEqual([drafted, loaded + waiting], [2 * people, 2 * people]);
  assert.equal(server.resources.size, loaded);
  const said = await clinic.cli(['quarantine', 'list']);
  assert.match(said.stdout, /refused-business-rule/);
  assert.doesNotMatch(`${stdout}${stderr}${said.stdout}`, /welcome|Núñez/);

  server.script = () => undefined;
  const replay = await clinic.cli(['--json', 'quarantine', 'replay']);
  assert.equal(replay.code, 0, replay.stderr);
  closed(JSON.parse(replay.stdout) as RunReport);
  assert.equal(server.resources.size, 2 * people);
});

test('bad input: two records of one key are held, and stay so when a rule excludes one: the source is to be corrected', async (context) => {
  const wrong = (personLines[3] ?? '').replace('Núñez', 'Nunez');
  const clinic = owned(context, await smallClinic([...personLines, wrong]));
  const first = await clinic.cli(['--json', 'run']);
  assert.equal(first.code, 0, first.stderr);
  const report = JSON.parse(first.stdout) as RunReport;
  assert.deepEqual(
    report.held.map((one) => [one.code, one.count]),
    [['duplicate-key', 2]],
  );
  assert.equal((await chartOf(clinic)).size, 2 * (people - 1));
  // Nobody has decided anything yet: they are held again.
  const undecided = await clinic.cli(['--json', 'quarantine', 'replay']);
  assert.equal((JSON.parse(undecided.stdout) as RunReport).held[0]?.count, 2);

  const rule = `stream: clinic.person\nexclude: { when: "family.startsWith('Nunez')", reason: entered-twice }`;
  await clinic.edit('own/mappings/person.yaml', 'stream: clinic.person', rule);
  const replay = await clinic.cli(['--json', 'quarantine', 'replay', '--code', 'duplicate-key']);
  assert.equal(replay.code, 0, replay.stderr);
  const decided = closed(JSON.parse(replay.stdout) as RunReport);
  assert.equal(decided.run.id, report.run.id);
  assert.deepEqual(
    [decided.held, decided.exclusions].map((lines) => lines.map((one) => [one.code, one.count])),
    [[['duplicate-key', 1]], [['entered-twice', 1]]],
  );
  const chart = await chartOf(clinic);
  assert.equal(chart.size, 2 * (people - 1));
  assert.ok(![...chart.values()].some((one) => JSON.stringify(one).includes('Nunez')));
});

test('bad input: of two records with one key somebody chooses one, in this run and for the next', async (context) => {
  const wrong = (personLines[3] ?? '').replace('Núñez', 'Nunez');
  const clinic = owned(context, await smallClinic([...personLines, wrong]));
  assert.equal((await clinic.cli(['run'])).code, 0);
  const listed = await clinic.cli(['--json', 'quarantine', 'list']);
  const { held } = JSON.parse(listed.stdout) as { held: { id: string; ordinal: number }[] };
  const [first, second] = held.toSorted((one, other) => one.ordinal - other.ordinal);
  assert.ok(first && second && held.length === 2);
  const choose = (...more: string[]): Promise<{ code: number; stderr: string }> =>
    clinic.cli(['quarantine', 'choose', ...more]);
  const both = await choose(first.id, second.id);
  assert.deepEqual([both.code, /choice-unfit/.test(both.stderr)], [2, true]);
  assert.match((await choose('--stream', 'clinic.person')).stderr, /choice-missing/);
  const column = await choose('--stream', 'clinic.person', '--newest', 'nobody');
  assert.match(column.stderr, /column-unknown/);
  assert.equal((await choose(second.id)).code, 0);
  const late = await choose(first.id);
  assert.deepEqual([late.code, /choice-made/.test(late.stderr)], [2, true]);

  const replay = await clinic.cli(['--json', 'quarantine', 'replay', '--code', 'duplicate-key']);
  assert.equal(replay.code, 0, replay.stderr);
  const expectOne = async (stdout: string): Promise<void> => {
    const report = closed(JSON.parse(stdout) as RunReport);
    const aside = report.exclusions.map((one) => [one.code, one.count, one.owner]);
    assert.deepEqual(aside, [['duplicate-set-aside', 1, 'operator']]);
    assert.deepEqual([report.held, report.findings], [[], []]);
    const chart = await chartOf(clinic);
    assert.equal(chart.size, 2 * people);
    assert.ok([...chart.values()].some((one) => JSON.stringify(one).includes('Nunez')));
  };
  await expectOne(replay.stdout);
  const again = await clinic.cli(['--json', 'run']);
  assert.equal(again.code, 0, again.stderr);
  await expectOne(again.stdout);
});

/** A file system of 8 MiB, or why there is none. */
async function smallDisk(): Promise<{ folder: string } | { reason: string }> {
  const folder = join(await temporaryFolder(), 'small');
  await mkdir(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0700', 'tmpfs', folder], {
      stdio: 'ignore',
    });
    return { folder };
  } catch {
    return { reason: 'a file system cannot be mounted here' };
  }
}

test('bad input: a full disk pauses the run with exit 7, and it goes on when there is room', async (context) => {
  const disk = await smallDisk();
  if ('reason' in disk) return context.skip(disk.reason);
  const { folder } = disk;
  const many = Array.from({ length: 400 }, (_, at) => `${at + 1},Family ${at},1.10`);
  const clinic = await smallClinic([personLines[0] ?? '', ...many]);
  context.after(async () => {
    execFileSync('umount', [folder]);
    await clinic.close();
  });
  await rm(join(clinic.folder, '.handover', 'parcels'), { recursive: true, force: true });
  const parcels = join(clinic.folder, '.handover', 'parcels');
  execFileSync('ln', ['-s', folder, parcels]);
  // The file that fills the disk leaves room for the first batches.
  await writeFile(join(folder, 'full'), Buffer.alloc(8 * 1024 * 1024 - 96 * 1024));
  const small = ['--batch', '20', '--slices', '1', '--concurrency', '1'];
  const { code, stderr } = await clinic.cli(['--json', 'run', ...small]);
  assert.equal(code, 7, stderr);
  assert.match(stderr, /disk-full/);
  assert.match(stderr, /handover resume/);
  const before = (await chartOf(clinic)).size;
  assert.ok(before < 800, String(before));
  await rm(join(folder, 'full'));
  const resumed = await clinic.cli(['--json', 'resume', ...small]);
  assert.equal(resumed.code, 0, resumed.stderr);
  closed(JSON.parse(resumed.stdout) as RunReport);
  assert.equal((await chartOf(clinic)).size, 800);
});
