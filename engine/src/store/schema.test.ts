import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { silentLog } from '../base/log.ts';
import { openDatabase } from './database.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { embeddedTenants, provision, verifyDatabase, withClient } from './provision.ts';
import { sqlFailureOf } from './sqlFailure.ts';
import { temporaryFolder, testCluster } from './testing.ts';
import type { FreshDatabase, TestCluster } from './testing.ts';

let cluster: TestCluster;

before(async () => {
  cluster = await testCluster();
});

describe('migrate', () => {
  let fresh: FreshDatabase;
  let database: Database;
  let path: string;
  let folder: URL;

  before(async () => {
    fresh = await cluster.freshDatabase();
    database = openDatabase(fresh.spec, { log: silentLog });
    path = await mkdtemp(join(tmpdir(), 'handover-migrations-'));
    folder = pathToFileURL(`${path}/`);
    await file('0001_first.sql', 'create table one (a int); create table two (b int)');
    await file('0002_second.sql', 'alter table one add column c int');
  });

  after(async () => {
    await database.close();
    await fresh.drop();
    await rm(path, { recursive: true });
  });

  function file(name: string, sql: string): Promise<void> {
    return writeFile(join(path, name), sql);
  }

  test('applies each file once, whoever else tries at the same time', async () => {
    const other = openDatabase(fresh.spec, { log: silentLog });
    const applied = await Promise.all([
      migrate({ database, folder }),
      migrate({ database: other, folder }),
    ]);
    await other.close();
    assert.equal(applied.flat().length, 2);
    assert.deepEqual(new Set(applied.flat()), new Set([1, 2]));
    assert.deepEqual(await migrate({ database, folder }), []);
    await database.query('select a, c from one, two');
  });

  test('keeps what worked and nothing of what failed', async () => {
    await file('0003_third.sql', 'create table three (d int)');
    await file('0004_fourth.sql', 'create table four (e int); create table four (e int)');
    await assert.rejects(
      migrate({ database, folder }),
      (error: unknown) => sqlFailureOf(error)?.sqlState === '42P07',
    );
    await database.query('select from three');
    await assert.rejects(database.query('select from four'));
    await rm(join(path, '0004_fourth.sql'));
  });

  test('a file whose number was left out is applied when it comes', async () => {
    const beside = await temporaryFolder();
    after(() => rm(beside, { recursive: true }));
    const beneath = pathToFileURL(`${beside}/`);
    const set = 'side by side';
    await writeFile(join(beside, '0005_fifth.sql'), 'create table five (e int)');
    assert.deepEqual(await migrate({ database, folder: beneath, set }), [5]);
    await writeFile(join(beside, '0004_fourth.sql'), 'create table four (d int)');
    assert.deepEqual(await migrate({ database, folder: beneath, set }), [4]);
    assert.deepEqual(await migrate({ database, folder: beneath, set }), []);
  });

  test('refuses an edited file, a newer schema, and a number that is there twice', async () => {
    await file('0003_third.sql', 'create table three (d bigint)');
    await assert.rejects(migrate({ database, folder }), { code: 'schema-edited' });
    await rm(join(path, '0003_third.sql'));
    await assert.rejects(migrate({ database, folder }), { code: 'schema-newer', exitCode: 7 });
    await file('0002_again.sql', 'select 1');
    await assert.rejects(migrate({ database, folder }), { code: 'schema-numbering' });
  });
});

describe('provision', () => {
  test('gives two roles a database each that the other cannot enter', async () => {
    await Promise.all([provision(cluster.server.superuser), provision(cluster.server.superuser)]);
    await provision(cluster.server.superuser);
    const { control, target } = embeddedTenants;
    const own = cluster.server.connection(control.database, control.role);
    await verifyDatabase(own);
    await withClient(own, (client) => client.query('create table mine (a int)'));
    const foreign = cluster.server.connection(target.database, control.role);
    await assert.rejects(verifyDatabase(foreign), { code: 'database-refused' });
    const reverse = cluster.server.connection(control.database, target.role);
    await assert.rejects(verifyDatabase(reverse), { code: 'database-refused' });
    await assert.rejects(
      withClient(own, (client) => client.query(`set role ${target.role}`)),
      (error: unknown) => sqlFailureOf(error)?.sqlState === '42501',
    );
  });

  test('verifies a database it does not own without changing it', async () => {
    const missing = cluster.server.connection('no_such', 'postgres');
    await assert.rejects(verifyDatabase(missing), { code: 'database-denied', exitCode: 7 });
    const fresh = await cluster.freshDatabase();
    await verifyDatabase(fresh.spec);
    await withClient(cluster.server.superuser, (client) => client.query('create role guest login'));
    const guest = cluster.server.connection(fresh.name, 'guest');
    await assert.rejects(verifyDatabase(guest), { code: 'database-rights' });
    await fresh.drop();
  });
});
