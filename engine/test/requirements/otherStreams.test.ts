/** Mappings that reach other streams, in whole runs: lookups, children and groups. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordBalances } from '../../src/ledger/balances.ts';
import { exceptionCauses } from '../../src/ledger/exceptions.ts';
import { chartOf, ownClinic } from './ownClinic.ts';
import { openWorkbench } from './workbench.ts';

test('lookups are resolved in a run, batch by batch, whatever the order of the files', async (context) => {
  const people = Array.from({ length: 50 }, (_, at) => `p${at},Name${at},l${(at * 7) % 12}`);
  const languages = Array.from({ length: 10 }, (_, at) => `l${9 - at},lang-${9 - at}`);
  const project = await ownClinic({
    tables: {
      person: ['person_id,family,lang_id', ...people].join('\n'),
      language: ['lang_id,code', ...languages].join('\n'),
    },
    mappings: {
      person: `
stream: clinic.person
resources:
  Patient:
    name: [{ family: family }]
    address: [{ country: lang_id.lookup('clinic.language').code }]
`,
      language: 'stream: clinic.language\nlookup: true\n',
    },
  });
  context.after(() => project.close());
  const bench = await openWorkbench(project.opened, { records: 8 });
  context.after(() => bench.close());
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  const missing = people.filter((line) => /l1[01]$/.test(line)).length;
  const balances = await recordBalances(bench.database, run);
  const nothing = { quarantined: 0, excluded: 0, waiting: 0 };
  assert.deepEqual(
    new Map(balances.map(({ stream, ...counts }) => [stream, counts])),
    new Map([
      ['clinic.language', { ...nothing, read: 10, mapped: 10 }],
      ['clinic.person', { ...nothing, read: 50, mapped: 50 - missing, quarantined: missing }],
    ]),
  );
  const causes = await exceptionCauses(bench.database, run);
  assert.deepEqual(
    causes.map(({ code: cause, path, count }) => [cause, path, count]),
    [['lookup-missing', 'Patient.address.country', missing]],
  );
  const chart = await chartOf(project);
  assert.equal(chart.size, 50 - missing);
  for (const patient of chart.values()) {
    const [{ family }] = patient['name'] as unknown as [{ family: string }];
    const [{ country }] = patient['address'] as unknown as [{ country: string }];
    assert.equal(country, `lang-${(Number(family.slice(4)) * 7) % 12}`);
  }
});

const chargeMapping = `
stream: clinic.charge
exclude: { when: "deleted ~ 'Y'", reason: voided }
children:
  lines: { stream: clinic.line, by: chg_id, order: line_no }
resources:
  Basic:
    code: { text: =charge }
    identifier:
      - { $each: lines, value: cpt.map('cpt') }
`;

const lineMapping = `
stream: clinic.line
exclude: { when: "deleted ~ 'Y'", reason: deleted-line }
foldedInto: clinic.charge
`;

const vitalMapping = `
stream: clinic.vital
group: { by: [pt, taken], order: kind }
resources:
  Basic:
    code: { text: =vital }
    identifier:
      - { $each: rows, value: "kind & '=' & val" }
`;

test('R01 children and groups arrive whole or are held whole, each record in its own balance, and are replayed whole', async (context) => {
  const charges = Array.from({ length: 20 }, (_, at) => `c${at},${at === 5 ? 'Y' : ''}`);
  const lines = Array.from({ length: 60 }, (_, at) => {
    const cpt = at === 43 ? 'Q' : 'A';
    return `l${at},c${(at * 8) % 21},${60 - at},${cpt},${at === 30 ? 'Y' : ''}`;
  });
  const vitals = Array.from({ length: 30 }, (_, at) => {
    return `v${at},p${at % 15},t,${at < 15 ? 'SYS' : 'DIA'},${at}`;
  });
  const project = await ownClinic({
    tables: {
      charge: ['chg_id,deleted', ...charges].join('\n'),
      line: ['line_id,chg_id,line_no,cpt,deleted', ...lines].join('\n'),
      vital: ['row_id,pt,taken,kind,val', ...vitals, 'v1,p99,t,SYS,1', 'v40,,t,SYS,1'].join('\n'),
    },
    mappings: { charge: chargeMapping, line: lineMapping, vital: vitalMapping },
  });
  context.after(() => project.close());
  await project.write('codes/cpt.csv', 'source,target,status\nA,99213,approved\n');
  const bench = await openWorkbench(project.opened, { records: 7 });
  context.after(() => bench.close());
  const first = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(first.state, 'finished', first.code);
  const { run } = first;

  const parentOf = (line: string): string => line.split(',')[1] as string;
  const broken = parentOf(lines[43] as string);
  const others = lines.filter((_, at) => at !== 30);
  const orphans = others.filter((line) => parentOf(line) === 'c20').length;
  const voided = others.filter((line) => parentOf(line) === 'c5').length;
  const held = others.filter((line) => parentOf(line) === broken).length;
  const balances = async (): Promise<unknown> =>
    new Map(
      (await recordBalances(bench.database, run)).map(({ stream, waiting, ...counts }) => {
        assert.equal(waiting, 0);
        return [stream, counts];
      }),
    );
  const lineCounts = { read: 60, excluded: 1 + voided };
  const mapped = 60 - 1 - voided - orphans;
  // The pair of p1 shares a repeated key, so that the other pair of that key is held as well.
  const vitalCounts = { read: 32, mapped: 28, quarantined: 4, excluded: 0 };
  assert.deepEqual(
    await balances(),
    new Map<string, unknown>([
      ['clinic.charge', { read: 20, mapped: 18, quarantined: 1, excluded: 1 }],
      ['clinic.line', { ...lineCounts, mapped: mapped - held, quarantined: orphans + held }],
      ['clinic.vital', vitalCounts],
    ]),
  );
  const reasons = (await exceptionCauses(bench.database, run)).map((one) => [
    `${one.stream} ${one.kind} ${one.code}`,
    one.count,
  ]);
  assert.deepEqual(
    new Map(reasons as [string, number][]),
    new Map([
      ['clinic.charge excluded voided', 1],
      ['clinic.charge quarantined code-unmapped', 1],
      ['clinic.line excluded voided', voided],
      ['clinic.line excluded deleted-line', 1],
      ['clinic.line quarantined parent-held', held],
      ['clinic.line quarantined parent-missing', orphans],
      ['clinic.vital quarantined group-held', 3],
      ['clinic.vital quarantined group-key-missing', 1],
    ]),
  );
  assert.equal((await chartOf(project)).size, 18 + 14);

  await project.write(
    'codes/cpt.csv',
    'source,target,status\nA,99213,approved\nQ,99214,approved\n',
  );
  const replayed = await bench.replay(run, { code: 'code-unmapped' });
  assert.deepEqual(bench.errors, []);
  assert.equal(replayed.state, 'finished', replayed.code);
  assert.deepEqual(
    await balances(),
    new Map<string, unknown>([
      ['clinic.charge', { read: 20, mapped: 19, quarantined: 0, excluded: 1 }],
      ['clinic.line', { ...lineCounts, mapped, quarantined: orphans }],
      ['clinic.vital', vitalCounts],
    ]),
  );
  const chart = [...(await chartOf(project)).values()].map((each) => {
    const values = (each['identifier'] ?? []) as unknown as { value: string }[];
    return values.map(({ value }) => value);
  });
  assert.ok(chart.some((values) => values.includes('99214') && values.length === held));
  const codes = chart.flat().filter((value) => value.startsWith('99')).length;
  assert.equal(codes, mapped);
  assert.ok(chart.some((values) => values.join() === 'DIA=15,SYS=0'));
});

const phoneFacts = `
facts:
  resource: Patient
  subject: person_id
  declare: [{ concept: family, value: family, text: true }]
  related: { stream: clinic.phone, by: person_id, declare: [{ concept: phone, value: number, text: true }] }
`;

test('R27 facts of children find a mapping that loses one, and are quiet when none is lost', async (context) => {
  const people = Array.from({ length: 12 }, (_, at) => `p${at},Name${at}`);
  const phones = Array.from(
    { length: 40 },
    (_, at) => `n${at},p${(at * 5) % 12},+1312555${1000 + at}`,
  );
  const person = (rows: string): string => `
stream: clinic.person
children: { phones: { stream: clinic.phone, by: person_id } }
resources:
  Patient:
    name: [{ family: family }]
    telecom: [{ $each: "${rows}", system: =phone, value: number }]
${phoneFacts}`;
  const project = await ownClinic({
    tables: {
      person: ['person_id,family', ...people].join('\n'),
      phone: ['row_id,person_id,number', ...phones].join('\n'),
    },
    mappings: {
      person: person('phones'),
      phone: 'stream: clinic.phone\nfoldedInto: clinic.person\n',
    },
  });
  context.after(() => project.close());
  const bench = await openWorkbench(project.opened, { records: 5 });
  context.after(() => bench.close());
  const clean = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(clean.state, 'finished', clean.code);
  assert.deepEqual(await bench.findings(clean.run), []);
  const facts = (await bench.report(clean.run)).streams;
  assert.ok(facts.every(({ balanced }) => balanced));

  await project.write('own/mappings/person.yaml', person("phones.where(number != '+13125551013')"));
  const lossy = await bench.run();
  assert.deepEqual(bench.errors, []);
  const found = await bench.findings(lossy.run);
  assert.deepEqual(
    found.map(({ verifier, kind, path }) => [verifier, kind, path]),
    [['facts', 'missing', 'phone']],
  );
});
