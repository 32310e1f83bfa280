import assert from 'node:assert/strict';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import type { Connector } from '../../model/connector.ts';
import { lineOf, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import { csvConfiguration } from './configuration.ts';
import { csvConnector } from './csvConnector.ts';
import { fixedWidthConnector } from './fixedWidthConnector.ts';
import { LineSource } from './lineSource.ts';
import {
  readStream,
  recordsIn,
  sourceOf,
  streamNamed,
  testFolder,
  testServices,
} from './testFolder.ts';

const never = new AbortController().signal;
const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

/** An open source over a folder with these files. */
async function opened<C>(
  connector: (folder: string) => Connector<C>,
  files: Readonly<Record<string, string | Uint8Array>>,
  settings: object = {},
): Promise<{ source: Source; path: string }> {
  const { path, remove } = await testFolder(files);
  const source = sourceOf(connector(path), { folder: '.', ...settings });
  undo.push(
    () => remove(),
    () => source.close(),
  );
  await source.open(never);
  return { source, path };
}

async function records(source: Source, name: string): Promise<string[]> {
  return recordsIn(await readStream(source, await streamNamed(source, name)));
}

function keysOf(batches: readonly RecordBatch[]): string[] {
  return batches.flatMap(({ keys }) => keys);
}

describe('csv source', () => {
  it('lists every file with the ending of a table, and whatever else needs a decision', async () => {
    const { source, path } = await opened(
      csvConnector,
      {
        'a.csv': 'id,x\n1,2\n',
        'b.TSV': 'id\tx\n1\t2,3\n',
        'c.dat': '1|2\n',
        'readme.pdf': 'none',
        '.hidden': 'none',
      },
      { streams: { c: { file: 'c.dat', delimiter: '|', header: false, columns: ['id', 'x'] } } },
    );
    assert.ok(path);
    const streams = await source.streams();
    assert.deepEqual(
      streams.map(({ name, columns, count }) => [name, columns.length, count]),
      [
        ['c', 2, 1],
        ['a', 2, 1],
        ['b', 2, 1],
        ['readme.pdf', 0, undefined],
      ],
    );
  });

  it('takes keys and types from the plan and names for columns without one', async () => {
    const { source } = await opened(
      csvConnector,
      { 't.csv': '\ufeffb,,b,"a ""x"""\nv,1,w,k\n' },
      {
        streams: { t: { key: ['a "x"', 'b'], types: { b_2: 'decimal' } } },
      },
    );
    const stream = await streamNamed(source, 't');
    assert.deepEqual(
      stream.columns.map(({ name, type, nullable }) => `${name} ${type} ${String(nullable)}`),
      ['b text false', 'column_2 text true', 'b_2 decimal true', 'a "x" text false'],
    );
    assert.deepEqual(keysOf(await readStream(source, stream)), ['k\u001fv']);
  });

  it('keeps lines as they stand, passes blank ones, and knows where each begins', async () => {
    const lines = [
      'id,note',
      '1,"two',
      'lines"',
      '',
      '2, "x" ,y',
      '3,1.10',
      '',
      '"4","open',
      '5,é',
    ];
    const { source } = await opened(
      csvConnector,
      { 't.csv': lines.join('\r\n') },
      {
        streams: { t: { key: ['id'] } },
      },
    );
    const batches = await readStream(source, await streamNamed(source, 't'));
    assert.deepEqual(recordsIn(batches), [
      '1,"two\r\nlines"',
      '2, "x" ,y',
      '3,1.10',
      '"4","open',
      Buffer.from('5,é').toString('latin1'),
    ]);
    const [batch] = batches;
    assert.deepEqual(batch?.keys, ['1', '2', '3', '4', '5']);
    assert.deepEqual(
      batch?.keys.map((_, at) => lineOf(batch.lines, at)),
      [2, 5, 6, 8, 9],
    );
  });

  it('reads the same in many slices of small blocks, and after every cursor', async () => {
    const rows = Array.from({ length: 300 }, (_, at) => `${at},"${'x\n'.repeat(at % 7)}"`);
    const { path, remove } = await testFolder({ 't.csv': `id,x\n${rows.join('\n')}\n` });
    const reference = sourceOf(csvConnector(path), { folder: '.' });
    await reference.open(never);
    const plan = {
      name: 't',
      path: join(path, 't.csv'),
      charset: undefined,
      lineEnd: 'lf' as const,
      longestRecord: 256,
      header: true,
      columns: undefined,
      key: ['id'],
      types: {},
      layout: () => ({
        kind: 'delimited' as const,
        charset: 'utf-8' as const,
        delimiter: ',',
        quote: '"',
        escape: 'doubled' as const,
        nullIs: '',
      }),
    };
    const discover = async () => ({ files: [plan], others: [] });
    const source = new LineSource({
      discover,
      digest: (data) => testServices.digest(data),
      blockBytes: 200,
    });
    undo.push(
      remove,
      () => source.close(),
      () => reference.close(),
    );
    await source.open(never);
    const stream = await streamNamed(source, 't');
    assert.equal(stream.count, 300);
    const slices = await source.slices(stream, 7);
    assert.equal(slices.length, 7);
    const all: string[] = [];
    for (const slice of slices) {
      const whole = await readStream(source, stream, { slice, records: 3 });
      for (const [at, { cursor }] of whole.entries()) {
        const rest = await readStream(source, stream, { slice, after: cursor });
        assert.deepEqual(recordsIn(rest), recordsIn(whole.slice(at + 1)));
      }
      for (const batch of whole) {
        const first = (lineOf(batch.lines, 0) ?? 0) - 1;
        const before = rows.slice(0, Number(batch.keys[0])).join('\n').split('\n').length;
        assert.equal(first, batch.keys[0] === '0' ? 1 : before + 1);
      }
      all.push(...recordsIn(whole));
    }
    assert.deepEqual(all, await records(reference, 't'));
  });

  it('is the same snapshot after a restart, and another when a byte has changed', async () => {
    const { source, path } = await opened(csvConnector, { 't.csv': 'id\n1\n' });
    const former = source.snapshot();
    const again = sourceOf(csvConnector(path), { folder: '.' });
    await again.open(never);
    assert.equal(again.snapshot(), former);
    await again.close();
    await appendFile(join(path, 't.csv'), '2\n');
    await again.open(never);
    assert.notEqual(again.snapshot(), former);
    await again.close();
  });

  it('loses its snapshot when a file is written over while it is read, and has a new one', async () => {
    const { source, path } = await opened(csvConnector, { 't.csv': 'id\n1\n2\n' });
    const former = source.snapshot();
    const stream = await streamNamed(source, 't');
    await writeFile(join(path, 't.csv'), 'id\n1\n3\n');
    await assert.rejects(readStream(source, stream), { code: 'snapshot-lost' });
    assert.notEqual(source.snapshot(), former);
    assert.deepEqual(await records(source, 't'), ['1', '3']);
    await assert.rejects(readStream(source, stream, { snapshot: former as string }), {
      code: 'snapshot-lost',
    });
    await writeFile(join(path, 't.csv'), 'id,x\n1,2\n');
    assert.deepEqual(
      (await source.layout?.(stream))?.columns.map(({ name }) => name),
      ['id', 'x'],
    );
    await rm(join(path, 't.csv'));
    assert.equal(await source.layout?.(stream), undefined);
  });

  it('says what is wrong with a file and what to do', async () => {
    const key = { streams: { t: { key: ['id'] } } };
    const wrong: [Record<string, string | Uint8Array>, object, string, RegExp][] = [
      [{ 't.csv': 'id;x\n1;2\n' }, key, 'source-column-missing', /is `delimiter` right/],
      [
        { 't.csv': 'no,x\n1,2\n' },
        { streams: { t: { key: ['id'], types: { x: 'integer' } } } },
        'source-column-missing',
        /no, x/,
      ],
      [
        { 't.csv': 'DOE,ANN\n1,2\n' },
        key,
        'source-column-missing',
        /^Its first line does not look like a header: among its 2 fields is not the column/,
      ],
      [{ 't.csv': '7,DOE,ANN\n' }, {}, 'source-header-unlike', /header: false/],
      [{ 't.csv': 'DOE,1980-01-02 10:00\n' }, {}, 'source-header-unlike', /header: true/],
      [{ 't.csv': 'DOE,ann@doe.example\n' }, {}, 'source-header-unlike', /`columns`/],
      [
        { 't.csv': 'DOE,ANN\n' },
        { streams: { t: { header: true, columns: ['a', 'b'] } } },
        'source-header-differs',
        /none of the 2 columns/,
      ],
      [{}, key, 'source-file-missing', /`folder`/],
      [{ 't.csv': '"id,x\n1,2\n' }, {}, 'source-header-unreadable', /`quote`/],
      [
        { 't.csv': Buffer.from('n\xfa,x\n', 'latin1') },
        {},
        'source-header-unreadable',
        /`charset`/,
      ],
      [{ 't.csv': '\ufeffid\n' }, { charset: 'utf-16' }, 'source-charset', /charset: utf-8/],
      [{ 't.csv': 'id\n', 't.tsv': 'id\n' }, {}, 'source-stream-doubled', /file:/],
    ];
    for (const [files, settings, code, next] of wrong) {
      await assert.rejects(opened(csvConnector, files, settings), (error: Error) => {
        assert.ok('code' in error && 'next' in error);
        assert.equal(error.code, code);
        assert.match(String(error.next), next);
        assert.doesNotMatch(`${error.message} ${String(error.next)}`, /DOE|ANN|1980/);
        return true;
      });
    }
  });

  it('takes numbers for names where the plan says that they are', async () => {
    const columnsOf = async (settings: object): Promise<string[]> => {
      const { source } = await opened(csvConnector, { 't.csv': 'id,2019\n1,2\n' }, settings);
      return (await streamNamed(source, 't')).columns.map(({ name }) => name);
    };
    assert.deepEqual(await columnsOf({ header: true }), ['id', '2019']);
    assert.deepEqual(await columnsOf({ streams: { t: { key: ['id'] } } }), ['id', '2019']);
    await assert.rejects(columnsOf({}), { code: 'source-header-unlike' });
  });

  it('stops at the next block when aborted', async () => {
    const { source } = await opened(csvConnector, { 't.csv': 'id\n1\n2\n3\n' });
    const stream = await streamNamed(source, 't');
    const [slice] = await source.slices(stream, 1);
    assert.ok(slice);
    const controller = new AbortController();
    const request: ReadRequest = { stream, slice, records: 1, bytes: 99 };
    await assert.rejects(async () => {
      for await (const batch of source.read(request, controller.signal)) {
        assert.equal(batch.keys.length, 1);
        controller.abort(new Error('enough'));
      }
    }, /enough/);
  });

  it('judges settings with the place of each mistake', () => {
    const parsed = csvConfiguration.parse({
      folder: '.',
      centuryPivott: 2026,
      delimiter: '"',
      streams: {
        a: { header: false },
        b: { key: ['k', 'k'], charset: 'latin1' },
        c: { delimiter: '→', charset: 'windows-1252' },
      },
    });
    assert.ok('problems' in parsed);
    const shape = parsed.problems.map(({ path }) => path).toSorted();
    assert.deepEqual(shape, ['centuryPivott', 'streams.b.charset', 'streams.b.key']);
    const meaning = csvConfiguration.parse({
      folder: '.',
      streams: {
        a: { header: false },
        b: { delimiter: '"' },
        c: { delimiter: '→', charset: 'windows-1252' },
      },
    });
    assert.ok('problems' in meaning);
    assert.deepEqual(
      meaning.problems.map(({ path }) => path),
      ['streams.a', 'streams.b.quote', 'streams.c.delimiter'],
    );
  });
});

describe('fixed-width source', () => {
  it('reads fields by their places and keys by their text', async () => {
    const columns = [
      { name: 'id', width: 5 },
      { name: 'name', width: 6 },
      { name: 'dose', start: 14, width: 4, type: 'decimal' },
    ];
    const lines = ['ID   NAME    DOSE', '1    Núñez   1.10', '', '2    Smith   .5  ', '\u001a'];
    const { source } = await opened(
      fixedWidthConnector,
      { 'meds.txt': lines.join('\r\n'), 'other.txt': '' },
      { streams: { meds: { columns, key: ['id'], header: true } } },
    );
    const stream = await streamNamed(source, 'meds');
    const batches = await readStream(source, stream);
    assert.deepEqual(keysOf(batches), ['1', '2', '\u001a']);
    assert.equal(stream.columns[2]?.type, 'decimal');
    const counts = await source.probe?.(stream);
    assert.deepEqual(counts?.get('name'), 2);
    assert.equal((await streamNamed(source, 'other.txt')).columns.length, 0);
  });
});
