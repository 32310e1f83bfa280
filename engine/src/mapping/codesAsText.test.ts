import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codesAsText } from './codesAsText.ts';
import { compileMapping } from './compile.ts';
import { batchOf, codeMapsOf, plainIdentities, streamOf } from './testProject.ts';

const allergies = streamOf('clinic.allergies', 'alg_id', 'agent_cd', 'agent_txt', 'sev_cd');
const codeMaps = codeMapsOf({ agent: ['PEN,7980'], severity: ['S,severe'] });

const mapping = `stream: clinic.allergies
unmapped: { agent: text }
resources:
  AllergyIntolerance:
    code:
      coding: [{ system: =urn:s, code: agent_cd.map('agent') }]
      text: agent_txt
    criticality: sev_cd.map('severity')
`;

function compile(text: string): ReturnType<typeof compileMapping> {
  const files = [{ path: 'mappings/allergies.yaml', text }];
  return compileMapping(files, { streams: [allergies], codeMaps, ...plainIdentities });
}

test('an unmapped code lands as text where the mapping says so, and is counted', () => {
  const { mappings, problems } = compile(mapping);
  assert.deepEqual(problems, []);
  const mapped = mappings
    .get('clinic.allergies')
    ?.map(
      batchOf(
        'clinic.allergies',
        ['1', 'PEN', 'penicillin', null],
        ['2', 'Z9', 'odd dust', null],
        ['3', 'Z9', null, null],
        ['4', 'Z9', 'odd dust', 'Q'],
        ['5', 'Z8', 'odder', 'S'],
      ),
    );
  assert.ok(mapped);
  assert.deepEqual(
    mapped.outcomes.map((outcome) => ('reason' in outcome ? outcome.reason : outcome.state)),
    ['mapped', 'mapped', 'code-unmapped', 'code-unmapped', 'mapped'],
  );
  const codes = mapped.drafts.map(({ body }) => (JSON.parse(body) as { code: unknown }).code);
  assert.deepEqual(codes.slice(0, 2), [
    { coding: [{ code: '7980', system: 'urn:s' }], text: 'penicillin' },
    { text: 'odd dust' },
  ]);
  assert.deepEqual([...codesAsText(mapped)], [['agent', [1, 2]]]);
});

test('without the word, or with hold, the record is held', () => {
  for (const text of [
    mapping.replace('agent: text', 'agent: hold'),
    mapping.replace(/unm.*\n/, ''),
  ]) {
    const { mappings } = compile(text);
    const mapped = mappings
      .get('clinic.allergies')
      ?.map(batchOf('clinic.allergies', ['2', 'Z9', 'odd dust', null]));
    assert.deepEqual(mapped?.outcomes, [{ state: 'quarantined', reason: 'code-unmapped' }]);
  }
});

test('a word that would lose codes, names no map or nothing is a mistake with its line', () => {
  const wrong = `stream: clinic.allergies
exclude: { when: "agent_cd.map('agent') = '1'", reason: one }
unmapped:
  agnt: text
  severity: txt
  agent: text
resources:
  AllergyIntolerance:
    code:
      coding: [{ system: =urn:s, code: agent_cd.map('agent') }]
    criticality: agent_cd.map('agent')
`;
  const { problems } = compile(wrong);
  assert.deepEqual(
    problems.map(({ line, code, suggestion }) => `${line} ${code} ${suggestion ?? ''}`.trim()),
    [
      '2 code-lost use the map in the coding of a CodeableConcept that has a text, or hold',
      '4 code-map-unknown agent',
      '5 word-unknown text',
      '10 code-lost use the map in the coding of a CodeableConcept that has a text, or hold',
      '11 code-lost use the map in the coding of a CodeableConcept that has a text, or hold',
    ],
  );
  const unused = compile(mapping.replace('agent: text', 'severity: hold, agent: text'));
  assert.deepEqual(unused.problems, []);
  const idle = compile(mapping.replace("agent_cd.map('agent')", 'agent_cd'));
  assert.deepEqual(
    idle.problems.map(({ line, code }) => `${line} ${code}`),
    ['2 code-map-unused'],
  );
});
