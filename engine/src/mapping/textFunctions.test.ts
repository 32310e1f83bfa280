import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from '../fhirpath/compile.ts';
import { DataIssue } from '../fhirpath/expressionError.ts';
import { textOf } from '../fhirpath/value.ts';
import { compileMapping } from './compile.ts';
import { batchOf, clinicSettings, codeMapsOf, plainIdentities, streamOf } from './testProject.ts';
import { textFunctions } from './textFunctions.ts';

function evaluate(call: string, text: string): string | undefined {
  const expression = compileExpression(`t.${call}`, {
    input: { kind: 'row', columns: [{ name: 't', type: 'text' }] },
    functions: textFunctions(plainIdentities),
  });
  const value = expression.one([text]);
  return value === undefined ? undefined : textOf(value);
}

const cases: readonly (readonly [call: string, text: string, value: string | undefined])[] = [
  ['clean()', ' a\u0000\t b\r\n', 'a b'],
  ['clean()', 'Jose\u0301', 'Jos\u00e9'],
  ['clean()', ' \t', undefined],
  ['titleCase()', "O'NEIL-smith van DER ä", "O'Neil-Smith Van Der Ä"],
  ["part('/', 2)", '120/ 80', '80'],
  ["part('/', 3)", '120/80', undefined],
  ['phone()', '(312) 555-0123', '+13125550123'],
  ['phone()', '1-312-555-0123 x45', '+13125550123;ext=45'],
  ['phone()', '+49 30 123456', '+4930123456'],
  ['phone()', '011 49 30 123456', '+4930123456'],
  ['phone()', '555-0123', '555-0123'],
  ['phone()', 'ask daughter', 'ask daughter'],
  ["namePart('family')", 'DE LA CRUZ JR, MARIA  ANA', 'DE LA CRUZ'],
  ["namePart('given')", 'DE LA CRUZ JR, MARIA  ANA', 'MARIA ANA'],
  ["namePart('suffix')", 'DE LA CRUZ JR, MARIA ANA', 'JR'],
  ["namePart('prefix')", 'Dr. Ann B. Lee', 'Dr.'],
  ["namePart('family')", 'Dr. Ann B. Lee', 'Lee'],
  ["namePart('given')", 'Cher', undefined],
  ["addressPart('line')", '12 Main St, Apt 4, St. Paul, MN 55101-1234', '12 Main St, Apt 4'],
  ["addressPart('city')", '12 Main St, Apt 4, St. Paul, MN 55101-1234', 'St. Paul'],
  ["addressPart('state')", 'Springfield, IL 62701', 'IL'],
  ["addressPart('postalCode')", 'somewhere', undefined],
  ['ucum()', 'mm Hg', 'mm[Hg]'],
  ['ucum()', 'MCG', 'ug'],
  ['ucum()', 'mg/dL', 'mg/dL'],
  ['ucum()', 'LBS.', '[lb_av]'],
  ['base64()', '\\x4a4b', 'Sks='],
  ['base64()', 'JK', 'Sks='],
];

for (const [call, text, value] of cases) {
  test(`${call} of ${JSON.stringify(text)}`, () => assert.equal(evaluate(call, text), value));
}

test('a unit that nobody knows holds the record', () => {
  assert.throws(
    () => evaluate('ucum()', 'smoots'),
    (error) => {
      return error instanceof DataIssue && error.code === 'unit-unknown';
    },
  );
});

test('a hash is the same for the same text and purpose alone', () => {
  assert.equal(evaluate("hash('a')", 'x'), evaluate("hash('a')", 'x'));
  assert.notEqual(evaluate("hash('a')", 'x'), evaluate("hash('b')", 'x'));
  assert.match(evaluate("hash('a')", 'x') ?? '', /^[0-9a-f]{32}$/);
});

test('linked resources and a Provenance refer to what their record yields', () => {
  const streams = [streamOf('clinic.rx', 'rx_id', 'drug', 'upd')];
  const text = `stream: clinic.rx
provenance: upd.instant('yyyy-MM-dd HH:mm')
resources:
  Medication: { $when: drug.exists(), code: { text: drug } }
  MedicationRequest:
    medicationReference: { $when: drug.exists(), reference: "link('Medication')" }
    contained: [{ resourceType: =Organization, id: =o1, name: =House }]
    performer: { reference: '=#o1' }
`;
  const environment = { streams, codeMaps: codeMapsOf({}), settings: clinicSettings };
  const { mappings, problems } = compileMapping([{ path: 'm.yaml', text }], {
    ...environment,
    ...plainIdentities,
  });
  assert.deepEqual(problems, []);
  const batch = batchOf(
    'clinic.rx',
    ['1', 'X', '2020-01-02 03:04'],
    ['2', null, '2020-01-02 03:04'],
  );
  const drafts = mappings.get('clinic.rx')?.map(batch).drafts ?? [];
  const bodies = drafts.map(({ body }) => JSON.parse(body));
  assert.deepEqual(
    drafts.map(({ type, from }) => [type, from[0]]),
    [
      ['Medication', 0],
      ['MedicationRequest', 0],
      ['Provenance', 0],
      ['MedicationRequest', 1],
      ['Provenance', 1],
    ],
  );
  const names = drafts.map(({ type, id }) => `${type}/${id}`);
  assert.equal(bodies[1].medicationReference.reference, names[0]);
  assert.equal(bodies[1].performer.reference, '#o1');
  assert.deepEqual(drafts[1]?.references, [names[0]]);
  assert.deepEqual(bodies[2].target, [{ reference: names[0] }, { reference: names[1] }]);
  assert.equal(bodies[2].recorded, '2020-01-02T03:04:00-06:00');
  assert.deepEqual(bodies[4].target, [{ reference: names[3] }]);
  assert.deepEqual(Object.keys(bodies[2]), Object.keys(bodies[2]).toSorted());
  const { problems: found } = compileMapping(
    [
      {
        path: 'm.yaml',
        text: text.replace("link('Medication')", "link('Medicaton')").replace('.instant', '.part'),
      },
    ],
    { ...environment, ...plainIdentities },
  );
  assert.deepEqual(
    found.map(({ line, suggestion }) => [line, suggestion]),
    [
      [2, undefined],
      [6, 'Medication'],
    ],
  );
});
