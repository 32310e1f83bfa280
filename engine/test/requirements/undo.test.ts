import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { listenToDurableOperations } from '../../src/base/durableOperation.ts';
import { canonicalJson, parseJson, type JsonObject } from '../../src/base/json.ts';
import type { EmbeddedStore } from '../../src/connectors/embedded/store.ts';
import type { RunReport } from '../../src/contract/report.ts';
import { openedTarget } from '../access/openTarget.ts';
import { changeHospital } from './hospital.ts';
import { owned } from './owned.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

const never = new AbortController().signal;
const confirm = ['--confirm', 'riverside-to-meridian'] as const;

/** Every version of everything at the target: what an exact undo has to bring back. */
async function contents(project: TestProject): Promise<Map<string, string[]>> {
  const chart = await project.openChart();
  const held = new Map<string, string[]>();
  for await (const { resources } of chart.scan(undefined, never)) {
    for (const { type, id } of resources) {
      const versions = await chart.history({ type, id });
      held.set(
        `${type}/${id}`,
        versions.map((one) => `${one.version} ${String(one.body)}`),
      );
    }
  }
  await chart.close();
  return held;
}

async function stateOf(project: TestProject, run: string): Promise<RunReport> {
  const bench = await openWorkbench(project.opened);
  const report = await bench.report(run);
  await bench.close();
  return report;
}

/** Two runs: the first loads, then the hospital changes, and the second loads over it. */
async function twoRuns(context: TestContext) {
  const project = owned(context, await testProject({ change: [] }));
  const bench = owned(context, await openWorkbench(project.opened));
  const first = await bench.run();
  const before = await contents(project);
  await changeHospital(project.source.spec, [
    `update pt_demog set home_phone = '555-000-' || right(pt_id::text, 4)`,
    `update allergies set severity_cd = 'SE' where severity_cd = 'MI'`,
    `insert into allergies (alg_id, pt_id, alg_type_cd, alg_txt, status_cd)
       select 9900000 + row_number() over (order by pt_id), pt_id, 'FA', 'figs', 'A'
         from pt_demog where deleted = 'N' order by pt_id limit 5`,
  ]);
  const second = await bench.run();
  await bench.close();
  return { project, before, first: first.run, second: second.run };
}

test('undo of a first load leaves nothing, not even history, and is told', async (context) => {
  const project = owned(context, await testProject());
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  await bench.close();
  assert.ok((await contents(project)).size > 500);

  const unconfirmed = await project.cli(['undo', run]);
  assert.equal(unconfirmed.code, 9, unconfirmed.stderr);
  assert.ok((await contents(project)).size > 500);

  const undone = await project.cli(['--json', 'undo', run, ...confirm]);
  assert.equal(undone.code, 0, undone.stderr);
  assert.equal((await contents(project)).size, 0);
  const report = await stateOf(project, run);
  assert.equal(report.run.state, 'undone');
  assert.equal(report.verdict.color, 'red');
  assert.ok(report.targets.every(({ loaded, balanced }) => loaded === 0 && balanced));
  assert.ok(report.targets.some(({ removed }) => removed > 0));
  const { rows } = await project.control.query(
    `select from handover.batch where phase = 'load' and run = $1`,
    [run],
  );
  assert.ok(rows.length > 0, 'the ledger keeps the account of what was undone');

  const again = await project.cli(['undo', run, ...confirm]);
  assert.notEqual(again.code, 1, again.stderr);
  const resumed = await project.cli(['resume', run]);
  assert.equal(resumed.code, 2, resumed.stderr);
  assert.match(resumed.stderr, /run-over/);
});

test('undo brings back the very versions that stood there before', async (context) => {
  const { project, before, first, second } = await twoRuns(context);
  const during = await contents(project);
  assert.equal(during.size, before.size + 5);
  assert.ok([...during.values()].some((versions) => versions.length === 2));
  const undone = await project.cli(['undo', second, ...confirm]);
  assert.equal(undone.code, 0, undone.stderr);
  assert.deepEqual(await contents(project), before);
  // The first run stands, and still says so when it is read back.
  const bench = owned(context, await openWorkbench(project.opened));
  await bench.verify(first);
  assert.equal((await bench.report(first)).verdict.color, 'green');
});

test('undo of the older of two runs is refused with the ids of what the newer one wrote', async (context) => {
  const { project, first } = await twoRuns(context);
  const during = await contents(project);
  const { code, stderr } = await project.cli(['undo', first, ...confirm]);
  assert.equal(code, 8, stderr);
  assert.match(stderr, /foreign-change/);
  assert.match(stderr, /Patient\/[0-9a-z]{26}/);
  assert.deepEqual(await contents(project), during);
});

async function edited(chart: EmbeddedStore, id: string): Promise<void> {
  const stored = await chart.read({ type: 'Patient', id });
  const resource = parseJson(String(stored?.body)) as JsonObject;
  const body = Buffer.from(canonicalJson({ ...resource, active: true }));
  await chart.write([{ kind: 'put', type: 'Patient', id, body }], never);
}

test('undo after somebody else wrote is refused with exit 8, the ids, and nothing undone', async (context) => {
  const project = owned(context, await testProject());
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  await bench.close();
  const patients = [...(await contents(project)).keys()].filter((one) =>
    one.startsWith('Patient/'),
  );
  const chosen = patients.slice(3, 5);
  const chart = await project.openChart();
  for (const name of chosen) await edited(chart, name.slice('Patient/'.length));
  await chart.close();
  const during = await contents(project);

  const { code, stderr } = await project.cli(['undo', run, ...confirm]);
  assert.equal(code, 8, stderr);
  assert.match(stderr, /foreign-change: Somebody else has changed 2 resources/);
  for (const name of chosen) assert.ok(stderr.includes(name), stderr);
  assert.deepEqual(await contents(project), during);
  const { run: after, verdict } = await stateOf(project, run);
  assert.equal(after.state, 'finished', 'a refused undo leaves the run as it was');
  assert.equal(verdict.color, 'green');

  // Once the foreign changes are taken back, it can be undone.
  const again = await project.openChart();
  for (const name of chosen) {
    const id = name.slice('Patient/'.length);
    await again.write([{ kind: 'revert', type: 'Patient', id, ifVersion: 2 }], never);
  }
  await again.close();
  const undone = await project.cli(['undo', run, ...confirm]);
  assert.equal(undone.code, 0, undone.stderr);
  assert.equal((await contents(project)).size, 0);
});

test('undo after the target was opened is refused with exit 4, and nothing undone', async (context) => {
  const project = owned(context, await testProject());
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  await bench.close();
  const before = await contents(project);
  const unknown = await project.cli(['target', 'open', 'nowhere', ...confirm]);
  assert.equal(unknown.code, 2, unknown.stderr);
  const shut = await project.cli(['target', 'open', 'chart', ...confirm]);
  assert.deepEqual([shut.code, /gate-shut/.test(shut.stderr)], [4, true], 'nobody asked for it');
  await openedTarget(project.opened.control, 'chart');
  const { code, stderr } = await project.cli(['undo', run, ...confirm]);
  assert.equal(code, 4, stderr);
  assert.match(stderr, /target-opened/);
  assert.deepEqual(await contents(project), before);
  assert.equal((await stateOf(project, run)).run.state, 'finished');
});

test('undo of a run that died between writing and committing takes back what only the target knows', async (context) => {
  const project = owned(context, await testProject());
  const bench = owned(context, await openWorkbench(project.opened, { records: 50 }));
  let written = 0;
  let run = '';
  listenToDurableOperations((name, moment) => {
    if (name === 'target.write' && moment === 'after') written++;
    // From the third batch written on nothing more is committed: the process is as good as dead.
    if (written >= 3 && name === 'commit') throw new Error('killed');
  });
  try {
    await bench.run().catch(() => undefined);
  } finally {
    listenToDurableOperations(undefined);
  }
  const { rows } = await project.control.query<{ id: string }>('select id from handover.run');
  run = rows[0]?.id ?? '';
  await bench.close();
  assert.ok((await contents(project)).size > 0);
  const undone = await project.cli(['undo', run, ...confirm]);
  assert.equal(undone.code, 0, undone.stderr);
  assert.equal((await contents(project)).size, 0);
});
