/**
 * Where users of a target in use changed or removed what a draft would be written over, somebody decides
 * whose stands: it is kept with who and why, only those items move, the account closes, and an undo gives
 * the target's bytes back.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/base/json.ts';
import { draftBalances } from '../../src/ledger/balances.ts';
import { listExceptions } from '../../src/ledger/exceptions.ts';
import { texts } from '../../src/verification/concepts/elements.ts';
import { chartOf, textsOf } from './ownClinic.ts';
import type { CommandOutcome } from './project.ts';
import {
  chartWith,
  clinic,
  finished,
  inUse,
  remove,
  requireBalance,
  visitOf,
  write,
  type Bench,
} from './targetInUse.ts';

type Element = Record<'path' | 'code' | 'target' | 'source', string>;

async function heldAs({ bench }: Bench, run: string, path: string): Promise<string> {
  const held = await listExceptions(bench.database, run, { kind: 'quarantined', standing: true });
  const found = held.filter((one) => one.path === path);
  assert.equal(found.length, 1, `${held.length} are held, one of them ${path}`);
  return found[0]?.id as string;
}

async function decided(
  { project }: Bench,
  words: readonly string[],
  code = 0,
): Promise<CommandOutcome> {
  const outcome = await project.cli(['quarantine', ...words, '--as', 'ruth'], 'They were here.\n');
  assert.equal(outcome.code, code, outcome.stderr);
  return outcome;
}

async function leftBehind({ bench }: Bench, run: string): Promise<number> {
  return (await draftBalances(bench.database, run)).reduce((sum, one) => sum + one.excluded, 0);
}

async function undone({ project }: Bench, run: string): Promise<void> {
  const { code, stderr } = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.equal(code, 0, stderr);
}

test('R10 what users of the target changed is kept or written over, as somebody decides, and undone exactly', async (context) => {
  const all = await inUse(context);
  const { project, bench } = all;
  await finished(all);
  const [john, lars, minh] = [
    await chartWith(project, 'p1'),
    await chartWith(project, 'p3'),
    await chartWith(project, 'p4'),
  ];
  const held = await chartOf(project);
  const okafor = { ...(held.get(`Patient/${john}`) as JsonObject), birthDate: '1950-06-15' };
  await write(project, [okafor]);
  const visit = (await visitOf(project, minh))[0] as JsonObject;
  const atMinh = { type: 'Encounter', id: visit['id'] as string };
  await remove(project, atMinh);
  const second = await finished(all);
  await requireBalance(all, second, 2);

  const id = await heldAs(all, second, 'Patient');
  const shown = await project.cli(['quarantine', 'show', id, '--json']);
  assert.equal(shown.code, 0, shown.stderr);
  const { item } = JSON.parse(shown.stdout) as { item: { differs: Element[] } };
  assert.deepEqual(item.differs, [{ path: 'Patient.birthDate', code: 'element-different' }]);
  assert.doesNotMatch(shown.stdout, /1950-06/, 'no value without --reveal');
  const revealed = await project.cli(['quarantine', 'show', id, '--reveal', '--json']);
  const [element] = (JSON.parse(revealed.stdout) as { item: { differs: Element[] } }).item.differs;
  assert.deepEqual([element?.target, element?.source], ['1950-06-15', '1950-06-14']);
  const { rows: looks } = await bench.database.query<{ resource_ids: string[] }>(
    `select resource_ids from audit.event where action = 'read' and resource_type = 'Patient'`,
    [],
  );
  assert.deepEqual(
    looks.map(({ resource_ids: ids }) => ids),
    [[john]],
    'and the look is on record',
  );

  // Kept: as its users left it, and neither held nor missed any more.
  const left = await textsOf(project);
  await decided(all, ['keep', id, await heldAs(all, second, 'Encounter')]);
  await requireBalance(all, second, 0);
  assert.equal(await leftBehind(all, second), 2);
  assert.deepEqual(await bench.findings(second), []);
  assert.deepEqual(await textsOf(project), left);
  const { exclusions } = await bench.report(second);
  assert.deepEqual(
    exclusions.map(({ code, count }) => [code, count]),
    [
      ['kept-at-target', 1],
      ['kept-at-target', 1],
    ],
  );
  const { rows } = await bench.database.query<Record<'verdict' | 'decided_by' | 'type', string>>(
    'select verdict, decided_by, type from handover.conflict_decision order by ordinal',
    [],
  );
  assert.deepEqual(rows, [
    { verdict: 'keep', decided_by: 'ruth', type: 'Patient' },
    { verdict: 'keep', decided_by: 'ruth', type: 'Encounter' },
  ]);

  // It holds for later runs, until either side says something else.
  const third = await finished(all);
  await requireBalance(all, third, 0);
  assert.equal(await leftBehind(all, third), 2);
  assert.deepEqual(await bench.findings(third), []);
  assert.deepEqual(await textsOf(project), left);
  const berg = { ...(held.get(`Patient/${lars}`) as JsonObject), gender: 'unknown' };
  await write(project, [{ ...okafor, birthDate: '1950-06-16' }, berg]);
  const changed = await textsOf(project);
  const fourth = await finished(all);
  await requireBalance(all, fourth, 2);

  // Taken: as the source says.
  await decided(all, ['take', '--code', 'changed-at-target']);
  await requireBalance(all, fourth, 0);
  assert.deepEqual(await bench.findings(fourth), []);
  const taken = await chartOf(project);
  assert.deepEqual(texts(taken.get(`Patient/${john}`)!, 'birthDate'), ['1950-06-14']);
  assert.deepEqual(texts(taken.get(`Patient/${lars}`)!, 'gender'), ['male']);
  const fifth = await finished(all);
  await requireBalance(all, fifth, 0);
  assert.deepEqual(await bench.findings(fifth), []);

  for (const run of [fifth, fourth]) await undone(all, run);
  assert.deepEqual(await textsOf(project), changed, 'what users wrote is back');
});

test('R10 what users of the target removed is brought back where somebody takes the source’s, and undone exactly', async (context) => {
  const all = await inUse(context);
  const { project, bench } = all;
  await finished(all);
  const minh = await chartWith(project, 'p4');
  const visit = (await visitOf(project, minh))[0] as JsonObject;
  await remove(project, { type: 'Encounter', id: visit['id'] as string });
  const left = await textsOf(project);
  const second = await finished(all);
  const id = await heldAs(all, second, 'Encounter');
  await decided(all, ['take', id]);
  await requireBalance(all, second, 0);
  assert.deepEqual(await bench.findings(second), []);
  assert.equal((await visitOf(project, minh)).length, 1);
  const third = await finished(all);
  await requireBalance(all, third, 0);
  assert.deepEqual(await bench.findings(third), []);
  for (const run of [third, second]) await undone(all, run);
  assert.deepEqual(await textsOf(project), left);
});

test('R10 what is no conflict, or a chart of the target’s own, is not decided on', async (context) => {
  const all = await inUse(context);
  const { project, bench } = all;
  // Users change Ana's chart between the reading and the writing.
  const { run } = await bench.run('assess');
  for (const phase of ['extract', 'map', 'check', 'link'] as const) await bench.resume(run, phase);
  const ana = (await chartOf(project)).get('Patient/mer-1') as JsonObject;
  await write(project, [{ ...ana, birthDate: '1974-12-30' }]);
  await bench.resume(run);
  const own = await heldAs(all, run, 'Patient');
  const refused = async (words: readonly string[], code: string): Promise<void> => {
    const { stderr } = await decided(all, words, 2);
    assert.match(stderr, new RegExp(`${code}: `));
  };
  await refused(['take', own], 'conflict-own');
  await refused(['take'], 'conflict-missing');
  await refused(['keep', '999'], 'held-unknown');
  await project.write('own/tables/visit.csv', `${clinic.tables['visit']}\nv9,p9,finished\n`);
  await write(project, [ana]);
  const again = await finished(all);
  await refused(['keep', await heldAs(all, again, 'Encounter')], 'conflict-unfit');
  const { rows } = await bench.database.query('select 1 from handover.conflict_decision', []);
  assert.equal(rows.length, 0);

  const next = await project.cli(['quarantine', 'keep', own, '--as', 'ruth', '--run', run], 'x');
  assert.match(next.stderr, /decision-reason: /);
});

test('R10 an undo does not pass over what users wrote between two versions of one run', async (context) => {
  const all = await inUse(context);
  const { project, bench } = all;
  const run = await finished(all);
  const lars = await chartWith(project, 'p3');
  const berg = (await chartOf(project)).get(`Patient/${lars}`) as JsonObject;
  await write(project, [{ ...berg, gender: 'unknown' }]);
  await project.edit('own/mappings/person.yaml', "'female', 'male'", "'female', 'other'");
  const end = await bench.remap(run);
  assert.equal(end.state, 'finished');
  await decided(all, ['take', await heldAs(all, run, 'Patient')]);
  const { code, stderr } = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.equal(code, 8, stderr);
  assert.match(stderr, /foreign-change: /);
});
