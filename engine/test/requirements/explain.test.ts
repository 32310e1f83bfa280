import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { explainKey, type PatientRoad, type RecordRoad } from '../../src/run/explain.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench } from './workbench.ts';
import { withClient } from '../../src/store/provision.ts';

let project: TestProject;
let run = '';
/** A patient with allergies of which one is held and one is deleted, and their record number. */
const patient = { key: '', mrn: '' };
let held = '';
let deleted = '';

before(async () => {
  project = await testProject({ change: [] });
  await withClient(project.source.spec, async (client) => {
    await client.query('set search_path to legacy');
    const { rows } = await client.query<{ pt_id: number; mrn: string }>(
      `select p.pt_id, p.mrn from pt_demog p
        where p.deleted = 'N' and exists (select from encounters e
          where e.pt_id = p.pt_id and e.deleted = 'N') order by p.pt_id limit 1`,
    );
    patient.key = String(rows[0]?.pt_id);
    patient.mrn = rows[0]?.mrn ?? '';
    const insert = async (id: number, code: string, gone: string): Promise<string> => {
      await client.query(
        `insert into allergies (alg_id, pt_id, alg_type_cd, alg_cd, alg_txt, status_cd, deleted)
         values ($1, $2, 'FA', $3, 'figs', 'A', $4)`,
        [id, patient.key, code, gone],
      );
      return String(id);
    };
    await insert(9900001, 'EGG', 'N');
    held = await insert(9900002, 'ZZTOP', 'N');
    deleted = await insert(9900003, 'EGG', 'Y');
  });
  const bench = await openWorkbench(project.opened);
  run = (await bench.run()).run;
  await bench.close();
});

after(() => project.close());

async function explained<T>(words: readonly string[], input?: string): Promise<T> {
  const { code, stdout, stderr } = await project.cli(['--json', 'explain', ...words], input);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

function roadsOf(key: string): Promise<RecordRoad[]> {
  return explainKey({ database: project.control, key: project.key }, run, key);
}

test('explain KEY: the road of a record that arrived', async () => {
  const { roads } = await explained<{ roads: RecordRoad[] }>(['9900001']);
  const [road, ...others] = roads;
  assert.deepEqual(others, []);
  assert.equal(road?.stream, 'clinic.allergies');
  assert.equal(road?.outcome, 'mapped');
  const [draft] = road?.drafts ?? [];
  assert.equal(draft?.type, 'AllergyIntolerance');
  assert.deepEqual(draft?.deliveries, [{ target: 'chart', state: 'delivered', version: 1 }]);
  assert.deepEqual(draft?.findings, []);
});

test('explain KEY: the road of one that is held, and of one that was left out', async () => {
  const [stuck] = await roadsOf(held);
  assert.equal(stuck?.outcome, 'quarantined');
  assert.equal(stuck?.code, 'code-unmapped');
  assert.match(stuck?.path ?? '', /AllergyIntolerance\.code\.coding/);
  assert.deepEqual(stuck?.drafts, []);
  const [left] = await roadsOf(deleted);
  assert.equal(left?.outcome, 'excluded');
  assert.equal(left?.code, 'deleted-in-source');
});

test('explain KEY: a key that no record has', async () => {
  assert.deepEqual(await roadsOf('31415926'), []);
});

for (const by of ['key', 'mrn'] as const) {
  test(`explain --patient -: everything about one person, by ${by} on standard input`, async () => {
    const answer = await explained<{ run: string; patients: PatientRoad[] }>(
      ['--patient', '-'],
      `${patient[by]}\n`,
    );
    assert.equal(answer.run, run);
    const [road, ...others] = answer.patients;
    assert.deepEqual(others, []);
    const types = new Set(road?.drafts.map(({ type }) => type));
    for (const type of ['Patient', 'Encounter', 'AllergyIntolerance'])
      assert.ok(types.has(type), type);
    assert.ok(
      road?.drafts.every(({ deliveries }) =>
        deliveries.every(({ state }) => state === 'delivered'),
      ),
    );
    const notMoved = road?.notMoved.filter(({ stream }) => stream === 'clinic.allergies');
    const kinds = notMoved?.map(({ kind, code }) => `${kind} ${code}`).toSorted();
    assert.ok(kinds?.includes('excluded deleted-in-source'));
    assert.ok(kinds?.includes('quarantined code-unmapped'));
  });
}

test('explain --patient: a number in the arguments is refused and not repeated', async () => {
  const { code, stdout, stderr } = await project.cli(['explain', '--patient', patient.mrn]);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /patient-in-arguments/);
  assert.ok(!`${stdout}${stderr}`.includes(patient.mrn));
});

test('explain --patient -: a number that nobody has', async () => {
  const { code, stdout, stderr } = await project.cli(['explain', '--patient', '-'], '31415926\n');
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim(), '');
  assert.ok(!stderr.includes('31415926'));
});
