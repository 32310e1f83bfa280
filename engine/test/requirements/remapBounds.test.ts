/** What a re-map puts back, what it leaves alone, and when it is refused. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { texts } from '../../src/verification/concepts/elements.ts';
import { openedTarget } from '../access/openTarget.ts';
import { owned } from './owned.ts';
import { chartOf, ownClinic, type OwnClinic } from './ownClinic.ts';
import type { TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const person = `
stream: clinic.person
exclude: { when: "person_id = 'none'", reason: not-ours }
resources:
  Patient: { name: [{ family: family }] }
`;

const clinic: OwnClinic = {
  tables: { person: 'person_id,family\np1,One\np2,Two\np3,Three\n' },
  mappings: { person },
};

async function benchOf(context: TestContext): Promise<{ project: TestProject; bench: Workbench }> {
  const project = owned(context, await ownClinic(clinic));
  const bench = owned(context, await openWorkbench(project.opened, { records: 2 }));
  return { project, bench };
}

async function finished(bench: Workbench, work: Promise<{ run: string; state: string }>) {
  const { run, state } = await work;
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished');
  return run;
}

async function familiesIn(project: TestProject): Promise<string[]> {
  const chart = [...(await chartOf(project)).values()];
  return chart.flatMap((one) => texts(one, 'name.family')).toSorted();
}

const mapping = 'own/mappings/person.yaml';

test('R01 what the run wrote over is put back where nothing stands for it any more', async (context) => {
  const { project, bench } = await benchOf(context);
  await finished(bench, bench.run());
  await project.edit(mapping, 'family: family', 'family: "family & \' II\'"');
  const second = await finished(bench, bench.run());
  assert.deepEqual(await familiesIn(project), ['One II', 'Three II', 'Two II']);
  await project.edit(mapping, "= 'none'", "= 'p2'");
  await finished(bench, bench.remap(second));
  assert.deepEqual(await familiesIn(project), ['One II', 'Three II', 'Two']);
  const { targets, streams } = await bench.report(second);
  assert.ok([...targets, ...streams].every(({ balanced, waiting }) => balanced && waiting === 0));
  // And taken in again, it is what the run makes of it.
  await project.edit(mapping, "= 'p2'", "= 'none'");
  await finished(bench, bench.remap(second));
  assert.deepEqual(await familiesIn(project), ['One II', 'Three II', 'Two II']);
  await bench.close();
  const undone = await project.cli(['undo', second, '--confirm', 'own-clinic']);
  assert.equal(undone.code, 0, undone.stderr);
  assert.deepEqual(await familiesIn(project), ['One', 'Three', 'Two']);
});

test('R01 what somebody else has changed since is not taken away, and is told', async (context) => {
  const { project, bench } = await benchOf(context);
  const run = await finished(bench, bench.run());
  const chart = await project.openChart();
  const [name] =
    [...(await chartOf(project))].find(([, one]) => texts(one, 'name.family')[0] === 'Two') ?? [];
  const [type = '', id = ''] = name?.split('/') ?? [];
  const body = Buffer.from(`{"id":"${id}","name":[{"family":"Married"}],"resourceType":"Patient"}`);
  await chart.write([{ kind: 'put', type, id, body }], new AbortController().signal);
  await chart.close();
  await project.edit(mapping, "= 'none'", "= 'p2'");
  await finished(bench, bench.remap(run));
  assert.deepEqual(await familiesIn(project), ['Married', 'One', 'Three']);
  const { verdict, findings } = await bench.report(run);
  assert.equal(verdict.color, 'red');
  assert.ok(findings.some(({ kind }) => kind === 'extra'));
});

test('map apply is refused before all is loaded, and for other targets, and once opened; nothing moves', async (context) => {
  const { project, bench } = await benchOf(context);
  const { run } = await bench.run('assess');
  const apply = async (): Promise<{ code: number; stderr: string }> =>
    project.cli(['map', 'apply', '--run', run]);
  await project.edit(mapping, 'family: family', 'family: "family & \' II\'"');
  const early = await apply();
  assert.equal(early.code, 2, early.stderr);
  assert.match(early.stderr, /run-unfinished/);
  await finished(bench, bench.resume(run));
  await bench.close();
  const before = await familiesIn(project);
  await project.edit(
    'handover.yaml',
    '{ kind: embedded }',
    '{ kind: ndjson, folder: out, plaintext: true }',
  );
  await project.edit('handover.yaml', 'chart:', 'other:');
  const unfit = await apply();
  assert.equal(unfit.code, 3, unfit.stderr);
  assert.match(unfit.stderr, /remap-unfit.*other/s);
  assert.deepEqual(await familiesIn(project), before);
  await project.edit('handover.yaml', 'other:', 'chart:');
  await project.edit(
    'handover.yaml',
    '{ kind: ndjson, folder: out, plaintext: true }',
    '{ kind: embedded }',
  );
  await openedTarget(project.opened.control, 'chart');
  const late = await apply();
  assert.equal(late.code, 4, late.stderr);
  assert.match(late.stderr, /target-opened/);
  assert.deepEqual(await familiesIn(project), before);
});
