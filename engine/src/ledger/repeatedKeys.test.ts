import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sha256 } from '../base/digest.ts';
import { silentLog } from '../base/log.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { testCluster, type FreshDatabase } from '../store/testing.ts';
import { commitBatch } from './commitBatch.ts';
import { emptyPage } from './entries.ts';
import { enterRepeatedKeys, hasRepeatedKeys, repeatedAmong } from './repeatedKeys.ts';
import { beginRun, recordRevision } from './runs.ts';
import { claimSlice, planSlices } from './slices.ts';
import { enterStream } from './streams.ts';

const run = '01890000-0000-7000-8000-000000000001';
const noKey = token('');

function token(key: string): Buffer {
  return sha256(key).subarray(0, 16);
}

describe('repeated keys of a stream', () => {
  let fresh: FreshDatabase;
  let database: Database;
  before(async () => {
    fresh = await (await testCluster()).freshDatabase();
    database = openDatabase(fresh.spec, { log: silentLog });
    const folder = new URL('../store/migrations/control/', import.meta.url);
    await migrate({ database, folder });
    await database.transaction(async (transaction) => {
      await recordRevision(transaction, 'r', Buffer.alloc(1));
      const begun = { id: run, revision: 'r', strategy: 'big-bang', protocol: 1 };
      await beginRun(transaction, begun);
    });
  });
  after(async () => {
    await database.close();
    await fresh.drop();
  });

  /** Enter a stream as if it had been read: one batch for each list of keys. */
  async function read(stream: string, slice: string, batches: readonly string[][]): Promise<void> {
    const key = { run, phase: 'extract' as const, target: '', stream, slice };
    await database.transaction(async (transaction) => {
      const entered = { name: stream, source: 's', position: 1, schemaDigest: '', columns: [] };
      await enterStream(transaction, run, { ...entered, key: ['id'] }, []);
      await planSlices(transaction, [{ key }]);
      const answer = await claimSlice(transaction, key, 'worker');
      assert.ok(typeof answer === 'object');
      for (const [number, keys] of batches.entries()) {
        await commitBatch(transaction, {
          key: { ...key, number },
          attempt: run,
          fence: answer.claim.fence,
          revision: 'r',
          counts: {},
          entries: {
            ...emptyPage,
            count: keys.length,
            tokens: Buffer.concat(keys.map(token)),
            digests: Buffer.alloc(keys.length * 32),
            salts: Buffer.alloc(keys.length * 16),
          },
          parcels: [],
          exceptions: [],
          balance: [],
          last: number === batches.length - 1,
        });
      }
    });
  }

  async function repeated(
    stream: string,
    keys: readonly string[],
    most?: number,
  ): Promise<string[]> {
    await database.transaction((transaction) =>
      enterRepeatedKeys(transaction, run, stream, noKey, most),
    );
    const found = await repeatedAmong(database, run, stream, keys.map(token));
    return keys.filter((key) => found.has(token(key).toString('hex')));
  }

  it('R01 finds a key that two records have, in one batch, in two and in two slices', async () => {
    await read('s.a', '1-1', [
      ['a', 'b', 'b'],
      ['c', 'd'],
      ['d', 'e'],
    ]);
    await read('s.a', '1-2', [['f', 'a']]);
    await read('s.other', '1-1', [['e', 'f']]);
    assert.deepEqual(await repeated('s.a', 'abcdefg'.split('')), ['a', 'b', 'd']);
    assert.ok(await hasRepeatedKeys(database, run, 's.a'));
    assert.deepEqual(await repeated('s.other', 'abcdefg'.split('')), []);
    assert.ok(!(await hasRepeatedKeys(database, run, 's.other')));
  });

  it('leaves records without a key alone, and those that a replay brought back', async () => {
    await read('s.b', '1-1', [['', '', 'a']]);
    await read('s.b', 'replay-1', [['a']]);
    assert.deepEqual(await repeated('s.b', ['', 'a']), []);
  });

  it('finds the same in many passes over many pages', async () => {
    const keys = Array.from({ length: 500 }, (_, at) => `k${at}`);
    const twice = keys.filter((_, at) => at % 7 === 0);
    const all = [...keys, ...twice];
    const pages = Array.from({ length: 60 }, (_, at) => all.slice(at * 10, at * 10 + 10));
    await read('s.c', '1-1', pages);
    assert.deepEqual(await repeated('s.c', keys, 50), twice);
  });
});
