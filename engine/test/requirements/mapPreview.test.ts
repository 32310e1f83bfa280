import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { withClient } from '../../src/store/provision.ts';
import type { PreviewItem } from '../../src/run/preview.ts';
import { testProject, type TestProject } from './project.ts';

const patients = 'clinic.pt_demog';

let project: TestProject;
/** A patient that moves. */
const patient = { key: '', mrn: '', family: '' };

before(async () => {
  project = await testProject();
  await withClient(project.source.spec, async (client) => {
    const { rows } = await client.query<{ pt_id: number; mrn: string; last_nm: string }>(
      `select pt_id, mrn, last_nm from legacy.pt_demog
        where deleted = 'N' and mrn is not null order by pt_id limit 1`,
    );
    patient.key = String(rows[0]?.pt_id);
    patient.mrn = rows[0]?.mrn ?? '';
    patient.family = rows[0]?.last_nm ?? '';
  });
});

after(() => project.close());

async function preview(words: readonly string[], input?: string): Promise<PreviewItem[]> {
  const { code, stdout, stderr } = await project.cli(['--json', 'map', 'preview', ...words], input);
  assert.equal(code, 0, stderr);
  const answer = JSON.parse(stdout) as { format: string; items: PreviewItem[] };
  assert.equal(answer.format, 'handover-map-preview/1');
  return answer.items;
}

async function looks(): Promise<{ patient: string | null; resource_type: string }[]> {
  const sql = 'select patient, resource_type from audit.event order by event';
  return (await project.control.query<{ patient: string | null; resource_type: string }>(sql)).rows;
}

test('R06 map preview by key: the row beside its draft; the look is in the audit log', async () => {
  const [item, ...others] = await preview([patients, '--key', '-'], `${patient.key}\n`);
  assert.deepEqual(others, []);
  assert.equal(item?.key, patient.key);
  assert.equal(item?.row.last_nm, patient.family);
  assert.deepEqual(item?.outcome, { state: 'mapped' });
  const [draft] = item?.drafts ?? [];
  const body = JSON.parse(draft?.body ?? '') as {
    resourceType: string;
    name: { family: string }[];
  };
  assert.deepEqual([body.resourceType, body.name[0]?.family], ['Patient', patient.family]);
  assert.deepEqual((await looks()).at(-1), { patient: draft?.id, resource_type: patients });
});

test('map preview by a column: every item with that value, and none of another', async () => {
  const items = await preview(['clinic.allergies', '--where', 'pt_id'], patient.key);
  for (const { row } of items) assert.equal(row.pt_id, patient.key);
  const count = await withClient(project.source.spec, async (client) => {
    const sql = 'select count(*)::int as n from legacy.allergies where pt_id = $1';
    return (await client.query<{ n: number }>(sql, [patient.key])).rows[0]?.n ?? 0;
  });
  assert.equal(items.length, Math.min(20, count));
  const [same] = await preview([patients, '--where', 'mrn'], patient.mrn);
  assert.equal(same?.key, patient.key);
});

test('map preview without a search: the first items, as many as were asked for', async () => {
  const items = await preview([patients, '--limit', '3']);
  assert.equal(items.length, 3);
  assert.equal(new Set(items.map(({ key }) => key)).size, 3);
});

test('map preview for people: columns, then the elements of the draft', async () => {
  const { code, stdout, stderr } = await project.cli(
    ['map', 'preview', patients, '--key', '-'],
    patient.key,
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^item \S+: mapped$/m);
  assert.match(stdout, /^ {2}last_nm {2,}\S/m);
  assert.match(stdout, /^ {4}Patient\.name\[0\]\.family: "/m);
});

test('map preview: nothing found is told and no look is recorded', async () => {
  const former = (await looks()).length;
  assert.deepEqual(await preview([patients, '--key', '-'], '987654321'), []);
  assert.equal((await looks()).length, former);
});

test('map preview: a key in the arguments, a column or stream that is not there: exit 2', async () => {
  const refused: readonly (readonly [string[], RegExp])[] = [
    [[patients, '--key', patient.key], /key-in-arguments/],
    [[patients, '--where', 'no_such'], /column-unknown: .*\n {2}next: Its columns are: pt_id/],
    [['clinic.nowhere'], /stream-unmapped: .*\n {2}next: Mapped are: .*clinic\.pt_demog/],
  ];
  for (const [words, told] of refused) {
    const { code, stdout, stderr } = await project.cli(['map', 'preview', ...words], 'x');
    assert.deepEqual([code, stdout], [2, ''], stderr);
    assert.match(stderr, told);
    assert.ok(!stderr.includes(patient.key));
  }
});

test('map test --capture: refused of a source that holds patients, else a golden that tests', async () => {
  const words = ['map', 'test', patients, '--capture', 'taken'];
  const refused = await project.cli(words, patient.key);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^capture-refused: .*"clinic".*\n {2}next: .*`synthetic: true`/);
  assert.ok(!refused.stderr.includes(patient.key));
  await project.edit('handover.yaml', 'schema: legacy', 'schema: legacy\n    synthetic: true');
  const taken = await project.cli(words, patient.key);
  assert.equal(taken.code, 0, taken.stderr);
  const golden = 'mappings/clinic/pt_demog.test/taken.yaml';
  assert.match(await project.read(golden), new RegExp(`last_nm: '?${patient.family}`));
  assert.equal((await project.cli(words, patient.key)).code, 2);
  assert.equal((await project.cli(['map', 'test', golden])).code, 5);
  assert.equal((await project.cli(['map', 'test', golden, '--update'])).code, 0);
  assert.equal((await project.cli(['map', 'test', golden])).code, 0);
});

test('map describe: the columns of the sources, as the project template has them written down', async () => {
  const written = await project.read('streams/clinic.yaml');
  const { code, stdout } = await project.cli(['map', 'describe']);
  assert.deepEqual([code, stdout], [0, 'streams/clinic.yaml: 5 streams\n']);
  assert.equal(await project.read('streams/clinic.yaml'), written);
});
