/**
 * The same allergy, problem, immunisation, result or coverage that comes by several roads: one stands for
 * those of which it says all that they say, with a name of each; a contradiction leaves both, and is asked.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/base/json.ts';
import { decidePair } from '../../src/run/linkage/decidePair.ts';
import { openQuestions } from '../../src/run/linkage/worklist.ts';
import { recordSystem } from '../../src/linkage/persons/charts.ts';
import { objects, texts } from '../../src/verification/concepts/elements.ts';
import { chartOf, ownClinic, textsOf, type OwnClinic } from './ownClinic.ts';
import { requireGreen } from './green.ts';
import { owned } from './owned.ts';
import type { TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const people = ['NUNEZ,ANA,1974-12-03,512345678', 'OKAFOR,JOHN,1950-06-14,457555462'];
const person = (key: string): string =>
  [`${key},family,given,born,ssn`, ...people.map((one, at) => `${key[0]}${at},${one}`)].join('\n');

const clinic: OwnClinic = {
  tables: {
    person: person('pt'),
    letter_person: person('lp'),
    payer: 'payer,name\nm,Meridian Health',
    // Ana: penicillin by both, latex here alone; sulfa resolved in one of the two. John: penicillin twice here.
    allergy: [
      'al,who,code,status,crit',
      'a0,p0,7980,active,',
      'a1,p0,1111,active,low',
      'a2,p0,10180,active,',
      'a3,p1,7980,active,',
      'a4,p1,7980,active,',
    ].join('\n'),
    letter_allergy: [
      'al,who,code,status,crit',
      'b0,l0,7980,active,high',
      'b1,l0,10180,resolved,',
      'b2,l1,7980,active,',
      'b3,l1,1191,active,',
    ].join('\n'),
    result: [
      'res,who,code,at,value',
      'r0,p0,2345-7,2024-01-02 08:00,98',
      'r1,p0,2345-7,2024-01-03 08:00,98',
    ].join('\n'),
    letter_result: [
      'res,who,code,at,value',
      's0,l0,2345-7,2024-01-02 08:00,98',
      's1,l0,2345-7,2024-01-03 08:00,99',
    ].join('\n'),
    cover: ['cov,who,payer,number', 'c0,p0,m,W1', 'c1,p1,m,W2'].join('\n'),
    claim_cover: ['cov,who,payer,number', 'd0,l0,m,W1', 'd1,l1,m,W9'].join('\n'),
    report: ['rep,res', 'x0,s0'].join('\n'),
  },
  mappings: {
    person: patientMapping('person', 'pt'),
    letter_person: patientMapping('letter_person', 'lp'),
    payer: 'stream: clinic.payer\nresources:\n  Organization:\n    name: name\n',
    allergy: allergyMapping('allergy', 'clinic.person'),
    letter_allergy: allergyMapping('letter_allergy', 'clinic.letter_person'),
    result: resultMapping('result', 'clinic.person'),
    letter_result: resultMapping('letter_result', 'clinic.letter_person'),
    cover: coverMapping('cover', 'clinic.person'),
    claim_cover: coverMapping('claim_cover', 'clinic.letter_person'),
    report: `
stream: clinic.report
resources:
  DiagnosticReport:
    status: =final
    code: { text: =Chemistry }
    result: [res.reference('clinic.letter_result')]
`,
  },
};

function patientMapping(table: string, key: string): string {
  return `
stream: clinic.${table}
resources:
  Patient:
    identifier:
      - { system: '=urn:${table}', value: ${key} }
      - { system: '=http://hl7.org/fhir/sid/us-ssn', value: ssn }
    name: [{ family: family, given: [given] }]
    birthDate: born.date('yyyy-MM-dd')
facts:
  resource: Patient
  declare: [{ concept: mrn, value: ${key}, text: true, system: 'urn:${table}' }]
`;
}

function allergyMapping(table: string, stream: string): string {
  return `
stream: clinic.${table}
resources:
  AllergyIntolerance:
    identifier: [{ system: '=urn:${table}', value: al }]
    patient: who.reference('${stream}')
    code: { coding: [{ system: '=http://www.nlm.nih.gov/research/umls/rxnorm', code: code }] }
    clinicalStatus: { coding: [{ system: '=http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: status }] }
    criticality: crit
facts:
  resource: AllergyIntolerance
  subject: { column: who, stream: ${stream} }
  declare:
    - { concept: allergy-substance, value: code, text: true, system: 'http://www.nlm.nih.gov/research/umls/rxnorm' }
    - { concept: allergy-criticality, value: crit, text: true }
`;
}

function resultMapping(table: string, stream: string): string {
  return `
stream: clinic.${table}
resources:
  Observation:
    status: =final
    subject: who.reference('${stream}')
    code: { coding: [{ system: '=http://loinc.org', code: code }] }
    effectiveDateTime: at.dateTime('yyyy-MM-dd HH:mm')
    valueString: value
`;
}

function coverMapping(table: string, stream: string): string {
  return `
stream: clinic.${table}
resources:
  Coverage:
    status: =active
    beneficiary: who.reference('${stream}')
    payor: [payer.reference('clinic.payer')]
    subscriberId: number
`;
}

const every = '[AllergyIntolerance, Condition, Immunization, Observation, Coverage]';

interface Bench {
  project: TestProject;
  bench: Workbench;
  run: string;
  merged: number;
}

async function linked(context: TestContext, linkage: string): Promise<Bench> {
  const plan = `linkage: ${linkage}`;
  const project = owned(context, await ownClinic({ ...clinic, plan }));
  const bench = owned(context, await openWorkbench(project.opened, { records: 2 }));
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  return { project, bench, run, merged: await requireGreen(bench, run, isNoPatient) };
}

const isNoPatient = (stream: string): boolean => !stream.endsWith('person');

async function ofType(project: TestProject, type: string): Promise<JsonObject[]> {
  return [...(await chartOf(project)).values()].filter((one) => one['resourceType'] === type);
}

const numbersOf = (one: JsonObject): string[] =>
  objects(one, 'identifier').flatMap((each) => texts(each, 'value'));

test('R10 the same allergy, result and coverage by two roads is one, with all that both say and a name of each', async (context) => {
  const { project, run, merged } = await linked(context, `{ duplicates: ${every} }`);
  assert.equal(merged, 3, 'penicillin, the first result, coverage W1');
  const allergies = await ofType(project, 'AllergyIntolerance');
  assert.equal(allergies.length, 8);
  const [penicillin] = allergies.filter((one) => numbersOf(one).includes('a0'));
  assert.ok(penicillin && numbersOf(penicillin).includes('b0'));
  assert.deepEqual(texts(penicillin, 'criticality'), ['high'], 'what the other alone says');
  const names = objects(penicillin, 'identifier').filter((one) => one['system'] === recordSystem);
  assert.equal(names.length, 1, 'each contribution can be found');
  const results = await ofType(project, 'Observation');
  assert.equal(results.length, 3);
  assert.equal((await ofType(project, 'Coverage')).length, 3);
  const [report] = await ofType(project, 'DiagnosticReport');
  const [shown = ''] = texts(report as JsonObject, 'result.reference');
  assert.ok(results.some((one) => `Observation/${one['id'] as string}` === shown));
  const told = await project.cli(['link', 'review']);
  assert.match(told.stdout, /^AllergyIntolerance: 4 are 3$/m);
  const undone = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.equal(undone.code, 0, undone.stderr);
  assert.deepEqual(await textsOf(project), new Map());
});

test('R10 things that contradict each other both stand and are asked; two of one source are two', async (context) => {
  const { project, bench } = await linked(context, `{ duplicates: ${every} }`);
  const allergies = await ofType(project, 'AllergyIntolerance');
  const count = (code: string): number =>
    allergies.filter((one) => texts(one, 'code.coding.code').includes(code)).length;
  assert.equal(count('10180'), 2, 'active by one road, resolved by the other');
  assert.equal(count('7980'), 1 + 3, 'the source itself has two of John');
  const { questions } = await openQuestions(bench.database);
  const asked = questions.map(({ kind, alarms }) => `${kind}: ${alarms.join(' ')}`).toSorted();
  assert.deepEqual(asked, ['AllergyIntolerance: contradicts', 'Observation: contradicts']);
});

test('R10 a human parts what was combined: each has its bytes, as if it had never been', async (context) => {
  const { project, bench, run } = await linked(context, `{ duplicates: [AllergyIntolerance] }`);
  const [one] = (await ofType(project, 'AllergyIntolerance')).filter((each) =>
    numbersOf(each).includes('a0'),
  );
  const [named] = objects(one as JsonObject, 'identifier').filter(
    (each) => each['system'] === recordSystem,
  );
  const pair = {
    left: (one as JsonObject)['id'] as string,
    right: named?.['value'] as string,
    reason: 'two reactions',
    by: 'ruth',
  };
  const services = { database: bench.database, key: project.key };
  const held = await textsOf(project);
  const decide = async (verdict: 'differ' | 'withdrawn'): Promise<void> => {
    await decidePair(services, { ...pair, verdict });
    const { state, code } = await bench.relink(run);
    assert.deepEqual(bench.errors, []);
    assert.equal(state, 'finished', code);
    await requireGreen(bench, run);
  };
  await decide('differ');
  const apart = await ofType(project, 'AllergyIntolerance');
  assert.equal(apart.length, 9);
  const said = apart.filter((each) => /^[ab]0$/.test(numbersOf(each)[0] ?? ''));
  assert.deepEqual(
    said.map((each) => [...numbersOf(each), ...texts(each, 'criticality')].join(' ')).toSorted(),
    ['a0', 'b0 high'],
  );
  await decide('withdrawn');
  assert.deepEqual(await textsOf(project), held);
});

test('without `duplicates` in the plan every thing stands as it came', async (context) => {
  const { project, merged } = await linked(context, '{}');
  assert.equal(merged, 0);
  assert.equal((await ofType(project, 'AllergyIntolerance')).length, 9);
});
