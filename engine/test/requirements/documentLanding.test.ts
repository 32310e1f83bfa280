/** `lands: document`: what is of one patient becomes one document, and is found in it by its facts. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/base/json.ts';
import { parseResource } from '../../src/verification/readBack.ts';
import { objects, texts } from '../../src/verification/concepts/elements.ts';
import { chartOf, ownClinic, type OwnClinic } from './ownClinic.ts';
import { owned } from './owned.ts';
import type { TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const result = `
stream: clinic.result
scope: { domain: results, date: { column: taken, pattern: yyyyMMdd }, patient: pt_id }
exclude: { when: "deleted ~ 'Y'", reason: deleted-in-source }
resources:
  Observation:
    status: status.map('status')
    code: { text: test_nm }
    subject: pt_id.reference('clinic.person')
    effectiveDateTime: taken.dateTime('yyyyMMdd')
    valueQuantity: { value: val.decimal(), unit: unit }
    note: [{ $when: note.exists(), text: note }]
facts:
  resource: Observation
  subject: { column: pt_id, stream: clinic.person }
  unless: { column: deleted, equals: [Y] }
  declare:
    - { concept: result-text, value: test_nm, text: true }
    - { concept: result-time, value: taken, dateTime: yyyyMMdd }
    - { concept: result-value, value: val, decimal: true }
    - { concept: result-status, value: status, as: { F: final, E: entered-in-error, Q: preliminary } }
`;

const rows = [
  'res_id,pt_id,taken,test_nm,val,unit,status,note,deleted',
  'r1,p1,20240102,Sodium,140.0,mmol/L,F,,',
  'r2,p2,20240105,Potassium,4.10,mmol/L,F,<b>a & b</b>,',
  'r3,p1,20260102,Sodium,1.50,mmol/L,E,,',
  'r4,p1,20010101,Sodium,9,mmol/L,F,,', // too old
  'r5,p1,20250101,Sodium,9,mmol/L,F,,Y', // deleted
  'r6,p2,20250105,Glucose,,mg/dL,F,,',
  'r7,p1,20250707,Iron,0.10,mg/L,F,,',
];

const clinic: OwnClinic = {
  tables: { person: 'person_id,family\np1,One\np2,Two\n', result: rows.join('\n') },
  mappings: {
    person: 'stream: clinic.person\nresources:\n  Patient: { name: [{ family: family }] }\n',
    result,
  },
  plan: `scope:
  asOf: '2026-06-30'
  domains:
    results: { since: 10 years, lands: document, owner: HIM, approver: CMO }
`,
};

async function benchOf(
  context: TestContext,
  changed: OwnClinic = clinic,
  records = 2,
): Promise<{ project: TestProject; bench: Workbench }> {
  const project = owned(context, await ownClinic(changed));
  const codes = 'source,target,status\nF,final,approved\nE,entered-in-error,approved\n';
  await project.write('codes/status.csv', codes);
  const bench = owned(context, await openWorkbench(project.opened, { records }));
  return { project, bench };
}

async function finished(bench: Workbench): Promise<string> {
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  return run;
}

interface Landed {
  patient: string;
  document: JsonObject;
  page: string;
  items: JsonObject[];
}

async function documentsOf(project: TestProject): Promise<Landed[]> {
  const chart = await chartOf(project);
  const held = (url: string): Buffer =>
    Buffer.from(texts(chart.get(url) as JsonObject, 'data').join(), 'base64');
  return [...chart.values()]
    .filter((one) => one['resourceType'] === 'DocumentReference')
    .map((document) => {
      const [page = '', items = ''] = texts(document, 'content.attachment.url');
      const patient = chart.get(texts(document, 'subject.reference').join()) as JsonObject;
      const bundle = parseResource(held(items)) as JsonObject;
      return {
        patient: texts(patient, 'name.family').join(),
        document,
        page: held(page).toString(),
        items: objects(bundle, 'entry.resource'),
      };
    })
    .toSorted((one, other) => (one.patient < other.patient ? -1 : 1));
}

async function requireSound(bench: Workbench, run: string): Promise<void> {
  const { findings, streams, targets } = await bench.report(run);
  assert.deepEqual(findings, []);
  assert.ok([...streams, ...targets].every(({ balanced, waiting }) => balanced && waiting === 0));
}

test('R26 results land as one document for each patient, readable and whole, whatever the batches', async (context) => {
  const pages: string[][] = [];
  for (const records of [1, 3, 100]) {
    const { project, bench } = await benchOf(context, clinic, records);
    const run = await finished(bench);
    await requireSound(bench, run);
    const { exclusions, targets, streams } = await bench.report(run);
    assert.deepEqual(exclusions.map(({ code, count }) => `${code} ${count}`).toSorted(), [
      'deleted-in-source 1',
      'out-of-scope 1',
    ]);
    const line = streams.find(({ stream }) => stream === 'clinic.result');
    assert.deepEqual([line?.read, line?.mapped, line?.excluded], [7, 5, 2]);
    const results = targets.find(({ stream }) => stream === 'clinic.result');
    assert.deepEqual([results?.drafted, results?.loaded], [6, 6]);
    assert.ok((results?.facts ?? 0) >= 5 * 3);
    const [one, two, ...more] = await documentsOf(project);
    assert.ok(one && two && more.length === 0);
    assert.equal((await chartOf(project)).size, 2 + 6);
    assert.deepEqual([one.items.length, two.items.length], [3, 2]);
    assert.deepEqual(texts(one.document, 'description'), ['Results: 3 source items']);
    assert.deepEqual(texts(one.document, 'context.period.start'), ['2024-01-02']);
    assert.match(
      one.page,
      /<td>2026-01-02<\/td><td>Sodium<\/td><td>1\.50 mmol\/L<\/td><td>entered-in-error<\/td>/,
    );
    const dates = [...one.page.matchAll(/<tr><td>(\d{4})/g)].map(([, year]) => year);
    assert.deepEqual(dates, ['2026', '2025', '2024']);
    assert.match(two.page, /note: &#60;b&#62;a &#38; b&#60;\/b&#62;/);
    assert.doesNotMatch(two.page, /<b>|<script/);
    pages.push([one.page, two.page]);
  }
  assert.deepEqual(pages[1], pages[0]);
  assert.deepEqual(pages[2], pages[0]);
});

test('R26 an item that is missing from its document, wrong in it or too many is found by the facts', async (context) => {
  const wrong = [
    [
      "status: status.map('status')",
      "status: iif(status = 'E', 'F', status).map('status')",
      'fact-different',
    ],
    ['val.decimal()', `"iif(val = '140.0', '14.00', val).decimal()"`, 'fact-different'],
    ["deleted ~ 'Y'", "deleted ~ 'Q'", 'resource-extra'],
    ["deleted ~ 'Y'", "deleted ~ 'Y' or res_id = 'r3'", 'resource-missing'],
  ] as const;
  for (const [from, to, expected] of wrong) {
    assert.ok(result.includes(from));
    const mappings = { ...clinic.mappings, result: result.replace(from, to) };
    const { bench } = await benchOf(context, { ...clinic, mappings }, 3);
    const run = await finished(bench);
    const codes = (await bench.findings(run)).map(({ code }) => code);
    assert.ok(codes.includes(expected), `${to}: ${codes.join()}`);
  }
});

test('R26 an item that cannot be mapped is held alone, its document says so, and has it when that is put right', async (context) => {
  for (const first of [false, true]) {
    // Of the patient's rows the first one read, and the last.
    const spoiltRow = 'r0,p2,20250202,Iron,1,mg/L,Q,,';
    const [head = '', ...others] = rows;
    const ordered = first ? [head, spoiltRow, ...others] : [...rows, spoiltRow];
    for (const records of [1, 2, 100]) {
      const tables = { ...clinic.tables, result: ordered.join('\n') };
      const { project, bench } = await benchOf(context, { ...clinic, tables }, records);
      const run = await finished(bench);
      await requireSound(bench, run);
      const { held } = await bench.report(run);
      assert.deepEqual(
        held.map(({ code, count }) => `${code} ${count}`),
        ['code-unmapped 1'],
      );
      const [one, two] = await documentsOf(project);
      assert.deepEqual(texts(one?.document as JsonObject, 'docStatus'), []);
      assert.deepEqual([one?.items.length, two?.items.length], [3, 2]);
      assert.deepEqual(texts(two?.document as JsonObject, 'docStatus'), ['preliminary']);
      assert.match(two?.page ?? '', /2 source items; 1 source item held for review, not in here/);
      await bench.replay(run, { code: 'code-unmapped' });
      const again = await bench.report(run);
      assert.deepEqual(
        again.held.map(({ code, count }) => `${code} ${count}`),
        ['code-unmapped 1'],
      );
      const codes =
        'source,target,status\nF,final,approved\nE,entered-in-error,approved\nQ,preliminary,approved\n';
      await project.write('codes/status.csv', codes);
      await bench.replay(run, { code: 'code-unmapped' });
      await requireSound(bench, run);
      const [, whole, ...more] = await documentsOf(project);
      assert.equal(more.length, 0);
      assert.equal(whole?.items.length, 3);
      assert.deepEqual(texts(whole.document, 'docStatus'), []);
      assert.equal((await chartOf(project)).size, 2 + 6);
    }
  }
});

test('R26 an item that a changed mapping holds leaves its document, and comes back into it', async (context) => {
  const { project, bench } = await benchOf(context);
  const run = await finished(bench);
  const hold = 'hold: { when: "res_id = \'r2\'", reason: to-be-looked-at }\nresources:';
  await project.edit('own/mappings/result.yaml', 'resources:', hold);
  assert.equal((await bench.remap(run)).state, 'finished');
  await requireSound(bench, run);
  const [, two] = await documentsOf(project);
  assert.equal(two?.items.length, 1);
  assert.deepEqual(texts(two.document, 'docStatus'), ['preliminary']);
  await project.edit('own/mappings/result.yaml', hold, 'resources:');
  assert.equal((await bench.remap(run)).state, 'finished');
  await requireSound(bench, run);
  const sizes = (await documentsOf(project)).map(({ items }) => items.length);
  assert.deepEqual(sizes, [3, 2]);
  assert.equal((await chartOf(project)).size, 2 + 6);
});

test('R26 documents of each year and of each encounter, and what has neither', async (context) => {
  const withVisit = rows.map(
    (line, at) => `${line},${at === 0 ? 'enc_id' : at % 3 ? `v${at % 3}` : ''}`,
  );
  withVisit.push('r9,p2,,Iron,2,mg/L,F,,,');
  const visit = `stream: clinic.visit
resources:
  Encounter: { status: =finished, class: { code: =AMB }, subject: pt_id.reference('clinic.person') }
`;
  const seen = "    encounter: enc_id.reference('clinic.visit')\n    effectiveDateTime:";
  const visits = result
    .replace('patient: pt_id }', 'patient: pt_id, encounter: enc_id }')
    .replace('    effectiveDateTime:', seen)
    .replace("taken.dateTime('yyyyMMdd')", "taken.dateTime('yyyyMMdd')");
  const both = {
    ...clinic,
    tables: {
      ...clinic.tables,
      result: withVisit.join('\n'),
      visit: 'enc_id,pt_id\nv1,p1\nv2,p2\n',
    },
    mappings: { ...clinic.mappings, result: visits, visit },
  };
  const by = async (documents: string): Promise<string[]> => {
    const plan = clinic.plan?.replace(
      'lands: document',
      `lands: document, documents: ${documents}`,
    );
    const { project, bench } = await benchOf(context, { ...both, plan: plan ?? '' });
    const run = await finished(bench);
    await requireSound(bench, run);
    return (await documentsOf(project))
      .map(({ patient, document }) => {
        const visited = texts(document, 'context.encounter.reference').length;
        return `${patient}: ${texts(document, 'description').join()} ${visited}`;
      })
      .toSorted();
  };
  assert.deepEqual(await by('year'), [
    'One: Results 2024: 1 source item 0',
    'One: Results 2025: 1 source item 0',
    'One: Results 2026: 1 source item 0',
    'Two: Results 2024: 1 source item 0',
    'Two: Results 2025: 1 source item 0',
    'Two: Results without a date: 1 source item 0',
  ]);
  assert.deepEqual(await by('encounter'), [
    'One: Results of no encounter: 1 source item 0',
    'One: Results: 2 source items 1',
    'Two: Results of no encounter: 2 source items 0',
    'Two: Results: 1 source item 1',
  ]);
});

test('R26 landing otherwise is applied to what was loaded, either way, and can be undone', async (context) => {
  const { project, bench } = await benchOf(context);
  const run = await finished(bench);
  await project.edit('handover.yaml', 'lands: document', 'lands: discrete');
  assert.equal((await bench.remap(run)).state, 'finished');
  await requireSound(bench, run);
  const discrete = [...(await chartOf(project)).values()].map(({ resourceType }) => resourceType);
  assert.deepEqual(discrete.filter((type) => type === 'Observation').length, 5);
  assert.equal(discrete.length, 2 + 5);
  await project.edit('handover.yaml', 'lands: discrete', 'lands: document');
  assert.equal((await bench.remap(run)).state, 'finished');
  await requireSound(bench, run);
  assert.deepEqual(
    (await documentsOf(project)).map(({ items }) => items.length),
    [3, 2],
  );
  assert.equal((await chartOf(project)).size, 2 + 6);
  const undone = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.equal(undone.code, 0, undone.stderr);
  assert.equal((await chartOf(project)).size, 0);
});

test('R26 what cannot land as a document is told by the plan check', async (context) => {
  const order = `
stream: clinic.order
scope: { domain: orders, patient: pt_id }
resources:
  ServiceRequest:
    status: =active
    intent: =order
    subject: pt_id.reference('clinic.person')
    supportingInfo: [res_id.reference('clinic.result')]
`;
  const { project } = await benchOf(context, {
    ...clinic,
    tables: { ...clinic.tables, order: 'ord_id,pt_id,res_id\no1,p1,r1\n' },
    mappings: { ...clinic.mappings, order },
    plan: `${clinic.plan}    orders: { lands: discrete, owner: HIM, approver: CMO }\n`,
  });
  const problemsOf = async (): Promise<string[]> => {
    const { stdout } = await project.cli(['--json', 'plan', 'check']);
    const { problems } = JSON.parse(stdout) as { problems: Record<string, string>[] };
    return problems.map(
      ({ file, line, code, suggestion }) => `${file}:${line} ${code}: ${suggestion}`,
    );
  };
  assert.deepEqual(await problemsOf(), [
    'own/mappings/result.yaml:3 landing-unfit: land both as documents, or "results" discrete',
  ]);
  await project.edit('handover.yaml', 'orders: { lands: discrete', 'orders: { lands: document');
  assert.deepEqual(await problemsOf(), []);
  await project.edit('own/mappings/result.yaml', 'patient: pt_id', 'patient: pt_idd');
  assert.ok((await problemsOf()).includes('own/mappings/result.yaml:3 column-unknown: pt_id'));
  await project.edit('own/mappings/result.yaml', 'patient: pt_idd', 'patient: pt_id');
  await project.edit('own/mappings/result.yaml', 'exclude:', 'group: pt_id\nexclude:');
  assert.ok(
    (await problemsOf()).includes(
      'own/mappings/result.yaml:3 landing-unfit: land it discrete, or archive',
    ),
  );
  await project.edit('own/mappings/result.yaml', 'group: pt_id\nexclude:', 'exclude:');
  const lands = (how: string): string => `results: { since: 10 years, lands: ${how}`;
  await project.edit('handover.yaml', lands('document'), lands('document, documents: encounter'));
  assert.deepEqual(await problemsOf(), [
    'own/mappings/result.yaml:3 landing-unfit: name the column with its key: scope: { …, encounter: … }',
  ]);
  await project.edit(
    'handover.yaml',
    lands('document, documents: encounter'),
    lands('discrete, documents: year'),
  );
  assert.ok((await problemsOf()).some((one) => one.endsWith(' landing-unfit: lands: document')));
});
