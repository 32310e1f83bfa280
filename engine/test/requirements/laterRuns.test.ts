/**
 * What was brought together comes apart exactly also when a later run has read the target since, and a
 * number is on one chart even where one record alone leads to a chart that is not in its run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/base/json.ts';
import { stableId } from '../../src/keys/stableId.ts';
import { existingId } from '../../src/ledger/existingResources.ts';
import { decidePair } from '../../src/run/linkage/decidePair.ts';
import { texts } from '../../src/verification/concepts/elements.ts';
import { chartOf, textsOf } from './ownClinic.ts';
import {
  chartWith,
  clinic,
  finished,
  inUse,
  requireGreen,
  visitOf,
  write,
  type Bench,
} from './targetInUse.ts';

/** The record that the clinic has under a number: the id that its Patient would have of its own. */
function recordWith({ project }: Bench, number: string): string {
  return stableId(project.key.tag('clinic.person', number), 'Patient');
}

type Verdict = 'same' | 'differ';

/** The record that stands for a Patient that the target had of its own. */
function recordOf({ project }: Bench, id: string): string {
  return existingId(project.key, 'chart', { type: 'Patient', id });
}

async function say(
  { project, bench }: Bench,
  pair: [string, string],
  verdict: Verdict,
): Promise<void> {
  const [left, right] = pair;
  const services = { database: bench.database, key: project.key };
  await decidePair(services, { left, right, verdict, reason: 'compared by hand', by: 'ruth' });
}

/** Say it, and lead the charts of a run there. */
async function decide(
  all: Bench,
  run: string,
  pair: [string, string],
  verdict: Verdict,
): Promise<void> {
  await say(all, pair, verdict);
  const { state, code } = await all.bench.relink(run);
  assert.deepEqual(all.bench.errors, []);
  assert.equal(state, 'finished', code);
  await requireGreen(all, run);
}

async function undone({ project }: Bench, run: string): Promise<void> {
  const { code, stderr } = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.equal(code, 0, stderr);
}

async function greenRun(all: Bench): Promise<string> {
  const run = await finished(all);
  await requireGreen(all, run);
  return run;
}

test('R10 merged in one run, unmerged in a later one: all bytes are as if never merged', async (context) => {
  const all = await inUse(context);
  const { project, before } = all;
  const run = await greenRun(all);
  const apart = await textsOf(project);
  const pair: [string, string] = [await chartWith(project, 'p5'), recordOf(all, 'mer-4')];
  await decide(all, run, pair, 'same');
  assert.equal(await chartWith(project, 'p5'), 'mer-4');
  const together = await textsOf(project);
  const later = await greenRun(all);
  assert.deepEqual(await textsOf(project), together, 'a later run changes nothing');
  await decide(all, later, pair, 'differ');
  assert.deepEqual(await textsOf(project), apart);
  const last = await greenRun(all);
  assert.deepEqual(await textsOf(project), apart, 'nor does the next');
  await undone(all, last);
  await undone(all, later);
  assert.deepEqual(await textsOf(project), together);
  await undone(all, run);
  assert.deepEqual(await textsOf(project), before);
});

test('R10 what the machine linked to a chart of the target’s own is unmerged by a later run to the bytes that it had', async (context) => {
  const all = await inUse(context);
  const { project, before } = all;
  await greenRun(all);
  const held = await chartOf(project);
  const ana = recordOf(all, 'mer-1');
  // Users have added a number since: that one is theirs.
  const kowalski = held.get('Patient/mer-2') as JsonObject;
  const own = [...(kowalski['identifier'] as JsonObject[]), { system: 'urn:own', value: 'N-1' }];
  await write(project, [{ ...kowalski, identifier: own }]);
  const p0 = recordWith(all, 'p0');
  const p2 = recordWith(all, 'p2');
  await say(all, [p0, ana], 'differ');
  await say(all, [p2, recordOf(all, 'mer-2')], 'differ');
  const later = await greenRun(all);
  assert.equal((await textsOf(project)).get('Patient/mer-1'), before.get('Patient/mer-1'));
  const changed = (await chartOf(project)).get('Patient/mer-2') as JsonObject;
  assert.deepEqual(texts(changed, 'identifier.value'), ['M-200', '219099998', 'N-1']);
  assert.deepEqual(texts(changed, 'link.type'), ['replaces'], 'as it had before any run');
  assert.equal(await chartWith(project, 'p0'), p0);
  assert.equal(await chartWith(project, 'p2'), p2);
  await undone(all, later);
  assert.deepEqual((await chartOf(project)).get('Patient/mer-1'), held.get('Patient/mer-1'));
});

test('R10 a chart of an earlier run and the one that it leads to are both mended by one record', async (context) => {
  const all = await inUse(context);
  const { project } = all;
  await greenRun(all);
  const apart = await textsOf(project);
  const [lars, asha] = [await chartWith(project, 'p3'), await chartWith(project, 'p5')];

  // To a chart of the target's own, which only this record of the run leads to.
  const run = await greenRun(all);
  const kari: [string, string] = [asha, recordOf(all, 'mer-4')];
  await decide(all, run, kari, 'same');
  assert.equal(await chartWith(project, 'p5'), 'mer-4', 'the number is on one chart');
  const replaced = (await chartOf(project)).get(`Patient/${asha}`) as JsonObject;
  assert.deepEqual(texts(replaced, 'link.other.reference'), ['Patient/mer-4']);
  assert.equal((await visitOf(project, 'mer-4')).length, 1);
  await decide(all, run, kari, 'differ');
  assert.deepEqual(await textsOf(project), apart);
  await undone(all, run);
  assert.deepEqual(await textsOf(project), apart);

  // To one that an earlier run made of a record that does not come again.
  const row = clinic.tables['person']?.split('\n');
  await project.write('own/tables/person.csv', `${row?.[0]}\n${row?.[6]}\n`);
  await project.write('own/tables/visit.csv', 'visit,pt,status\nv5,p5,finished\n');
  await say(all, [lars, asha], 'same');
  const later = await greenRun(all);
  assert.equal(await chartWith(project, 'p5'), lars, 'the number is on one chart');
  assert.equal(await chartWith(project, 'p3'), lars);
  assert.equal((await visitOf(project, lars)).length, 2);
  const together = await textsOf(project);
  const again = await greenRun(all);
  assert.deepEqual(await textsOf(project), together);
  await undone(all, again);
  await undone(all, later);
  assert.deepEqual(await textsOf(project), apart);
});
