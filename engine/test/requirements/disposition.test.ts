import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunReport } from '../../src/contract/report.ts';
import { withClient } from '../../src/store/provision.ts';
import { owned } from './owned.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

/** A table that nobody thought of, with a dozen rows in it. */
const dozen = [
  'create table old_recalls (recall_id integer primary key, pt_id integer, why text)',
  `insert into old_recalls select n, n, 'x' from generate_series(1, 12) as n`,
];

const decided = `
  - stream: clinic.old_recalls
    fate: archived
    reason: recalls of a system that was switched off
    owner: practice manager
    approver: HIM director
`;

/** Nothing was read, and nothing is at the target. */
async function assertNothingWritten(project: TestProject): Promise<void> {
  const { rows } = await project.control.query<{ batches: string; intents: string }>(
    `select (select count(*) from handover.batch) as batches,
            (select count(*) from handover.intent) as intents`,
  );
  assert.deepEqual(rows, [{ batches: '0', intents: '0' }]);
  await withClient(project.target.spec, async (client) => {
    const found = await client.query(`select from pg_tables where tablename = 'resource'`);
    assert.equal(found.rowCount, 0);
  });
}

test('R26 an undeclared table of 12 rows ends the run with exit 3, and nothing was written', async (context) => {
  const project = owned(context, await testProject({ change: dozen }));
  const { code, stdout, stderr } = await project.cli(['run']);
  assert.equal(code, 3, stderr);
  assert.match(stdout, /^RED /m);
  assert.match(stdout, /clinic\.old_recalls \(12 rows\)/);
  assert.match(stderr, /disposition-missing/);
  await assertNothingWritten(project);

  const status = await project.cli(['--json', 'status']);
  const { report } = JSON.parse(status.stdout) as { report: RunReport };
  const open = report.dispositions.filter(({ fate }) => fate === 'undecided');
  assert.deepEqual(
    open.map(({ stream, column, populated }) => ({ stream, column, populated })),
    [{ stream: 'clinic.old_recalls', column: '', populated: 12 }],
  );

  await project.edit('handover.yaml', 'dispositions:\n', `dispositions:${decided}`);
  const bench = owned(context, await openWorkbench(project.opened));
  const { run, state } = await bench.run();
  assert.equal(state, 'finished');
  const after = await bench.report(run);
  assert.equal(after.verdict.color, 'green');
  const line = after.dispositions.find(({ stream }) => stream === 'clinic.old_recalls');
  assert.equal(line?.fate, 'archived');
  assert.equal(line?.owner, 'practice manager');
  assert.equal(line?.populated, 12);
});

test('R26 a populated column without a decision is red; an empty one needs none', async (context) => {
  const project = owned(
    context,
    await testProject({
      change: [
        'alter table pt_demog add column blood_grp varchar(3)',
        `alter table pt_demog add column fax varchar(20) default ''`,
        'alter table pt_demog add column pager varchar(20)',
        `update pt_demog set blood_grp = 'A+' where pt_id in (select pt_id from pt_demog limit 7)`,
      ],
    }),
  );
  const bench = owned(context, await openWorkbench(project.opened));
  const { run, state, code } = await bench.run();
  assert.deepEqual({ state, code }, { state: 'failed', code: 'disposition-missing' });
  const { dispositions, verdict } = await bench.report(run);
  const open = dispositions.filter(({ fate }) => fate === 'undecided');
  assert.deepEqual(
    open.map(({ stream, column, populated }) => [stream, column, populated]),
    [['clinic.pt_demog', 'blood_grp', 7]],
  );
  assert.equal(verdict.color, 'red');
  await assertNothingWritten(project);

  await project.edit(
    'handover.yaml',
    'usr_def_1, usr_def_3]\n    fate: not moved\n    reason: left',
    'usr_def_1, usr_def_3, blood_grp]\n    fate: not moved\n    reason: left',
  );
  const again = await bench.run();
  assert.equal(again.state, 'finished');
  assert.equal((await bench.report(again.run)).verdict.color, 'green');
});

test('R26 what a run resumes under is the plan it was begun with', async (context) => {
  const project = owned(context, await testProject({ change: dozen }));
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  await project.edit('handover.yaml', 'dispositions:\n', `dispositions:${decided}`);
  const { state, code } = await bench.resume(run);
  assert.deepEqual({ state, code }, { state: 'failed', code: 'disposition-missing' });
  await assertNothingWritten(project);
});

test('R26 exclusions are counted by reason, and held items by cause', async (context) => {
  const project = owned(context, await testProject({ defects: 'planted', patients: 130 }));
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  const { exclusions, streams, held, targets } = await bench.report(run);
  for (const { stream, excluded, quarantined } of streams) {
    const of = (lines: typeof held): number =>
      lines
        .filter((line) => line.stream === stream && line.phase === 'map')
        .reduce((sum, { count }) => sum + count, 0);
    assert.equal(of(exclusions), excluded, stream);
    assert.equal(of(held), quarantined, stream);
  }
  assert.ok(exclusions.every(({ code }) => code === 'deleted-in-source'));
  const owners = new Map(exclusions.map(({ stream, owner }) => [stream, owner]));
  assert.equal(owners.get('clinic.allergies'), 'allergy reviewer');
  assert.ok([...owners.values()].every((owner) => owner !== ''));
  assert.ok(targets.every(({ waiting }) => waiting === 0));
});
