import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { ReadableIds } from '../run/goldens/readableIds.ts';
import { mappingPlan } from '../run/plan/compile.ts';
import { judgeProject, type ProjectFile } from '../run/plan/read.ts';
import { readStreamFile } from '../run/plan/streamFiles.ts';
import { judgeStreams } from '../run/plan/streams.ts';
import { writtenSchemas } from './schemas.ts';

const engine = new URL('../../', import.meta.url);
const template = new URL('project-template/', engine);
const read = (path: string, from = engine): string => readFileSync(new URL(path, from), 'utf8');

const ajv = new Ajv2020({ strict: false, validateFormats: false, inlineRefs: false });
const accepts = {
  plan: ajv.compile(writtenSchemas.plan()),
  mapping: ajv.compile(writtenSchemas.mapping()),
  access: ajv.compile(writtenSchemas.access()),
};

function filesIn(folder: string, ending: string): ProjectFile[] {
  return readdirSync(new URL(folder, engine))
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ path: `${folder}${name}`, text: read(`${folder}${name}`) }));
}

test('the schemas accept every plan and mapping of the project template and the examples', () => {
  for (const path of ['project-template/handover.yaml', 'examples/synthea/handover.yaml']) {
    assert.ok(accepts.plan(parse(read(path))), JSON.stringify(accepts.plan.errors));
  }
  const folders = ['project-template/mappings/clinic/', 'examples/synthea/mappings/synthea/'];
  const mappings = folders.flatMap((folder) => filesIn(folder, '.yaml'));
  assert.ok(mappings.length >= 44);
  for (const { path, text } of mappings) {
    assert.ok(accepts.mapping(parse(text)), `${path} ${JSON.stringify(accepts.mapping.errors)}`);
  }
});

const patients = 'project-template/mappings/clinic/pt_demog.yaml';

/** What stands in the mapping of patients, and what is written instead. */
const mappingMistakes: readonly (readonly [from: string, to: string])[] = [
  ['key: pt_id', 'kee: pt_id'],
  ['key: pt_id', 'key: [[pt_id]]'],
  ['key: pt_id', 'key: pt_id\nlookup: maybe'],
  ['key: pt_id', 'key: pt_id\nunmapped: { sex: guess }'],
  ['key: pt_id', 'key: pt_id\nchildren: { lines: { stream: clinic.orders } }'],
  ['key: pt_id', 'key: pt_id\ngroup: { order: pt_id }'],
  [', reason: deleted-in-source, owner: HIM director }', ' }'],
  ['owner: HIM director', 'owners: HIM director'],
  ['reason: deleted-in-source', 'reason: deleted in source'],
  ['reason: deleted-in-source', 'reasons: deleted-in-source'],
  ['  Patient:\n', '  Pateint:\n'],
  ['    gender: ', '    gendre: '],
  ["    gender: sex_cd.map('sex')", "    gender: [sex_cd.map('sex')]"],
  ["    gender: sex_cd.map('sex')", '    gender: { code: sex_cd }'],
  [
    '      - { use: =official, family: last_nm, given: [first_nm, mid_init] }',
    '      family: last_nm',
  ],
  ['given: [first_nm, mid_init]', 'given: first_nm'],
  ['    gender: ', '    id: =1\n    gender: '],
  ['concept: birth-date,', 'concept: birthdate,'],
  ['value: dob, date: MM/dd/yy }', 'value: dob, date: MM/dd/yy, text: true }'],
  ['value: dob, date: MM/dd/yy }', 'value: dob }'],
  ['unless: { column: deleted, equals: [Y] }', 'unless: { column: deleted, is: Y }'],
  ['    - { concept: mrn, value: mrn,', '    - { concept: mrn, values: mrn,'],
];

test('what the schema of mappings refuses, the compiler refuses too', () => {
  const files = {
    plan: read('handover.yaml', template),
    codeMaps: filesIn('project-template/codes/', '.csv'),
    functions: [],
  };
  const path = 'streams/clinic.yaml';
  const { streams } = readStreamFile('clinic', { path, text: read(path, template) });
  const sound = read(patients);
  for (const [from, to] of mappingMistakes) {
    assert.ok(sound.includes(from), from);
    const text = sound.replace(from, to);
    assert.ok(!accepts.mapping(parse(text)), `the schema accepts ${to}`);
    const { value } = judgeProject({ ...files, mappings: [{ path: patients, text }] });
    assert.ok(value);
    const { problems } = judgeStreams(mappingPlan(value), streams, new ReadableIds());
    assert.ok(
      problems.some(({ file }) => file === patients),
      `the compiler accepts ${to}`,
    );
  }
});

const planMistakes: readonly (readonly [from: string, to: string])[] = [
  ['name: riverside-to-meridian', 'name: Riverside'],
  ['name: riverside-to-meridian', 'nome: riverside'],
  ['    kind: postgres', '    kind: postgress'],
  ['    schema: legacy', '    shema: legacy'],
  ['    url: ${CLINIC_URL}\n', ''],
  ['    centuryPivot: 2026', '    centuryPivot: 26'],
  ["    emptyIs: 'null'", '    emptyIs: nothing'],
  ['strategy: { kind: big-bang }', 'strategy: { kind: small-bang }'],
  ['strategy: { kind: big-bang }', 'strategy: { kind: big-bang }\nroute: [{ when: true }]'],
  ['    fate: not moved', '    fate: forgotten'],
  ["  asOf: '2026-06-30'", '  asOf: yesterday'],
  ['  Patient: { different: 0,', '  Patient: { different: -1,'],
];

test('the schema of plans refuses what is misspelt, missing or out of range', () => {
  const sound = read('handover.yaml', template);
  for (const [from, to] of planMistakes) {
    assert.ok(sound.includes(from), from);
    assert.ok(!accepts.plan(parse(sound.replace(from, to))), `the schema accepts ${to}`);
  }
});

const provider = {
  name: 'Staff',
  issuer: 'https://id.example.org/staff',
  clientId: 'handover',
  clientSecret: '${SECRET}',
  roles: { claim: 'groups', allow: { leads: ['lead'] } },
};

test('the schema of access.yaml takes what the guide shows, and refuses what is misspelt or missing', () => {
  const sound = { origin: 'https://handover.example.org:8443', provider };
  assert.ok(accepts.access(sound), JSON.stringify(accepts.access.errors));
  assert.ok(accepts.access({}));
  const { issuer: _, ...unnamed } = provider;
  for (const broken of [
    { provider: unnamed },
    { provider: { ...provider, isuer: 'https://id.example.org' } },
    { provider: { ...provider, roles: { claim: 'groups', allow: { leads: ['king'] } } } },
    { provider: { ...provider, roles: { claim: 'groups', allow: { leads: [] } } } },
    { origins: [] },
  ]) {
    assert.ok(!accepts.access(broken), JSON.stringify(broken));
  }
});
