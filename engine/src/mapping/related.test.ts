import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RecordBatch } from '../model/record.ts';
import { compileMapping } from './compile.ts';
import type { CompiledMapping, PackedMappedBatch } from './mapper.ts';
import { mapWhole } from './mapWhole.ts';
import { batchOf, clinicSettings, codeMapsOf, finderOver, plainIdentities } from './testProject.ts';
import { streamOf } from './testProject.ts';

const streams = [
  streamOf('clinic.visit', 'vis_id', 'pt_id', 'fac_cd', 'n:integer'),
  streamOf('clinic.facility', 'fac_cd', 'fac_nm', 'region_cd'),
  streamOf('clinic.region', 'region_cd', 'region_nm'),
  streamOf('clinic.code', 'row_id', 'kind', 'cd', 'descr'),
  streamOf('clinic.phone', 'row_id', 'pt_id', 'kind', 'number'),
];

const lookups = ['facility', 'region', 'code', 'phone'].map(
  (name) => `stream: clinic.${name}\nlookup: true`,
);

function compile(text: string): ReturnType<typeof compileMapping> {
  const files = [text, ...lookups].map((each, at) => ({ path: `mappings/${at}.yaml`, text: each }));
  const codeMaps = codeMapsOf({});
  return compileMapping(files, { streams, codeMaps, settings: clinicSettings, ...plainIdentities });
}

function rules(resources: string): CompiledMapping {
  const { mappings, problems } = compile(`stream: clinic.visit\nresources:\n${resources}`);
  assert.deepEqual(problems, []);
  return mappings.get('clinic.visit') as CompiledMapping;
}

const others: RecordBatch[] = [
  batchOf('clinic.facility', ['f1', 'North', 'r1'], ['f2', 'South', 'r9'], ['f3', 'Twin', null]),
  batchOf('clinic.facility', ['f3', 'Twin again', null]),
  batchOf('clinic.region', ['r1', 'Upper']),
  batchOf('clinic.code', ['1', 'VIS', 'A', 'Acute'], ['2', 'DX', 'A', 'Asthma']),
  batchOf(
    'clinic.phone',
    ['1', 'p1', 'H', '555-1'],
    ['2', 'p1', 'M', '555-2'],
    ['3', 'p2', 'M', '9'],
  ),
];

function map(mapping: CompiledMapping, ...rows: (string | null)[][]): Promise<PackedMappedBatch> {
  return mapWhole(mapping, batchOf('clinic.visit', ...rows), finderOver(streams, others));
}

async function mapOne(resources: string, row: (string | null)[]): Promise<Record<string, unknown>> {
  const { drafts, issues } = await map(rules(resources), row);
  assert.deepEqual(issues, []);
  return JSON.parse(drafts[0]?.body ?? '{}');
}

describe('a lookup', () => {
  test('gives the columns of the one row with the key, and of rows that this one leads to', async () => {
    const { status, language } = await mapOne(
      `  Encounter:
    status: fac_cd.lookup('clinic.facility').fac_nm
    language: fac_cd.lookup('clinic.facility').region_cd.lookup('clinic.region').region_nm`,
      ['v1', 'p1', 'f1', '1'],
    );
    assert.deepEqual([status, language], ['North', 'Upper']);
  });

  test('goes by the columns that are named', async () => {
    const text = `  Encounter: { status: "key('DX', 'A').lookup('clinic.code', 'kind', 'cd').descr" }`;
    assert.equal((await mapOne(text, ['v1', null, null, '1'])).status, 'Asthma');
  });

  test('without a key says nothing, without a row or with two rows holds the record', async () => {
    const mapping = rules(`  Encounter: { status: "fac_cd.lookup('clinic.facility').fac_nm" }`);
    const { outcomes, issues } = await map(
      mapping,
      ['v1', null, null, '1'],
      ['v2', null, 'f9', '1'],
      ['v3', null, 'f3', '1'],
      ['v4', null, 'f1', '1'],
    );
    assert.deepEqual(outcomes, [
      { state: 'mapped' },
      { state: 'quarantined', reason: 'lookup-missing' },
      { state: 'quarantined', reason: 'lookup-many' },
      { state: 'mapped' },
    ]);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ['Encounter.status', 'Encounter.status'],
    );
  });

  test('asks once for all keys of a batch', async () => {
    const mapping = rules(`  Encounter:
    status: fac_cd.lookup('clinic.facility').region_cd.lookup('clinic.region').region_nm`);
    const find = finderOver(streams, others);
    const asked: string[] = [];
    const batch = batchOf('clinic.visit', ['1', null, 'f1', '1'], ['2', null, 'f1', '1']);
    await mapWhole(mapping, batch, (wanted) => {
      for (const [name, { keys }] of wanted) asked.push(`${name}: ${[...keys].join()}`);
      return find(wanted);
    });
    assert.deepEqual(asked, ['clinic.facility fac_cd: f1', 'clinic.region region_cd: r1']);
  });

  test('makes the columns it reads known to the stream that has them', async () => {
    const { mappings } = compile(`stream: clinic.visit
resources:
  Encounter: { status: "fac_cd.lookup('clinic.facility').fac_nm" }`);
    const facility = mappings.get('clinic.facility') as CompiledMapping;
    assert.deepEqual(facility.columnsRead, ['fac_cd', 'fac_nm']);
    const { unread } = facility.map(batchOf('clinic.facility', ['f1', 'North', 'r1']));
    assert.deepEqual([...unread], [['region_cd', 1]]);
    assert.throws(() => mappings.get('clinic.visit')?.map(batchOf('clinic.visit')), {
      code: 'related-needed',
    });
  });
});

describe('related rows', () => {
  test('can be chosen from, counted and asked for a column', async () => {
    const text = `  Encounter:
    status: pt_id.related('clinic.phone', 'pt_id').where(kind = 'M').number
    language: pt_id.related('clinic.phone', 'pt_id').count().toString()
    implicitRules: pt_id.related('clinic.phone', 'pt_id').number.join('+')`;
    const { status, language, implicitRules } = await mapOne(text, ['v1', 'p1', null, '1']);
    assert.deepEqual([status, language, implicitRules], ['555-2', '2', '555-1+555-2']);
  });

  test('make an item each, with their columns and those of the row around', async () => {
    const text = `  Encounter:
    identifier:
      - $each: pt_id.related('clinic.phone', 'pt_id')
        $when: kind.exists()
        system: =urn:phone
        value: kind & ':' & number & '@' & %parent.vis_id
      - { value: vis_id }`;
    const { identifier } = await mapOne(text, ['v1', 'p1', null, '1']);
    assert.deepEqual(identifier, [
      { system: 'urn:phone', value: 'H:555-1@v1' },
      { system: 'urn:phone', value: 'M:555-2@v1' },
      { value: 'v1' },
    ]);
    assert.equal('identifier' in (await mapOne(text, ['v1', null, null, '1'])), true);
  });
});

test('mistakes about other streams are told with place and fix', () => {
  const { problems } = compile(`stream: clinic.visit
resources:
  Encounter:
    status: fac_cd.lookup('clinic.facilty').fac_nm
    language: fac_cd.lookup('clinic.facility').fac_nam
    implicitRules: fac_cd.lookup('clinic.code', 'kind', 'code').descr
    identifier:
      - { $each: fac_cd, value: vis_id }
      - { $each: "pt_id.related('clinic.phone', 'pt_id')", value: numbr }
      - { $each: "pt_id.related('clinic.phone', 'pt_id')", value: vis_id }
    type: [{ text: "pt_id.related('clinic.phone', 'pt_id')" }]
    class: { $each: "pt_id.related('clinic.phone', 'pt_id')", code: number }
    serviceType: { text: "pt_id.related('clinic.phone', 'pt_id').upper()" }
    priority: { text: "pt_id.related('clinic.phone', 'pt_id').where(kind = 1).number" }
    subject: { display: "pt_id.related('clinic.phone', 'pt_id') = 'x'" }
`);
  assert.deepEqual(
    problems.map(({ line, column, code, suggestion }) =>
      [`${line}:${column} ${code}`, suggestion ?? ''].join(' ').trim(),
    ),
    [
      '4:20 literal-invalid clinic.facility',
      '5:48 unknown-name fac_nm',
      '6:27 literal-invalid',
      '8:18 type-clash',
      '9:67 unknown-name number',
      '10:67 unknown-name',
      '11:21 type-clash',
      '12:14 each-misplaced Encounter.class: [{ $each: …, … }]',
      '13:66 type-clash',
      '14:74 type-clash',
      '15:65 type-clash',
    ],
  );
});
