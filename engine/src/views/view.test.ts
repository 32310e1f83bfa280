import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { HandoverError } from '../base/errors.ts';
import { parseJson } from '../base/json.ts';
import { parseQuickly } from '../base/quickJson.ts';
import type { FhirObject } from '../fhirpath/value.ts';
import { ViewTable } from './table.ts';
import { csvText, copyText, ndjsonText } from './tableText.ts';
import { compileView } from './view.ts';

const view = (definition: object): ReturnType<typeof compileView> =>
  compileView(parseJson(JSON.stringify(definition)));

function table(definition: object, ...resources: string[]): ViewTable {
  const made = new ViewTable(view(definition));
  for (const resource of resources) {
    assert.equal(made.add(parseQuickly(resource) as unknown as FhirObject), undefined);
  }
  return made;
}

function problems(definition: object): string {
  try {
    view(definition);
    return '';
  } catch (error) {
    assert.ok(error instanceof HandoverError && error.code === 'view-invalid');
    return error.message;
  }
}

const column = (name: string, path: string, more: object = {}): object => ({ name, path, ...more });

test('views: every mistake of a definition is told with its place', () => {
  const told = problems({
    resource: 'Patient',
    constant: [{ name: 'none' }],
    where: [{ path: 'name.family' }],
    select: [
      { column: [column('a', 'name.first('), column('a', 'id')] },
      { unionAll: [{ column: [column('b', 'id')] }, { column: [column('c', 'id')] }] },
      { forEach: 'name', forEachOrNull: 'name', column: [column('d', 'given', { type: 1 })] },
    ],
  });
  for (const place of [
    'constant[0]: has not exactly one value[x]',
    'where[0].path: is a condition, but yields string',
    'select[0].column[0].path:',
    "select[0].column[1].name: there is a column 'a' before it",
    'select[1].unionAll[1]: does not have the same columns',
    'select[2]: has both forEach and forEachOrNull',
    'select[2].column[0].type: is no text',
  ]) {
    assert.ok(told.includes(place), `${place}\n${told}`);
  }
  assert.match(problems({ resource: 'Patiant', select: [] }), /did you mean 'Patient'/);
  assert.match(problems([]), /is no JSON object/);
});

test('views: an element that R4 does not have is warned of, and yields nothing', () => {
  const { warnings } = view({
    resource: 'Patient',
    select: [{ columns: [], column: [column('x', 'famly')] }],
  });
  assert.deepEqual(
    warnings.map(({ path }) => path),
    ['select[0].columns', 'select[0].column[0].path'],
  );
});

test('views: a resource with an issue has no row, and those beside it keep theirs', () => {
  const made = new ViewTable(
    view({
      resource: 'Patient',
      select: [
        { column: [column('id', 'id')] },
        { forEach: 'name', column: [column('given', 'given')] },
      ],
    }),
  );
  const add = (json: unknown): string | undefined => made.add(json as FhirObject)?.code;
  assert.equal(add({ resourceType: 'Patient', id: '1', name: [{ given: ['A'] }] }), undefined);
  const several = [{ given: ['B'] }, { given: ['C', 'D'] }];
  assert.equal(add({ resourceType: 'Patient', id: '2', name: several }), 'many-items');
  assert.equal(add({ resourceType: 'Patient', id: '3', name: [{ given: ['E'] }] }), undefined);
  assert.equal(add({ resourceType: 'Group', id: '4' }), undefined);
  assert.deepEqual(made.take(10), {
    rows: 2,
    columns: [
      ['1', '3'],
      ['A', 'E'],
    ],
  });
});

test('views: numbers keep their digits in CSV, NDJSON and COPY; texts are escaped', () => {
  const definition = {
    resource: 'Observation',
    select: [
      {
        column: [
          column('v', 'value.ofType(Quantity).value', { type: 'decimal' }),
          column('t', 'note.text.first()'),
          column('c', 'category.text', { collection: true }),
        ],
      },
    ],
  };
  const one =
    '{"resourceType":"Observation","valueQuantity":{"value":1.10},"note":[{"text":"a\\t\\"b\\\\,\\n"}],"category":[{"text":"x\\"y"},{"text":"z"}]}';
  const two = '{"resourceType":"Observation","note":[{"text":""}]}';
  const made = table(definition, one, two);
  const { columns } = view(definition);
  const batch = made.take(10);
  const lines = ndjsonText.rows(columns, batch).split('\n');
  assert.equal(lines[0], '{"v":1.10,"t":"a\\t\\"b\\\\,\\n","c":["x\\"y","z"]}');
  assert.equal(lines[1], '{"v":null,"t":"","c":[]}');
  assert.equal(
    csvText.head(columns) + csvText.rows(columns, batch),
    'v,t,c\r\n1.10,"a\t""b\\,\n","[""x\\""y"",""z""]"\r\n,"",[]\r\n',
  );
  assert.equal(copyText.rows(columns, batch), '1.10\ta\\t"b\\\\,\\n\t{"x\\\\"y","z"}\n\\N\t\t{}\n');
});

test('views: a value that a column has no room for is an issue, never rounded', () => {
  const made = new ViewTable(
    view({
      resource: 'Observation',
      select: [
        {
          column: [
            column('v', 'value.ofType(Quantity).value', {
              tag: [{ name: 'ansi/type', value: 'DECIMAL(5, 2)' }],
            }),
            column('d', 'effective.ofType(dateTime)', {
              tag: [{ name: 'ansi/type', value: 'TIMESTAMP' }],
            }),
          ],
        },
      ],
    }),
  );
  const add = (more: string): string | undefined =>
    made.add(parseQuickly(`{"resourceType":"Observation",${more}}`) as unknown as FhirObject)?.code;
  assert.equal(add('"valueQuantity":{"value":123.45}'), undefined);
  assert.equal(add('"valueQuantity":{"value":123.456}'), 'not-decimal');
  assert.equal(add('"valueQuantity":{"value":1e5}'), 'not-decimal');
  assert.equal(add('"effectiveDateTime":"2024-01"'), 'not-timestamp');
});

test('views: keys of references are those of resources, relative, absolute or by a bundle', () => {
  const compiled = view({
    resource: 'Observation',
    select: [
      {
        column: [
          column('any', 'subject.getReferenceKey()'),
          column('patient', 'subject.getReferenceKey(Patient)'),
          column('own', 'getResourceKey()'),
        ],
      },
    ],
  });
  const keys = (reference: string): unknown[] => {
    const rows: unknown[] = [];
    const resolve = (url: string): FhirObject | undefined =>
      url === 'urn:uuid:1' ? { resourceType: 'Patient', id: 'u' } : undefined;
    const resource = { resourceType: 'Observation', id: 'o', subject: { reference } };
    compiled.rows(resource, (row) => void rows.push(...row), resolve);
    return rows;
  };
  assert.deepEqual(keys('Patient/p'), ['Patient/p', 'Patient/p', 'Observation/o']);
  assert.deepEqual(keys('https://x.example/fhir/Group/g/_history/2').slice(0, 2), [
    'Group/g',
    undefined,
  ]);
  assert.deepEqual(keys('urn:uuid:1').slice(0, 2), ['Patient/u', 'Patient/u']);
  assert.deepEqual(keys('#inner').slice(0, 2), [undefined, undefined]);
  assert.match(
    problems({
      resource: 'Patient',
      select: [{ column: [column('a', 'link.other.getReferenceKey(Patent)')] }],
    }),
    /did you mean 'Patient'/,
  );
});

test('views: whatever a resource holds, there are rows or an issue', () => {
  const compiled = view({
    resource: 'Patient',
    where: [{ path: 'active' }],
    select: [
      { column: [column('n', 'name.given.join()'), column('i', '%rowIndex')] },
      {
        forEachOrNull: 'contact',
        select: [{ repeat: ['name', 'period'], column: [column('x', 'id')] }],
      },
    ],
  });
  const made = new ViewTable(compiled);
  const members = fc.dictionary(
    fc.constantFrom('active', 'name', 'contact', 'period', 'id'),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(members, (resource) => {
      made.add({ ...resource, resourceType: 'Patient' });
      const { rows, columns } = made.take(1e6);
      assert.ok(columns.every(({ length }) => length === rows));
    }),
    { numRuns: 500 },
  );
});

test('views: JSON that is read quickly is what the careful reader reads, to the last digit', () => {
  const number = fc.oneof(
    fc
      .tuple(fc.integer(), fc.nat(), fc.constantFrom('', '0', '00', 'e3', 'E-7'))
      .map(([a, b, e]) => `${a}.${b}${e}`),
    fc.bigInt().map(String),
    fc.constantFrom('-0', '-0.0', '0.0000001', '1e400', '1.10', '100', '0.1'),
  );
  fc.assert(
    fc.property(number, fc.string(), (text, string) => {
      const json = `{"a": [${text}, {"b":${text}}],"c":${JSON.stringify(string)}}`;
      const read = parseQuickly(json) as unknown as { a: [unknown, { b: unknown }]; c: string };
      assert.equal(String(read.a[0]), text);
      assert.equal(String(read.a[1].b), text);
      assert.equal(read.c, string);
    }),
    { numRuns: 1000 },
  );
});

test('views: a key that is written twice is refused, whatever its texts hold', () => {
  const texts = fc.constantFrom('a', 'b": ', '":', 'c\\":', ':', 'd"', '\n', ' :');
  const objects = fc.letrec<{ value: fc.JsonValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(texts, fc.constant(1.5), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(texts, tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  fc.assert(
    fc.property(objects, texts, fc.constantFrom('', ' ', '\n'), (value, key, space) => {
      const named = `${JSON.stringify(key)}${space}:${JSON.stringify(value, null, space)}`;
      const read = JSON.stringify(parseQuickly(`{${named}}`));
      assert.equal(read, JSON.stringify(JSON.parse(`{${named}}`)));
      assert.throws(() => parseQuickly(`{"z":[{${named},${space}${named}}]}`), {
        name: 'JsonSyntaxError',
        code: 'json-key-repeated',
      });
    }),
    { numRuns: 500 },
  );
});
