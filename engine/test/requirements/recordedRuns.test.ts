/** What a run reads, writes and takes back is on record before it happens, patient by patient. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AuditResource } from '../../src/audit/balp.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

let project: TestProject;
let bench: Workbench;
let run: string;

before(async () => {
  project = await testProject({ patients: 30 });
  bench = await openWorkbench(project.opened, { records: 40 });
  run = (await bench.run('assess')).run;
  for (const phase of ['extract', 'map', 'check'] as const) await bench.resume(run, phase);
});
after(async () => {
  await bench.close();
  await project.close();
});

async function numberOf(sql: string): Promise<number> {
  const { rows } = await bench.database.query<{ n: string }>(sql);
  return Number(rows[0]?.n);
}

async function atTarget(): Promise<string[]> {
  const chart = await project.openChart();
  try {
    const names: string[] = [];
    for await (const { resources } of chart.scan(undefined, new AbortController().signal)) {
      names.push(...resources.map(({ type, id }) => `${type}/${id}`));
    }
    return names.toSorted();
  } finally {
    await chart.close();
  }
}

/** Every event of the log as AuditEvents of BALP, as `audit export` writes them. */
async function exported(name: string): Promise<AuditResource[]> {
  const file = join(project.folder, name);
  const { code, stderr } = await project.cli(['audit', 'export', '--as', 'fhir', '--out', file]);
  assert.equal(code, 0, stderr);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as AuditResource);
}

const referencesOf = (event: AuditResource): string[] =>
  (event['entity'] as { what: { reference?: string } }[]).flatMap(
    ({ what }) => what.reference ?? [],
  );

test('R06 each batch that was read is on record, with its source and its root in the ledger', async () => {
  const read = await numberOf(
    `select count(*) as n from handover.batch where phase = 'extract' and (counts ->> 'read')::int > 0`,
  );
  assert.ok(read > 5);
  const recorded = await numberOf(
    `select count(*) as n from audit.batch b join audit.event e using (event)
       join handover.batch h on h.run::text = b.run and h.phase = 'extract' and h.stream = e.resource_type
        and h.slice = b.slice and h.number = b.number and h.root = b.root
      where e.action = 'extract' and b.system = 'clinic' and b.count = (h.counts ->> 'read')::int`,
  );
  assert.equal(recorded, read);
});

test('R06 where the log cannot be written a run loads nothing; then it goes on', async () => {
  const sql = (text: string) => bench.database.transaction((one) => one.query(text));
  await sql('alter table audit.batch rename to batch_gone');
  const end = await bench.resume(run, 'load');
  assert.deepEqual([end.state, end.code], ['failed', 'audit-unavailable']);
  assert.deepEqual(await atTarget(), []);
  assert.equal(await numberOf('select count(*) as n from handover.intent'), 0);
  await sql('alter table audit.batch_gone rename to batch');
  const again = await bench.resume(run);
  assert.equal(again.state, 'finished');
});

test('R06 a load in the export of the log: everything that is there, once, and of whom it is', async () => {
  const loads = (await exported('audit.ndjson')).filter(
    (event) => (event['type'] as { code: string }).code === '110106' && 'meta' in event,
  );
  const named = loads.flatMap((event) => {
    const references = referencesOf(event);
    const patient = references.at(-1) as string;
    assert.match(patient, /^Patient\//);
    return references.slice(0, -1);
  });
  const there = await atTarget();
  const ofSomebody = new Set(named);
  assert.equal(ofSomebody.size, named.length, 'each once');
  assert.deepEqual(
    there.filter((name) => !ofSomebody.has(name)).map((name) => name.split('/')[0]),
    there
      .filter((name) => /^(Organization|Practitioner|Location)/.test(name))
      .map((name) => name.split('/')[0]),
  );
  const { code, stdout } = await project.cli(['--json', 'audit', 'verify']);
  assert.equal(code, 0, stdout);
});

test('R06 an undo is on record with everybody whom it takes something from', async () => {
  await bench.close();
  const { code, stderr } = await project.cli(['undo', run, '--confirm', 'riverside-to-meridian']);
  assert.equal(code, 0, stderr);
  assert.deepEqual(await atTarget(), []);
  const patients = async (action: string): Promise<string[]> => {
    const { rows } = await project.control.query<{ patients: Buffer }>(
      `select b.patients from audit.batch b join audit.event e using (event)
        where e.action = $1 order by b.patients`,
      [action],
    );
    return rows.map(({ patients: packed }) => packed.toString('hex'));
  };
  const loaded = await patients('load');
  assert.ok(loaded.length > 0);
  assert.deepEqual(await patients('delete'), loaded);
});
