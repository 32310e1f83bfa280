/** A stream without a key is read as a multiset: every record moves, and the report stays amber. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { owned } from './owned.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

const table = [
  'create table scribbles (pt_id integer, why varchar(40))',
  `insert into scribbles values (100001, 'a'), (100001, 'a'), (100002, 'b'), (100003, null)`,
];

const mapping = `stream: clinic.scribbles
resources:
  Basic:
    code: { text: =scribble }
    extension: [{ url: =https://example.org/why, valueString: why }]
    subject: pt_id.reference('clinic.pt_demog')
`;

async function storedIn(project: TestProject): Promise<string[]> {
  const chart = await project.openChart();
  const stored: string[] = [];
  for await (const batch of chart.scan(undefined, new AbortController().signal)) {
    for (const { type, id } of batch.resources) if (type === 'Basic') stored.push(id);
  }
  await chart.close();
  return stored.toSorted();
}

async function keylessProject(): Promise<TestProject> {
  const project = await testProject({ change: table });
  await project.write('mappings/clinic/scribbles.yaml', mapping);
  return project;
}

test('R04 a keyless table arrives record for record, equal ones too, and shows amber', async (context) => {
  const project = owned(context, await keylessProject());
  const bench = owned(context, await openWorkbench(project.opened));
  const { run } = await bench.run();
  const report = await bench.report(run);
  const stream = report.streams.find((one) => one.stream === 'clinic.scribbles');
  assert.deepEqual(
    { read: stream?.read, mapped: stream?.mapped, held: stream?.quarantined },
    { read: 4, mapped: 4, held: 0 },
  );
  assert.ok(stream?.balanced);
  assert.deepEqual(report.findings, []);
  assert.equal(report.verdict.color, 'amber');
  assert.ok(report.verdict.reasons.some((reason) => /no key/.test(reason)));
  assert.ok(
    report.notCompared.some(({ what, why }) => what === 'clinic.scribbles' && /multiset/.test(why)),
  );
  assert.equal((await storedIn(project)).length, 4);
});
