/** A source that changes or goes away while a run reads it: the run pauses, and resumes to the same. */
import assert from 'node:assert/strict';
import { rename, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../src/base/log.ts';
import { writeSample } from '../../src/sample/sample.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { temporaryFolder } from '../../src/store/testing.ts';
import { closed, personLines, smallClinic, type SmallClinic } from './badInput.ts';
import { changeHospital } from './hospital.ts';
import { owned } from './owned.ts';
import { testProject, type CommandOutcome, type TestProject } from './project.ts';

const smallSteps = ['--batch', '10', '--slices', '4', '--concurrency', '1'];

/** `handover run`, struck while it extracts. */
async function struck(project: TestProject, strike: () => Promise<unknown>) {
  const running = project.cli(['--json', 'run', ...smallSteps]);
  while ((await batches(project, 'extract')) < 3) await sleep(2);
  await strike();
  const outcome = await running;
  const extracted = await batches(project, 'extract');
  assert.equal(await batches(project, 'map'), 0, 'the strike came in time');
  return { ...outcome, extracted };
}

async function batches({ control }: TestProject, phase: string): Promise<number> {
  const { rows } = await control.query<{ count: number }>(
    'select count(*)::int as count from handover.batch where phase = $1',
    [phase],
  );
  return rows[0]?.count ?? 0;
}

/** Digest of everything in the target, by `Type/id`. */
async function contents(project: TestProject): Promise<Map<string, string>> {
  const chart = await project.openChart();
  const found = new Map<string, string>();
  for await (const { resources } of chart.scan(undefined, new AbortController().signal)) {
    for (const one of resources) {
      if (one.state === 'present') found.set(`${one.type}/${one.id}`, one.digest);
    }
  }
  await chart.close();
  return found;
}

function endedWell(outcome: CommandOutcome): void {
  assert.equal(outcome.code, 0, outcome.stderr);
  closed(JSON.parse(outcome.stdout));
}

const many = 600;

function manyLines(): string[] {
  const [header = ''] = personLines;
  return [header, ...Array.from({ length: many }, (_, at) => `${at + 1},Family ${at},1.10`)];
}

async function unbroken(): Promise<Map<string, string>> {
  const clinic = await smallClinic(manyLines());
  endedWell(await clinic.cli(['--json', 'run']));
  const found = await contents(clinic);
  await clinic.close();
  assert.equal(found.size, 2 * many);
  return found;
}

test('bad input: a file that goes away mid-run pauses it with exit 7, and resumes to the same target', async (context) => {
  const clinic = owned(context, await smallClinic(manyLines()));
  const { code, stderr } = await struck(clinic, () => rename(clinic.file, `${clinic.file}.away`));
  assert.equal(code, 7, stderr);
  assert.match(stderr, /source-file-missing.*person\.csv/);
  assert.match(stderr, /handover.* resume/);
  await rename(`${clinic.file}.away`, clinic.file);
  endedWell(await clinic.cli(['--json', 'resume']));
  assert.deepEqual(await contents(clinic), await unbroken());
});

test('R16 bad input: a column of a file renamed mid-run stops it with both names, and nothing is loaded', async (context) => {
  const clinic = owned(context, await smallClinic(manyLines()));
  const [header = '', ...lines] = manyLines();
  const renamed = [header.replace('family', 'surname'), ...lines];
  const { code, stderr } = await struck(clinic, () => replace(clinic, renamed));
  assert.equal(code, 3, stderr);
  assert.match(stderr, /source-drift.*column family is now surname/);
  assert.equal((await contents(clinic)).size, 0);
  // Put back, it goes on under the revision it was begun with.
  await replace(clinic, manyLines());
  endedWell(await clinic.cli(['--json', 'resume']));
  assert.equal((await contents(clinic)).size, 2 * many);
});

/** As a program that writes files well does: the new one takes the place of the old at once. */
async function replace(clinic: SmallClinic, lines: readonly string[]): Promise<void> {
  const file = `${clinic.file}.new`;
  await clinic.rewrite(lines, file);
  await rename(file, clinic.file);
}

test('R16 bad input: a column of a table renamed mid-run stops it with both names, and nothing is loaded', async (context) => {
  const project = owned(context, await testProject({ patients: 60, change: [] }));
  const change = (from: string, to: string): Promise<void> =>
    changeHospital(project.source.spec, [`alter table pt_demog rename column ${from} to ${to}`]);
  const { code, stderr } = await struck(project, () => change('last_nm', 'surname'));
  assert.equal(code, 3, stderr);
  assert.match(stderr, /source-drift.*clinic\.pt_demog.*column last_nm is now surname/);
  assert.equal((await contents(project)).size, 0);
  await change('surname', 'last_nm');
  endedWell(await project.cli(['--json', 'resume']));
  assert.ok((await contents(project)).size > 60);
});

test('bad input: a source database that is killed mid-run pauses it with exit 7, and resumes to the same target', async (context) => {
  const folder = await temporaryFolder();
  context.after(() => rm(folder, { recursive: true, force: true }));
  const settings = { fsync: 'off' };
  const start = () => startEmbedded({ folder, log: silentLog, settings });
  const server = await start();
  context.after(() => server.stop());
  const sample = { patients: 60, defects: 'none', seed: 'requirements', tables: 'core' } as const;
  const { url } = server.superuser;
  await writeSample({ ...sample, out: { kind: 'postgres', url } }, { log: silentLog });

  const project = owned(context, await testProject());
  project.environment['CLINIC_URL'] = url;
  const { code, stderr } = await struck(project, async () => {
    process.kill((await server.pid()) ?? 0, 'SIGQUIT');
  });
  assert.equal(code, 7, stderr);
  assert.match(
    stderr,
    /source-unavailable.*the source database cannot be reached.*handover resume/,
  );
  assert.match(stderr, /handover.* resume/);
  await start();
  endedWell(await project.cli(['--json', 'resume']));

  const other = owned(context, await testProject({ patients: 60 }));
  endedWell(await other.cli(['--json', 'run']));
  assert.deepEqual(await contents(project), await contents(other));
});
