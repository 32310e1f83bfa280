/** `scope:` of the plan in whole runs: what is too old stays behind, counted by its rule. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordBalances } from '../../src/ledger/balances.ts';
import { chartOf, ownClinic, type OwnClinic } from './ownClinic.ts';
import { owned } from './owned.ts';
import { openWorkbench } from './workbench.ts';

const note = `
stream: clinic.note
scope: { domain: notes, date: { column: written, pattern: yyyyMMdd|yyyy }, site: site }
exclude: { when: "deleted ~ 'Y'", reason: deleted-in-source }
resources:
  Observation:
    status: =final
    code: { text: kind.map('kind') }
    subject: pt_id.reference('clinic.person')
facts:
  resource: Observation
  subject: { column: pt_id, stream: clinic.person }
  unless: { column: deleted, equals: [Y] }
  declare: [{ concept: result-text, value: kind, as: { x: X, odd: odd } }]
`;

const clinic: OwnClinic = {
  tables: {
    person: 'person_id,family\np1,One\n',
    note: [
      'note_id,pt_id,written,site,kind,deleted',
      'n1,p1,20210630,A,x,', // the first day that moves
      'n2,p1,20210629,A,x,', // the last that does not
      'n3,p1,20100101,B,x,', // another site has another rule
      'n4,p1,,A,x,', // no date
      'n5,p1,soon,A,x,', // no date that can be read
      'n6,p1,2021,A,x,', // perhaps before, perhaps not
      'n7,p1,2020,A,x,', // all of it before
      'n8,p1,20010101,A,odd,', // out of scope, and its code is nobody's trouble
      'n9,p1,20010101,A,x,Y', // excluded by its mapping first
      'n10,p1,20260101,C,x,', // of a site that is not moved
    ].join('\n'),
    log: 'log_id,txt\nl1,a\nl2,b\n',
  },
  mappings: {
    person: 'stream: clinic.person\nresources:\n  Patient: { name: [{ family: family }] }\n',
    note,
    log: `
stream: clinic.log
scope: { domain: logs }
resources: { Basic: { code: { text: txt } } }
`,
  },
  plan: `scope:
  asOf: '2026-06-30'
  domains:
    notes:
      - { site: [B], since: 20 years, lands: discrete, owner: HIM, approver: CMO }
      - { site: [C], lands: not moved, owner: HIM, approver: CMO }
      - { since: 5 years, lands: discrete, owner: HIM, approver: CMO }
    logs: { lands: not moved, owner: IT, approver: CIO }
`,
};

test('R26 what is beyond the look-back is excluded by its rule, counted, and may not be at the target', async (context) => {
  const project = owned(context, await ownClinic(clinic));
  await project.write('codes/kind.csv', 'source,target,status\nx,X,approved\n');
  const bench = owned(context, await openWorkbench(project.opened, { records: 3 }));
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  const balances = (await recordBalances(bench.database, run)).map(
    ({ stream, read, mapped, quarantined, excluded }) =>
      `${stream} ${read} = ${mapped} + ${quarantined} + ${excluded}`,
  );
  assert.deepEqual(balances.toSorted(), [
    'clinic.log 2 = 0 + 0 + 2',
    'clinic.note 10 = 5 + 0 + 5',
    'clinic.person 1 = 1 + 0 + 0',
  ]);
  const report = await bench.report(run);
  const rules = report.scope.map((line) => {
    const { rule, stream, from = 'always', lands, owner } = line;
    const counts = [line.records, line.moved, line.excluded, line.undated].join(' ');
    return `${rule} ${stream} ${from} ${lands} ${owner}: ${counts}`;
  });
  assert.deepEqual(rules, [
    'notes.1 clinic.note 2006-06-30 discrete HIM: 1 1 0 0',
    'notes.2 clinic.note always not moved HIM: 1 0 1 0',
    'notes.3 clinic.note 2021-06-30 discrete HIM: 8 5 3 2',
    'logs clinic.log always not moved IT: 2 0 2 0',
  ]);
  const reasons = report.exclusions.map(
    ({ code: reason, path, count }) => `${reason} ${path} ${count}`,
  );
  assert.deepEqual(reasons.toSorted(), [
    'deleted-in-source  1',
    'out-of-scope logs 2',
    'out-of-scope notes.2 1',
    'out-of-scope notes.3 3',
  ]);
  assert.deepEqual(report.findings, []);
  assert.equal((await chartOf(project)).size, 1 + 5);
});

test('R26 every mistake of a scope is told at once, with its line and the fix', async (context) => {
  const plan = `scope:
  asOf: '2026-06-30'
  domains:
    nots: { since: 5 years, lands: discrete, owner: HIM, approver: CMO }
    logs:
      - { lands: archive, owner: IT, approver: CIO }
      - { site: [B], lands: discrete, owner: IT, approver: CIO }
`;
  const project = owned(context, await ownClinic({ ...clinic, plan }));
  await project.write('codes/kind.csv', 'source,target,status\nx,X,approved\n');
  const { code, stdout } = await project.cli(['--json', 'plan', 'check']);
  assert.equal(code, 3);
  const { problems } = JSON.parse(stdout) as {
    problems: { file: string; line: number; code: string; suggestion: string }[];
  };
  const told = problems.map((one) => `${one.file}:${one.line} ${one.code}: ${one.suggestion}`);
  assert.deepEqual(told, [
    'handover.yaml:19 domain-unknown: notes',
    'handover.yaml:21 scope-unreachable: put it last',
    'handover.yaml:21 archive-missing: archive: chart',
    'handover.yaml:22 scope-incomplete: add a rule for the rest',
    'own/mappings/log.yaml:3 scope-column-missing: site: …',
    'own/mappings/note.yaml:3 domain-undecided: nots',
  ]);

  const wrong = `scope: { domain: logs, date: { column: day, pattern: qqq }, sight: x }`;
  await project.edit('own/mappings/log.yaml', 'scope: { domain: logs }', wrong);
  const again = await project.cli(['--json', 'plan', 'check']);
  const { problems: more } = JSON.parse(again.stdout) as { problems: { code: string }[] };
  const codes = more.map((one) => one.code);
  for (const expected of ['unknown-key', 'column-unknown', 'archive-missing']) {
    assert.ok(codes.includes(expected), `${expected} in ${codes.join()}`);
  }
});

/** Notes to the archive, logs to be reconciled; a letter is a document as it is. */
const landing: OwnClinic = {
  ...clinic,
  tables: { ...clinic.tables, letter: 'letter_id,pt_id,txt\nt1,p1,hello\n' },
  mappings: {
    ...clinic.mappings,
    letter: `
stream: clinic.letter
scope: { domain: letters }
resources:
  DocumentReference:
    status: =current
    subject: pt_id.reference('clinic.person')
    content: [{ attachment: { contentType: =text/plain, data: txt.base64() } }]
`,
  },
  plan: `scope:
  asOf: '2026-06-30'
  archive: attic
  domains:
    notes: { since: 5 years, lands: archive, owner: HIM, approver: CMO }
    logs: { lands: discrete-to-reconcile, owner: IT, approver: CIO }
    letters: { lands: document, owner: HIM, approver: CMO }
`,
};

test('R26 a domain lands in the archive alone, tagged for reconciliation, or as a document', async (context) => {
  const project = owned(context, await ownClinic(landing));
  await project.write('codes/kind.csv', 'source,target,status\nx,X,approved\n');
  await project.edit(
    'handover.yaml',
    '  chart: { kind: embedded }',
    '  chart: { kind: embedded }\n  attic: { kind: ndjson, folder: attic, plaintext: true }',
  );
  const bench = owned(context, await openWorkbench(project.opened, { records: 3 }));
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  const report = await bench.report(run);
  assert.deepEqual(report.findings, []);
  const drafted = report.targets.map(
    ({ stream, target, drafted: count, loaded, balanced }) =>
      `${stream} ${target} ${count} ${loaded} ${balanced}`,
  );
  assert.deepEqual(drafted.toSorted(), [
    'clinic.letter attic 1 1 true',
    'clinic.letter chart 1 1 true',
    'clinic.log attic 2 2 true',
    'clinic.log chart 2 2 true',
    'clinic.note attic 5 5 true',
    'clinic.note chart 0 0 true',
    'clinic.person attic 1 1 true',
    'clinic.person chart 1 1 true',
  ]);
  assert.deepEqual(
    report.exclusions.map(({ code: reason, path, owner }) => [reason, path, owner]),
    [
      ['out-of-scope', 'notes', 'HIM'],
      ['deleted-in-source', '', ''],
    ],
  );
  const chart = [...(await chartOf(project)).values()];
  const tags = chart.map(({ resourceType, meta = {} }) => JSON.stringify([resourceType, meta]));
  const tag = '{"tag":[{"code":"to-reconcile","system":"urn:handover:landing"}]}';
  assert.deepEqual(tags.toSorted(), [
    `["Basic",${tag}]`,
    `["Basic",${tag}]`,
    '["DocumentReference",{}]',
    '["Patient",{}]',
  ]);

  // Reconciled by plan no more: written again without the tag, and the notes come to the chart too.
  await project.edit('handover.yaml', 'lands: archive', 'lands: discrete');
  await project.edit('handover.yaml', 'lands: discrete-to-reconcile', 'lands: discrete');
  const again = await bench.remap(run);
  assert.equal(again.state, 'finished');
  const now = [...(await chartOf(project)).values()];
  assert.equal(now.filter(({ resourceType }) => resourceType === 'Observation').length, 5);
  assert.ok(now.every(({ meta }) => meta === undefined));
  assert.deepEqual((await bench.report(run)).findings, []);
});

test('R26 a landing that a mapping cannot obey, and decisions about nothing, are told', async (context) => {
  const plan = `scope:
  asOf: '2026-06-30'
  archive: atic
  domains:
    notes: { lands: document, owner: HIM, approver: CMO }
    logs: { lands: discrete, owner: IT, approver: CIO }
dispositions:
  - { stream: clinic.logg, fate: not moved, reason: none, owner: IT, approver: CIO }
  - { stream: clinic.log, columns: [txt, tyt], fate: not moved, reason: none, owner: IT, approver: CIO }
`;
  const project = owned(context, await ownClinic({ ...clinic, plan }));
  await project.write('codes/kind.csv', 'source,target,status\nx,X,approved\n');
  const { code, stdout } = await project.cli(['--json', 'plan', 'check']);
  assert.equal(code, 3);
  const { problems } = JSON.parse(stdout) as {
    problems: { file: string; line: number; code: string; suggestion?: string }[];
  };
  const told = problems.map((one) => `${one.file}:${one.line} ${one.code}: ${one.suggestion}`);
  assert.deepEqual(told, [
    'handover.yaml:18 target-unknown: chart',
    'handover.yaml:23 stream-unknown: clinic.log',
    'handover.yaml:24 column-unknown: txt',
    'own/mappings/note.yaml:3 landing-unfit: name the column with the key of the patient: scope: { …, patient: … }',
  ]);
});
