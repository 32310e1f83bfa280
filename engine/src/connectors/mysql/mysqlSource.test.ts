import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemRandom } from '../../base/random.ts';
import { CopyReader, encodeCopyError, valueTooLarge, type Row } from '../../formats/copyText.ts';
import type { ReadRequest } from '../../model/source.ts';
import type { Slice } from '../../model/stream.ts';
import { sourceConformance, type ConformanceTable } from '../conformance/source.ts';
import { mysqlConfiguration } from './configuration.ts';
import { MysqlSource } from './mysqlSource.ts';
import { quoted } from './statement.ts';
import { noServer, startTestServer, type TestServer } from './testServer.ts';

const never = new AbortController().signal;
const skip = noServer() ?? false;

function open(url: string, settings: object = {}): MysqlSource {
  const parsed = mysqlConfiguration.parse({ url, ...settings });
  assert.ok('value' in parsed);
  return new MysqlSource(parsed.value, systemRandom);
}

/** Everything that a stream says, as its own reader sees it. */
async function read(source: MysqlSource, name: string, want: Partial<ReadRequest> = {}) {
  const stream = (await source.streams()).find((one) => one.name === name);
  assert.ok(stream);
  const [slice] = await source.slices(stream, 1);
  const rows: (Row | string)[] = [];
  const keys: string[] = [];
  const request = { stream, slice: slice as Slice, records: 100, bytes: 1 << 20, ...want };
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

const killOthers = `BEGIN NOT ATOMIC DECLARE victim int;
  SELECT id INTO victim FROM information_schema.processlist WHERE db = DATABASE()
    AND id <> CONNECTION_ID(); KILL victim; END`;

describe('mysql', { skip }, () => {
  let server: TestServer;
  let latest = '';

  before(async () => {
    server = await startTestServer();
  });

  after(() => server.stop());

  async function fill(url: string, tables: readonly ConformanceTable[]): Promise<void> {
    const connection = await server.connect(url);
    for (const { name, columns, key, rows } of tables) {
      // Keys of different case are the same to the server's usual collation.
      const parts = columns.map((column) =>
        key.includes(column)
          ? `${quoted(column)} varchar(80) COLLATE utf8mb4_bin NOT NULL`
          : `${quoted(column)} mediumtext`,
      );
      if (key.length > 0) parts.push(`PRIMARY KEY (${key.map(quoted).join(', ')})`);
      await connection.query(`CREATE TABLE ${name} (${parts.join(', ')})`);
      for (let at = 0; at < rows.length; at += 1_000) {
        await connection.query(`INSERT INTO ${name} VALUES ?`, [rows.slice(at, at + 1_000)]);
      }
    }
    await connection.end();
  }

  sourceConformance('mysql', {
    create: async (tables) => {
      const url = await server.freshDatabase();
      if (tables.length > 0) latest = url;
      await fill(url, tables);
      return open(url);
    },
    insert: (table, row) =>
      server.run(latest, `INSERT INTO ${table} VALUES ('${row.join("','")}')`),
    capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
    dispose: async () => undefined,
  });

  it('keeps every digit and every byte, and says of instants where they stood', async () => {
    const url = await server.freshDatabase();
    await server.run(
      url,
      `CREATE TABLE t (id bigint unsigned PRIMARY KEY, d decimal(30,4), b varbinary(4), f bit(2),
         at timestamp NULL, local datetime, zero date, note text CHARACTER SET latin1)`,
      `SET time_zone = '-06:00'; INSERT INTO t VALUES
        (18446744073709551615, 12345678901234567890.1000, x'00ff', b'10', '2020-01-31 12:30:00',
         '2020-01-31 12:30:00', '0000-00-00', 'Núñez'),
        (9, 0.5, '', NULL, NULL, NULL, NULL, '')`,
    );
    const source = open(url);
    await source.open(never);
    const { rows, keys, stream } = await read(source, 't', { records: 1 });
    assert.deepEqual(rows, [
      ['9', '0.5000', '\\x', null, null, null, null, ''],
      [
        '18446744073709551615',
        '12345678901234567890.1000',
        '\\x00ff',
        '\\x02',
        '2020-01-31 18:30:00+00',
        '2020-01-31 12:30:00',
        '0000-00-00',
        'Núñez',
      ],
    ]);
    assert.deepEqual(keys, ['9', '18446744073709551615']);
    const types = stream.columns.map(({ type }) => type).join();
    assert.equal(types, 'integer,decimal,binary,binary,instant,localDateTime,date,text');
    await source.close();
  });

  it('never reads a value that is too large, and few large rows at once', async () => {
    const url = await server.freshDatabase();
    const more = 1024 ** 2 + 1;
    await server.run(
      url,
      'CREATE TABLE t (id int PRIMARY KEY, a longtext, n int, b longblob, j json)',
      `INSERT INTO t VALUES (1, 'x', 1, x'00', '{}'), (2, repeat('y', ${more}), 2, repeat('y', ${more}), NULL),
        (3, repeat('z', ${more - 1}), 3, NULL, '[1]')`,
      `INSERT INTO t SELECT seq, repeat('z', 900000), seq, NULL, NULL FROM seq_4_to_40`,
    );
    const source = open(url, { largestMiB: 1 });
    await source.open(never);
    const stream = (await source.streams()).find(({ name }) => name === 't');
    assert.ok(stream);
    const [slice] = await source.slices(stream, 1);
    const request = { stream, slice: slice as Slice, records: 100, bytes: 1 << 22 };
    const lines: string[] = [];
    const counts: number[] = [];
    for await (const { bytes, offsets, keys } of source.read(request, never)) {
      counts.push(keys.length);
      for (const at of keys.keys()) {
        lines.push(bytes.subarray(offsets[at], offsets[at + 1]).toString('latin1'));
      }
    }
    await source.close();
    const mark = encodeCopyError(valueTooLarge);
    assert.equal(lines[0], '1\tx\t1\t\\\\x00\t{}');
    assert.equal(lines[1], `2\t${mark}\t2\t${mark}\t\\N`);
    assert.equal(lines[2]?.length, '3\t\t3\t\\N\t[1]'.length + more - 1);
    assert.equal(lines.length, 40);
    assert.ok(Math.max(...counts) <= 6);
  });

  it('goes on after keys of every type, in pages', async () => {
    const url = await server.freshDatabase();
    const count = 12_000;
    await server.run(
      url,
      'CREATE TABLE n (a int, b date, c varbinary(8), d varchar(9), PRIMARY KEY (a, b, c, d))',
      `INSERT INTO n SELECT seq DIV 40, DATE_ADD('2020-01-01', INTERVAL seq MOD 4 DAY),
         UNHEX(LPAD(HEX(seq MOD 7), 4, '0')), CONCAT('k', seq) FROM seq_1_to_${count}`,
    );
    const source = open(url);
    await source.open(never);
    const { keys, stream } = await read(source, 'n', { records: 777 });
    assert.equal(new Set(keys).size, count);
    let sliced = 0;
    const slices = await source.slices(stream, 2);
    assert.equal(slices.length, 2);
    for (const slice of slices) sliced += (await read(source, 'n', { slice })).keys.length;
    assert.equal(sliced, count);
    await source.close();
  });

  it('reads views by the key that the plan gives them', async () => {
    const url = await server.freshDatabase();
    await server.run(url, 'CREATE VIEW seen AS SELECT 7 AS id, 1.50 AS price');
    const source = open(url, { streams: { seen: { key: ['id'] } } });
    await source.open(never);
    const { rows, keys } = await read(source, 'seen');
    assert.deepEqual([rows, keys], [[['7', '1.50']], ['7']]);
    await source.close();
  });

  it('takes a new snapshot when the connection is lost, and says so', async () => {
    const url = await server.freshDatabase();
    await server.run(url, 'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
    const source = open(url);
    await source.open(never);
    const former = source.snapshot();
    const [stream] = await source.streams();
    await server.run(url, killOthers);
    await server.run(url, 'INSERT INTO t VALUES (2)');
    const [slice] = [{ stream: 't', id: '0001', range: '{}' }];
    const reading = async (): Promise<void> => {
      const request = {
        stream: stream as NonNullable<typeof stream>,
        slice,
        records: 9,
        bytes: 99,
      };
      for await (const batch of source.read(request, never)) assert.fail(batch.stream);
    };
    await assert.rejects(reading, { code: 'snapshot-lost' });
    assert.notEqual(source.snapshot(), former);
    assert.deepEqual((await read(source, 't')).keys, ['1', '2']);
    await server.run(url, killOthers);
    assert.equal((await source.layout(stream as NonNullable<typeof stream>))?.key[0], 'id');
    await source.close();
  });

  it('says what is wrong and what to do', async () => {
    const url = await server.freshDatabase();
    await server.run(url, "CREATE TABLE t (id int); CREATE USER nobody IDENTIFIED BY 'x'");
    const wrong: [string, object, string][] = [
      [url.replace('test_', 'none_'), {}, 'source-schema-missing'],
      [url.replace('root@', 'nobody:y@'), {}, 'source-denied'],
      [url.replace('/socket', '/nowhere'), {}, 'source-unavailable'],
      [url, { streams: { t: { key: ['no'] } } }, 'source-column-missing'],
      [url, { streams: { no: {} } }, 'source-column-missing'],
    ];
    for (const [at, settings, code] of wrong) {
      await assert.rejects(open(at, settings).open(never), (error: Error & { next?: string }) => {
        assert.equal((error as { code?: string }).code, code);
        return (error.next?.length ?? 0) > 10;
      });
    }
  });
});
