import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RelatedRecord } from '../model/related.ts';
import { compileMapping } from './compile.ts';
import type { CompiledMapping, PackedMappedBatch } from './mapper.ts';
import { mapWhole } from './mapWhole.ts';
import { batchOf, clinicSettings, codeMapsOf, finderOver, plainIdentities } from './testProject.ts';
import { streamOf } from './testProject.ts';

const streams = [
  streamOf('clinic.charge', 'chg_id', 'pt_id', 'deleted'),
  streamOf('clinic.line', 'line_id', 'chg_id', 'line_no:integer', 'cpt', 'amt:decimal', 'deleted'),
  streamOf('clinic.vital', 'row_id', 'pt_id', 'taken', 'kind', 'val', 'deleted'),
];

const charge = `stream: clinic.charge
exclude: { when: "deleted ~ 'Y'", reason: voided }
children:
  lines: { stream: clinic.line, by: chg_id, order: line_no }
resources:
  Claim:
    patient: { display: pt_id }
    total: { value: "lines.amt.aggregate($this + $total, 0)", currency: =USD }
    item:
      - $each: lines
        sequence: line_no
        productOrService: { coding: [{ code: cpt.map('cpt') }] }
        net: { value: amt }
        programCode: [{ text: "%parent.pt_id & '/' & line_id" }]
`;
const line = `stream: clinic.line
exclude: { when: "deleted ~ 'Y'", reason: deleted-line }
foldedInto: clinic.charge
`;
const vital = `stream: clinic.vital
exclude: { when: "deleted ~ 'Y'", reason: deleted-in-source }
group: { by: [pt_id, taken], order: kind }
resources:
  Observation:
    status: =final
    code: { text: =BP }
    subject: { display: pt_id }
    component:
      - { $each: rows, code: { text: kind.map('vital') }, valueString: val }
`;

function compile(...texts: string[]): ReturnType<typeof compileMapping> {
  const files = texts.map((text, at) => ({ path: `mappings/${at}.yaml`, text }));
  const codeMaps = codeMapsOf({ cpt: ['A,99213', 'B,99214'], vital: ['DIA,dia', 'SYS,sys'] });
  return compileMapping(files, { streams, codeMaps, settings: clinicSettings, ...plainIdentities });
}

function rules(stream: string, ...texts: string[]): CompiledMapping {
  const { mappings, problems } = compile(...texts);
  assert.deepEqual(problems, []);
  return mappings.get(stream) as CompiledMapping;
}

type Rows = (string | null)[][];

describe('children', () => {
  const lines: Rows = [
    ['1', 'c1', '10', 'A', '1.10', null],
    ['2', 'c1', '9', 'B', '20', null],
    ['3', 'c1', '11', 'A', '5', 'Y'],
    ['4', 'c2', '1', 'Q', '5', null],
    ['5', 'c9', '1', 'A', '5', null],
  ];

  const map = (...charges: Rows): Promise<PackedMappedBatch> => {
    const others = [
      batchOf('clinic.line', ...lines.slice(0, 2)),
      batchOf('clinic.line', ...lines.slice(2)),
    ];
    const batch = batchOf('clinic.charge', ...charges);
    return mapWhole(rules('clinic.charge', charge, line), batch, finderOver(streams, others));
  };

  test('become items in their order, with what they come from', async () => {
    const { drafts, contributions, issues } = await map(['c1', 'p1', null], ['c3', 'p3', null]);
    assert.deepEqual(issues, []);
    const [claim, bare] = drafts.map(({ body }) => JSON.parse(body));
    assert.deepEqual(
      claim.item.map((item: Record<string, unknown>) => [item['sequence'], item['net']]),
      [
        [9, { value: 20 }],
        [10, { value: 1.1 }],
      ],
    );
    assert.match(
      drafts[0]?.body ?? '',
      /"value":1\.10\b.*"total":\{"currency":"USD","value":21\.10\}/,
    );
    assert.equal(claim.item[0].programCode[0].text, 'p1/2');
    assert.equal('item' in bare, false);
    assert.deepEqual(contributions, [
      { stream: 'clinic.line', place: { slice: '1', number: 0, ordinal: 0 }, into: 0 },
      { stream: 'clinic.line', place: { slice: '1', number: 0, ordinal: 1 }, into: 0 },
    ]);
  });

  test('that cannot be mapped hold the whole', async () => {
    const { drafts, outcomes } = await map(['c2', 'p2', null], ['c1', 'p1', 'Y']);
    assert.deepEqual(outcomes, [
      { state: 'quarantined', reason: 'code-unmapped' },
      { state: 'excluded', reason: 'voided' },
    ]);
    assert.deepEqual(drafts, []);
  });

  test('that are damaged hold the whole too', async () => {
    const batch = batchOf('clinic.charge', ['c1', 'p1', null]);
    const broken = batchOf('clinic.line', ['1', 'c1', '1', 'A', '1', null, 'more']);
    const find = finderOver(streams, [batchOf('clinic.line', ...lines)]);
    const mapping = rules('clinic.charge', charge, line);
    const { outcomes } = await mapWhole(mapping, batch, async (wanted) => {
      const found = await find(wanted);
      const [name] = found.keys();
      const [[key, records]] = [...(found.get(name as string) ?? [])] as [
        [string, RelatedRecord[]],
      ];
      const damaged = { ...(records[0] as RelatedRecord), bytes: broken.bytes };
      return new Map([[name as string, new Map([[key, [damaged, ...records.slice(1)]]])]]);
    });
    assert.deepEqual(outcomes, [{ state: 'quarantined', reason: 'child-held' }]);
  });

  test('are read by their own stream for its exclusions alone', () => {
    const mapping = rules('clinic.line', charge, line);
    const { outcomes, drafts } = mapping.map(batchOf('clinic.line', ...lines.slice(2)));
    assert.deepEqual(
      outcomes.map(({ state }) => state),
      ['excluded', 'mapped', 'mapped'],
    );
    assert.deepEqual(drafts, []);
    assert.equal(mapping.foldedInto, 'clinic.charge');
    assert.ok(mapping.columnsRead.includes('amt'));
  });
});

describe('a group', () => {
  const rows: Rows = [
    ['1', 'p1', 't1', 'SYS', '120', null],
    ['2', 'p2', 't1', 'SYS', '110', null],
    ['3', 'p1', 't1', 'DIA', '80', null],
    ['4', 'p3', 't1', 'XX', '1', null],
    ['5', 'p3', 't1', 'SYS', '1', null],
    ['6', 'p1', 't1', 'SYS', '1', 'Y'],
    ['7', null, 't1', 'SYS', '1', null],
  ];
  const mapping = rules('clinic.vital', vital);

  test('is one resource, made where its first row stands, whatever the batches', async () => {
    for (const size of [1, 2, 3, 7]) {
      const batches = Array.from({ length: Math.ceil(rows.length / size) }, (_, at) =>
        batchOf('clinic.vital', ...rows.slice(at * size, (at + 1) * size)),
      );
      const find = finderOver(streams, batches);
      const results = [];
      for (const [number, batch] of batches.entries()) {
        results.push(
          await mapWhole(mapping, batch, find, (ordinal) => ({ slice: '1', number, ordinal })),
        );
      }
      assert.deepEqual(
        results.flatMap(({ outcomes }) =>
          outcomes.map((one) => ('reason' in one ? one.reason : one.state)),
        ),
        [
          'mapped',
          'mapped',
          'mapped',
          'code-unmapped',
          'group-held',
          'deleted-in-source',
          'group-key-missing',
        ],
        `batches of ${size}`,
      );
      const drafts = results.flatMap((one) => one.drafts);
      assert.equal(drafts.length, 2);
      const body = JSON.parse(drafts[0]?.body ?? '');
      assert.deepEqual(
        body.component.map((one: { valueString: string }) => one.valueString),
        ['80', '120'],
      );
      const ids = new Set(drafts.map(({ id }) => id));
      assert.equal(ids.size, 2);
      const others = results.flatMap(({ contributions }) =>
        contributions.map(({ place }) => place),
      );
      assert.equal(others.length, 2, 'the second row of p1 and of p3');
      assert.deepEqual(drafts[0]?.from, size >= 3 ? [0, 2] : [0]);
    }
  });
});

test('a group is made too where a later row of it stands before its first, as in a replay', async () => {
  const rows: Rows = [
    ['1', 'p1', 't1', 'SYS', '120', null],
    ['2', 'p1', 't1', 'DIA', '80', null],
  ];
  const staged = batchOf('clinic.vital', ...rows);
  const replayed = batchOf('clinic.vital', ...rows.toReversed());
  const { drafts, outcomes, contributions } = await mapWhole(
    rules('clinic.vital', vital),
    replayed,
    finderOver(streams, [staged]),
    (ordinal) => ({ slice: '1', number: 0, ordinal: 1 - ordinal }),
  );
  assert.deepEqual(
    outcomes.map(({ state }) => state),
    ['mapped', 'mapped'],
  );
  assert.deepEqual(
    drafts.map(({ from }) => from.toSorted((one, other) => one - other)),
    [[0, 1]],
  );
  assert.deepEqual(
    contributions.map(({ into, place }) => [into, place.ordinal]),
    [[1, 1]],
  );
});

test('rows of one group are told apart by what an expression gives', async () => {
  const apart = vital.replace('by: [pt_id, taken], order', 'by: pt_id, apart: taken, order');
  const batch = batchOf(
    'clinic.vital',
    ['1', 'p1', 't1', 'SYS', '120', null],
    ['2', 'p1', 't2', 'SYS', '110', null],
    ['3', 'p1', 't1', 'DIA', '80', null],
    ['4', 'p1', null, 'SYS', '1', null],
  );
  const find = finderOver(streams, [batch]);
  const { drafts, outcomes } = await mapWhole(
    rules('clinic.vital', apart),
    batch,
    find,
    (ordinal) => ({ slice: '1', number: 0, ordinal }),
  );
  assert.deepEqual(
    drafts.map(({ body }) =>
      JSON.parse(body).component.map((one: { valueString: string }) => one.valueString),
    ),
    [['80', '120'], ['110']],
  );
  assert.equal(new Set(drafts.map(({ id }) => id)).size, 2);
  assert.deepEqual(outcomes.at(-1), { state: 'quarantined', reason: 'group-key-missing' });
});

test('mistakes in folds are told with place and fix', () => {
  const { problems } = compile(
    charge
      .replace('clinic.line, by: chg_id', 'clinic.lin, by: chg_id')
      .replace('lines.amt', 'lins.amt'),
    line.replace('clinic.charge', 'clinic.charg'),
    vital.replace('taken]', 'takn]').replace('order: kind', 'order: knd'),
  );
  assert.deepEqual(
    problems.map(({ file, line: row, code, suggestion }) =>
      `${file.slice(9, 10)}:${row} ${code} ${suggestion ?? ''}`.trim(),
    ),
    [
      '0:4 stream-unknown clinic.line',
      '0:8 unknown-name',
      '0:10 unknown-name',
      '1:3 fold-undeclared write there children: { rows: { stream: clinic.line, by: … } }',
      '2:3 column-unknown taken',
      '2:3 column-unknown kind',
    ],
  );
});
