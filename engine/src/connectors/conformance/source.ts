import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Row } from '../../formats/copyText.ts';
import { openRowReader } from '../../formats/rowReader.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source, SourceCapabilities } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';

/** A table that a source under test holds. All columns are text, those of the key never NULL. */
export interface ConformanceTable {
  name: string;
  columns: readonly string[];
  key: readonly string[];
  rows: (string | null)[][];
}

/** What an implementation brings to be tested. */
export interface SourceUnderTest {
  /** A source, not yet open, that holds exactly these tables. */
  create(tables: readonly ConformanceTable[]): Promise<Source>;
  /** Add a row behind the source's back, where the kind of source allows it. */
  insert?(table: string, row: readonly (string | null)[]): Promise<void>;
  capabilities: SourceCapabilities;
  /**
   * What it can hold, where that is not rows of tables: the records of each stream, whose columns are
   * texts; one of more than 2,000, and one of a few. `row` reads such a record again.
   */
  records?: { tables: readonly ConformanceTable[]; row(batch: RecordBatch, ordinal: number): Row };
  /** Free everything made by `create`. */
  dispose(): Promise<void>;
}

/** Registers the tests that every source must pass; the contract is `model/source.ts`. */
export function sourceConformance(kind: string, under: SourceUnderTest): void {
  describe(`source conformance: ${kind}`, () => {
    const never = new AbortController().signal;
    const tables = under.records?.tables ?? conformanceTables;
    const sizes = tables.toSorted((a, b) => a.rows.length - b.rows.length);
    const few = sizes.find(({ rows }) => rows.length > 0) as ConformanceTable;
    const many = sizes.at(-1) as ConformanceTable;
    const rowsOf = (batch: RecordBatch, table: ConformanceTable): Row[] => {
      const { records } = under;
      if (records === undefined) return tableRows(batch, table);
      assert.equal(batch.stream, table.name);
      return batch.keys.map((_, ordinal) => records.row(batch, ordinal));
    };
    const rowTexts = (batch: RecordBatch, table: ConformanceTable): string[] =>
      rowsOf(batch, table).map((row) => JSON.stringify(row));
    const streams = new Map<string, Stream>();
    let source: Source;

    before(async () => {
      source = await under.create(tables);
      await source.open(never);
      for (const stream of await source.streams()) streams.set(stream.name, stream);
    });

    after(async () => {
      await source.close();
      await under.dispose();
    });

    const streamOf = (table: ConformanceTable): Stream => streams.get(table.name) as Stream;

    it('lists every table with its columns, key and count', () => {
      assert.deepEqual([...streams.keys()].toSorted(), tables.map(({ name }) => name).toSorted());
      for (const table of tables) {
        const stream = streamOf(table);
        assert.deepEqual(
          stream.columns.map((column) => column.name),
          table.columns,
        );
        assert.deepEqual(stream.key, table.key);
        if (under.capabilities.counts) assert.equal(stream.count, table.rows.length);
      }
    });

    for (const table of tables) {
      it(`reads each record of "${table.name}" once, whatever the slices`, async () => {
        for (const want of [1, 3, 8]) {
          const slices = await source.slices(streamOf(table), want);
          assert.ok(slices.length >= 1 && slices.length <= Math.max(1, want));
          assert.equal(new Set(slices.map((slice) => slice.id)).size, slices.length);
          const read: string[] = [];
          for (const slice of slices) {
            const batches = await readAll(source, request(streamOf(table), slice), never);
            for (const batch of batches) read.push(...rowTexts(batch, table));
          }
          assert.deepEqual(
            read.toSorted(),
            table.rows.map((row) => JSON.stringify(row)).toSorted(),
          );
        }
      });

      it(`goes on in "${table.name}" after any cursor with exactly the rest`, async () => {
        const slices = await source.slices(streamOf(table), 3);
        const limits = { records: fc.integer({ min: 1, max: 400 }), bytes: fc.constant(1 << 20) };
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom(...slices),
            fc.record(limits),
            fc.nat(),
            fc.record(limits),
            async (slice, first, pick, second) => {
              const whole = await readAll(source, request(streamOf(table), slice, first), never);
              if (whole.length === 0) return;
              const at = pick % whole.length;
              const cursor = (whole[at] as RecordBatch).cursor;
              const rest = request(streamOf(table), slice, { ...second, after: cursor });
              const texts = (batches: RecordBatch[]): string[] =>
                batches.flatMap((batch) => rowTexts(batch, table));
              const resumed = texts(await readAll(source, rest, never));
              assert.deepEqual(resumed, texts(whole.slice(at + 1)));
            },
          ),
          { numRuns: 12 },
        );
      });
    }

    it('gives the same records in the same order when asked again', async () => {
      for (const table of tables) {
        const [slice] = await source.slices(streamOf(table), 1);
        const once = await readAll(source, request(streamOf(table), slice as Slice), never);
        const again = await readAll(
          source,
          request(streamOf(table), slice as Slice, { records: 7 }),
          never,
        );
        assert.deepEqual(
          again.flatMap((batch) => rowTexts(batch, table)),
          once.flatMap((batch) => rowTexts(batch, table)),
        );
      }
    });

    it('gives every record its key, and no key where the stream has none', async () => {
      for (const table of tables) {
        const places = table.key.map((name) => table.columns.indexOf(name));
        const [slice] = await source.slices(streamOf(table), 1);
        for (const batch of await readAll(
          source,
          request(streamOf(table), slice as Slice),
          never,
        )) {
          const keys = rowsOf(batch, table).map((row) =>
            places.map((at) => row[at]).join(keySeparator),
          );
          assert.deepEqual(batch.keys, keys);
        }
      }
    });

    it('keeps batches within the bounds, unless one record alone exceeds them', async () => {
      const table = many;
      const [slice] = await source.slices(streamOf(table), 1);
      for (const [records, bytes] of [
        [1, 1 << 20],
        [50, 700],
        [1_000, 1],
      ] as const) {
        const limits = { records, bytes };
        const stream = streamOf(table);
        for (const batch of await readAll(source, request(stream, slice as Slice, limits), never)) {
          const count = batch.offsets.length - 1;
          assert.ok(count >= 1 && count <= records);
          assert.ok(count === 1 || batch.bytes.length <= bytes);
          assert.equal(batch.offsets[count], batch.bytes.length);
          assert.equal(batch.keys.length, count);
        }
      }
    });

    it('can be left in the middle and read again', async () => {
      const stream = streamOf(many);
      const [slice] = await source.slices(stream, 1);
      for (let time = 0; time < 5; time++) {
        for await (const batch of source.read(
          request(stream, slice as Slice, { records: 3 }),
          never,
        )) {
          assert.equal(batch.keys.length, 3);
          break;
        }
      }
      const read = await readAll(source, request(stream, slice as Slice), never);
      assert.equal(read.flatMap((batch) => batch.keys).length, many.rows.length);
    });

    it('stops when aborted, with the reason, and stays usable', async () => {
      const stream = streamOf(many);
      const [slice] = await source.slices(stream, 1);
      const reason = new Error('the run was paused');
      for (const afterBatches of [0, 2]) {
        const controller = new AbortController();
        if (afterBatches === 0) controller.abort(reason);
        let seen = 0;
        const reading = async (): Promise<void> => {
          const one = request(stream, slice as Slice, { records: 3 });
          for await (const batch of source.read(one, controller.signal)) {
            assert.ok(batch.keys.length > 0);
            if (++seen === afterBatches) controller.abort(reason);
          }
        };
        await assert.rejects(reading, reason);
      }
      assert.equal((await source.streams()).length, tables.length);
    });

    const { snapshot } = under.capabilities;
    // Where the files are the snapshot, a change loses it instead: that source's own tests show it.
    if (under.insert !== undefined || !snapshot) {
      it(
        'shows what was there when it was opened',
        { skip: snapshot ? false : noSnapshot },
        async () => {
          const table = few;
          await under.insert?.(table.name, ['999', 'late']);
          const [slice] = await source.slices(streamOf(table), 1);
          const read = await readAll(source, request(streamOf(table), slice as Slice), never);
          assert.equal(read.flatMap((batch) => batch.keys).length, table.rows.length);
        },
      );
    }

    const skip = snapshot ? false : noSnapshot;
    it('refuses a snapshot that nobody holds', { skip }, async () => {
      const stream = streamOf(few);
      const [slice] = await source.slices(stream, 1);
      const foreign = request(stream, slice as Slice, { snapshot: '00000003-0000001B-1' });
      await assert.rejects(readAll(source, foreign, never), { code: 'snapshot-lost' });
      const own = source.snapshot();
      assert.ok(own !== undefined);
      const read = await readAll(source, request(stream, slice as Slice, { snapshot: own }), never);
      assert.equal(read.length, 1);
    });

    // What is no row has no columns to be populated.
    if (under.records === undefined) {
      it('counts what is populated', async () => {
        const table = oddTexts;
        const counts = await source.probe?.(streamOf(table));
        assert.ok(counts, 'a source of rows counts the values of their columns');
        table.columns.forEach((name, at) => {
          const populated = table.rows.filter((row) => row[at] !== null && row[at] !== '').length;
          assert.equal(counts.get(name), populated);
        });
      });
    }

    it('may be closed twice', async () => {
      const other = await under.create([]);
      await other.open(never);
      await other.close();
      await other.close();
    });
  });
}

const noSnapshot = 'this kind of source has no snapshot';

function request(
  stream: Stream,
  slice: Slice,
  more: Partial<Pick<ReadRequest, 'records' | 'bytes' | 'after' | 'snapshot'>> = {},
): ReadRequest {
  return { stream, slice, records: 1_000, bytes: 1 << 20, ...more };
}

async function readAll(
  source: Source,
  wanted: ReadRequest,
  signal: AbortSignal,
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for await (const batch of source.read(wanted, signal)) batches.push(batch);
  return batches;
}

function tableRows(batch: RecordBatch, table: ConformanceTable): Row[] {
  assert.equal(batch.stream, table.name);
  const reader = openRowReader(
    batch.mediaType,
    table.columns.map(() => true),
  );
  assert.ok(reader, 'the suite reads table rows only');
  reader.open(batch);
  return batch.keys.map((_, ordinal) => {
    const row: Row = [];
    assert.equal(reader.read(ordinal, row), undefined);
    return row;
  });
}

const fewRecords: ConformanceTable = {
  name: 'few_records',
  columns: ['id', 'word'],
  key: ['id'],
  rows: [
    ['1', 'one'],
    ['2', null],
    ['10', ''],
  ],
};

/** Enough for several slices, with keys whose order depends on who compares them. */
const manyRecords: ConformanceTable = {
  name: 'many_records',
  columns: ['word', 'filler', 'id'],
  key: ['id'],
  rows: Array.from({ length: 17_000 }, (_, at) => [
    at % 3 === 0 ? null : `word ${at % 17}`,
    'x'.repeat(at % 23),
    `${'aAbB-éÉ_ z'[at % 10] as string}${(at * 7919) % 17_000}`,
  ]),
};

const compositeKey: ConformanceTable = {
  name: 'composite_key',
  columns: ['line', 'note', 'claim'],
  key: ['claim', 'line'],
  rows: Array.from({ length: 12_000 }, (_, at) => [
    String(at % 40),
    `note\t${at}`,
    `C${Math.floor(at / 40)}`,
  ]),
};

const oddTexts: ConformanceTable = {
  name: 'odd_texts',
  columns: ['id', 'text'],
  key: ['id'],
  rows: [
    '',
    ' ',
    '\\',
    '\\N',
    '\\.',
    '\t',
    '\n',
    'a\r\nb',
    'back\\slash\ttab',
    "it's",
    '"q"',
    '\u000b\f\b',
    'Łukasz Núñez O’Brien',
    '\u{1f9ec}',
    'x'.repeat(70_000),
    null,
  ].map((text, at) => [text === null || text.length > 99 ? `k${at}` : `k${at}${text}`, text]),
};

const withoutKey: ConformanceTable = {
  name: 'without_key',
  columns: ['word', 'other'],
  key: [],
  rows: Array.from({ length: 900 }, (_, at) => [
    `w${at % 7}`,
    at % 5 === 0 ? null : String(at % 3),
  ]),
};

const noRecords: ConformanceTable = {
  name: 'no_records',
  columns: ['id', 'word'],
  key: ['id'],
  rows: [],
};

const conformanceTables: readonly ConformanceTable[] = [
  fewRecords,
  manyRecords,
  compositeKey,
  oddTexts,
  withoutKey,
  noRecords,
];
