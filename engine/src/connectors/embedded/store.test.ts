import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { hmacSha256Hex } from '../../base/digest.ts';
import { listenToDurableOperations } from '../../base/durableOperation.ts';
import { HandoverError } from '../../base/errors.ts';
import { canonicalJson, toJson } from '../../base/json.ts';
import { silentLog } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import type { Write } from '../../model/target.ts';
import { withClient } from '../../store/provision.ts';
import { testCluster } from '../../store/testing.ts';
import type { FreshDatabase } from '../../store/testing.ts';
import { openBlocks } from './rows.ts';
import { openEmbeddedStore, writePartsOf } from './store.ts';
import type { EmbeddedStore, EmbeddedStoreOptions } from './store.ts';

const never = new AbortController().signal;
let database: FreshDatabase;
let options: EmbeddedStoreOptions;
let store: EmbeddedStore;

before(async () => {
  database = await (await testCluster()).freshDatabase();
  options = {
    connection: database.spec,
    name: 'archive',
    secret: Buffer.alloc(32, 1),
    digest: hmacSha256Hex(Buffer.alloc(32, 2)),
    clock: systemClock,
    random: seededRandom('store'),
    log: silentLog,
  };
  store = await openEmbeddedStore(options);
});

after(async () => {
  await store.close();
  await database.drop();
});

function put(id: string, marker: string): Write & { kind: 'put' } {
  const resource = {
    resourceType: 'Observation',
    id,
    identifier: [{ system: 'urn:lab', value: `I-${marker}` }, { value: `J-${marker}` }],
    subject: { reference: `Patient/of-${marker}` },
    effectiveDateTime: '2020-05-01',
    note: [{ text: `${marker} said something that nobody else may read` }],
  };
  const body = Buffer.from(canonicalJson(toJson(resource)));
  return { kind: 'put', type: 'Observation', id, body };
}

function versionsIn(found: readonly { id: string; version: number }[]): string[] {
  return found.map(({ id, version }) => `${id}:${version}`);
}

/** Everything that stands in the target's tables, as text. */
async function dump(): Promise<string> {
  return withClient(database.spec, async (client) => {
    const { rows } = await client.query<{ all: string }>(
      `select string_agg(line, ' ') as all from (
         select encode(sealed, 'escape') as line from target_archive.block
         union all select r::text from target_archive.resource r
         union all select h::text from target_archive.history h) tables`,
    );
    return rows[0]?.all ?? '';
  });
}

test('nothing of a body stands in the database in clear', async () => {
  await store.write([put('clear', 'Wiśniewska')], never);
  const everything = await dump();
  assert.ok(everything.includes('clear'));
  for (const value of ['Wi', 'said', 'urn:lab', 'of-Wi']) {
    assert.ok(!everything.includes(value), value);
  }
});

test('what was reverted is in no block, and its neighbours are', async () => {
  const writes = ['keep1', 'take', 'keep2'].map((id) => put(id, `marker-${id}`));
  await store.write(writes, never);
  await store.write([{ kind: 'revert', type: 'Observation', id: 'take', ifVersion: 1 }], never);
  assert.ok(!(await openedBlocks()).includes('marker-take'));
  assert.ok((await openedBlocks()).includes('marker-keep1'));
  const revert = ['keep1', 'keep2'].map(
    (id) => ({ kind: 'revert', type: 'Observation', id, ifVersion: 1 }) as const,
  );
  await store.write(revert, never);
  assert.ok(!(await openedBlocks()).includes('marker-keep'));
});

test('a load that is reverted leaves no block, row or history', async () => {
  const counts = async (): Promise<unknown> =>
    withClient(database.spec, async (client) => {
      const { rows } = await client.query(
        `select (select count(*) from target_archive.block) as blocks,
                (select count(*) from target_archive.resource) as resources,
                (select count(*) from target_archive.history) as history`,
      );
      return rows;
    });
  const prior = await counts();
  const many = Array.from({ length: 600 }, (_, at) => put(`undo${at}`, `m${at}`));
  await store.write(many, never);
  await store.write(
    many.map(({ id }) => put(id, 'again')),
    never,
  );
  for (const ifVersion of [2, 1]) {
    await store.write(
      many.map(({ type, id }) => ({ kind: 'revert', type, id, ifVersion }) as const),
      never,
    );
  }
  assert.deepEqual(await counts(), prior);
});

test('search follows updates, removals and reverts', async () => {
  const find = async (marker: string): Promise<string[]> =>
    versionsIn(
      await store.search({
        type: 'Observation',
        identifiers: [{ system: 'urn:lab', value: `I-${marker}` }],
        patient: `of-${marker}`,
        count: 10,
      }),
    );
  await store.write([put('find', 'one'), put('find', 'two')], never);
  assert.deepEqual([await find('one'), await find('two')], [[], ['find:2']]);
  await store.write([{ kind: 'remove', type: 'Observation', id: 'find' }], never);
  assert.deepEqual([await find('one'), await find('two')], [[], []]);
  const revert = { kind: 'revert', type: 'Observation', id: 'find' } as const;
  await store.write([{ ...revert, ifVersion: 3 }], never);
  assert.deepEqual([await find('one'), await find('two')], [[], ['find:2']]);
  await store.write([{ ...revert, ifVersion: 2 }], never);
  assert.deepEqual([await find('one'), await find('two')], [['find:1'], []]);
  await store.flush();
  const further = { type: 'Observation', identifiers: [{ value: 'J-one' }], count: 10 };
  assert.deepEqual(versionsIn(await store.search(further)), ['find:1']);
});

test('an empty target gets its late indexes by flush, which any number may ask for', async () => {
  const late = await openEmbeddedStore({ ...options, name: 'late' });
  const indexes = (): Promise<string[]> =>
    withClient(database.spec, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `select indexname as name from pg_indexes
         where schemaname = 'target_late' and tablename = 'resource'
           and indexname <> 'resource_pkey' order by 1`,
      );
      return rows.map(({ name }) => name);
    });
  const byPatient = { type: 'Observation', patient: 'of-early', count: 10 };
  try {
    await late.write([put('early', 'early')], never);
    assert.deepEqual(await indexes(), []);
    assert.deepEqual(versionsIn(await late.search(byPatient)), ['early:1']);
    await Promise.all([late.flush(), late.flush(), late.flush()]);
    assert.deepEqual(await indexes(), [
      'resource_identifier',
      'resource_more_identifiers',
      'resource_patient',
      'resource_time',
    ]);
    await late.write([put('later', 'early')], never);
    assert.deepEqual(versionsIn(await late.search(byPatient)), ['early:1', 'later:1']);
  } finally {
    await late.close();
  }
});

test('resources of several types are found by one question, also what is asked for twice', async () => {
  const patient = Buffer.from(canonicalJson(toJson({ resourceType: 'Patient', id: 'several' })));
  await store.write(
    [
      { kind: 'put', type: 'Patient', id: 'several', body: patient },
      put('several', 'several'),
      put('gone', 'several'),
    ],
    never,
  );
  await store.write([{ kind: 'remove', type: 'Observation', id: 'gone' }], never);
  const ids = [
    { type: 'Observation', id: 'several' },
    { type: 'Condition', id: 'several' },
    { type: 'Patient', id: 'several' },
    { type: 'Observation', id: 'gone' },
    { type: 'Observation', id: 'several' },
    { type: 'Nonsense', id: 'several' },
    { type: 'Observation', id: 'no}id"' },
  ];
  const fetched = await store.fetch(ids, 'body', never);
  const states = ['present', 'absent', 'present', 'removed', 'present', 'absent', 'absent'];
  assert.deepEqual(
    fetched.map(({ state }) => state),
    states,
  );
  assert.deepEqual(
    await store.present(ids),
    states.map((state) => state === 'present'),
  );
});

test('a put without a body is refused, and is not taken for a removal', async () => {
  const empty = { kind: 'put', type: 'Observation', id: 'empty', body: Buffer.alloc(0) } as const;
  const [refused] = await store.write([empty], never);
  assert.deepEqual(refused && 'code' in refused && refused.code, 'body-invalid');
  assert.equal(await store.read({ type: 'Observation', id: 'empty' }), undefined);
});

test('history keeps every version with its body', async () => {
  await store.write([put('old', 'v1'), put('old', 'v2')], never);
  await store.write([{ kind: 'remove', type: 'Observation', id: 'old' }], never);
  const history = await store.history({ type: 'Observation', id: 'old' });
  assert.deepEqual(
    history.map(({ version, body }) => [version, body?.includes(`v${version}`)]),
    [
      [3, undefined],
      [2, true],
      [1, true],
    ],
  );
  const second = await store.readVersion({ type: 'Observation', id: 'old' }, 2);
  assert.deepEqual(second?.body, put('old', 'v2').body);
});

test('another key opens nothing', async () => {
  await store.write([put('locked', 'x')], never);
  const stranger = await openEmbeddedStore({ ...options, secret: Buffer.alloc(32, 9) });
  await assert.rejects(
    stranger.fetch([{ type: 'Observation', id: 'locked' }], 'body', never),
    (error) => error instanceof HandoverError && error.code === 'block-damaged',
  );
  await stranger.close();
});

test('blocks that were exchanged and rows that were redirected are found out', async () => {
  const other = await openEmbeddedStore({ ...options, name: 'swapped' });
  await other.write([put('a', 'a')], never);
  await other.write([put('b', 'b'), put('c', 'c')], never);
  const isDamaged = (error: unknown): boolean =>
    error instanceof HandoverError && error.code === 'block-damaged';
  const change = (sql: string) =>
    withClient(database.spec, (client) => client.query(`set search_path = target_swapped; ${sql}`));
  await change(`update resource r set slot = 1 - slot where id in ('b', 'c')`);
  await assert.rejects(other.fetch([{ type: 'Observation', id: 'b' }], 'body', never), isDamaged);
  await change(`update block b set sealed = (select sealed from block o where o.block <> b.block)`);
  await assert.rejects(other.fetch([{ type: 'Observation', id: 'a' }], 'body', never), isDamaged);
  await other.close();
});

test('targets in one database do not see each other', async () => {
  const other = await openEmbeddedStore({ ...options, name: 'other' });
  await other.write([put('mine', 'x')], never);
  const [stored] = await store.fetch([{ type: 'Observation', id: 'mine' }], 'head', never);
  assert.equal(stored?.state, 'absent');
  await other.close();
});

test('a write is one durable operation; a connection that is cut leaves nothing and is replaced', async () => {
  const seen: string[] = [];
  const killOthers = `select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'handover-target' and datname = current_database()`;
  listenToDurableOperations((name, moment) => void seen.push(`${name} ${moment}`));
  try {
    await store.write([put('durable', 'x')], never);
    assert.deepEqual(seen, ['target.write before', 'target.write after']);
  } finally {
    listenToDurableOperations(undefined);
  }
  const cut = store.transaction(async (unit) => {
    await unit.write([put('killed', 'x')]);
    await withClient(database.spec, (client) => client.query(killOthers));
  });
  await assert.rejects(cut, (error) => error instanceof HandoverError);
  // Idle connections were cut too: whoever takes one before its end is heard of is told to try again.
  const states: (string | undefined)[] = [];
  do {
    const [receipt] = await store.write([put('killed', 'x')], never);
    states.push(receipt?.state);
  } while (states.at(-1) === 'transient' && states.length < mostConnections);
  assert.equal(states.at(-1), 'delivered', states.join());
});

/** Of a pool, and one more. */
const mostConnections = 11;

async function openedBlocks(): Promise<string> {
  const { seal } = writePartsOf(options);
  return withClient(database.spec, async (client) => {
    await client.query('set search_path = target_archive');
    const { rows } = await client.query<{ block: string }>('select block from block');
    const queries = {
      query: async (sql: string, parameters?: readonly unknown[]) => {
        const result = await client.query(sql, parameters as unknown[]);
        return { rows: result.rows as never[], count: result.rowCount ?? 0 };
      },
    };
    const open = await openBlocks(
      queries,
      seal,
      rows.map(({ block }) => Number(block)),
    );
    const bodies = [...open.values()].flatMap((block) => block.items());
    return bodies.map((item) => item?.body.toString()).join('\n');
  });
}

test('an identifier alone is found with its system, also where it stands in a list as it once did', async () => {
  const resource = {
    resourceType: 'Basic',
    id: 'alone',
    identifier: [{ system: 'urn:a', value: '7' }],
  };
  const body = Buffer.from(canonicalJson(toJson(resource)));
  await store.write([{ kind: 'put', type: 'Basic', id: 'alone', body }], never);
  const found = async (system: string): Promise<string[]> => {
    const identifiers = [{ system, value: '7' }];
    return versionsIn(await store.search({ type: 'Basic', identifiers, count: 10 }));
  };
  assert.deepEqual(await found('urn:a'), ['alone:1']);
  assert.deepEqual(await found('urn:b'), []);
  await withClient(database.spec, (client) =>
    client.query(
      `update target_archive.resource set qualified_identifier = null,
         qualified_identifiers = array[qualified_identifier] where id = 'alone'`,
    ),
  );
  assert.deepEqual(await found('urn:a'), ['alone:1']);
  assert.deepEqual(await found('urn:b'), []);
});
