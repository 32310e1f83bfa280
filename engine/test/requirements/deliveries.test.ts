/** A later delivery of an export set beside an earlier one: compared, and moved on top of it. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { sha256Hex } from '../../src/base/digest.ts';
import { streamNamed, sourceOf, testFolder } from '../../src/connectors/csv/testFolder.ts';
import { exportSetConnector } from '../../src/connectors/exportSet/exportSetConnector.ts';
import { deliveryChanges } from '../../src/run/deliveryChanges.ts';
import { hmacSha256Hex } from '../../src/base/digest.ts';
import { owned } from './owned.ts';
import { chartOf, ownClinic } from './ownClinic.ts';
import type { TestProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

const dictionary = `table,column,type,key
person,person_id,int,1
person,family,varchar,
person,born,date,
note,text,varchar,
`;

interface Delivery {
  number: number;
  tables: Readonly<Record<string, string>>;
  dictionary?: string;
}

const first: Delivery = {
  number: 1,
  tables: {
    person: 'person_id,family,born\n1,Ann,2001-02-03\n2,Bob,\n3,Cid,1999-01-01\n9,Twin,\n9,Twin,\n',
    note: 'text\na\na\nb\n',
  },
};

/** One removed, one changed, one added, one only written otherwise; columns renamed and added. */
const fourth: Delivery = {
  number: 4,
  tables: {
    person:
      'person_id,surname,born,site\n"1",Ann,2001-02-03,N\n3,Cyd,1999-01-01,N\n4,Dee,,N\n9,Twin,,N\n',
    note: 'text\na\nb\nb\n',
    extra: 'x\n1\n',
  },
  dictionary: dictionary
    .replace('family', 'surname')
    .replace('born,date,', 'born,date,\nperson,site,varchar,'),
};

async function deliver(folder: string, { number, tables, dictionary: own = dictionary }: Delivery) {
  await mkdir(folder, { recursive: true });
  const files = Object.entries(tables).map(([name, text]) => ({
    file: `${name}.csv`,
    sha256: sha256Hex(text),
    records: text.trimEnd().split('\n').length - 1,
  }));
  for (const [name, text] of Object.entries(tables))
    await writeFile(join(folder, `${name}.csv`), text);
  await writeFile(join(folder, 'dictionary.csv'), own);
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ delivery: number, files }));
}

const person = `
stream: clinic.person
resources:
  Patient:
    name: [{ family: family }]
`;

/** A project whose source is the first of its deliveries. */
async function deliveredClinic(context: TestContext): Promise<TestProject> {
  const project = owned(context, await ownClinic({ tables: {}, mappings: { person } }));
  await deliver(join(project.folder, 'first'), first);
  await deliver(join(project.folder, 'fourth'), fourth);
  await aim(project, 'first', 1);
  return project;
}

async function aim(project: TestProject, folder: string, number: number): Promise<void> {
  await project.write(
    'handover.yaml',
    `name: own-clinic
sources:
  clinic: { kind: export-set, folder: ${folder}, delivery: ${number}, emptyIs: 'null' }
targets:
  chart: { kind: embedded }
strategy: { kind: big-bang }
mappings: own/mappings
dispositions:
  - { stream: clinic.note, fate: not moved, reason: free text, owner: HIM, approver: HIM }
  - { stream: clinic.extra.csv, fate: not moved, reason: not ours, owner: HIM, approver: HIM }
  - { stream: clinic.person, columns: [born, site], fate: not moved, reason: test, owner: HIM, approver: HIM }
`,
  );
}

test('a later delivery is compared with an earlier one: records, columns, files, and numbers missing', async (context) => {
  const project = await deliveredClinic(context);
  await aim(project, 'fourth', 4);
  const diff = ['export-set', 'diff', 'clinic'];
  const { code, stdout, stderr } = await project.cli(['--json', ...diff, 'first']);
  assert.equal(code, 0, stderr);
  const { deliveries, files, streams } = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual(deliveries, { former: 1, later: 4, missing: [2, 3] });
  assert.deepEqual(files, {
    added: ['extra.csv'],
    removed: [],
    changed: ['person.csv', 'note.csv'],
    unchanged: 0,
  });
  assert.deepEqual(streams, [
    {
      stream: 'person',
      formerRecords: 5,
      laterRecords: 4,
      columns: [
        { change: 'renamed', column: 'surname', from: 'family' },
        { change: 'added', column: 'site' },
      ],
      records: { added: 1, changed: 1, removed: 1, unchanged: 1, repeated: 1 },
    },
    {
      stream: 'note',
      formerRecords: 3,
      laterRecords: 3,
      columns: [],
      records: { added: 1, changed: 0, removed: 1, unchanged: 2, repeated: 0 },
    },
    { stream: 'extra.csv', laterRecords: 0, columns: [] },
  ]);
  assert.doesNotMatch(stdout, /Ann|Cyd|2001/);
  const told = await project.cli([...diff, 'first']);
  assert.match(told.stdout, /^missing between them: delivery 2, 3$/m);
  assert.match(told.stdout, /^person: column family is now surname$/m);
  const same = await project.cli([...diff, 'fourth']);
  assert.equal(same.code, 2);
  assert.match(same.stderr, /export-delivery-order.*delivery 4.*does not come before delivery 4/);
});

test('deliveries of any length are compared with bounded memory: in parts, with the same counts', async (context) => {
  const folder = await testFolder();
  context.after(folder.remove);
  const rows = (from: number, to: number, family: (at: number) => string): string =>
    Array.from({ length: to - from }, (_, at) => `${from + at},${family(from + at)},`).join('\n');
  const tables = (text: string) => ({ person: `person_id,family,born\n${text}\n`, note: 'text\n' });
  await deliver(join(folder.path, 'a'), { number: 1, tables: tables(rows(0, 700, () => 'x')) });
  const later = rows(100, 900, (at) => (at % 10 === 0 ? 'y' : 'x'));
  await deliver(join(folder.path, 'b'), { number: 2, tables: tables(later) });
  const { signal } = new AbortController();
  const open = async (name: string, delivery: number) => {
    const source = sourceOf(exportSetConnector(folder.path), { folder: name, delivery });
    await source.open(signal);
    context.after(() => source.close());
    assert.ok(await streamNamed(source, 'person'));
    return source;
  };
  const [former, now] = [await open('a', 1), await open('b', 2)];
  const digest = hmacSha256Hex(Buffer.alloc(32, 1));
  const expected = { added: 200, changed: 60, removed: 100, unchanged: 540, repeated: 0 };
  for (const most of [50, 1_000]) {
    const [changes] = await deliveryChanges(former, now, digest, signal, most);
    assert.deepEqual(changes?.records, expected);
  }
});

test('a run over a later delivery writes only what changed, and what is no longer in it stays', async (context) => {
  const project = await deliveredClinic(context);
  const bench = owned(context, await openWorkbench(project.opened));
  const one = await bench.run();
  assert.equal(one.state, 'finished', one.code);
  const before = await chartOf(project);
  assert.equal(before.size, 3);
  await aim(project, 'fourth', 4);
  const mapping = person.replace('family: family', 'family: surname');
  await project.write('own/mappings/person.yaml', mapping);
  const two = await bench.run();
  assert.deepEqual({ state: two.state, errors: bench.errors }, { state: 'finished', errors: [] });
  const { findings, targets } = await bench.report(two.run);
  assert.deepEqual(findings, []);
  assert.equal(targets[0]?.loaded, 4);
  // Nothing was deleted, and what is the same kept its version.
  assert.equal((await chartOf(project)).size, 5);
  assert.deepEqual(await versions(project), { 1: 4, 2: 1 });
});

async function versions(project: TestProject): Promise<Record<number, number>> {
  const chart = await project.openChart();
  const counts: Record<number, number> = {};
  for await (const { resources } of chart.scan(undefined, new AbortController().signal)) {
    for (const one of resources) {
      if (one.state === 'present') counts[one.version] = (counts[one.version] ?? 0) + 1;
    }
  }
  await chart.close();
  return counts;
}
