/**
 * A target that is in use: people who are there have no second chart, any number finds exactly one, what
 * users of the target change is theirs, and an undo leaves it as it was, byte for byte.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson, type JsonObject } from '../../src/base/json.ts';
import { listExceptions } from '../../src/ledger/exceptions.ts';
import { texts } from '../../src/verification/concepts/elements.ts';
import { chartOf, textsOf } from './ownClinic.ts';
import { owned } from './owned.ts';
import { testProject } from './project.ts';
import {
  asAtMeridian,
  chartIn,
  chartWith,
  clinic,
  finished,
  inUse,
  patients,
  remove,
  requireBalance,
  requireGreen,
  riversideNumber,
  visitOf,
  write,
} from './targetInUse.ts';
import { openWorkbench } from './workbench.ts';

test('R10 people whom the target has get no second chart; any number finds one; undo leaves it byte-identical', async (context) => {
  const all = await inUse(context);
  const { project, before } = all;
  const run = await finished(all);
  await requireGreen(all, run);
  const charts = await patients(project);
  assert.equal(charts.length, 8, 'four that were there and four more');
  assert.equal(await chartWith(project, 'p0'), 'mer-1');
  assert.equal(await chartWith(project, 'M-100'), 'mer-1');
  assert.equal(await chartWith(project, 'p2'), 'mer-2', 'not the one that is out of use');
  assert.equal(await chartWith(project, 'M-201'), 'mer-3');
  assert.equal((await visitOf(project, 'mer-1')).length, 2, 'her own visit and the one that moved');
  assert.equal((await visitOf(project, 'mer-2')).length, 1);
  const held = await textsOf(project);
  for (const untouched of ['Patient/mer-3', 'Patient/mer-4', 'Encounter/enc.1']) {
    assert.equal(held.get(untouched), before.get(untouched), untouched);
  }
  const ana = parseJson(held.get('Patient/mer-1') as string) as JsonObject;
  assert.deepEqual(texts(ana, 'name.family'), ['Nunes'], 'what the target says stays');

  const again = await finished(all);
  await requireGreen(all, again);
  assert.deepEqual(await textsOf(project), held, 'a second run changes nothing');

  for (const one of [again, run]) {
    const undone = await project.cli(['undo', one, '--confirm', 'own-clinic']);
    assert.equal(undone.code, 0, undone.stderr);
  }
  assert.deepEqual(await textsOf(project), before);
});

test('R10 what users of the target change is never written over: it is held, and told', async (context) => {
  const all = await inUse(context);
  const { project, bench } = all;
  await finished(all);
  const [lars, minh] = [await chartWith(project, 'p3'), await chartWith(project, 'p4')];
  const held = await chartOf(project);
  // At the chart that was theirs, and at one that Handover made.
  const ana = { ...(held.get('Patient/mer-1') as JsonObject), birthDate: '1974-12-30' };
  const berg = { ...(held.get(`Patient/${lars}`) as JsonObject), birthDate: '1963-09-19' };
  const visit = (await visitOf(project, minh))[0] as JsonObject;
  await write(project, [ana, berg]);
  await remove(project, { type: 'Encounter', id: visit['id'] as string });
  const changed = await textsOf(project);
  const run = await finished(all);
  await requireBalance(all, run, 2);
  const findings = await bench.findings(run);
  assert.deepEqual(
    findings.map(({ code, type }) => `${code} ${type}`),
    ['missing-in-target Encounter'],
    'what they removed is not there',
  );
  assert.deepEqual(await textsOf(project), changed, 'all of it is as they left it');
  const codes = (await listExceptions(bench.database, run, { kind: 'quarantined' })).map(
    ({ code }) => code,
  );
  assert.deepEqual(codes.toSorted(), ['changed-at-target', 'removed-at-target']);

  // Put back there as it was, it is ours to write again.
  await write(project, [held.get(`Patient/${lars}`) as JsonObject]);
  await project.write(
    'own/tables/person.csv',
    `${clinic.tables['person']?.replace('5 LAKE DR', '6 LAKE DR')}\n`,
  );
  await requireBalance(all, await finished(all), 1);
  const moved = (await chartOf(project)).get(`Patient/${lars}`) as JsonObject;
  assert.deepEqual(texts(moved, 'address.line'), ['6 LAKE DR']);
});

test('R10 a target that holds 30 % of the sample hospital’s people gets no second chart; undo leaves it byte-identical', async (context) => {
  const project = owned(context, await testProject({ patients: 200 }));
  await project.write('handover.yaml', `${await project.read('handover.yaml')}\nlinkage: {}\n`);
  const bench = owned(context, await openWorkbench(project.opened));
  const empty = await finished({ project, bench, before: new Map() });
  const alone = await patients(project);
  const undone = async (run: string): Promise<void> => {
    const { code, stderr } = await project.cli(['undo', run, '--confirm', 'riverside-to-meridian']);
    assert.equal(code, 0, stderr);
  };
  await undone(empty);
  assert.equal((await textsOf(project)).size, 0);

  const held = alone
    .toSorted((one, other) => (riversideNumber(one) < riversideNumber(other) ? -1 : 1))
    .filter((_, at) => at % 10 < 3);
  await write(project, held.map(asAtMeridian));
  await project.edit('handover.yaml', '{ kind: embedded }', '{ kind: embedded, existing: link }');
  const all = { project, bench, before: await textsOf(project) };
  const run = await finished(all);
  await requireGreen(all, run);
  const charts = await patients(project);
  assert.equal(charts.length, alone.length, 'no second chart');
  for (const [at, one] of held.entries()) {
    assert.equal(chartIn(charts, `M${1000 + at}`), `mer-${at}`);
    assert.equal(chartIn(charts, riversideNumber(one)), `mer-${at}`);
  }
  const loaded = await textsOf(project);
  const again = await finished(all);
  await requireGreen(all, again);
  assert.deepEqual(await textsOf(project), loaded, 'a second run changes nothing');
  await undone(again);
  await undone(run);
  assert.deepEqual(await textsOf(project), all.before);
});
