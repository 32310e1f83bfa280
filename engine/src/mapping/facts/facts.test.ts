import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sha256 } from '../../base/digest.ts';
import type { Fact, FactBatch } from '../../model/fact.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { Stream } from '../../model/stream.ts';
import { compileFacts } from './compile.ts';
import type { ConceptWord } from './compile.ts';
import type { CompiledFacts } from './evaluate.ts';

const identities = {
  identify: (stream: string, key: string): Buffer => sha256(`${stream}\n${key}`),
  stableId: (tag: Buffer, resource: string): string => `${resource}-${tag.toString('hex', 0, 4)}`,
};
const settings = new Map([['clinic', { timeZone: 'America/Chicago', centuryPivot: 2026 }]]);

/** All columns are text; the first is the key. */
function streamOf(name: string, ...names: string[]): Stream {
  const columns = names.map((column) => {
    return { name: column, sourceType: 'text', type: 'text', nullable: true } as const;
  });
  return { name, columns, key: names.slice(0, 1) };
}

function packed(stream: string, records: readonly Buffer[], keys: readonly string[]): RecordBatch {
  const offsets = new Uint32Array(records.length + 1);
  records.forEach((record, at) => {
    offsets[at + 1] = (offsets[at] as number) + record.length;
  });
  const bytes = Buffer.concat(records);
  return { stream, mediaType: 'text/x-copy', bytes, offsets, keys, cursor: '' };
}

/** Rows without anything to escape. */
function batchOf(stream: string, ...rows: (string | null)[][]): RecordBatch {
  const records = rows.map((row) => Buffer.from(row.map((field) => field ?? '\\N').join('\t')));
  return packed(
    stream,
    records,
    rows.map(([key]) => key ?? ''),
  );
}

const patients = streamOf('clinic.pt_demog', 'pt_id', 'first_nm', 'mid_init', 'sex_cd', 'dob');
const visits = streamOf(
  'clinic.visit',
  'vis_id',
  'pt_id',
  'prov_id',
  'adm_ts',
  'agent_cd',
  'dose',
  'stat',
  'del_flg',
  'reported',
);

function word(form: string, system = 'none', ...types: string[]): ConceptWord {
  return { form, system, types: types.length === 0 ? ['Patient', 'Encounter'] : types };
}

const concepts = new Map<string, ConceptWord>([
  ['sex', word('text', 'none', 'Patient')],
  ['given', word('text', 'none', 'Patient')],
  ['birth-date', word('date', 'none', 'Patient')],
  ['start', word('dateTime')],
  ['substance', word('text', 'code system')],
  ['dose-value', word('decimal')],
  ['status', word('text')],
  ['reported', word('boolean')],
  ['practitioner', word('reference')],
]);

const patientFacts = `stream: clinic.pt_demog
facts:
  - { subject: pt_id, concept: sex, value: sex_cd, as: { M: male, F: female, U: unknown, X: ~ } }
  - { subject: pt_id, concept: given, value: [first_nm, mid_init], text: true }
  - { subject: pt_id, concept: birth-date, value: dob, date: MM/dd/yy|yyyy-MM }
`;

const visitFacts = `stream: clinic.visit
facts:
  resource: Encounter
  subject: { column: pt_id, stream: clinic.pt_demog }
  unless: { column: del_flg, equals: [Y] }
  declare:
    - { concept: start, value: adm_ts, dateTime: 'yyyy-MM-dd HH:mm:ss' }
    - concept: substance
      value: agent_cd
      as: { NKA: 'http://snomed.info/sct|716186003', PCN: 'http://rx|7980' }
    - { concept: dose-value, value: dose, decimal: true }
    - { concept: status, is: stopped, when: { column: stat, equals: [D, X] } }
    - { concept: status, is: active, unless: [{ column: stat, equals: [D, X] }, { column: stat, empty: true }] }
    - { concept: reported, value: reported, boolean: { true: [Y], false: [N] } }
    - { concept: practitioner, value: prov_id, reference: { stream: clinic.pt_demog, resource: Practitioner } }
`;

function compile(text: string): ReturnType<typeof compileFacts> {
  const streams = [patients, visits];
  const environment = { streams, concepts, settings, ...identities };
  return compileFacts([{ path: 'mappings/x.yaml', text }], environment);
}

function read(text: string, ...rows: (string | null)[][]): FactBatch {
  const { facts, problems } = compile(text);
  assert.deepEqual(problems, []);
  const compiled = [...facts.values()][0] as CompiledFacts;
  return compiled.read(batchOf(compiled.stream, ...rows));
}

function said(batch: FactBatch): string[] {
  return batch.facts.map(({ concept, value, system }) => `${concept} ${value} ${system}`.trim());
}

function idOf(stream: string, key: string, resource: string): string {
  return identities.stableId(identities.identify(stream, key), resource);
}

const visit = ['v1', '7', 'p1', '2024-07-01 08:00:00', 'PCN', '0.50', 'D', null, 'Y'];

describe('facts', () => {
  test('in the short form are about the record itself', () => {
    const batch = read(patientFacts, ['7', 'Ann', 'B', 'F', '12/03/74']);
    assert.deepEqual(said(batch), ['sex female', 'given Ann', 'given B', 'birth-date 1974-12-03']);
    const id = idOf('clinic.pt_demog', '7', 'Patient');
    const [first] = batch.facts as [Fact];
    assert.deepEqual([first.type, first.id, first.subject, first.ordinal], ['Patient', id, id, 0]);
  });

  test('are silent where the source is, and keep partial dates', () => {
    const batch = read(patientFacts, ['7', null, '', 'X', '1974-12']);
    assert.deepEqual(said(batch), ['birth-date 1974-12']);
    assert.deepEqual(batch.unreadable, []);
  });

  test('that cannot be read are never passed over', () => {
    const batch = read(patientFacts, ['7', 'Ann', null, 'Q', '02/30/74']);
    assert.deepEqual(
      batch.unreadable.map(({ concept, code }) => `${concept} ${code}`),
      ['sex code-undeclared', 'birth-date date-unreadable'],
    );
  });

  test('in a block carry subject, systems, instants, digits, constants and references', () => {
    const batch = read(visitFacts, visit);
    assert.deepEqual(said(batch), [
      'start 2024-07-01T13:00:00Z',
      'substance 7980 http://rx',
      'dose-value 0.50',
      'status stopped',
      'reported true',
      `practitioner Practitioner/${idOf('clinic.pt_demog', 'p1', 'Practitioner')}`,
    ]);
    const patient = idOf('clinic.pt_demog', '7', 'Patient');
    assert.ok(batch.facts.every(({ subject }) => subject === patient));
  });

  test('of a record that was deleted say that the resource must be absent', () => {
    const batch = read(visitFacts, [...visit.slice(0, 7), 'Y', 'Y']);
    assert.deepEqual(batch.facts, []);
    const id = idOf('clinic.visit', 'v1', 'Encounter');
    const subject = idOf('clinic.pt_demog', '7', 'Patient');
    assert.deepEqual(batch.absent, [{ ordinal: 0, type: 'Encounter', id, subject }]);
  });

  test('without a subject are in doubt', () => {
    const batch = read(visitFacts, ['v1', null, ...visit.slice(2)]);
    assert.deepEqual(batch.unreadable, [
      { ordinal: 0, concept: 'subject', code: 'subject-missing' },
    ]);
  });

  test('local times that happened twice or never are not guessed', () => {
    const at = (time: string): unknown =>
      read(visitFacts, [...visit.slice(0, 3), time, ...visit.slice(4)]).unreadable[0]?.code;
    assert.equal(at('2024-11-03 01:30:00'), 'time-ambiguous');
    assert.equal(at('2024-03-10 02:30:00'), 'time-nonexistent');
  });

  test('of records that are damaged or have another key are all unreadable', () => {
    const { facts } = compile(patientFacts);
    const compiled = facts.get('clinic.pt_demog') as CompiledFacts;
    const records = [
      Buffer.from('7\tJos\u00e9\tB\tF\t12/03/74', 'latin1'),
      Buffer.from('7\tAnn'),
      Buffer.from('7\tAnn\tB\tF\t12/03/74'),
    ];
    const batch = compiled.read(packed('clinic.pt_demog', records, ['7', '7', '8']));
    assert.deepEqual(batch.facts, []);
    const codes = batch.unreadable.map(({ ordinal, code }) => `${ordinal} ${code}`);
    assert.deepEqual([...new Set(codes)], ['0 encoding-invalid', '1 field-count', '2 key-differs']);
    assert.equal(codes.length, 12);
  });

  test('declare what silence is about', () => {
    const { facts } = compile(patientFacts);
    const declared = facts.get('clinic.pt_demog')?.declared.get('Patient');
    assert.deepEqual([...(declared ?? [])], ['sex', 'given', 'birth-date']);
  });
});

test('ten mistakes in facts are reported at once with their lines', () => {
  const { problems } = compile(`stream: clinic.visit
facts:
  - resource: Encounter
    subject: pt_id
    unless: { column: del_flag, equals: [Y] }
    declare:
      - { concept: start, value: adm_ts, dateTime: YYYY }
      - { concept: startt, value: adm_ts, text: true }
      - { concept: sex, value: stat, text: true }
      - { concept: dose-value, value: dose, text: true }
      - { concept: substance, value: agent_cd, as: { PCN: '7980' } }
      - { concept: status, value: statt, text: true }
      - { concept: status, text: true }
      - { concept: status, value: stat }
      - { concept: practitioner, value: prov_id, reference: { stream: clinic.prov, resource: Practitioner } }
  - { concept: status, value: stat, text: true }
`);
  assert.deepEqual(
    problems.map(({ line, code }) => `${line} ${code}`),
    [
      '4 subject-stream-missing',
      '5 column-unknown',
      '7 form-invalid',
      '8 concept-unknown',
      '9 concept-misplaced',
      '10 form-unfit',
      '11 system-missing',
      '12 column-unknown',
      '13 value-mismatch',
      '14 form-missing',
      '15 stream-unknown',
      '16 resource-missing',
    ],
  );
});
