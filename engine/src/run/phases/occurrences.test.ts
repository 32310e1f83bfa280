import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRandom } from '../../base/random.ts';
import { silentLog } from '../../base/log.ts';
import { packRecords } from '../../formats/packRecords.ts';
import { temporaryProjectKey } from '../../keys/projectKey.ts';
import { commitBatch } from '../../ledger/commitBatch.ts';
import { beginRun, recordRevision } from '../../ledger/runs.ts';
import { claimSlice, planSlices } from '../../ledger/slices.ts';
import { enterStream } from '../../ledger/streams.ts';
import type { RecordBatch } from '../../model/record.ts';
import { openDatabase, type Database } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { testCluster, type FreshDatabase } from '../../store/testing.ts';
import { recordEntries } from './recordEntries.ts';
import { withOccurrences } from './occurrences.ts';

const run = '01890000-0000-7000-8000-000000000001';
const key = temporaryProjectKey(systemRandom);
const random = systemRandom;
let fresh: FreshDatabase;
let database: Database;

before(async () => {
  fresh = await (await testCluster()).freshDatabase();
  database = openDatabase(fresh.spec, { log: silentLog });
  const folder = new URL('../../store/migrations/control/', import.meta.url);
  await migrate({ database, folder });
  await database.transaction(async (transaction) => {
    await recordRevision(transaction, 'r', Buffer.alloc(1));
    await beginRun(transaction, { id: run, revision: 'r', strategy: 'big-bang', protocol: 1 });
    const stream = { name: 's.notes', source: 's', position: 1, schemaDigest: '', columns: [] };
    await enterStream(transaction, run, { ...stream, key: [] }, []);
  });
});

after(async () => {
  await database.close();
  await fresh.drop();
});

const slice = { run, phase: 'extract' as const, target: '', stream: 's.notes', slice: '1-0001' };

async function* inBatches(records: readonly string[], size: number): AsyncGenerator<RecordBatch> {
  for (let at = 0; at < records.length; at += size) {
    const some = records.slice(at, at + size);
    yield packRecords(
      'notes',
      some,
      some.map(() => ''),
    );
  }
}

async function keysOf(batches: AsyncIterable<RecordBatch>): Promise<string[]> {
  const keys: string[] = [];
  for await (const batch of batches) keys.push(...batch.keys);
  return keys;
}

test('R02 equal records are told apart by their number, also where a stopped reading goes on', async () => {
  // More different records than the counting begins with room for.
  const records = Array.from({ length: 30_000 }, (_, at) => `note ${(at * 7919) % 11_000}`);
  const services = { database, key };
  const whole = await keysOf(withOccurrences(services, slice, inBatches(records, 900)));
  assert.equal(new Set(whole).size, records.length);
  const committed = 21_000;
  await database.transaction(async (transaction) => {
    await planSlices(transaction, [{ key: slice }]);
    const answer = await claimSlice(transaction, slice, 'worker');
    assert.ok(typeof answer === 'object');
    let number = 0;
    for await (const batch of withOccurrences(
      { database: transaction, key },
      slice,
      inBatches(records.slice(0, committed), 500),
    )) {
      await commitBatch(transaction, {
        key: { ...slice, number: number++ },
        attempt: run,
        fence: answer.claim.fence,
        revision: 'r',
        counts: {},
        entries: recordEntries({ key, random }, 's.notes', batch),
        parcels: [],
        exceptions: [],
        balance: [],
        last: false,
      });
    }
  });
  const rest = await keysOf(
    withOccurrences(services, slice, inBatches(records.slice(committed), 1_300)),
  );
  assert.deepEqual(rest, whole.slice(committed));
});
