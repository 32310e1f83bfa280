/**
 * What a human says of two records, over the store: charts become one and part again, later runs obey,
 * and nothing is left of it after an undo.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/base/json.ts';
import { standingLinks } from '../../src/ledger/persons.ts';
import { decidePair } from '../../src/run/linkage/decidePair.ts';
import { openQuestions } from '../../src/run/linkage/worklist.ts';
import { objects, texts } from '../../src/verification/concepts/elements.ts';
import { chartOf, ownClinic, textsOf, type OwnClinic } from './ownClinic.ts';
import { requireGreen } from './green.ts';
import { owned } from './owned.ts';
import type { TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const columns = 'family,given,born,sex,street,zip,phone,ssn';
const people = [
  'NUNEZ,ANA,1974-12-03,F,12 OAK ST,60546,7085550101,078051120',
  'OKAFOR,JOHN,1950-06-14,M,3 ELM AVE,60402,7085550199,457555462',
  'KOWALSKI,EWA,1988-02-29,F,77 PINE RD,60513,7085550133,219099998',
  'BERG,LARS,1963-09-09,M,5 LAKE DR,60525,7085550177,512345678',
  'TRAN,MINH,1991-01-17,M,18 HILL CT,60534,7085550188,523456789',
];
/** Ana under a new name in a new house, and John; the laboratory knows no national numbers. */
const labPeople = [
  'REYES,ANA,1974-12-03,F,900 WEST ST,60126,6305550111,',
  'OKAFOR,JOHN,1950-06-14,M,3 ELM AVE,60402,7085550199,',
  'SINGH,ASHA,2001-05-05,F,41 MAIN ST,60148,6305550144,',
];

const clinic: OwnClinic = {
  tables: {
    person: [`pt,${columns}`, ...people.map((one, at) => `p${at},${one}`)].join('\n'),
    lab_person: [`lab_pt,${columns}`, ...labPeople.map((one, at) => `l${at},${one}`)].join('\n'),
    visit: ['visit,pt', ...people.map((_, at) => `v${at},p${at}`)].join('\n'),
    result: ['res,lab_pt,value', ...labPeople.map((_, at) => `r${at},l${at},${at}`)].join('\n'),
  },
  mappings: {
    person: patientMapping('person', 'pt', 'urn:riverside'),
    lab_person: patientMapping('lab_person', 'lab_pt', 'urn:lab'),
    visit: `
stream: clinic.visit
resources:
  Encounter:
    status: =finished
    class: { code: =AMB }
    subject: pt.reference('clinic.person')
`,
    result: `
stream: clinic.result
resources:
  Observation:
    status: =final
    code: { text: =glucose }
    subject: lab_pt.reference('clinic.lab_person')
    valueString: value
`,
  },
  plan: 'linkage: { streams: [clinic.person, clinic.lab_person] }',
};

function patientMapping(table: string, key: string, system: string): string {
  return `
stream: clinic.${table}
resources:
  Patient:
    identifier:
      - { system: =${system}, value: ${key} }
      - { $when: ssn.exists(), system: '=http://hl7.org/fhir/sid/us-ssn', value: ssn }
    name: [{ family: family, given: [given] }]
    birthDate: born.date('yyyy-MM-dd')
    gender: iif(sex = 'F', 'female', 'male')
    address: [{ line: [street], postalCode: zip }]
    telecom: [{ system: =phone, value: phone }]
facts:
  resource: Patient
  declare:
    - { concept: mrn, value: ${key}, text: true, system: '${system}' }
    - { concept: birth-date, value: born, date: yyyy-MM-dd }
`;
}

interface Bench {
  project: TestProject;
  bench: Workbench;
  run: string;
}

async function linkedClinic(context: TestContext): Promise<Bench> {
  const project = owned(context, await ownClinic(clinic));
  const bench = owned(context, await openWorkbench(project.opened, { records: 3 }));
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  await requireGreen(bench, run);
  return { project, bench, run };
}

const numbersOf = (patient: JsonObject): string[] =>
  objects(patient, 'identifier').flatMap((one) => texts(one, 'value'));

/** The chart that bears a number, by its id; exactly one does. */
async function chartWith(project: TestProject, number: string): Promise<string> {
  const found = [...(await chartOf(project)).values()].filter(
    (one) => one['resourceType'] === 'Patient' && numbersOf(one).includes(number),
  );
  assert.equal(found.length, 1, 'a number is on exactly one chart');
  return found[0]?.['id'] as string;
}

/** Whom every item is about. */
async function subjectsOf(project: TestProject): Promise<string[]> {
  const all = [...(await chartOf(project)).values()];
  return all.flatMap((one) => texts(one, 'subject.reference'));
}

async function decide(
  { project, bench, run }: Bench,
  pair: readonly [string, string],
  verdict: 'same' | 'differ' | 'withdrawn',
): Promise<void> {
  const [left, right] = pair;
  const services = { database: bench.database, key: project.key };
  await decidePair(services, { left, right, verdict, reason: 'compared by hand', by: 'ruth' });
  const { state, code } = await bench.relink(run);
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  await requireGreen(bench, run);
}

test('R10 a human merges two charts and unmerges them: all bytes are as before; undo leaves nothing', async (context) => {
  const all = await linkedClinic(context);
  const { project, run } = all;
  const before = await textsOf(project);
  const [ana, reyes] = [await chartWith(project, 'p0'), await chartWith(project, 'l0')];
  assert.notEqual(ana, reyes);
  assert.equal(await chartWith(project, 'l1'), await chartWith(project, 'p1'), 'John is one');

  await decide(all, [ana, reyes], 'same');
  assert.equal(await chartWith(project, 'l0'), ana);
  const merged = await chartOf(project);
  assert.equal(merged.get(`Patient/${reyes}`), undefined);
  assert.deepEqual(texts(merged.get(`Patient/${ana}`) as JsonObject, 'link.type'), ['replaces']);
  const subjects = await subjectsOf(project);
  assert.ok(!subjects.includes(`Patient/${reyes}`));
  assert.equal(subjects.filter((one) => one === `Patient/${ana}`).length, 2);

  await decide(all, [ana, reyes], 'differ');
  assert.deepEqual(await textsOf(project), before);

  await decide(all, [ana, reyes], 'same');
  const undone = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.equal(undone.code, 0, undone.stderr);
  assert.deepEqual(await textsOf(project), new Map());
});

test('R10 what a human decided outranks the machine, is asked no more, and later runs obey it', async (context) => {
  const all = await linkedClinic(context);
  const { project, bench } = all;
  const john = await chartWith(project, 'p1');
  const before = await textsOf(project);
  const linked = await standingLinks(bench.database);
  assert.equal(linked.length, 1, 'the machine linked John alone');
  const lab = linked.flatMap(({ left, right }) => [left, right]).find((id) => id !== john) ?? '';

  await decide(all, [john, lab], 'differ');
  assert.equal(await chartWith(project, 'l1'), lab);
  assert.equal((await subjectsOf(project)).filter((one) => one === `Patient/${lab}`).length, 1);
  const { questions } = await openQuestions(bench.database);
  assert.ok(!questions.some(({ left, right }) => [left, right].includes(lab)));

  await decide(all, [john, lab], 'withdrawn');
  assert.equal(await chartWith(project, 'l1'), john);
  assert.deepEqual(await textsOf(project), before);

  await decide(all, [john, lab], 'differ');
  const again = await bench.run();
  assert.equal(again.state, 'finished', again.code);
  assert.equal(await chartWith(project, 'l1'), lab, 'a later run obeys');
});

test('merge and unmerge at the command line: worklist, reason, explanation, and what they refuse', async (context) => {
  const all = await linkedClinic(context);
  const { project } = all;
  const [ana, reyes] = [await chartWith(project, 'p0'), await chartWith(project, 'l0')];
  const unknown = await project.cli(['link', 'merge', ana, 'x'.repeat(26), '--as', 'ruth'], 'why');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /person-unknown/);
  const silent = await project.cli(['link', 'merge', ana, reyes, '--as', 'ruth'], '');
  assert.match(silent.stderr, /decision-reason/);
  const nowhere = ['link', 'merge', ana, reyes, '--as', 'ruth', '--run', 'yesterday'];
  const astray = await project.cli(nowhere, 'She married; the desk confirmed.\n');
  assert.equal(astray.code, 2, astray.stderr);
  assert.match(astray.stderr, /^run-unknown/, 'before anything is kept');
  const itself = await project.cli(['link', 'explain', ana, ana]);
  assert.match(itself.stderr, /person-unknown: A record is always one with itself/);

  const merged = await project.cli(
    ['link', 'merge', ana, reyes, '--as', 'ruth'],
    'She married; the desk confirmed.\n',
  );
  assert.equal(merged.code, 0, merged.stderr);
  assert.equal(await chartWith(project, 'l0'), ana);

  const person = await project.cli(['link', 'explain', reyes, '--reveal']);
  assert.match(person.stdout, /2 records/);
  assert.match(person.stdout, /ruth/);
  assert.match(person.stdout, /She married/);
  const pair = await project.cli(['link', 'explain', ana, reyes]);
  assert.match(pair.stdout, /match weight/);
  assert.doesNotMatch(pair.stdout, /NUNEZ|REYES/);
  const list = await project.cli(['--json', 'link', 'review']);
  assert.equal(list.code, 0, list.stderr);
  const { questions } = JSON.parse(list.stdout) as { questions: { left: string; right: string }[] };
  assert.ok(!questions.some(({ left, right }) => left === ana && right === reyes));
  const nothing = await project.cli(['link', 'apply']);
  assert.match(nothing.stdout, /nothing moves/);
});

test('R10 a chart of an earlier run whose record a later one leads elsewhere is replaced: each number is on one chart', async (context) => {
  const { project, bench } = await linkedClinic(context);
  const [ana, reyes] = [await chartWith(project, 'p0'), await chartWith(project, 'l0')];
  assert.notEqual(ana, reyes);
  const before = await textsOf(project);
  // The laboratory has learnt who she is.
  const known = [people[0], ...labPeople.slice(1)].map((one, at) => `l${at},${one}`);
  await project.write('own/tables/lab_person.csv', `lab_pt,${columns}\n${known.join('\n')}\n`);
  const later = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(later.state, 'finished', later.code);
  await requireGreen(bench, later.run);
  assert.equal(await chartWith(project, 'l0'), ana);
  assert.equal(await chartWith(project, 'p0'), ana);
  assert.equal(
    (await textsOf(project)).get(`Patient/${reyes}`),
    `{"active":false,"id":"${reyes}","link":[{"other":{"reference":"Patient/${ana}"},"type":"replaced-by"}],"resourceType":"Patient"}`,
  );
  assert.ok(!(await subjectsOf(project)).includes(`Patient/${reyes}`));
  const again = await bench.run();
  assert.equal(again.state, 'finished', again.code);
  await requireGreen(bench, again.run);
  assert.equal(await chartWith(project, 'l0'), ana);
  for (const one of [again.run, later.run]) {
    const undone = await project.cli(['undo', one, '--confirm', 'own-clinic']);
    assert.equal(undone.code, 0, undone.stderr);
  }
  assert.deepEqual(await textsOf(project), before);
});
