/**
 * Beyond patients, over the store: several records of one practitioner, organization or location are one
 * resource with every number of theirs, what refers to them follows, and what is uncertain is asked.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { canonicalJson, type JsonObject } from '../../src/base/json.ts';
import { isNpi } from '../../src/privacy/checksums.ts';
import { decidePair } from '../../src/run/linkage/decidePair.ts';
import { openQuestions } from '../../src/run/linkage/worklist.ts';
import { objects, texts } from '../../src/verification/concepts/elements.ts';
import { chartOf, ownClinic, textsOf, type OwnClinic } from './ownClinic.ts';
import { requireGreen } from './green.ts';
import { owned } from './owned.ts';
import type { TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

/** An invented provider's number, with its check digit. */
function npiOf(body: number): string {
  const numbers = Array.from({ length: 10 }, (_, digit) => `${body}${digit}`);
  return numbers.find(isNpi) as string;
}

const [grace, olaf, rosa] = [npiOf(210_000_017), npiOf(210_000_034), npiOf(210_000_051)];
const wrong = `${grace.slice(0, 9)}${(Number(grace[9]) + 1) % 10}`;

const clinic: OwnClinic = {
  tables: {
    provider: [
      'prov,npi,family,given,phone,in_use',
      `d0,${grace},HALE,GRACE,7085550101,Y`,
      `d1,${olaf},IVERSEN,OLAF,7085550102,Y`,
      `d2,${rosa},MARIN,ROSA,7085550103,Y`,
      `d3,${grace},HALE,G,7085550101,N`,
      'd4,,PARK,JIN,7085550104,Y',
      `d5,${wrong},WOOD,TESSA,7085550105,Y`,
    ].join('\n'),
    lab_provider: [
      'code,npi,family,given,phone',
      `l0,${grace},HALE,GRACE M,7735550199`,
      'l1,,PARK,JIN,7085550104',
      `l2,${rosa},SMITH,JOHN,7735550198`,
      `l3,${wrong},WOOD,THEODORA,7735550197`,
    ].join('\n'),
    payer: [
      'payer,naic,name,street,zip',
      'i0,60054,Meridian Health Inc.,1 Lake Dr,60601',
      'i1,60054,MERIDIAN HEALTH,PO Box 9,60602',
      'i2,60055,Meridian Health,1 Lake Dr,60601',
      'i3,,Prairie Mutual,9 Elm Ave,60603',
    ].join('\n'),
    site: ['site,num,name', 's0,A-1,Main Campus', 's1,A-1,Main Campus', 's2,A-2,Annex'].join('\n'),
    visit: [
      'visit,doc,site,payer',
      'v0,d0,s0,i0',
      'v1,d3,s1,i1',
      'v2,d1,s2,i2',
      'v3,d2,s2,i3',
    ].join('\n'),
    result: ['res,doc', 'r0,l0', 'r1,l1', 'r2,l2', 'r3,l3'].join('\n'),
  },
  mappings: {
    provider: practitionerMapping('provider', 'prov', 'urn:riverside:provider', true),
    lab_provider: practitionerMapping('lab_provider', 'code', 'urn:lab:provider', false),
    payer: `
stream: clinic.payer
resources:
  Organization:
    identifier:
      - { system: '=urn:riverside:payer', value: payer }
      - { $when: naic.exists(), system: '=urn:naic', value: naic }
    name: name
    address: [{ line: [street], postalCode: zip }]
facts:
  resource: Organization
  declare:
    - { concept: organization-name, value: name, text: true }
`,
    site: `
stream: clinic.site
resources:
  Location:
    identifier: [{ system: '=urn:riverside:site', value: num }]
    name: name
facts:
  resource: Location
  declare:
    - { concept: organization-name, value: name, text: true }
    - { concept: identifier, value: num, text: true, system: 'urn:riverside:site' }
`,
    visit: `
stream: clinic.visit
resources:
  Encounter:
    status: =finished
    class: { code: =AMB }
    participant: [{ individual: doc.reference('clinic.provider') }]
    location: [{ location: site.reference('clinic.site') }]
    serviceProvider: payer.reference('clinic.payer')
`,
    result: `
stream: clinic.result
resources:
  Observation:
    status: =final
    code: { text: =glucose }
    performer: [doc.reference('clinic.lab_provider')]
`,
  },
  plan: 'linkage: {}',
};

function practitionerMapping(table: string, key: string, system: string, used: boolean): string {
  return `
stream: clinic.${table}
resources:
  Practitioner:
    identifier:
      - { system: '=${system}', value: ${key} }
      - { $when: npi.exists(), system: '=http://hl7.org/fhir/sid/us-npi', value: npi }
    name: [{ family: family, given: [given] }]
    telecom: [{ system: =phone, value: phone }]
    ${used ? "active: in_use = 'Y'" : ''}
facts:
  resource: Practitioner
  declare:
    - { concept: npi, value: npi, text: true }
    - { concept: identifier, value: ${key}, text: true, system: '${system}' }
    - { concept: family, value: family, text: true }
`;
}

interface Bench {
  project: TestProject;
  bench: Workbench;
  run: string;
}

async function linked(context: TestContext, plan = clinic.plan): Promise<Bench> {
  const project = owned(context, await ownClinic({ ...clinic, ...(plan && { plan }) }));
  const bench = owned(context, await openWorkbench(project.opened, { records: 3 }));
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  await requireGreen(bench, run);
  return { project, bench, run };
}

const numbersOf = (one: JsonObject): string[] =>
  objects(one, 'identifier').flatMap((each) => texts(each, 'value'));

/** The resource of a type that bears a number, by its id; exactly one does. */
async function withNumber(project: TestProject, type: string, number: string): Promise<JsonObject> {
  const found = [...(await chartOf(project)).values()].filter(
    (one) => one['resourceType'] === type && numbersOf(one).includes(number),
  );
  assert.equal(found.length, 1, `one ${type} has the number`);
  return found[0] as JsonObject;
}

const idOf = (one: JsonObject): string => one['id'] as string;

async function referred(project: TestProject, path: string): Promise<string[]> {
  return [...(await chartOf(project)).values()].flatMap((one) => texts(one, path));
}

test('R10 records of one practitioner, payer and site are one resource with all numbers, and references follow', async (context) => {
  const { project, bench, run } = await linked(context);
  assert.equal(await requireGreen(bench, run), 4, 'd3 and l0, i1, s1');
  const hale = await withNumber(project, 'Practitioner', 'd0');
  assert.deepEqual(numbersOf(hale).toSorted(), ['d0', 'd3', 'l0', grace].toSorted());
  assert.notEqual(hale['active'], false, 'one in use leads');
  const seen = await referred(project, 'participant.individual.reference');
  assert.equal(seen.filter((one) => one === `Practitioner/${idOf(hale)}`).length, 2);
  const measured = await referred(project, 'performer.reference');
  assert.ok(measured.includes(`Practitioner/${idOf(hale)}`));

  const meridian = await withNumber(project, 'Organization', 'i1');
  assert.deepEqual(numbersOf(meridian).toSorted(), ['60054', 'i0', 'i1']);
  const main = await withNumber(project, 'Location', 'A-1');
  const payers = await referred(project, 'serviceProvider.reference');
  assert.equal(payers.filter((one) => one === `Organization/${idOf(meridian)}`).length, 2);
  const sites = await referred(project, 'location.location.reference');
  assert.equal(sites.filter((one) => one === `Location/${idOf(main)}`).length, 2);
});

test('R10 what is uncertain of practitioners is asked, and no name, telephone or wrong number links alone', async (context) => {
  const { project, bench } = await linked(context);
  const all = [...(await chartOf(project)).values()];
  const count = (type: string): number => all.filter((one) => one['resourceType'] === type).length;
  assert.equal(count('Practitioner'), 8);
  assert.equal(count('Organization'), 3);
  assert.equal(count('Location'), 2);
  const { questions } = await openQuestions(bench.database);
  const asked = questions.map(({ kind, alarms }) => `${kind}: ${alarms.join(' ')}`).toSorted();
  assert.deepEqual(
    asked.filter((one) => one.startsWith('Practitioner')),
    ['Practitioner: name-differs', 'Practitioner: uncorroborated'],
    'one number of two names, and one name at one telephone',
  );
});

test('R10 a human merges two practitioners and parts them: all bytes are as before; undo leaves nothing', async (context) => {
  const { project, bench, run } = await linked(context);
  const before = await textsOf(project);
  const [park, lab] = [
    idOf(await withNumber(project, 'Practitioner', 'd4')),
    idOf(await withNumber(project, 'Practitioner', 'l1')),
  ];
  const decide = async (verdict: 'same' | 'differ'): Promise<void> => {
    const pair = { left: park, right: lab, verdict, reason: 'asked the laboratory', by: 'ruth' };
    await decidePair({ database: bench.database, key: project.key }, pair);
    const { state, code } = await bench.relink(run);
    assert.deepEqual(bench.errors, []);
    assert.equal(state, 'finished', code);
    await requireGreen(bench, run);
  };
  await decide('same');
  const one = await withNumber(project, 'Practitioner', 'l1');
  assert.deepEqual(numbersOf(one).toSorted(), ['d4', 'l1']);
  const measured = await referred(project, 'performer.reference');
  assert.ok(measured.includes(`Practitioner/${idOf(one)}`));
  await decide('differ');
  assert.deepEqual(await textsOf(project), before);

  const site = idOf(await withNumber(project, 'Location', 'A-2'));
  const mixed = {
    left: park,
    right: site,
    verdict: 'same',
    reason: 'by mistake',
    by: 'ruth',
  } as const;
  await assert.rejects(
    decidePair({ database: bench.database, key: project.key }, mixed),
    (error: { code?: string }) => error.code === 'kinds-differ',
  );

  await decide('same');
  const undone = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.equal(undone.code, 0, undone.stderr);
  assert.deepEqual(await textsOf(project), new Map());
});

test('R10 a later run leads to what an earlier one has made, and changes nothing of it', async (context) => {
  const { project, bench } = await linked(context);
  const before = await textsOf(project);
  const again = await bench.run();
  assert.equal(again.state, 'finished', again.code ?? String(bench.errors[0]));
  await requireGreen(bench, again.run);
  assert.deepEqual(await textsOf(project), before);
});

test('`kinds` of the plan says what is linked: patients alone leave practitioners as they are', async (context) => {
  const { project, bench, run } = await linked(context, 'linkage: { kinds: [Patient] }');
  assert.equal(await requireGreen(bench, run), 0);
  const all = [...(await chartOf(project)).values()];
  assert.equal(all.filter((one) => one['resourceType'] === 'Practitioner').length, 10);
});

/** What the target has of its own; Olaf is out of use there. */
const theirs: readonly JsonObject[] = [
  {
    resourceType: 'Practitioner',
    id: 'mer-d1',
    active: false,
    identifier: [
      { system: 'urn:meridian', value: 'M-1' },
      { system: 'http://hl7.org/fhir/sid/us-npi', value: olaf },
    ],
    name: [{ family: 'Iversen', given: ['Olaf', 'K'] }],
  },
  {
    resourceType: 'Practitioner',
    id: 'mer-d2',
    identifier: [{ system: 'urn:meridian', value: 'M-2' }],
    name: [{ family: 'Odum', given: ['Ife'] }],
  },
  {
    resourceType: 'Organization',
    id: 'mer-o1',
    identifier: [{ system: 'urn:naic', value: '60054' }],
    name: 'Meridian Health',
  },
  {
    resourceType: 'Location',
    id: 'mer-s1',
    status: 'inactive',
    identifier: [{ system: 'urn:riverside:site', value: 'A-2' }],
    name: 'Annex',
    managingOrganization: { reference: 'Organization/mer-o1' },
  },
  {
    resourceType: 'Encounter',
    id: 'mer-v1',
    status: 'finished',
    class: { code: 'AMB' },
    participant: [{ individual: { reference: 'Practitioner/mer-d1' } }],
  },
];

test('R10 practitioners, payers and sites that a target has, inactive too, are linked to and not doubled; undo leaves it byte-identical', async (context) => {
  const project = owned(context, await ownClinic(clinic));
  await project.edit('handover.yaml', '{ kind: embedded }', '{ kind: embedded, existing: link }');
  const chart = await project.openChart();
  const receipts = await chart.write(
    theirs.map((one) => ({
      kind: 'put' as const,
      type: one['resourceType'] as string,
      id: idOf(one),
      body: Buffer.from(canonicalJson(one)),
    })),
    new AbortController().signal,
  );
  await chart.close();
  assert.ok(receipts.every(({ state }) => state === 'delivered'));
  const before = await textsOf(project);
  const bench = owned(context, await openWorkbench(project.opened, { records: 3 }));
  const first = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(first.state, 'finished', first.code);
  await requireGreen(bench, first.run);
  for (const [type, number, id] of [
    ['Practitioner', 'd1', 'mer-d1'],
    ['Practitioner', 'M-2', 'mer-d2'],
    ['Organization', 'i1', 'mer-o1'],
    ['Location', 'A-2', 'mer-s1'],
  ] as const) {
    assert.equal(idOf(await withNumber(project, type, number)), id);
  }
  const held = await textsOf(project);
  for (const untouched of ['Practitioner/mer-d2', 'Location/mer-s1', 'Encounter/mer-v1']) {
    assert.equal(held.get(untouched), before.get(untouched), untouched);
  }
  const known = await withNumber(project, 'Practitioner', 'd1');
  assert.equal(known['active'], false, 'what the target says stays');
  assert.deepEqual(texts(known, 'name.given'), ['Olaf', 'K']);
  const seen = await referred(project, 'participant.individual.reference');
  assert.equal(seen.filter((one) => one === 'Practitioner/mer-d1').length, 2);

  const again = await bench.run();
  assert.equal(again.state, 'finished', again.code ?? String(bench.errors[0]));
  await requireGreen(bench, again.run);
  assert.deepEqual(await textsOf(project), held, 'a second run changes nothing');
  for (const { run } of [again, first]) {
    const undone = await project.cli(['undo', run, '--confirm', 'own-clinic']);
    assert.equal(undone.code, 0, undone.stderr);
  }
  assert.deepEqual(await textsOf(project), before);
});
