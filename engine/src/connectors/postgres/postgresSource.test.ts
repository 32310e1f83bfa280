import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { silentLog } from '../../base/log.ts';
import type { ReadRequest } from '../../model/source.ts';
import type { Stream } from '../../model/stream.ts';
import { withClient } from '../../store/provision.ts';
import { testCluster, type FreshDatabase } from '../../store/testing.ts';
import { sourceConformance, type ConformanceTable } from '../conformance/source.ts';
import { postgresConfiguration } from './configuration.ts';
import { postgresConnector } from './postgresConnector.ts';
import { PostgresSource } from './postgresSource.ts';

const never = new AbortController().signal;

function open(fresh: FreshDatabase, settings: object = {}): PostgresSource {
  const parsed = postgresConfiguration.parse({
    url: fresh.spec.url,
    schema: 'legacy',
    ...settings,
  });
  assert.ok('value' in parsed);
  return new PostgresSource(parsed.value, silentLog);
}

async function run(fresh: FreshDatabase, sql: string): Promise<void> {
  await withClient(fresh.spec, async (client) => {
    await client.query(sql);
  });
}

function tableSql(table: ConformanceTable): string {
  const name = `legacy.${escapeIdentifier(table.name)}`;
  // An order of the database's own, which the reader must not depend on.
  const columns = table.columns.map(
    (column) => `${escapeIdentifier(column)} text COLLATE "unicode"`,
  );
  if (table.key.length > 0) columns.push(`PRIMARY KEY (${table.key.join(', ')})`);
  const rows = table.rows.map(
    (row) => `(${row.map((text) => (text === null ? 'NULL' : escapeLiteral(text))).join(', ')})`,
  );
  const insert = rows.length === 0 ? '' : `INSERT INTO ${name} VALUES ${rows.join(', ')};`;
  return `CREATE TABLE ${name} (${columns.join(', ')}); ${insert} ANALYZE ${name};`;
}

const made: FreshDatabase[] = [];

sourceConformance('postgres', {
  create: async (tables) => {
    const fresh = await (await testCluster()).freshDatabase();
    made.push(fresh);
    await run(fresh, `CREATE SCHEMA legacy; ${tables.map(tableSql).join('\n')}`);
    return open(fresh);
  },
  insert: async (table, row) => {
    const values = row.map((text) => (text === null ? 'NULL' : escapeLiteral(text)));
    await run(
      made[0] as FreshDatabase,
      `INSERT INTO legacy.${table} VALUES (${values.join(', ')})`,
    );
  },
  capabilities: postgresConnector.source?.capabilities ?? assert.fail(),
  dispose: async () => {
    for (const fresh of made) await fresh.drop();
  },
});

describe('postgres source', () => {
  let fresh: FreshDatabase;

  before(async () => {
    fresh = await (await testCluster()).freshDatabase();
    await run(fresh, catalogueSql);
  });

  after(async () => {
    await fresh.drop();
  });

  const streamsOf = async (): Promise<Map<string, Stream>> => {
    const source = open(fresh);
    await source.open(never);
    const streams = await source.streams();
    await source.close();
    return new Map(streams.map((stream) => [stream.name, stream]));
  };

  it('lists tables and views, partitions through their parent, with keys as declared', async () => {
    const streams = await streamsOf();
    assert.deepEqual(
      [...streams.values()].map(({ name, key, count }) => [name, key, count]),
      [
        ['a_view', [], 3],
        ['child', [], 1],
        ['nullable_unique', [], 0],
        ['parent', ['id'], 1],
        ['parted', ['id'], 20],
        ['partial_unique', [], 0],
        ['stored_view', [], 3],
        ['two_uniques', ['one'], 3],
        ['typed', ['b', 'a'], 1],
      ],
    );
  });

  it('says what type a column has, in its own words and in ours', async () => {
    const typed = (await streamsOf()).get('typed') as Stream;
    assert.deepEqual(
      typed.columns.map(({ name, sourceType, type, nullable }) => [
        name,
        sourceType,
        type,
        nullable,
      ]),
      [
        ['a', 'integer', 'integer', false],
        ['b', 'character(3)', 'text', false],
        ['amount', 'numeric(10,2)', 'decimal', true],
        ['code', 'legacy.short_code', 'text', true],
        ['day', 'date', 'date', true],
        ['at_local', 'timestamp without time zone', 'localDateTime', true],
        ['at_instant', 'timestamp with time zone', 'instant', true],
        ['yes', 'boolean', 'boolean', true],
        ['bytes', 'bytea', 'binary', true],
        ['tags', 'text[]', 'text', true],
      ],
    );
  });

  it('writes values in one way, whatever the defaults of the server', async () => {
    const source = open(fresh);
    await source.open(never);
    const typed = (await source.streams()).find(({ name }) => name === 'typed') as Stream;
    const [slice] = await source.slices(typed, 1);
    assert.ok(slice);
    const wanted: ReadRequest = { stream: typed, slice, records: 10, bytes: 1 << 16 };
    for await (const batch of source.read(wanted, never)) {
      const first = '7\tab \t1.50\tX1\t2020-02-29\t2020-02-29 10:00:00';
      const rest = '2020-02-29 16:00:00+00\tt\t\\\\xdead\t{a,b}';
      assert.equal(batch.bytes.toString(), `${first}\t${rest}`);
      assert.equal(batch.cursor, '["ab ","7"]');
    }
    await source.close();
  });

  it('reads tables and views of every kind', async () => {
    const source = open(fresh);
    await source.open(never);
    for (const stream of await source.streams()) {
      let count = 0;
      for (const slice of await source.slices(stream, 4)) {
        const wanted = { stream, slice, records: 2, bytes: 1 << 16 };
        for await (const batch of source.read(wanted, never)) count += batch.keys.length;
      }
      assert.equal(count, stream.count, stream.name);
    }
    await source.close();
  });

  it('cuts number keys by their size, not by their digits', async () => {
    const cluster = await testCluster();
    const numbers = await cluster.freshDatabase();
    await run(
      numbers,
      `CREATE SCHEMA legacy;
       CREATE TABLE legacy.orders (id integer PRIMARY KEY);
       INSERT INTO legacy.orders SELECT generate_series(9999999 - 12000, 9999999 + 12000)`,
    );
    for (const statistics of ['', 'ANALYZE legacy.orders']) {
      await run(numbers, statistics);
      const source = open(numbers);
      await source.open(never);
      const [orders] = (await source.streams()) as [Stream];
      const slices = await source.slices(orders, 4);
      let count = 0;
      for (const slice of slices) {
        const wanted = { stream: orders, slice, records: 5_000, bytes: 1 << 20 };
        for await (const batch of source.read(wanted, never)) count += batch.keys.length;
      }
      await source.close();
      assert.deepEqual([slices.length, count], [4, 24_001]);
    }
  });

  it('reads keys by their bytes where the order of the database is another', async () => {
    const cluster = await testCluster();
    const german = await cluster.freshDatabase();
    await run(
      german,
      `CREATE SCHEMA legacy;
       CREATE TABLE legacy.words (word text COLLATE "unicode" PRIMARY KEY);
       INSERT INTO legacy.words VALUES ('b'), ('B'), ('a'), ('_'), ('Z'), ('é'), ('aa')`,
    );
    const source = open(german);
    await source.open(never);
    const [words] = await source.streams();
    assert.ok(words);
    const [slice] = await source.slices(words, 1);
    assert.ok(slice);
    const keys: string[] = [];
    for await (const batch of source.read({ stream: words, slice, records: 2, bytes: 99 }, never)) {
      keys.push(...batch.keys);
    }
    assert.deepEqual(keys, ['B', 'Z', '_', 'a', 'aa', 'b', 'é']);
    await source.close();
    await german.drop();
  });

  it('reads what an old database of no character set holds', async () => {
    const cluster = await testCluster();
    const name = 'ascii_only';
    await withClient(cluster.server.superuser, async (client) => {
      await client.query(
        `CREATE DATABASE ${name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`,
      );
    });
    const spec = cluster.server.connection(name, 'postgres');
    await withClient(spec, async (client) => {
      await client.query(
        `CREATE SCHEMA legacy; CREATE TABLE legacy.names (id integer PRIMARY KEY, name text);
         SET client_encoding TO 'SQL_ASCII';
         INSERT INTO legacy.names VALUES (1, E'N\\xfa\\xf1ez \\x96 \\x80')`,
      );
    });
    const old = { name, spec, drop: async () => undefined };
    const readText = async (charset: string): Promise<string> => {
      const source = open(old, { charset });
      await source.open(never);
      try {
        const [names] = await source.streams();
        const [slice] = await source.slices(names as Stream, 1);
        let text = '';
        const limits = { records: 2, bytes: 99 };
        const wanted = { stream: names as Stream, slice: slice as never, ...limits };
        for await (const batch of source.read(wanted, never)) text += batch.bytes.toString();
        return text;
      } finally {
        await source.close();
      }
    };
    assert.equal(await readText('windows-1252'), '1\tNúñez – €');
    await assert.rejects(readText('utf-8'), { code: 'source-charset' });
  });

  it('says so when its snapshot is gone, and offers a new one', async () => {
    const source = open(fresh);
    await source.open(never);
    const held = source.snapshot();
    const parent = (await source.streams()).find(({ name }) => name === 'parent') as Stream;
    const [slice] = await source.slices(parent, 1);
    await withClient(fresh.spec, async (client) => {
      await client.query(
        `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
         WHERE application_name = 'handover-source' AND state = 'idle in transaction'`,
      );
    });
    const wanted = { stream: parent, slice: slice as never, records: 9, bytes: 999 };
    const read = async (): Promise<number> => {
      let count = 0;
      for await (const batch of source.read(wanted, never)) count += batch.keys.length;
      return count;
    };
    await assert.rejects(Promise.all([read(), read()]), { code: 'snapshot-lost' });
    assert.notEqual(source.snapshot(), held);
    assert.equal(await read(), 1);
    await source.close();
  });

  it('does not go on in a stream without a key once other rows are seen', async () => {
    const first = open(fresh);
    await first.open(never);
    const view = (await first.streams()).find(({ name }) => name === 'a_view') as Stream;
    const [slice] = await first.slices(view, 1);
    const wanted = { stream: view, slice: slice as never, records: 1, bytes: 999 };
    let cursor = '';
    for await (const batch of first.read(wanted, never)) {
      cursor = batch.cursor;
      break;
    }
    await first.close();
    const resume = async (): Promise<number> => {
      const second = open(fresh);
      await second.open(never);
      try {
        let count = 0;
        for await (const batch of second.read({ ...wanted, after: cursor }, never)) {
          count += batch.keys.length;
        }
        return count;
      } finally {
        await second.close();
      }
    };
    assert.equal(await resume(), 2, 'nothing has changed since');
    await run(fresh, "INSERT INTO legacy.two_uniques VALUES (4, 40, 'd')");
    await assert.rejects(resume(), { code: 'snapshot-lost' });
    await run(fresh, 'DELETE FROM legacy.two_uniques WHERE one = 4');
  });

  it('does not wait for a statement that is still at work when aborted', async () => {
    const slow = await (await testCluster()).freshDatabase();
    await run(
      slow,
      'CREATE SCHEMA legacy; CREATE VIEW legacy.slow AS SELECT pg_sleep(30)::text AS a',
    );
    const source = open(slow);
    await source.open(never);
    const columns = [{ name: 'a', sourceType: 'text', type: 'text' as const, nullable: true }];
    const stream = { name: 'slow', columns, key: [] };
    const slice = { stream: 'slow', id: '0001', range: '{}' };
    const controller = new AbortController();
    const reason = new Error('the run was paused');
    setTimeout(() => controller.abort(reason), 100);
    const started = performance.now();
    const reading = source.read({ stream, slice, records: 1, bytes: 1 }, controller.signal);
    await assert.rejects(reading.next(), reason);
    await source.close();
    assert.ok(performance.now() - started < 5_000);
    await slow.drop();
  });

  it('names the next step when the server is not there', async () => {
    const parsed = postgresConfiguration.parse({ url: 'postgresql://nobody@127.0.0.1:1/none' });
    assert.ok('value' in parsed);
    const source = new PostgresSource(parsed.value, silentLog);
    await assert.rejects(source.open(never), {
      code: 'source-unavailable',
      failure: 'transient',
      exitCode: 7,
    });
    await source.close();
  });

  it('names the schema that is missing', async () => {
    const source = open(fresh, { schema: 'elsewhere' });
    await assert.rejects(source.open(never), { code: 'source-schema-missing' });
  });
});

describe('postgres configuration', () => {
  it('reports every problem with its place', () => {
    const parsed = postgresConfiguration.parse({
      url: 'mysql://x',
      timeZone: 'America/Chicgo',
      emptyIs: 'nil',
      centuryPivot: 26,
    });
    assert.ok('problems' in parsed);
    assert.deepEqual(parsed.problems.map(({ path }) => path).toSorted(), [
      'centuryPivot',
      'emptyIs',
      'timeZone',
      'url',
    ]);
  });

  it('publishes its settings for editors', () => {
    const schema = postgresConfiguration.jsonSchema() as { required: string[] };
    assert.deepEqual(schema.required, ['url']);
  });
});

const catalogueSql = `
  CREATE SCHEMA legacy;
  CREATE DOMAIN legacy.short_code AS varchar(4);
  CREATE TABLE legacy.typed (
    a integer, b char(3), amount numeric(10,2), code legacy.short_code, day date,
    at_local timestamp, at_instant timestamptz, yes boolean, bytes bytea, tags text[],
    PRIMARY KEY (b, a));
  INSERT INTO legacy.typed VALUES (7, 'ab', 1.5, 'X1', '2020-02-29', '2020-02-29 10:00',
    '2020-02-29 10:00-06', true, '\\xdead', '{a,b}');
  CREATE TABLE legacy.two_uniques (one integer NOT NULL UNIQUE, two integer, three text NOT NULL,
    UNIQUE (three, one));
  INSERT INTO legacy.two_uniques VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c');
  CREATE TABLE legacy.nullable_unique (one integer UNIQUE);
  CREATE TABLE legacy.partial_unique (one integer NOT NULL);
  CREATE UNIQUE INDEX ON legacy.partial_unique (one) WHERE one > 0;
  CREATE UNIQUE INDEX ON legacy.partial_unique ((one + 1));
  CREATE TABLE legacy.parent (id integer PRIMARY KEY);
  CREATE TABLE legacy.child () INHERITS (legacy.parent);
  INSERT INTO legacy.parent VALUES (1);
  INSERT INTO legacy.child VALUES (1);
  CREATE TABLE legacy.parted (id integer PRIMARY KEY) PARTITION BY HASH (id);
  CREATE TABLE legacy.parted_0 PARTITION OF legacy.parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE legacy.parted_1 PARTITION OF legacy.parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  INSERT INTO legacy.parted SELECT generate_series(1, 20);
  CREATE MATERIALIZED VIEW legacy.stored_view AS SELECT three FROM legacy.two_uniques;
  CREATE VIEW legacy.a_view AS SELECT one, three FROM legacy.two_uniques;
`;
