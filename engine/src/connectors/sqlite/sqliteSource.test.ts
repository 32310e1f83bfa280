import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { hmacSha256Hex } from '../../base/digest.ts';
import { CopyReader, encodeCopyError, valueTooLarge, type Row } from '../../formats/copyText.ts';
import type { Slice } from '../../model/stream.ts';
import { sourceConformance } from '../conformance/source.ts';
import type { SqliteConfiguration } from './configuration.ts';
import { quoted } from './statement.ts';
import { SqliteSource } from './sqliteSource.ts';

const never = new AbortController().signal;
const digest = hmacSha256Hex(Buffer.alloc(32, 7));

function open(file: string, streams: SqliteConfiguration['streams'] = {}): SqliteSource {
  return new SqliteSource(file, { streams, largestMiB: 1 }, digest);
}

function run(file: string, ...statements: string[]): void {
  const database = new DatabaseSync(file);
  for (const sql of statements) database.exec(sql);
  database.close();
}

/** Everything that a stream says, as its own reader sees it. */
async function read(source: SqliteSource, name: string) {
  const stream = (await source.streams()).find((one) => one.name === name);
  assert.ok(stream);
  const [slice] = await source.slices(stream, 1);
  const rows: (Row | string)[] = [];
  const keys: string[] = [];
  const request = { stream, slice: slice as Slice, records: 100, bytes: 1 << 20 };
  for await (const batch of source.read(request, never)) {
    const reader = new CopyReader(stream.columns.map(() => true));
    reader.open(batch);
    keys.push(...batch.keys);
    batch.keys.forEach((_, at) => {
      const row: Row = [];
      rows.push(reader.read(at, row) ?? row);
    });
  }
  return { stream, rows, keys };
}

let folder: string;
let made = 0;
const fresh = (): string => join(folder, `${++made}.sqlite`);
let latest = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handover-sqlite-'));
});

after(() => rm(folder, { recursive: true, force: true }));

sourceConformance('sqlite', {
  create: async (tables) => {
    const file = fresh();
    if (tables.length > 0) latest = file;
    const database = new DatabaseSync(file);
    database.exec('PRAGMA journal_mode = wal');
    for (const { name, columns, key, rows } of tables) {
      const parts = columns.map((column) => `${column} text`);
      if (key.length > 0) parts.push(`PRIMARY KEY (${key.join(', ')})`);
      database.exec(`CREATE TABLE ${name} (${parts.join(', ')}); BEGIN`);
      const insert = database.prepare(
        `INSERT INTO ${name} VALUES (${columns.map(() => '?').join(', ')})`,
      );
      for (const row of rows) insert.run(...row);
      database.exec('COMMIT');
    }
    database.close();
    return open(file);
  },
  insert: async (table, row) => {
    const database = new DatabaseSync(latest);
    database.prepare(`INSERT INTO ${table} VALUES (?, ?)`).run(...row);
    database.close();
  },
  capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
  dispose: async () => undefined,
});

describe('sqlite source', () => {
  it('keeps every digit and every byte', async () => {
    const file = fresh();
    run(
      file,
      'CREATE TABLE t (id integer PRIMARY KEY, i int, r real, d decimal_text, b blob, x text)',
      `INSERT INTO t VALUES (9223372036854775807, -9223372036854775808, 1.1, '1.10', x'00ff', 'a'),
        (1, NULL, 5.0, '00.50', x'', ''), (2, 'not a number', 1e300, NULL, 'text', char(0))`,
    );
    const source = open(file);
    await source.open(never);
    const { rows, keys, stream } = await read(source, 't');
    assert.deepEqual(rows, [
      ['1', null, '5.0', '00.50', '\\x', ''],
      ['2', 'not a number', '1e+300', null, 'text', '\u0000'],
      ['9223372036854775807', '-9223372036854775808', '1.1', '1.10', '\\x00ff', 'a'],
    ]);
    assert.deepEqual(keys, ['1', '2', '9223372036854775807']);
    assert.deepEqual(
      stream.columns.map(({ type }) => type),
      ['integer', 'integer', 'decimal', 'decimal', 'binary', 'text'],
    );
    await source.close();
  });

  it('hands on text that is no UTF-8 as it is, to be held', async () => {
    const file = fresh();
    const bytes = "cast(x'4ec3fa' AS text)";
    run(
      file,
      'CREATE TABLE numbered (id text PRIMARY KEY, x text)',
      `INSERT INTO numbered VALUES ('a', ${bytes}), ('b', char(0xfffd)), ('c', 'Núñez')`,
      'CREATE TABLE counted (id text PRIMARY KEY, x text) WITHOUT ROWID',
      'INSERT INTO counted SELECT * FROM numbered',
    );
    const source = open(file);
    await source.open(never);
    for (const name of ['numbered', 'counted']) {
      const { rows, keys } = await read(source, name);
      assert.deepEqual(rows, ['encoding-invalid', ['b', '\ufffd'], ['c', 'Núñez']]);
      assert.deepEqual(keys, ['a', 'b', 'c']);
    }
    await source.close();
  });

  it('never reads a value that is too large, and marks it in its place', async () => {
    const file = fresh();
    const more = 1024 ** 2 + 1;
    run(
      file,
      'CREATE TABLE t (id text PRIMARY KEY, a text, n int, b blob)',
      `INSERT INTO t VALUES ('1', 'x', 1, x'00'), ('2', printf('%.*c', ${more}, 'y'), 2, zeroblob(${more})),
        ('3', printf('%.*c', ${more - 1}, 'z'), 3, NULL), ('4', CAST(x'ff' AS text), 4, zeroblob(${more}))`,
      'CREATE TABLE w (id text PRIMARY KEY, a text) WITHOUT ROWID',
      `INSERT INTO w VALUES ('1', printf('%.*c', ${more}, 'y'))`,
    );
    const source = open(file);
    await source.open(never);
    const stream = (await source.streams()).find(({ name }) => name === 't');
    assert.ok(stream);
    const [slice] = await source.slices(stream, 1);
    const request = { stream, slice: slice as Slice, records: 100, bytes: 1 << 24 };
    const lines: string[] = [];
    for await (const { bytes, offsets, keys } of source.read(request, never)) {
      for (const at of keys.keys()) {
        lines.push(bytes.subarray(offsets[at], offsets[at + 1]).toString('latin1'));
      }
    }
    const mark = encodeCopyError(valueTooLarge);
    assert.equal(lines[0], '1\tx\t1\t\\\\x00');
    assert.equal(lines[1], `2\t${mark}\t2\t${mark}`);
    assert.equal(lines[2]?.length, '3\t\t3\t\\N'.length + more - 1);
    assert.equal(lines[3], `4\t\xff\t4\t${mark}`);
    assert.deepEqual((await read(source, 'w')).keys, ['1']);
    await source.close();
  });

  it('lists views, odd names, unique keys and what the plan says of keys and types', async () => {
    const file = fresh();
    run(
      file,
      'CREATE TABLE "od""d t" (rowid text NOT NULL UNIQUE, "a b" decimal(9,2))',
      `INSERT INTO "od""d t" VALUES ('k', 1.5)`,
      `CREATE VIEW seen AS SELECT rowid AS id, "a b" AS price FROM "od""d t"`,
    );
    const source = open(file, { seen: { key: ['id'], types: { price: 'decimal' } } });
    await source.open(never);
    assert.deepEqual((await read(source, 'od"d t')).keys, ['k']);
    const { stream, rows, keys } = await read(source, 'seen');
    assert.deepEqual([keys, rows, stream.columns[1]?.type], [['k'], [['k', '1.5']], 'decimal']);
    assert.equal(quoted('od"d t'), '"od""d t"');
    await source.close();
  });

  it('knows its snapshot again after a restart, and not when something was written', async () => {
    const file = fresh();
    run(file, 'CREATE TABLE t (id integer PRIMARY KEY)');
    const names: (string | undefined)[] = [];
    for (const change of ['', '', 'INSERT INTO t VALUES (1)']) {
      run(file, change);
      const source = open(file);
      await source.open(never);
      names.push(source.snapshot());
      await source.close();
    }
    assert.equal(names[0], names[1]);
    assert.notEqual(names[1], names[2]);
  });

  it('says what is wrong and what to do', async () => {
    const text = fresh();
    await writeFile(text, 'this is a text, and rather longer than the header of a database is');
    const wrong: [SqliteSource, string][] = [
      [open(join(folder, 'nowhere.sqlite')), 'source-file-missing'],
      [open(folder), 'source-file-missing'],
      [open(text), 'source-file-damaged'],
    ];
    const known = fresh();
    run(known, 'CREATE TABLE t (id integer PRIMARY KEY)');
    wrong.push([open(known, { t: { key: ['no'], types: {} } }), 'source-column-missing']);
    wrong.push([open(known, { no: { types: {} } }), 'source-column-missing']);
    for (const [source, code] of wrong) {
      await assert.rejects(source.open(never), (error: Error & { next?: string }) => {
        assert.equal((error as { code?: string }).code, code);
        return (error.next?.length ?? 0) > 10;
      });
      await source.close();
    }
  });
});
