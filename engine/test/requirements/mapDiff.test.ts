import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { MapDifference } from '../../src/run/mapChanges.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

const patients = 'mappings/clinic/pt_demog.yaml';
const birthDate = "birthDate: dob.date('MM/dd/yy')";

let project: TestProject;
let run = '';
let drafted = new Map<string, number>();

// Batches so small that the larger streams are worth a second thread.
before(async () => {
  project = await testProject();
  const bench = await openWorkbench(project.opened, { records: 3 });
  run = (await bench.run()).run;
  await bench.close();
  const { rows } = await project.control.query<{ stream: string; count: string }>(
    `select stream, sum(count) as count from handover.entry
      where run = $1 and phase = 'map' group by stream`,
    [run],
  );
  drafted = new Map(rows.map(({ stream, count }) => [stream, Number(count)]));
});

after(() => project.close());

async function diff(...words: string[]): Promise<{ streams: MapDifference[]; stderr: string }> {
  const { code, stdout, stderr } = await project.cli(['--json', 'map', 'diff', ...words]);
  assert.equal(code, 0, stderr);
  const answer = JSON.parse(stdout) as { format: string; streams: MapDifference[] };
  assert.equal(answer.format, 'handover-map-diff/1');
  return { streams: answer.streams, stderr };
}

async function changed(from: string, to: string, work: () => Promise<void>): Promise<void> {
  const text = await project.read(patients);
  await project.edit(patients, from, to);
  try {
    await work();
  } finally {
    await project.write(patients, text);
  }
}

function counts({ resources }: MapDifference): Record<string, number> {
  return Object.fromEntries(resources.map(({ kind, type, count }) => [`${kind} ${type}`, count]));
}

const looks = async (): Promise<number> =>
  (await project.control.query('select from audit.event')).rows.length;

function streamIn(streams: readonly MapDifference[], name: string): MapDifference {
  const found = streams.find(({ stream }) => stream === name);
  assert.ok(found, name);
  return found;
}

test('map diff: nothing was changed, so nothing is mapped again and every draft stays', async () => {
  const { streams } = await diff();
  assert.ok(streams.length > 1);
  for (const { stream, records, same, resources } of streams) {
    const expected = { records: 0, same: drafted.get(stream) ?? 0, resources: [] };
    assert.deepEqual({ records, same, resources }, expected, stream);
  }
});

test('map diff: a comment changes the text of a mapping and no draft', async () => {
  await changed('# One row a patient.', '# One row for each patient.', async () => {
    const { streams } = await diff('clinic.pt_demog');
    const [one, ...others] = streams;
    assert.deepEqual(others, []);
    assert.ok((one?.records ?? 0) > 0);
    assert.deepEqual([one?.same, one?.resources], [drafted.get('clinic.pt_demog'), []]);
  });
});

test('map diff: one element of one resource, counted and with examples free of values', async () => {
  await changed('use: =official, family: last_nm', 'use: =usual, family: last_nm', async () => {
    const former = await looks();
    const { streams } = await diff('--examples', '2');
    const one = streamIn(streams, 'clinic.pt_demog');
    const all = drafted.get('clinic.pt_demog');
    assert.deepEqual(counts(one), { 'changed Patient': all });
    assert.equal(one.same, 0);
    const [element, ...others] = one.elements;
    assert.deepEqual(others, []);
    assert.deepEqual([element?.path, element?.count], ['Patient.name.use', all]);
    assert.equal(element?.examples.length, 2);
    for (const example of element?.examples ?? []) {
      assert.deepEqual(Object.keys(example).toSorted(), ['id', 'subject']);
      assert.match(example.id, /^[0-9a-z]{26}$/);
      assert.equal(example.subject, example.id);
    }
    for (const { stream, records } of streams) {
      if (stream !== 'clinic.pt_demog') assert.equal(records, 0, stream);
    }
    assert.equal(await looks(), former, 'nothing of a patient was shown');
  });
});

test('R06 map diff --reveal shows values, and each look is in the audit log', async () => {
  await changed('use: =official, family: last_nm', 'use: =usual, family: last_nm', async () => {
    const former = await looks();
    const { streams } = await diff('clinic.pt_demog', '--examples', '2', '--reveal');
    const [element] = streams[0]?.elements ?? [];
    for (const { before: was, after: is } of element?.examples ?? []) {
      assert.deepEqual([was, is], ['"official"', '"usual"']);
    }
    assert.equal(await looks(), former + 2);
  });
});

test('map diff: resources that would come and go', async () => {
  await changed('when: "deleted ~ \'Y\'"', 'when: "deleted ~ \'N\'"', async () => {
    const { streams } = await diff('clinic.pt_demog');
    const found = counts(streamIn(streams, 'clinic.pt_demog'));
    assert.equal(found['gone Patient'], drafted.get('clinic.pt_demog'));
    assert.equal(found['changed Patient'], undefined);
  });
});

test('map diff: a mapping with a mistake is told as plan check does, and a stream that is not there', async () => {
  await changed(birthDate, "birthDate: dobb.date('MM/dd/yy')", async () => {
    const { code, stdout, stderr } = await project.cli(['map', 'diff']);
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(stderr, /^mappings\/clinic\/pt_demog\.yaml:\d+:\d+ unknown-name: /m);
  });
  const { code, stderr } = await project.cli(['map', 'diff', 'clinic.nowhere']);
  assert.equal(code, 2);
  assert.match(stderr, /stream-unknown: .*\n {2}next: Its streams are: .*clinic\.pt_demog/);
});

test('map diff: the ledger of the run is as it was', async () => {
  const { rows } = await project.control.query<{ stream: string; count: string }>(
    `select stream, sum(count) as count from handover.entry
      where run = $1 and phase = 'map' group by stream`,
    [run],
  );
  const now = new Map(rows.map(({ stream, count }) => [stream, Number(count)]));
  assert.deepEqual(now, drafted);
});
