import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunReport } from '../../src/contract/report.ts';
import type { Target, Write } from '../../src/model/target.ts';
import {
  allergies,
  assertTies,
  clinicalCodes,
  draftsOf,
  learnAllergen,
  mistakenStatus,
  recordsOf,
  rightStatus,
  standing,
  unknownAllergens,
} from './held.ts';
import { owned } from './owned.ts';
import { testProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

test('R11 poison neither stops a run nor vanishes; replay one from the command line', async (context) => {
  const project = owned(context, await testProject({ change: unknownAllergens }));
  const run = await project.cli(['run']);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^AMBER /m);
  assert.match(run.stdout, /3 {2}clinic\.allergies {2}code-unmapped/);
  const strict = await project.cli(['resume', '--strict']);
  assert.equal(strict.code, 6, strict.stderr);

  const listed = await project.cli(['--json', 'quarantine', 'list', '--code', 'code-unmapped']);
  const { held } = JSON.parse(listed.stdout) as { held: { id: string; path: string }[] };
  assert.equal(held.length, 3);
  const [first] = held;
  assert.ok(first);
  assert.match(first.path, /AllergyIntolerance\.code\.coding/);

  const shown = await project.cli(['--json', 'quarantine', 'show', first.id, '--reveal']);
  const { item } = JSON.parse(shown.stdout) as { item: { record: string } };
  assert.match(item.record, /ZZTOP/);
  const { rows } = await project.control.query(`select from audit.event where action = 'read'`);
  assert.equal(rows.length, 1);

  await learnAllergen(project);
  const replayed = await project.cli(['--json', 'quarantine', 'replay', first.id]);
  assert.equal(replayed.code, 0, replayed.stderr);
  const report = JSON.parse(replayed.stdout) as RunReport;
  assert.deepEqual(report.findings, []);
  assert.equal(recordsOf(report, 'allergies'), '61/58/2/1');
  assert.equal(report.run.laterRevisions.length, 1);
  const left = await project.cli(['--json', 'quarantine', 'list']);
  const after = JSON.parse(left.stdout) as { held: { id: string }[] };
  assert.deepEqual(
    after.held.map(({ id }) => id),
    held.slice(1).map(({ id }) => id),
  );
  const nothing = await project.cli(['quarantine', 'replay', '--code', 'no-such-code']);
  assert.equal(nothing.code, 0, nothing.stderr);
  assert.match(nothing.stderr, /Nothing that is held fits/);
});

test('R11 replay all after the code map was mended: everything moves, and it is green', async (context) => {
  const project = owned(context, await testProject({ change: unknownAllergens }));
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  const before = await assertTies(bench, run);
  assert.equal(recordsOf(before, 'allergies'), '61/57/3/1');
  await learnAllergen(project);
  assert.equal((await bench.replay(run)).state, 'finished');
  const after = await assertTies(bench, run);
  assert.equal(recordsOf(after, 'allergies'), '61/60/0/1');
  assert.equal(after.verdict.color, 'green', after.verdict.reasons.join(' '));
  assert.equal((await bench.verify(run)).state, 'finished');
  assert.deepEqual(await bench.findings(run), []);
});

test('R11 replay under the mapping as it was holds them again, each once', async (context) => {
  const project = owned(context, await testProject({ change: unknownAllergens }));
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  const before = await assertTies(bench, run);
  for (let round = 1; round <= 3; round++) {
    assert.equal((await bench.replay(run)).state, 'finished');
    const after = await assertTies(bench, run);
    assert.deepEqual(
      after.streams.map(({ stream }) => recordsOf(after, stream.slice(7))),
      before.streams.map(({ stream }) => recordsOf(before, stream.slice(7))),
    );
    assert.equal((await standing(bench, run)).length, 3);
    assert.deepEqual(after.findings, []);
  }
  await learnAllergen(project);
  await bench.replay(run);
  assert.equal((await assertTies(bench, run)).verdict.color, 'green');
});

test('R11 a patient who comes late brings along what waited for them', async (context) => {
  const project = owned(
    context,
    await testProject({
      change: [
        `update pt_demog set sex_cd = 'X' where pt_id in (
      select pt_id from pt_demog where deleted = 'N' order by pt_id limit 2)`,
      ],
    }),
  );
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  const before = await assertTies(bench, run);
  assert.equal(recordsOf(before, 'pt_demog'), '60/57/2/1');
  const codes = new Set(
    (await standing(bench, run)).map((one) => one.resolution?.code ?? one.code),
  );
  assert.deepEqual([...codes].toSorted(), ['code-unmapped', 'reference-unresolved']);

  await project.edit(
    'codes/sex.csv',
    '\nU,unknown',
    '\nX,other,Other,http://hl7.org/fhir/administrative-gender,equivalent,approved,HIM data steward,\nU,unknown',
  );
  await project.edit(
    'mappings/clinic/pt_demog.yaml',
    'O: other, U: unknown',
    'O: other, X: other, U: unknown',
  );
  assert.equal((await bench.replay(run)).state, 'finished');
  const after = await assertTies(bench, run);
  assert.deepEqual(await standing(bench, run), []);
  assert.equal(after.verdict.color, 'green', after.verdict.reasons.join(' '));
});

test('R11 drafts that broke a rule are made again, and the old ones no longer stand', async (context) => {
  const project = owned(
    context,
    await testProject({
      change: [
        `update allergies set status_cd = 'E' where alg_id in (
      select alg_id from allergies where deleted = 'N' order by alg_id limit 4)`,
      ],
    }),
  );
  const wrong = await mistakenStatus(project);
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  const before = await assertTies(bench, run);
  const held = (await standing(bench, run)).map(({ key, code }) => `${key.phase} ${code}`);
  assert.ok(held.length >= 4);
  assert.deepEqual([...new Set(held)], ['check ait-2']);
  const { drafted, loaded } = draftsOf(before, 'allergies');

  await project.edit(clinicalCodes, wrong, rightStatus);
  assert.equal((await bench.replay(run)).state, 'finished');
  const after = await assertTies(bench, run);
  assert.equal(after.verdict.color, 'green', after.verdict.reasons.join(' '));
  assert.deepEqual(draftsOf(after, 'allergies'), {
    drafted: drafted! + held.length,
    loaded: loaded! + held.length,
    quarantined: 0,
    superseded: held.length,
  });
});

/** Refuses a few resources, until told otherwise. */
class Refusing implements Target {
  refuses = true;
  readonly #target: Target;
  constructor(target: Target) {
    this.#target = target;
  }
  open(...all: Parameters<Target['open']>): ReturnType<Target['open']> {
    return this.#target.open(...all);
  }
  fetch(...all: Parameters<Target['fetch']>): ReturnType<Target['fetch']> {
    return this.#target.fetch(...all);
  }
  scan(...all: Parameters<Target['scan']>): ReturnType<Target['scan']> {
    return this.#target.scan(...all);
  }
  close(): Promise<void> {
    return this.#target.close();
  }
  async write(...[batch, signal]: Parameters<Target['write']>): ReturnType<Target['write']> {
    const refused = (write: Write): boolean =>
      this.refuses && write.type === 'AllergyIntolerance' && /[0-3]$/.test(write.id.slice(0, 25));
    const passed = await this.#target.write(
      batch.filter((write) => !refused(write)),
      signal,
    );
    const receipts = [...passed];
    return batch.map((write) => {
      if (!refused(write)) return receipts.shift()!;
      return { type: write.type, id: write.id, state: 'refused', code: 'rule-of-the-target' };
    });
  }
}

test('R11 what a target refused goes there once it no longer does', async (context) => {
  const project = owned(context, await testProject());
  let gate: Refusing | undefined;
  const between = (target: Target): Target => (gate ??= new Refusing(target));
  const bench = owned(context, await openWorkbench(project.opened, { between }));
  const { run } = await bench.run();
  const before = await assertTies(bench, run);
  const held = await standing(bench, run);
  assert.ok(held.length > 0);
  assert.ok(held.every(({ key, code }) => key.phase === 'load' && code === 'rule-of-the-target'));
  assert.equal(before.verdict.color, 'amber');
  assert.ok(gate);
  gate.refuses = false;
  // The same plan under another revision would be another run: a comment is enough to be one.
  assert.equal((await bench.replay(run)).state, 'finished');
  const after = await assertTies(bench, run);
  assert.equal(after.verdict.color, 'green', after.verdict.reasons.join(' '));
  assert.equal(draftsOf(after, 'allergies')['superseded'], held.length);
});

test('R11 a held item that is then excluded leaves the quarantine by that reason', async (context) => {
  const project = owned(context, await testProject({ change: unknownAllergens }));
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  await project.edit(
    allergies,
    `exclude: { when: "deleted ~ 'Y'", reason: deleted-in-source, owner: allergy reviewer }`,
    `exclude:
  - { when: "deleted ~ 'Y'", reason: deleted-in-source }
  - { when: "alg_cd ~ 'ZZTOP'", reason: test-entry }`,
  );
  await project.edit(
    allergies,
    'unless: { column: deleted, equals: [Y] }',
    'unless:\n    - { column: deleted, equals: [Y] }\n    - { column: alg_cd, equals: [ZZTOP] }',
  );
  await bench.replay(run);
  const after = await assertTies(bench, run);
  assert.equal(recordsOf(after, 'allergies'), '61/57/0/4');
  assert.equal(after.verdict.color, 'green', after.verdict.reasons.join(' '));
  assert.ok(after.exclusions.some(({ code, count }) => code === 'test-entry' && count === 3));
});
