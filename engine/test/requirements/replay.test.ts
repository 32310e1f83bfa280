import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allergies,
  assertTies,
  clinicalCodes,
  draftsOf,
  learnAllergen,
  mistakenStatus,
  present,
  recordsOf,
  rightStatus,
  standing,
  unknownAllergens,
} from './held.ts';
import { owned } from './owned.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

const second = (clinical: string): string => `
  AllergyIntolerance#flag:
    clinicalStatus:
      coding: [{ system: '=http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: =${clinical} }]
    verificationStatus:
      coding: [{ system: "status_cd.map('allergy-verification-status', 'system')", code: "status_cd.map('allergy-verification-status')" }]
    code: { text: alg_txt }
    patient: pt_id.reference('clinic.pt_demog')
`;
const factsOfSecond = `
facts:
  - resource: AllergyIntolerance#flag
    subject: { column: pt_id, stream: clinic.pt_demog }
    unless: { column: deleted, equals: [Y] }
    declare:
      - { concept: allergy-substance-text, value: alg_txt, text: true }
      - concept: allergy-clinical-status
        value: status_cd
        as: { A: active, I: active, R: active, U: active, E: ~ }
      - concept: allergy-verification-status
        value: status_cd
        as: { A: confirmed, I: confirmed, R: refuted, U: unconfirmed, E: entered-in-error }
`;

/** Facts of the template as one block of several, behind those of the second resource. */
async function makeTwo(project: TestProject, clinical: string): Promise<void> {
  const text = await project.read(allergies);
  const [mapping = '', facts = ''] = text.split('\nfacts:\n');
  const block = facts.replace('  resource:', '  - resource:').replaceAll('\n  ', '\n    ');
  await project.write(allergies, `${mapping}${second(clinical)}${factsOfSecond}${block}`);
}

test('R11 of two resources of one record one is held: both are made again, and undo is exact', async (context) => {
  const project = owned(
    context,
    await testProject({
      change: [
        `update allergies set status_cd = 'E' where alg_id in (
      select alg_id from allergies where deleted = 'N' order by alg_id limit 4)`,
      ],
    }),
  );
  await makeTwo(project, 'active');
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  const before = await assertTies(bench, run);
  const held = (await standing(bench, run)).length;
  assert.ok(held >= 4);
  assert.deepEqual(
    before.findings.filter(({ code }) => code !== 'fact-extra'),
    [],
  );

  const withStatus =
    "clinicalStatus:\n      coding: [{ system: '=http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: =active }]\n";
  await project.edit(
    allergies,
    withStatus,
    withStatus.replace('clinicalStatus:\n', "clinicalStatus:\n      $when: status_cd != 'E'\n"),
  );
  // The other one of the pair changes too: it is there already, and gets a second version.
  await project.edit(
    allergies,
    'note: [{ text: comment_txt }]',
    "note: [{ text: comment_txt.trim() }]\n    type: \"iif(status_cd = 'E', 'allergy', {})\"",
  );
  await bench.replay(run);
  const after = await assertTies(bench, run);
  assert.equal(after.verdict.color, 'green', after.verdict.reasons.join(' '));
  assert.equal(draftsOf(after, 'allergies')['superseded'], 2 * held);
  await bench.close();

  const undone = await project.cli(['undo', run, '--confirm', 'riverside-to-meridian']);
  assert.equal(undone.code, 0, undone.stderr);
  assert.equal(await present(project), 0);
});

/** Flags of which no fact speaks; `when` may leave some out. */
const flags = (when: string): string => `
  Flag:${when}
    status: =active
    code: { text: alg_txt }
    subject: pt_id.reference('clinic.pt_demog')

facts:
`;

test('R11 what a replay no longer makes does not stay behind unseen', async (context) => {
  const project = owned(context, await testProject());
  const wrong = await mistakenStatus(project);
  await project.edit(allergies, '\nfacts:\n', flags(''));
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  const before = await assertTies(bench, run);
  const held = (await standing(bench, run)).length;
  assert.ok(held > 0);
  assert.equal(before.verdict.color, 'amber');
  await project.edit(clinicalCodes, wrong, rightStatus);
  await project.edit(allergies, flags(''), flags(`\n    $when: status_cd != 'E'`));
  await bench.replay(run);
  const after = await assertTies(bench, run);
  assert.equal(after.verdict.color, 'red');
  assert.deepEqual(
    after.findings.map(({ verifier, code, type, count }) => [verifier, code, type, count]),
    [['scan', 'extra-in-target', 'Flag', held]],
  );
});

test('R11 a replay that was killed in the middle goes on under its own revision', async (context) => {
  const project = owned(context, await testProject({ change: unknownAllergens }));
  const first = owned(context, await openWorkbench(project.opened));
  const { run } = await first.run();
  await learnAllergen(project);
  assert.equal(await first.takeBack(run), 3);
  await first.close();
  const bench = owned(context, await openWorkbench(project.opened));
  const end = await project.cli(['resume', run]);
  assert.equal(end.code, 0, end.stderr);
  const after = await assertTies(bench, run);
  assert.equal(recordsOf(after, 'allergies'), '61/60/0/1');
  assert.equal(after.verdict.color, 'green', after.verdict.reasons.join(' '));
});

test('R11 a run that is not finished is finished before anything is replayed', async (context) => {
  const project = owned(context, await testProject({ change: unknownAllergens }));
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run('assess');
  await bench.resume(run, 'extract');
  await bench.resume(run, 'map');
  await learnAllergen(project);
  const early = await project.cli(['quarantine', 'replay']);
  assert.equal(early.code, 2, early.stderr);
  assert.match(early.stderr, /run-unfinished/);
  assert.equal((await bench.resume(run)).state, 'finished');
  await bench.replay(run);
  assert.equal((await assertTies(bench, run)).verdict.color, 'green');
});

test('R11 the same item is not replayed twice at once', async (context) => {
  const change = unknownAllergens.map((one) => one.replace('limit 3', 'limit 6'));
  const project = owned(context, await testProject({ change }));
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  await learnAllergen(project);
  // Some of those held: as many again stay, so that no balance would go below zero.
  const ids = (await standing(bench, run)).slice(0, 3).map(({ id }) => id);
  const counts = await Promise.allSettled([
    bench.takeBack(run, { ids }),
    bench.takeBack(run, { ids }),
  ]);
  const taken = counts.map((one) => (one.status === 'fulfilled' ? one.value : 0));
  assert.deepEqual([Math.min(...taken), Math.max(...taken)], [0, 3]);
  assert.equal((await bench.resume(run)).state, 'finished');
  assert.equal(recordsOf(await assertTies(bench, run), 'allergies'), '61/58/2/1');
});

test('R11 a replay needs the plan and the parcels, not the old system', async (context) => {
  const project = owned(context, await testProject({ change: unknownAllergens }));
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  await bench.close();
  await learnAllergen(project);
  await project.source.drop();
  const { code, stderr } = await project.cli(['quarantine', 'replay', '--run', run]);
  assert.equal(code, 0, stderr);
  const after = owned(context, await openWorkbench(project.opened));
  assert.equal((await assertTies(after, run)).verdict.color, 'green');
});
