import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { openDatabase } from '../../store/database.ts';
import { withClient } from '../../store/provision.ts';
import { testCluster } from '../../store/testing.ts';
import { readGrants } from './grants.ts';

test('the catalogue says who reads which table, PUBLIC and groups among them', async () => {
  const fresh = await (await testCluster()).freshDatabase();
  const database = openDatabase(fresh.spec, { log: silentLog, max: 1 });
  const change = (sql: string): Promise<void> =>
    withClient(fresh.spec, async (client) => void (await client.query(sql)));
  const [group, person] = [`${fresh.name}_nurses`, `${fresh.name}_ann`];
  try {
    await change(`create role "${group}"; create role "${person}" login in role "${group}"`);
    await change(`create schema legacy; create table legacy.labs (a int);
      create table legacy.notes (a int); grant select on legacy.labs to public;
      grant select on legacy.notes to "${group}"; grant insert on legacy.notes to "${person}"`);
    const unused = await readGrants(database, 'legacy');
    const others = (rows: string[][]): string[] =>
      rows
        .filter(([who]) => who === 'PUBLIC' || who === group || who === person)
        .map(String)
        .toSorted();
    // A grant on a table of a schema that one may not use opens nothing.
    assert.deepEqual(others(unused.grants), ['PUBLIC,legacy.labs,allow']);
    await change(`grant usage on schema legacy to "${group}"`);
    const { principals, members, grants, objects } = await readGrants(database, 'legacy');
    assert.deepEqual(others(grants), ['PUBLIC,legacy.labs,allow', `${group},legacy.notes,allow`]);
    assert.deepEqual(others(members), [`${group},${person}`]);
    assert.deepEqual(others(principals), [
      'PUBLIC,everyone,yes',
      `${person},person,yes`,
      `${group},group,yes`,
    ]);
    assert.deepEqual(objects.map(([name]) => String(name)).toSorted(), [
      'legacy.labs',
      'legacy.notes',
    ]);
  } finally {
    await change(
      `drop schema if exists legacy cascade; drop role if exists "${person}", "${group}"`,
    );
    await database.close();
    await fresh.drop();
  }
});
