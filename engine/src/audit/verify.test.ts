import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { manualClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { signingKeyFrom } from '../keys/signingKey.ts';
import { openDatabase } from '../store/database.ts';
import type { Database } from '../store/database.ts';
import type { Transaction } from '../store/session.ts';
import type { FreshDatabase } from '../store/testing.ts';
import { databaseAuditLog, signAuditHead } from './auditLog.ts';
import { batchRecorder } from './batchRecorder.ts';
import type { AuditBatch } from './batches.ts';
import type { AuditEvent } from './auditEvent.ts';
import { checkpointText, signedNote } from './signedNote.ts';
import { verifyAuditLog, type AuditVerdict } from './verify.ts';
import { freshAuditLog } from './testing.ts';

const clock = manualClock(new Date('2026-03-01T10:00:00.000Z'));
const services = {
  clock,
  random: seededRandom(1),
  origin: 'handover/test/audit',
  signer: signingKeyFrom(Buffer.alloc(32, 1)),
};
let fresh: FreshDatabase;
let database: Database;
let anchor: string;

before(async () => {
  fresh = await freshAuditLog();
  database = openDatabase(fresh.spec, { log: silentLog });
  const log = databaseAuditLog(database, services);
  for (let commit = 0; commit < 20; commit++) {
    await log.record(Array.from({ length: 1 + (commit % 4) }, (_, at) => lookAt(commit, at)));
    clock.advance(400);
    if (commit === 9) {
      const recorder = batchRecorder(services);
      await database.transaction((transaction) => recorder.record(transaction, batch));
    }
  }
  anchor = await signAuditHead(database, services);
});

/** A load of three items: two of one patient, and one of nobody. */
const batch: AuditBatch = {
  instant: new Date('2026-03-01T09:00:00.000Z'),
  action: 'load',
  outcome: 'attempted',
  run: '0199e1a2-0000-7000-8000-000000000001',
  stream: 'clinic.visits',
  system: 'chart',
  slice: '1-all',
  number: 4,
  items: {
    count: 3,
    patients: Buffer.alloc(16, 7),
    counts: Buffer.of(2, 0, 0, 0),
    ids: Buffer.alloc(48, 9),
    types: ['Encounter', 'Location'],
    typeOf: Buffer.of(0, 0, 1),
    root: Buffer.alloc(0),
  },
};

after(async () => {
  await database.close();
  await fresh.drop();
});

function lookAt(commit: number, at: number): AuditEvent {
  return {
    instant: clock.now(),
    actor: 'reviewer',
    action: 'search',
    resourceType: 'Encounter',
    resourceIds: [`e${commit}-${at}`],
    patient: at === 0 ? undefined : `p${commit}`,
    outcome: 'disclosed',
  };
}

const events = 51;

async function verdictAfter(change: string, anchors: readonly string[] = [anchor]) {
  let verdict: AuditVerdict | undefined;
  const undone = new Error('undone');
  const work = async (transaction: Transaction): Promise<void> => {
    await transaction.query('alter table audit.event disable trigger event_append_only');
    await transaction.query('alter table audit.batch disable trigger batch_append_only');
    await transaction.query(change);
    const { origin, signer } = services;
    const witness = { origin, publicKey: signer.publicKey, anchors };
    verdict = await verifyAuditLog(transaction, witness);
    throw undone;
  };
  await assert.rejects(database.transaction(work), (error) => error === undone);
  return verdict as AuditVerdict;
}

test('R08 an untouched log has no fault; its head is signed about every second', async () => {
  const verdict = await verdictAfter('select 1');
  assert.deepEqual(verdict.faults, []);
  assert.equal(verdict.events, events);
  // 20 commits 400 ms apart: the first, then each third; the batch; the last head by hand; the anchor.
  assert.equal(verdict.checkpoints, 10);
});

const reorder = `update audit.event e set place = case e.place when 3 then -1 else 3 end
  where e.place in (3, 4); update audit.event set place = 4 where place = -1`;
const cut = `delete from audit.event where place >= 40;
  delete from audit.checkpoint where size > 40`;

for (const [name, change, fault] of [
  ['edited', `update audit.event set actor = 'nobody' where place = 7`, 'altered'],
  [
    'moved by a microsecond',
    `update audit.event set instant = instant + interval '1 microsecond'
     where place = 7`,
    'altered',
  ],
  ['emptied of its patient', `update audit.event set patient = null where place = 2`, 'altered'],
  ['robbed of a patient of a batch', "update audit.batch set patients = ''", 'altered'],
  ['told of a batch that was more', 'update audit.batch set count = 4', 'altered'],
  ['told of another target', "update audit.batch set system = 'archive'", 'altered'],
  ['told of another run', "update audit.batch set run = 'x'", 'altered'],
  ['robbed of what a batch held', 'delete from audit.batch', 'altered'],
  [
    'given a batch for a look',
    'insert into audit.batch select e.event, run, system, slice, number, count, root, patients, counts, ' +
      'ids, types, type_of from audit.event e, audit.batch where place = 1',
    'altered',
  ],
  ['deleted', 'delete from audit.event where place = 7', 'missing'],
  ['deleted at the end', `delete from audit.event where place = ${events - 1}`, 'truncated'],
  ['cut together with its heads', cut, 'truncated'],
  ['reordered', reorder, 'rewritten'],
  [
    'added to without a place',
    `insert into audit.event
     (instant, actor, action, resource_type, resource_ids, outcome)
     values (now(), 'operator', 'read', 'Patient', '{}', 'disclosed')`,
    'added',
  ],
  ['given another head', `update audit.tree set size = size - 1, roots = '\\x00'`, 'head-differs'],
  [
    'robbed of its first heads by a forged one',
    `update audit.checkpoint set note = 'x'
     where size = (select min(size) from audit.checkpoint)`,
    'checkpoint-forged',
  ],
] as const) {
  test(`R08 a log that was ${name} is found out: ${fault}`, async () => {
    const { faults } = await verdictAfter(change);
    assert.ok(
      faults.some((one) => one.fault === fault),
      JSON.stringify(faults),
    );
  });
}

test('R08 a log written anew from an event on, leaves and all, is not what was signed', async () => {
  const other = openDatabase((await rewritten()).spec, { log: silentLog });
  const { origin, signer } = services;
  const witness = { origin, publicKey: signer.publicKey, anchors: [anchor] };
  const { faults } = await other.read((reader) => verifyAuditLog(reader, witness));
  await other.close();
  assert.deepEqual(faults, [{ fault: 'rewritten', at: events }]);
});

/** As many events, in a tree that is right in itself; all heads of its own signed with the same key. */
async function rewritten(): Promise<FreshDatabase> {
  const second = await freshAuditLog();
  const forged = openDatabase(second.spec, { log: silentLog });
  const looks = Array.from({ length: events }, (_, at) => lookAt(99, at));
  await databaseAuditLog(forged, services).record(looks);
  await forged.close();
  return second;
}

test('R08 an anchor that another key signed is none', async () => {
  const { origin } = services;
  const stranger = signingKeyFrom(Buffer.alloc(32, 2));
  const head = { size: 1, root: Buffer.alloc(32) };
  const forged = signedNote(checkpointText(origin, head), origin, stranger);
  const { faults } = await verdictAfter('select 1', [forged]);
  assert.deepEqual(
    faults.map(({ fault }) => fault),
    ['checkpoint-forged'],
  );
});
