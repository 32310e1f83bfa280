import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { Target } from '../../src/model/target.ts';
import { classNames } from '../tamper/atRest.ts';
import { owned } from './owned.ts';
import { testProject } from './project.ts';
import { printTable } from './table.ts';
import { catchesOf, tamperAtRest, WireTamper, type ClassCatch } from './tampering.ts';
import { openWorkbench, readFindings } from './workbench.ts';

/** A new one each time; told, so that a failure can be seen again. */
function freshSeed(context: TestContext): string {
  const seed = process.env['SEED'] ?? String(Math.floor(Math.random() * 1e9));
  context.diagnostic(`SEED=${seed}`);
  return seed;
}

function printCatches(context: TestContext, where: string, classes: readonly ClassCatch[]): void {
  printTable(
    context,
    [`planted ${where}`, 'planted', 'found', 'delivery', 'facts', 'scan'],
    classes.map(({ className, planted, found, byDelivery, byFacts, byScan }) => [
      className,
      planted,
      found,
      byDelivery,
      byFacts,
      byScan,
    ]),
  );
}

/**
 * Findings about resources that nobody touched. One whose referent was taken away says so, rightly:
 * its path names the referent's type.
 */
function strays(findings: readonly Finding[], touched: ReadonlySet<string>): Finding[] {
  const types = new Set([...touched].map((name) => name.split('/', 1)[0]));
  return findings.filter(
    ({ type, id, code, path }) =>
      !touched.has(`${type}/${id}`) && !(code === 'referent-missing' && types.has(path)),
  );
}

test('R04 read-back finds everything that changed on the wire', async (context) => {
  const seed = freshSeed(context);
  const project = owned(context, await testProject());
  let wire: WireTamper | undefined;
  const between = (target: Target): Target => (wire = new WireTamper(target, seededRandom(seed)));
  const bench = owned(context, await openWorkbench(project.opened, { between }));
  const { run, state } = await bench.run();
  assert.equal(state, 'finished');
  const made = wire?.made ?? [];
  const findings = await bench.findings(run);
  const { classes, missed } = catchesOf(made, findings);
  printCatches(context, 'on the wire', classes);
  context.diagnostic(`${made.length} changes of ${classes.length} classes`);
  assert.ok(classes.length >= 25);
  assert.deepEqual(missed, []);
  const touched = new Set(made.map(({ type, id }) => `${type}/${id}`));
  assert.deepEqual(strays(findings, touched), []);
  assert.equal((await bench.report(run)).verdict.color, 'red');
});

/** Of each class. */
const perClass = 2;
const anywhere = 1_000;

test('R04 read-back finds everything that changed at rest in a whole hospital', async (context) => {
  const seed = freshSeed(context);
  const project = owned(context, await testProject({ patients: 60, tables: 'all' }));
  // The store seals what is written together as one: small batches make one change cheap.
  const bench = owned(context, await openWorkbench(project.opened, { records: 40 }));
  const { run } = await bench.run();
  assert.deepEqual(await bench.findings(run), []);
  await bench.close();

  const named = classNames.flatMap((name) => ['--class', name]);
  const planted = await tamperAtRest(project, [
    '--seed',
    seed,
    '--changes',
    `${perClass}`,
    ...named,
  ]);
  const spared = planted.flatMap(({ type, id }) => ['--except', `${type}/${id}`]);
  const seeded = await tamperAtRest(project, [
    '--seed',
    seed,
    '--changes',
    `${anywhere}`,
    ...spared,
  ]);
  assert.equal(seeded.length, anywhere);

  const verified = await project.cli(['verify']);
  assert.equal(verified.code, 5, verified.stderr);
  assert.match(verified.stdout, /^RED /m);
  const findings = await readFindings(project.control, run);

  const byClass = catchesOf(planted, findings);
  printCatches(context, 'at rest', byClass.classes);
  assert.ok(byClass.classes.length >= 25);
  assert.deepEqual(byClass.missed, []);

  const anyElement = catchesOf(seeded, findings);
  const seen = (verifier: 'byDelivery' | 'byFacts' | 'byScan'): number =>
    anyElement.classes.reduce((sum, one) => sum + one[verifier], 0);
  context.diagnostic(
    `${seeded.length} changes to any element, of ${anyElement.classes.length} classes: ` +
      `${seeded.length - anyElement.missed.length} found (delivery ${seen('byDelivery')}, ` +
      `facts ${seen('byFacts')}, scan ${seen('byScan')})`,
  );
  assert.deepEqual(anyElement.missed, []);

  const touched = new Set([...planted, ...seeded].map(({ type, id }) => `${type}/${id}`));
  assert.deepEqual(strays(findings, touched), []);
});

test('R04 a stream without a key is amber and never green', async (context) => {
  const project = owned(
    context,
    await testProject({
      change: [
        'create table waiting_list (pt_id integer, why varchar(40))',
        `insert into waiting_list select pt_id, 'cardiology' from pt_demog where deleted = 'N' limit 9`,
      ],
    }),
  );
  await project.write(
    'mappings/clinic/waiting_list.yaml',
    `stream: clinic.waiting_list
resources:
  AllergyIntolerance:
    code: { text: why }
    patient: pt_id.reference('clinic.pt_demog')
`,
  );
  const bench = owned(context, await openWorkbench(project.opened));
  const { run, state } = await bench.run();
  assert.equal(state, 'finished');
  const { verdict, streams, notCompared } = await bench.report(run);
  assert.equal(verdict.color, 'amber');
  assert.ok(verdict.reasons.some((reason) => /1 stream.* no key/.test(reason)));
  assert.ok(notCompared.some(({ what }) => what === 'clinic.waiting_list'));
  const stream = streams.find((one) => one.stream === 'clinic.waiting_list');
  assert.equal(stream?.read, 9);
  assert.equal(stream?.balanced, true);
});
