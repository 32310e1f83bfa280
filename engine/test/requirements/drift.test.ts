import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HandoverError } from '../../src/base/errors.ts';
import type { Phase } from '../../src/model/phase.ts';
import { changeHospital } from './hospital.ts';
import { owned } from './owned.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench, type BenchEnd, type Workbench } from './workbench.ts';

/** Work on a run in a process of its own, as a later `handover resume` would be. */
async function inProcess<T>(
  project: TestProject,
  work: (bench: Workbench) => Promise<T>,
): Promise<{ result: T; errors: unknown[] }> {
  const bench = await openWorkbench(project.opened, { records: 40 });
  try {
    return { result: await work(bench), errors: bench.errors };
  } finally {
    await bench.close();
  }
}

/** Phases one after another under one run. */
async function through(bench: Workbench, phases: readonly Phase[]): Promise<BenchEnd> {
  const [first, ...others] = phases;
  let end = await bench.run(first);
  for (const phase of others) end = await bench.resume(end.run, phase);
  return end;
}

async function countOf(project: TestProject, phase: Phase): Promise<number> {
  const { rows } = await project.control.query<{ count: string }>(
    'select count(*) from handover.batch where phase = $1',
    [phase],
  );
  return Number(rows[0]?.count);
}

const drifts: readonly { name: string; change: string; says: RegExp }[] = [
  {
    name: 'a column was added',
    change: 'alter table allergies add column reviewed char(1)',
    says: /"clinic\.allergies".*column reviewed was added/,
  },
  {
    name: 'a column was removed',
    change: 'alter table allergies drop column severity_cd',
    says: /column severity_cd was removed/,
  },
  {
    name: 'a column became longer',
    change: 'alter table medications alter column freq_txt type varchar(60)',
    says: /"clinic\.medications".*column freq_txt was .*20.*, is .*60/,
  },
  {
    name: 'the key went',
    change: 'alter table encounters drop constraint encounters_pkey',
    says: /"clinic\.encounters".*the key is \(\)/,
  },
  { name: 'a table went', change: 'drop table medications', says: /it is gone/ },
];

for (const { name, change, says } of drifts) {
  test(`R16 ${name} between begin and resume: paused, and nothing is read or loaded`, async (context) => {
    const project = owned(context, await testProject({ change: [] }));
    const begun = await inProcess(project, (bench) => bench.run('assess'));
    await changeHospital(project.source.spec, [change]);
    const { result, errors } = await inProcess(project, (bench) => bench.resume(begun.result.run));
    assert.deepEqual({ ...result, run: '' }, { run: '', state: 'paused', code: 'source-drift' });
    const [error] = errors;
    assert.ok(error instanceof HandoverError);
    assert.match(error.message, says);
    assert.equal(await countOf(project, 'map'), 0);
    assert.equal(await countOf(project, 'load'), 0);
  });
}

test('R16 a drift that is taken back lets the run go on', async (context) => {
  const project = owned(context, await testProject({ change: [] }));
  const begun = await inProcess(project, (bench) => bench.run('assess'));
  const { run } = begun.result;
  await changeHospital(project.source.spec, ['alter table allergies add column x text']);
  const paused = await inProcess(project, (bench) => bench.resume(run));
  assert.equal(paused.result.code, 'source-drift');
  await changeHospital(project.source.spec, ['alter table allergies drop column x']);
  const { result } = await inProcess(project, async (bench) => {
    const end = await bench.resume(run);
    return { end, report: await bench.report(run) };
  });
  assert.equal(result.end.state, 'finished');
  assert.equal(result.report.verdict.color, 'green');
});

test('R16 a change while a stream is being read is seen before its slice ends', async (context) => {
  const project = owned(context, await testProject({ change: [] }));
  const { result, errors } = await inProcess(project, async (bench) => {
    const begun = await bench.run('assess');
    // Same process, same snapshot: only a look past the snapshot can see it.
    await bench.resume(begun.run, 'assess');
    await changeHospital(project.source.spec, ['alter table providers add column x text']);
    return bench.resume(begun.run);
  });
  assert.equal(result.code, 'source-drift');
  assert.ok(
    errors.some((error) => error instanceof HandoverError && /x was added/.test(error.message)),
  );
});

test('R16 once everything is read, the old system may change or be gone', async (context) => {
  const project = owned(context, await testProject({ change: [] }));
  const begun = await inProcess(project, (bench) => through(bench, ['assess', 'extract']));
  await changeHospital(project.source.spec, ['drop table medications']);
  const { result } = await inProcess(project, async (bench) => {
    const end = await bench.resume(begun.result.run);
    return { end, report: await bench.report(begun.result.run) };
  });
  assert.equal(result.end.state, 'finished');
  assert.equal(result.report.verdict.color, 'green');
});

test('R16 a run stays under the revision it was begun with, whatever became of the files', async (context) => {
  const project = owned(context, await testProject());
  const begun = await inProcess(project, (bench) => through(bench, ['assess', 'extract']));
  const { run } = begun.result;
  // Were any of these read again, the run would fail, or every sex would be another.
  await project.edit('codes/sex.csv', '\nM,male,Male', '\nM,female,Male');
  await project.write('mappings/clinic/allergies.yaml', 'stream: nowhere\n');
  await project.edit('handover.yaml', 'kind: embedded', 'kind: unheard-of');
  const { result } = await inProcess(project, async (bench) => {
    const end = await bench.resume(run);
    return { end, report: await bench.report(run) };
  });
  assert.equal(result.end.state, 'finished');
  assert.equal(result.report.verdict.color, 'green');
  assert.deepEqual(result.report.run.laterRevisions, []);
  const { rows } = await project.control.query<{ revision: string }>(
    'select distinct revision from handover.batch where run = $1',
    [run],
  );
  assert.deepEqual(rows, [{ revision: result.report.run.revision }]);
});

test('R16 at the command line a drift is told with its columns, and exit 3', async (context) => {
  const project = owned(context, await testProject({ change: [] }));
  const begun = await project.cli(['--json', 'run', '--only', 'assess']);
  assert.equal(begun.code, 0, begun.stderr);
  await changeHospital(project.source.spec, ['alter table pt_demog add column x text']);
  const { code, stderr } = await project.cli(['resume']);
  assert.equal(code, 3, stderr);
  assert.match(stderr, /source-drift.*column x was added/);
  assert.match(stderr, /begin a new run/);
});
