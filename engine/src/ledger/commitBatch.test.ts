import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { silentLog } from '../base/log.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { testCluster, type FreshDatabase } from '../store/testing.ts';
import { openBalances, recordBalances, type BalanceChange } from './balances.ts';
import { committedParcels, type BatchCommit } from './batches.ts';
import { commitBatchAlone } from './commitBatch.ts';
import { emptyPage } from './entries.ts';
import { exceptionsOf } from './exceptions.ts';
import { batchesOf, pageOf } from './pages.ts';
import { beginRun, recordRevision } from './runs.ts';
import { claimAlone, planSlicesAlone } from './slices.ts';
import { enterStream } from './streams.ts';

const run = '01890000-0000-7000-8000-000000000001';
const stream = 'clinic.visit';

describe('the commit of a batch', () => {
  let fresh: FreshDatabase;
  let database: Database;
  let slices = 0;
  let fence: string;
  before(async () => {
    fresh = await (await testCluster()).freshDatabase();
    database = openDatabase(fresh.spec, { log: silentLog });
    await migrate({ database, folder: new URL('../store/migrations/control/', import.meta.url) });
    await database.transaction(async (transaction) => {
      await recordRevision(transaction, 'r', Buffer.alloc(1));
      await beginRun(transaction, { id: run, revision: 'r', strategy: 'big-bang', protocol: 1 });
      const entered = { name: stream, source: 's', position: 1, schemaDigest: '', columns: [] };
      await enterStream(transaction, run, { ...entered, key: ['id'] }, []);
      await openBalances(transaction, run, stream, []);
    });
  });
  beforeEach(async () => {
    slices++;
    await planSlicesAlone(database, [{ key: keyOf() }]);
    const answer = await claimAlone(database, keyOf(), 'worker');
    assert.ok(typeof answer === 'object');
    fence = answer.claim.fence;
  });
  after(async () => {
    await database.close();
    await fresh.drop();
  });

  const keyOf = () => ({
    run,
    phase: 'extract' as const,
    target: '',
    stream,
    slice: `1-${slices}`,
  });

  const fullBatch = (balance: readonly BalanceChange[]): BatchCommit => ({
    key: { ...keyOf(), number: 0 },
    attempt: run,
    fence,
    revision: 'r',
    counts: { read: 2 },
    entries: {
      ...emptyPage,
      count: 2,
      tokens: Buffer.alloc(32, slices),
      digests: Buffer.alloc(64),
      salts: Buffer.alloc(32),
    },
    parcels: (['records', 'objects'] as const).map((role) => ({
      role,
      name: `${role}-${slices}`,
      wrappedKey: Buffer.from([1]),
      manifest: { said: 'a "quoted" \\ word' },
    })),
    exceptions: [0, 1].map((ordinal) => ({
      ordinal,
      kind: 'quarantined' as const,
      code: 'malformed',
      path: 'a.b',
      token: Buffer.alloc(16, ordinal),
    })),
    balance,
    last: false,
  });

  const readOnce: BalanceChange = { stream, records: { read: 1, waiting: 1 } };

  const found = async () => ({
    batches: (await batchesOf(database, run, 'extract')).filter(
      ({ key }) => key.slice === keyOf().slice,
    ).length,
    entries: (await pageOf(database, { ...keyOf(), number: 0 }))?.count,
    parcels: (await committedParcels(database, [`records-${slices}`, `objects-${slices}`])).size,
    exceptions: (await exceptionsOf(database, { ...keyOf(), number: 0 })).map(
      ({ ordinal }) => ordinal,
    ),
  });
  const nothing = { batches: 0, entries: undefined, parcels: 0, exceptions: [] };
  const readSoFar = async () => (await recordBalances(database, run))[0]?.read ?? 0;

  it('enters all that the batch has, and adds up what moves one balance', async () => {
    const first = await readSoFar();
    assert.ok(await commitBatchAlone(database, fullBatch([readOnce, readOnce])));
    assert.deepEqual(await found(), { batches: 1, entries: 2, parcels: 2, exceptions: [0, 1] });
    assert.equal(await readSoFar(), first + 2);
  });

  it('writes nothing under an old fence, or a second time', async () => {
    const batch = fullBatch([readOnce]);
    const first = await readSoFar();
    await database.transaction((transaction) =>
      transaction.query('update handover.slice set fence = fence + 1 where slice = $1', [
        keyOf().slice,
      ]),
    );
    assert.ok(!(await commitBatchAlone(database, batch, () => assert.fail('written beside it'))));
    assert.ok(!(await commitBatchAlone(database, batch)));
    assert.deepEqual(await found(), nothing);
    const newer = { ...batch, fence: String(Number(fence) + 1) };
    assert.ok(await commitBatchAlone(database, newer));
    assert.ok(!(await commitBatchAlone(database, newer)));
    assert.equal(await readSoFar(), first + 1);
  });

  it('is refused whole when it does not balance', async () => {
    const unbalanced = fullBatch([{ stream, records: { read: 2, waiting: 1 } }]);
    await assert.rejects(commitBatchAlone(database, unbalanced), { code: 'balance-broken' });
    assert.deepEqual(await found(), nothing);
  });
});
