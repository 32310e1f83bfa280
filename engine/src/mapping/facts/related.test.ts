import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FactBatch } from '../../model/fact.ts';
import { concepts } from '../../verification/concepts/catalogue.ts';
import type { RecordBatch } from '../../model/record.ts';
import { joinName } from '../../model/related.ts';
import { batchOf, finderOver, plainIdentities, streamOf } from '../testProject.ts';
import { compileFacts } from './compile.ts';

const streams = [
  streamOf('clinic.person', 'person_id', 'family', 'city_cd'),
  streamOf('clinic.phone', 'row_id', 'person_id', 'number', 'deleted'),
  streamOf('clinic.city', 'city_cd', 'city_nm'),
  streamOf('clinic.given', 'row_id', 'person_id', 'name', 'deleted'),
];

const personFacts = `stream: clinic.person
facts:
  resource: Patient
  subject: person_id
  declare: [{ concept: family, value: family, text: true }]
  related:
    - stream: clinic.phone
      by: person_id
      unless: { column: deleted, equals: [Y] }
      declare: [{ concept: phone, value: number, text: true }]
    - stream: clinic.city
      by: city_cd
      on: city_cd
      declare: [{ concept: city, value: city_nm, text: true }]
`;

const givenFacts = `stream: clinic.given
facts:
  resource: Patient
  unless: { column: deleted, equals: [Y] }
  group: person_id
  declare: [{ concept: given, value: name, text: true }]
`;

const others: RecordBatch[] = [
  batchOf('clinic.phone', ['1', 'p1', '555-1', null], ['2', 'p1', '555-2', 'Y']),
  batchOf('clinic.phone', ['3', 'p1', '555-3', null], ['4', 'p2', '555-4', null]),
  batchOf('clinic.city', ['c1', 'Springfield']),
];

async function read(text: string, batch: RecordBatch, all: RecordBatch[]): Promise<FactBatch> {
  const environment = { streams, concepts, ...plainIdentities };
  const { facts, problems } = compileFacts([{ path: 'm.yaml', text }], environment);
  assert.deepEqual(problems, []);
  const compiled = facts.get(batch.stream);
  assert.ok(compiled);
  const found = await finderOver(streams, all)(compiled.wanted(batch));
  const number = all.indexOf(batch);
  return compiled.read(batch, {
    placeOf: (ordinal) => ({ slice: '1', number, ordinal }),
    records: (join, key) => found.get(joinName(join))?.get(key),
  });
}

const told = ({ facts }: FactBatch): string[] =>
  facts.map(({ ordinal, concept, value }) => `${ordinal} ${concept} ${value}`);

test('rows of other streams state facts about the record that they belong to', async () => {
  const batch = batchOf('clinic.person', ['p1', 'A', 'c1'], ['p2', 'B', null], ['p3', 'C', 'c9']);
  const stated = await read(personFacts, batch, others);
  assert.deepEqual(told(stated), [
    '0 family A',
    '0 phone 555-1',
    '0 phone 555-3',
    '0 city Springfield',
    '1 family B',
    '1 phone 555-4',
    '2 family C',
  ]);
  assert.equal(new Set(stated.facts.map(({ id }) => id)).size, 3);
});

test('a row that is not what the key says is in doubt, never taken', async () => {
  const batch = batchOf('clinic.person', ['p1', 'A', null]);
  const environment = { streams, concepts, ...plainIdentities };
  const { facts } = compileFacts([{ path: 'm.yaml', text: personFacts }], environment);
  const wrong = await finderOver(
    streams,
    others,
  )(
    new Map([
      [
        'clinic.phone person_id',
        { join: { stream: 'clinic.phone', columns: ['person_id'] }, keys: new Set(['p2']) },
      ],
    ]),
  );
  const stated = facts.get('clinic.person')?.read(batch, {
    placeOf: (ordinal) => ({ slice: '1', number: 0, ordinal }),
    records: () => wrong.get('clinic.phone person_id')?.get('p2'),
  });
  assert.deepEqual(stated?.unreadable, [{ ordinal: 0, concept: 'phone', code: 'key-differs' }]);
});

test('rows of a group state facts of one resource, where the first of them stands', async () => {
  const first = batchOf('clinic.given', ['1', 'p1', 'Ann', 'Y'], ['2', 'p1', 'Bea', null]);
  const second = batchOf('clinic.given', ['3', 'p1', 'Cat', null], ['4', 'p2', 'Dot', 'Y']);
  const all = [first, second];
  const one = await read(givenFacts, first, all);
  assert.deepEqual(told(one), ['1 given Bea', '1 given Cat']);
  const id = plainIdentities.stableId(plainIdentities.identify('clinic.given', 'p1'), 'Patient');
  assert.deepEqual(new Set(one.facts.map((fact) => fact.id)), new Set([id]));
  const two = await read(givenFacts, second, all);
  assert.deepEqual(told(two), []);
  assert.deepEqual(
    two.absent.map(({ ordinal }) => ordinal),
    [1],
  );
});

test('what the rows of a group have in common is one fact with once, and two where they differ', async () => {
  const text = givenFacts.replace(
    'declare: [',
    'declare: [{ concept: sex, is: female, once: true }, ',
  );
  const same = batchOf('clinic.given', ['1', 'p1', 'Ann', null], ['2', 'p1', 'Ann', null]);
  assert.deepEqual(told(await read(text, same, [same])), [
    '0 sex female',
    '0 given Ann',
    '0 given Ann',
  ]);
  const once = givenFacts.replace('text: true', 'text: true, once: true');
  assert.deepEqual(told(await read(once, same, [same])), ['0 given Ann']);
  const other = batchOf('clinic.given', ['1', 'p1', 'Ann', null], ['2', 'p1', 'Bea', null]);
  assert.deepEqual(told(await read(once, other, [other])), ['0 given Ann', '0 given Bea']);
});

test('mistakes in related facts are told with their lines', () => {
  const environment = { streams, concepts, ...plainIdentities };
  const text = personFacts
    .replace('stream: clinic.phone', 'stream: clinic.fone')
    .replace('on: city_cd', 'on: citi_cd')
    .replace('concept: city, value: city_nm', 'concept: city, value: city_name');
  const { problems } = compileFacts([{ path: 'm.yaml', text }], environment);
  assert.deepEqual(
    problems.map(({ line, code }) => `${line} ${code}`),
    ['7 stream-unknown', '11 column-unknown', '14 column-unknown'],
  );
});
