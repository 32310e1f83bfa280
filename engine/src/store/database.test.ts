import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { listenToDurableOperations } from '../base/durableOperation.ts';
import { HandoverError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { openDatabase } from './database.ts';
import type { Database } from './database.ts';
import { withClient } from './provision.ts';
import type { Statement, Transaction } from './session.ts';
import { sqlFailureOf } from './sqlFailure.ts';
import { testCluster } from './testing.ts';
import type { FreshDatabase } from './testing.ts';

let fresh: FreshDatabase;
let database: Database;

before(async () => {
  fresh = await (await testCluster()).freshDatabase();
  database = openDatabase(fresh.spec, { log: silentLog, max: 4 });
  await database.transaction((tx) =>
    tx.query('create table thing (id bigint primary key, name text, body bytea)'),
  );
});

after(async () => {
  await database.close();
  await fresh.drop();
});

/** The way to the server over TCP, where what it said before it hung up is still heard. */
async function overTcp(url: string): Promise<{ url: string; close(): Promise<void> }> {
  const { searchParams, port, pathname, username } = new URL(url);
  const socket = `${searchParams.get('host')}/.s.PGSQL.${port}`;
  const relay = createServer((from) => {
    const onward = connect(socket).unref();
    from.unref();
    from.pipe(onward).pipe(from);
    onward.on('close', () => from.end());
    for (const end of [from, onward]) end.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  relay.unref();
  const { port: own } = relay.address() as AddressInfo;
  return {
    url: `postgresql://${username}@127.0.0.1:${own}${pathname}`,
    close: async () => void relay.close(),
  };
}

/** As when a laptop is closed: nothing of this process runs. */
function standStill(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

async function failureOfWork(work: Promise<unknown>): Promise<HandoverError> {
  const error = await work.then(
    () => assert.fail('it succeeded'),
    (thrown: unknown) => thrown,
  );
  assert(error instanceof HandoverError, String(error));
  return error;
}

describe('values', () => {
  test('keep their digits and their zone', async () => {
    const { rows } = await database.query(
      `select 12345678901234567890::numeric as big, 1.10::numeric as decimal, 9007199254740993 as id,
              '2020-02-29'::date as day, '2020-02-29 12:00'::timestamp as local,
              '2020-02-29 12:00+00'::timestamptz as instant, '\\x00ff'::bytea as bytes`,
    );
    assert.deepEqual(rows, [
      {
        big: '12345678901234567890',
        decimal: '1.10',
        id: '9007199254740993',
        day: '2020-02-29',
        local: '2020-02-29 12:00:00',
        instant: new Date('2020-02-29T12:00:00Z'),
        bytes: Buffer.from([0, 255]),
      },
    ]);
  });

  test('instants come as text when that was asked for, with microseconds', async () => {
    const textual = openDatabase(fresh.spec, { log: silentLog, instants: 'text' });
    const { rows } = await textual.query(
      `select '2020-02-29 12:00:00.123456+02'::timestamptz as t`,
    );
    assert.deepEqual(rows, [{ t: '2020-02-29 10:00:00.123456+00' }]);
    await textual.close();
  });
});

describe('prepared statements', () => {
  test('are kept on their connection, answer as others do, and survive an error', async () => {
    const kept = openDatabase(fresh.spec, { log: silentLog, max: 1, prepared: true });
    const half = (of: number): Promise<unknown> => kept.query('select 10 / $1::int as half', [of]);
    assert.deepEqual(await half(2), { rows: [{ half: 5 }], count: 1 });
    await assert.rejects(half(0), HandoverError);
    assert.deepEqual(await half(5), { rows: [{ half: 2 }], count: 1 });
    const { rows } = await kept.query('select statement from pg_prepared_statements');
    assert.deepEqual(rows, [{ statement: 'select 10 / $1::int as half' }]);
    await kept.close();
  });
});

describe('transaction', () => {
  test('commits as a durable operation and rolls back when its work throws', async () => {
    const seen: string[] = [];
    listenToDurableOperations((name, moment) => seen.push(`${moment} ${name}`));
    await database.transaction((tx) => tx.query('insert into thing values (1)'));
    await assert.rejects(
      database.transaction(async (tx) => {
        await tx.query('insert into thing values (2)');
        throw new RangeError('changed my mind');
      }),
      RangeError,
    );
    await database.read((tx) => tx.query('select * from thing'));
    listenToDurableOperations(undefined);
    assert.deepEqual(seen, ['before commit', 'after commit']);
    assert.equal((await database.query('select from thing where id in (1, 2)')).count, 1);
  });

  test('stopped just before its commit leaves nothing and no open transaction', async () => {
    listenToDurableOperations(() => {
      throw new Error('stopped here');
    });
    const work = database.transaction((tx) => tx.query('insert into thing values (3)'));
    await assert.rejects(work, /stopped here/);
    listenToDurableOperations(undefined);
    assert.equal((await database.query('select from thing where id = 3')).count, 0);
    const { rows } = await database.query(
      `select count(*)::int as open from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%'`,
    );
    assert.deepEqual(rows, [{ open: 0 }]);
  });

  test('does not call a commit what the server turned into a rollback', async () => {
    const work = database.transaction(async (tx) => {
      await tx.query('insert into thing values (1)').catch(() => undefined);
    });
    assert.equal((await failureOfWork(work)).code, 'transaction-failed');
  });

  test('a statement is one of its own: a durable operation, committed or nothing', async () => {
    const seen: string[] = [];
    listenToDurableOperations((name, moment) => seen.push(`${moment} ${name}`));
    const insert = (id: number): Statement => ({
      name: 'insert',
      sql: 'insert into thing values ($1::int) returning id',
      parameters: [id],
    });
    assert.deepEqual((await database.commit(insert(911))).rows, [{ id: '911' }]);
    assert.equal((await failureOfWork(database.commit(insert(911)))).failure, 'permanent');
    listenToDurableOperations(() => {
      throw new Error('stopped here');
    });
    await assert.rejects(database.commit(insert(913)), /stopped here/);
    listenToDurableOperations(undefined);
    assert.deepEqual(seen, ['before commit', 'after commit', 'before commit']);
    assert.equal((await database.query('select from thing where id in (911, 913)')).count, 1);
    const direct = database.query('insert into thing values (914)');
    assert.equal((await failureOfWork(direct)).code, 'write-outside-transaction');
  });

  test('a statement whose answer is lost may have been committed', async () => {
    const lost = database.commit({
      name: 'lost',
      sql: 'select pg_terminate_backend(pg_backend_pid())',
      parameters: [],
    });
    assert.equal((await failureOfWork(lost)).code, 'commit-ambiguous');
    assert.equal((await database.commit({ name: 'on', sql: 'select 1', parameters: [] })).count, 1);
  });

  test('is the only way to change anything', async () => {
    const direct = database.query('insert into thing values (4)');
    assert.equal((await failureOfWork(direct)).code, 'write-outside-transaction');
    const reading = database.read((tx) => tx.query('insert into thing values (4)'));
    assert.equal((await failureOfWork(reading)).code, 'write-outside-transaction');
  });
});

describe('errors', () => {
  test('name the constraint and carry no value', async () => {
    const work = database.transaction(async (tx) => {
      await tx.query('insert into thing values ($1)', ['123456789']);
      await tx.query('insert into thing values ($1)', ['123456789']);
    });
    const error = await failureOfWork(work);
    assert.equal(error.code, 'database-refused');
    assert.deepEqual(sqlFailureOf(error), {
      sqlState: '23505',
      constraint: 'thing_pkey',
      table: 'thing',
    });
    const told = `${error.message} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`;
    assert.doesNotMatch(told, /123456789/);
    const malformed = await failureOfWork(database.query('select $1::int', ['secret']));
    assert.doesNotMatch(malformed.message, /secret/);
  });

  test('tell a name that does not exist', async () => {
    assert.match((await failureOfWork(database.query('select x from thing'))).message, /"x"/);
  });

  test('a lost connection is transient, and the pool recovers', async () => {
    const work = database.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await terminate(rows[0]?.pid);
      await tx.query('select 1');
    });
    const error = await failureOfWork(work);
    assert.deepEqual(
      [error.code, error.failure, error.exitCode],
      ['database-unavailable', 'transient', 7],
    );
    assert.equal((await database.query('select 1')).count, 1);
  });

  for (const [setting, sqlState] of [
    ['idle_in_transaction_session_timeout', '25P03'],
    ['transaction_timeout', '25P04'],
  ] as const) {
    for (const [name, next] of [
      ['a statement', (tx: Transaction) => tx.query('select 1')],
      ['the commit', async () => undefined],
    ] as const) {
      test(`a process that stood still in a transaction until ${setting}: ${name} is transient`, async () => {
        const network = await overTcp(fresh.spec.url);
        const impatient = openDatabase(network, {
          log: silentLog,
          max: 1,
          settings: { [setting]: '100ms' },
        });
        const insert = "insert into thing values (77, 'asleep')";
        const failure = await failureOfWork(
          impatient.transaction(async (tx) => {
            await tx.query(insert);
            standStill(400);
            await next(tx);
          }),
        );
        assert.deepEqual([failure.code, failure.failure], ['database-unavailable', 'transient']);
        assert.equal(sqlFailureOf(failure)?.sqlState, sqlState);
        const { rows } = await impatient.query('select from thing where id = 77');
        assert.equal(rows.length, 0);
        await impatient.close();
        await network.close();
      });
    }
  }

  test('a commit whose connection is already gone is transient, as nothing was sent', async () => {
    const work = database.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await terminate(rows[0]?.pid);
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    assert.equal((await failureOfWork(work)).failure, 'transient');
  });

  test('a commit that dies under way is ambiguous', async () => {
    await database.transaction((tx) =>
      tx.query(`
        create function slow() returns trigger language plpgsql as
          $$ begin perform pg_sleep(10); return null; end $$;
        create constraint trigger slow after insert on thing deferrable initially deferred
          for each row when (new.id = 99) execute function slow()`),
    );
    let pid: number | undefined;
    listenToDurableOperations((_, moment) => {
      if (moment === 'before') setTimeout(() => void terminate(pid), 50);
    });
    const work = database.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      pid = rows[0]?.pid;
      await tx.query('insert into thing values (99)');
    });
    const error = await failureOfWork(work);
    listenToDurableOperations(undefined);
    assert.deepEqual([error.code, error.failure], ['commit-ambiguous', 'ambiguous']);
  });

  test('a deadlock is transient', async () => {
    await database.transaction((tx) => tx.query('insert into thing values (11), (12)'));
    // Each asks for the row of the other once both have their own: no clock decides whether they meet.
    let holding = 0;
    const bothHold = Promise.withResolvers<void>();
    const touch = (first: number, second: number): Promise<unknown> =>
      database.transaction(async (tx) => {
        await tx.query('update thing set name = name where id = $1', [first]);
        if (++holding === 2) bothHold.resolve();
        await bothHold.promise;
        await tx.query('update thing set name = name where id = $1', [second]);
      });
    const results = await Promise.allSettled([touch(11, 12), touch(12, 11)]);
    const failed = results.filter((result) => result.status === 'rejected');
    const codes = failed.map(({ reason }) =>
      reason instanceof HandoverError ? reason.code : reason,
    );
    assert.deepEqual(codes, ['database-conflict']);
  });
});

describe('copy', () => {
  test('in and out carry the same rows', async () => {
    const rows = Array.from({ length: 5000 }, (_, at) => `${1000 + at}\tname ${at}\n`);
    const halves = [rows.slice(0, 2500).join(''), rows.slice(2500).join('')];
    const count = await database.transaction((tx) =>
      tx.copyIn(
        'copy thing (id, name) from stdin',
        halves.map((half) => Buffer.from(half)),
      ),
    );
    assert.equal(count, 5000);
    const read = await database.read(async (tx) => {
      const chunks: Buffer[] = [];
      const sql = 'copy (select id, name from thing where id >= 1000 order by id) to stdout';
      for await (const chunk of tx.copyOut(sql)) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    });
    assert.equal(read, rows.join(''));
  });

  test('in rethrows the error of its source and leaves the connection usable', async () => {
    async function* chunks(): AsyncGenerator<Buffer> {
      yield Buffer.from('7000\tx\n');
      throw new RangeError('the source broke');
    }
    await assert.rejects(
      database.transaction((tx) => tx.copyIn('copy thing (id, name) from stdin', chunks())),
      RangeError,
    );
    assert.equal((await database.query('select from thing where id = 7000')).count, 0);
  });

  test('in refuses a malformed row without telling its value', async () => {
    const work = database.transaction((tx) =>
      tx.copyIn('copy thing (id, name) from stdin', [Buffer.from('secret\tx\n')]),
    );
    const error = await failureOfWork(work);
    assert.equal(sqlFailureOf(error)?.sqlState, '22P02');
    assert.doesNotMatch(error.message, /secret/);
  });

  test('out may be left early, and reports a failing statement', async () => {
    await database.read(async (tx) => {
      const sql = 'copy (select * from generate_series(1, 1000000)) to stdout';
      for await (const chunk of tx.copyOut(sql)) if (chunk.length > 0) break;
    });
    const failing = database.read(async (tx) => {
      const sql = 'copy (select 1 / (5 - n) from generate_series(1, 9) n) to stdout';
      for await (const chunk of tx.copyOut(sql)) assert(chunk.length > 0);
    });
    assert.equal(sqlFailureOf(await failureOfWork(failing))?.sqlState, '22012');
    assert.equal((await database.query('select 1')).count, 1);
  });

  test('out survives the loss of its connection', async () => {
    const work = database.read(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      const sql = 'copy (select n, pg_sleep(0.002) from generate_series(1, 100000) n) to stdout';
      setTimeout(() => void terminate(rows[0]?.pid), 50);
      for await (const chunk of tx.copyOut(sql)) assert(chunk.length > 0);
    });
    assert.equal((await failureOfWork(work)).failure, 'transient');
  });
});

async function terminate(pid: number | undefined): Promise<void> {
  await withClient(fresh.spec, (client) => client.query('select pg_terminate_backend($1)', [pid]));
}
