import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HandoverError } from '../base/errors.ts';
import { systemClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { signingKeyFrom } from '../keys/signingKey.ts';
import { openDatabase } from '../store/database.ts';
import type { Database } from '../store/database.ts';
import type { FreshDatabase } from '../store/testing.ts';
import { databaseAuditLog } from './auditLog.ts';
import type { AuditEvent } from './auditEvent.ts';
import { freshAuditLog } from './testing.ts';

let fresh: FreshDatabase;
let database: Database;

before(async () => {
  fresh = await freshAuditLog();
  database = openDatabase(fresh.spec, { log: silentLog });
});

after(async () => {
  await database.close();
  await fresh.drop();
});

const event: AuditEvent = {
  instant: new Date('2026-03-01T10:00:00.123Z'),
  actor: 'reviewer',
  action: 'search',
  resourceType: 'Encounter',
  resourceIds: ['e1', 'e2'],
  patient: 'p1',
  outcome: 'disclosed',
};

const services = {
  clock: systemClock,
  random: seededRandom(1),
  origin: 'handover/test/audit',
  signer: signingKeyFrom(Buffer.alloc(32, 1)),
};

test('events stand in the table as they were recorded', async () => {
  await databaseAuditLog(database, services).record([event, { ...event, patient: undefined }]);
  const { rows } = await database.query(
    `select event, instant, actor, action, resource_type, resource_ids, patient, outcome
       from audit.event order by event`,
  );
  assert.deepEqual(rows, [
    {
      event: '1',
      instant: event.instant,
      actor: 'reviewer',
      action: 'search',
      resource_type: 'Encounter',
      resource_ids: ['e1', 'e2'],
      patient: 'p1',
      outcome: 'disclosed',
    },
    { ...rows[0], event: '2', patient: null },
  ]);
});

for (const change of [
  `update audit.event set actor = 'nobody'`,
  'delete from audit.event',
  'truncate audit.event',
  'delete from audit.batch',
]) {
  test(`a superuser cannot ${change.slice(0, 6)} it`, async () => {
    await databaseAuditLog(database, services).record([event]);
    await assert.rejects(
      database.transaction((transaction) => transaction.query(change)),
      /append-only/,
    );
  });
}

test('a log that cannot be written says so', async () => {
  const closed = openDatabase(fresh.spec, { log: silentLog });
  await closed.close();
  await assert.rejects(
    databaseAuditLog(closed, services).record([event]),
    (error) => error instanceof HandoverError && error.code === 'audit-unavailable',
  );
});
