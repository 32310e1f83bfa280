import assert from 'node:assert/strict';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openFileQueries } from '../../query/fileQueries.ts';
import { sourceConformance } from '../conformance/source.ts';
import { readStream, recordsIn, sourceOf, streamNamed, testFolder } from '../csv/testFolder.ts';
import { parquetConnector } from './parquetConnector.ts';
import { writeParquet, writeRows } from './testing.ts';

const never = new AbortController().signal;
const folders: Awaited<ReturnType<typeof testFolder>>[] = [];

async function folderFor(): Promise<string> {
  const folder = await testFolder();
  folders.push(folder);
  return folder.path;
}

after(async () => {
  for (const folder of folders) await folder.remove();
});

function open(folder: string, streams: object = {}) {
  return sourceOf(parquetConnector('/'), { folder, streams });
}

sourceConformance('parquet', {
  create: async (tables) => {
    const folder = await folderFor();
    const streams: Record<string, object> = {};
    for (const { name, columns, key, rows } of tables) {
      const path = join(folder, `${name}.parquet`);
      await writeRows(path, columns, rows);
      await rm(`${path}.json`);
      streams[name] = key.length > 0 ? { key } : {};
    }
    return open(folder, streams);
  },
  capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
  dispose: async () => undefined,
});

describe('parquet source', () => {
  it('keeps every digit, zones, bytes and nested values', async () => {
    const folder = await folderFor();
    await writeParquet(
      join(folder, 'odd.parquet'),
      `SELECT 12345678901234567890::DECIMAL(20,0) AS id, 1.10::DECIMAL(6,2) AS dose,
         0.1::DOUBLE AS share, 9223372036854775807 AS most,
         TIMESTAMPTZ '2024-07-01 08:30:00.5-05' AS seen, TIMESTAMP '2024-03-10 02:30:00' AS wall,
         DATE '0987-01-02' AS born, TIME '23:59:59' AS at, true AS alive, '\\x00\\xFF'::BLOB AS scan,
         [1.10::DECIMAL(4,2)] AS doses, NULL::VARCHAR AS nothing, '' AS empty`,
    );
    const source = open(folder);
    await source.open(never);
    const stream = await streamNamed(source, 'odd');
    assert.deepEqual(
      stream.columns.map(({ type }) => type),
      [
        'decimal',
        'decimal',
        'decimal',
        'integer',
        'instant',
        'localDateTime',
        'date',
        'time',
        'boolean',
        'binary',
        'text',
        'text',
        'text',
      ],
    );
    assert.deepEqual(recordsIn(await readStream(source, stream)), [
      [
        '12345678901234567890',
        '1.10',
        '0.1',
        '9223372036854775807',
        '2024-07-01 13:30:00.5+00',
        '2024-03-10 02:30:00',
        '0987-01-02',
        '23:59:59',
        'true',
        '\\\\x00ff',
        '[1.10]',
        '\\N',
        '',
      ].join('\t'),
    ]);
    await source.close();
  });

  it('reads a folder of parts as one stream and lists what is no table', async () => {
    const folder = await folderFor();
    await writeFile(join(folder, 'readme.txt'), 'hello');
    const parts = join(folder, 'visits');
    await mkdir(parts);
    await writeParquet(join(parts, 'part-1.parquet'), 'SELECT range AS id FROM range(3000)');
    await writeParquet(join(parts, 'part-2.parquet'), 'SELECT range + 3000 AS id FROM range(1000)');
    const source = open(folder, { visits: { key: ['id'] } });
    await source.open(never);
    assert.deepEqual(
      (await source.streams()).map(({ name, count }) => [name, count]),
      [
        ['visits', 4000],
        ['readme.txt', undefined],
      ],
    );
    const stream = await streamNamed(source, 'visits');
    const after2900 = await readStream(source, stream, { after: '2900' });
    assert.equal(after2900.flatMap(({ keys }) => keys).length, 1100);
    assert.equal(after2900[0]?.keys[0], '2900');
    await writeParquet(join(parts, 'part-3.parquet'), "SELECT 'x' AS id");
    await assert.rejects(open(folder).open(never), { code: 'source-parts-differ' });
    await source.close();
  });

  it('R16 a file that changes while it is read loses the snapshot, and the next is named', async () => {
    const folder = await folderFor();
    const path = join(folder, 'visits.parquet');
    await writeParquet(path, 'SELECT range AS id FROM range(9000)');
    const source = open(folder);
    await source.open(never);
    const stream = await streamNamed(source, 'visits');
    const before = source.snapshot() as string;
    // Touched, but the same: nothing is lost.
    await writeFile(path, await readFile(path));
    assert.equal((await readStream(source, stream, { snapshot: before })).length, 9);
    await writeParquet(path, 'SELECT range AS id FROM range(9001)');
    await assert.rejects(readStream(source, stream, { snapshot: before }), {
      code: 'snapshot-lost',
    });
    assert.notEqual(source.snapshot(), before);
    assert.equal((await readStream(source, stream)).flatMap(({ keys }) => keys).length, 9001);
    await source.close();
  });

  it('R13 says of a cut, foreign or missing file that it is so', async () => {
    const folder = await folderFor();
    const path = join(folder, 'cut.parquet');
    await writeParquet(path, 'SELECT range AS id FROM range(9000)');
    await truncate(path, 9_000);
    await assert.rejects(open(folder).open(never), { code: 'source-file-damaged' });
    await writeFile(path, 'PAR1 and then no more PAR1');
    await assert.rejects(open(folder).open(never), { code: 'source-file-damaged' });
    await rm(path);
    await assert.rejects(open(folder, { gone: {} }).open(never), { code: 'source-file-missing' });
    await assert.rejects(open(join(folder, 'nowhere')).open(never), {
      code: 'source-file-missing',
    });
  });

  it('lists every problem of its settings at once, and a key that is no column', async () => {
    const parsed = parquetConnector('/').configuration.parse({
      streams: { a: { key: [], types: { x: 'money' } } },
      speed: 9,
    });
    assert.ok('problems' in parsed);
    assert.deepEqual(
      parsed.problems.map(({ path }) => path),
      ['folder', 'streams.a.key', 'streams.a.types.x', 'speed'],
    );
    const folder = await folderFor();
    await writeParquet(join(folder, 'a.parquet'), 'SELECT 1 AS id');
    await assert.rejects(open(folder, { a: { key: ['pt'] } }).open(never), {
      code: 'source-column-missing',
      message: /"pt"/,
    });
  });

  it('R15 can open no file but its own, whatever is asked', async () => {
    const queries = await openFileQueries(['/nowhere/a.parquet']);
    for (const sql of [
      "SELECT * FROM read_csv('/etc/passwd')",
      "COPY (SELECT 1) TO '/tmp/out.csv'",
      "ATTACH '/tmp/other.db'",
      'SET enable_external_access = true',
      "SELECT * FROM read_parquet('https://example.org/a.parquet')",
    ]) {
      await assert.rejects(queries.rows(sql), Error, sql);
    }
    queries.close();
  });
});
