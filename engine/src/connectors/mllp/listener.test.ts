import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { temporaryProjectKey } from '../../keys/projectKey.ts';
import { inboxIssues, inboxState } from '../../ledger/inbox.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest } from '../../model/source.ts';
import type { Stream } from '../../model/stream.ts';
import { openDatabase, type Database } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { testCluster, type FreshDatabase } from '../../store/testing.ts';
import { mllpConfiguration, type MllpConfiguration } from './configuration.ts';
import { Inbox } from './inbox.ts';
import { InboxSource } from './inboxSource.ts';
import { openListener, type Listener } from './listener.ts';
import { admission, TestSender } from './testing.ts';

const never = new AbortController().signal;
const key = temporaryProjectKey(systemRandom);
const undo: (() => unknown)[] = [];
let kept: FreshDatabase;
let database: Database;
let made = 0;

before(async () => {
  const cluster = await testCluster();
  kept = await cluster.freshDatabase();
  database = openDatabase(kept.spec, { log: silentLog });
  const folder = new URL('../../store/migrations/control/', import.meta.url);
  await migrate({ database, folder });
});

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

after(async () => {
  await database.close();
  await kept.drop();
});

interface Station {
  name: string;
  listener: Listener;
  inbox: Inbox;
  sender: () => Promise<TestSender>;
}

async function station(settings: object = {}, name = `feed${++made}`): Promise<Station> {
  const parsed = mllpConfiguration.parse({ port: 0, ...settings });
  assert.ok('value' in parsed);
  const services = { clock: systemClock, random: systemRandom, log: silentLog };
  const inbox = new Inbox(name, { ...services, database, key });
  await inbox.open();
  const configuration: MllpConfiguration = parsed.value;
  const listener = await openListener(configuration, { ...services, inbox, folder: '.' });
  undo.push(async () => {
    await listener.drain(2_000);
    await inbox.close(2_000);
  });
  const sender = async (): Promise<TestSender> => {
    const one = await TestSender.connect(listener.port);
    undo.push(() => one.close());
    return one;
  };
  return { name, listener, inbox, sender };
}

async function opened(name: string): Promise<InboxSource> {
  const connect = (): Database => openDatabase(kept.spec, { log: silentLog });
  const source = new InboxSource(name, key, connect);
  undo.push(() => source.close());
  await source.open(never);
  return source;
}

async function batchesOf(
  source: InboxSource,
  stream: Stream,
  more: Partial<ReadRequest> = {},
  want = 1,
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for (const slice of await source.slices(stream, want)) {
    const request = { stream, slice, records: 1_000, bytes: 1 << 20, ...more };
    for await (const batch of source.read(request, never)) batches.push(batch);
  }
  return batches;
}

function textsOf(batches: readonly RecordBatch[]): string[] {
  return batches.flatMap(({ bytes, offsets, keys }) =>
    keys.map((_, at) => bytes.toString('latin1', offsets[at], offsets[at + 1])),
  );
}

/** Everything in an inbox, by stream. */
async function contents(name: string): Promise<Record<string, string[]>> {
  const source = await opened(name);
  const found: Record<string, string[]> = {};
  for (const stream of await source.streams()) {
    found[stream.name] = textsOf(await batchesOf(source, stream));
    assert.equal(found[stream.name]?.length, stream.count);
  }
  return found;
}

const result = 'ORU^R01';
const startMark = '\u000b';
const endMark = '\u001c\r';

describe('MLLP listener', () => {
  test('acknowledges, keeps by type in the order of arrival, and gives back every byte', async () => {
    const { name, sender } = await station();
    const one = await sender();
    const odd = Buffer.from(admission('3', 'M\u00fcller\u0000\u000b\u001cx', result), 'latin1');
    assert.deepEqual(await one.ask(admission('1')), { code: 'AA', control: '1', conditions: [] });
    one.send(admission('2'));
    one.send(odd);
    one.send(admission('4'));
    for (const control of ['2', '3', '4']) assert.equal((await one.answer())?.control, control);
    assert.deepEqual(await contents(name), {
      ADT: [admission('1'), admission('2'), admission('4')],
      ORU: [odd.toString('latin1')],
    });
  });

  test('what is sent again is acknowledged and stored once', async () => {
    const { name, listener, sender } = await station();
    const one = await sender();
    const other = await sender();
    for (const each of [one, other, one]) {
      assert.equal((await each.ask(admission('1')))?.code, 'AA');
    }
    one.raw([1, 1, 2].map((control) => `\u000b${admission(`${control}`)}\u001c\r`).join(''));
    for (let at = 0; at < 3; at++) assert.equal((await one.answer())?.code, 'AA');
    assert.deepEqual(await contents(name), { ADT: [admission('1'), admission('2')] });
    assert.deepEqual(listener.traffic, { kept: 2, repeated: 4, reused: 0, refused: 0 });
    assert.deepEqual(await inboxState(database, name), { arrivals: 2, repeats: 4 });
  });

  test('a control id that is used again for other bytes is kept, and is an issue', async () => {
    const { name, sender } = await station();
    const one = await sender();
    for (const more of ['first', 'second', 'first', 'second']) {
      assert.equal((await one.ask(admission('1', more)))?.code, 'AA');
    }
    assert.deepEqual(await contents(name), {
      ADT: [admission('1', 'first'), admission('1', 'second')],
    });
    assert.deepEqual(await inboxIssues(database, name), [
      { code: 'control-id-reused', refused: false, count: 1 },
    ]);
  });

  /** What is sent, marks and all; the code and condition it is answered with; the issue it becomes. */
  const refusals: readonly (readonly [string, string, string, string])[] = [
    ['\u000bPID|1\r\u001c\r', 'AR', '100', 'message-unreadable'],
    ['\u000b\u001c\r', 'AR', '100', 'message-unreadable'],
    ['\u000bMSH|||||\r\u001c\r', 'AR', '100', 'delimiters-unusable'],
    [`\u000b${admission('', 'x')}\u001c\r`, 'AE', '101', 'control-id-missing'],
    [`\u000b${admission('1', 'x', 'Doe John')}\u001c\r`, 'AE', '101', 'message-type-missing'],
    [`\u000b${admission('1')}${admission('2')}\u001c\r`, 'AR', '100', 'message-several'],
    [`${admission('1')}\u001c\r`, 'AR', '100', 'frame-start-missing'],
    [`\u000b${admission('1', 'x'.repeat(1 << 20))}\u001c\r`, 'AR', '207', 'frame-too-long'],
  ];
  for (const [sent, code, condition, issue] of refusals) {
    test(`refuses and keeps: ${issue} (${sent.length} bytes)`, async () => {
      const { name, listener, sender } = await station({ largestMiB: 1 });
      const one = await sender();
      one.raw(sent);
      const answer = await one.answer();
      assert.deepEqual([answer?.code, answer?.conditions], [code, [condition]]);
      // The sender may go on.
      assert.equal((await one.ask(admission('9')))?.code, 'AA');
      const { unreadable, ADT } = await contents(name);
      const bytes = (sent.startsWith(startMark) ? sent.slice(1) : sent).slice(0, -endMark.length);
      assert.deepEqual(unreadable, [bytes.length > 1 << 20 ? bytes.slice(0, 1 << 16) : bytes]);
      assert.deepEqual(ADT, [admission('9')]);
      assert.deepEqual(await inboxIssues(database, name), [
        { code: issue, refused: true, count: 1 },
      ]);
      assert.equal(listener.traffic.refused, 1);
    });
  }

  test('a missing end is refused when the next message begins, and bytes between frames are kept', async () => {
    const { name, sender } = await station();
    const one = await sender();
    one.raw(
      `\u000b${admission('1')}\u000b${admission('2')}\u001c\rnoise\u000b${admission('3')}\u001c\r`,
    );
    const answers = [await one.answer(), await one.answer(), await one.answer()];
    assert.deepEqual(
      answers.map((answer) => [answer?.code, answer?.control]),
      [
        ['AR', '1'],
        ['AA', '2'],
        ['AA', '3'],
      ],
    );
    const { unreadable, ADT } = await contents(name);
    assert.deepEqual(unreadable, [admission('1'), 'noise']);
    assert.deepEqual(ADT, [admission('2'), admission('3')]);
  });

  test('answers nothing before the message is durable', async () => {
    const { name, sender } = await station();
    const one = await sender();
    assert.equal((await one.ask(admission('1')))?.code, 'AA');
    await database.transaction(async (transaction) => {
      await transaction.query('select 1 from handover.inbox where name = $1 for update', [name]);
      one.send(admission('2'));
      await systemClock.sleep(300);
      assert.equal(one.waiting, 0);
    });
    assert.equal((await one.answer())?.control, '2');
  });

  test('reads no more from senders than it may hold while the database does not answer', async () => {
    const { name, sender, inbox } = await station();
    const senders = await Promise.all(Array.from({ length: 4 }, sender));
    const large = 'x'.repeat(1 << 20);
    const each = 40;
    await database.transaction(async (transaction) => {
      await transaction.query('select 1 from handover.inbox where name = $1 for update', [name]);
      senders.forEach((one, at) => {
        for (let number = 0; number < each; number++) one.send(admission(`${at}-${number}`, large));
      });
      // However slow the machine: it is read until there is no room, and no longer.
      while (inbox.hasRoom) await systemClock.sleep(20);
      await systemClock.sleep(500);
      const unsent = senders.reduce((sum, { socket }) => sum + socket.writableLength, 0);
      assert.ok(unsent > 40 << 20, `${unsent} bytes were left with the senders`);
    });
    for (const one of senders) {
      for (let at = 0; at < each; at++) assert.equal((await one.answer())?.code, 'AA');
    }
    assert.equal((await inboxState(database, name)).arrivals, senders.length * each);
  });

  test('a sender whose answer cannot be made is let go alone', async () => {
    const { name, inbox, sender } = await station();
    const failed = Promise.withResolvers<undefined>();
    inbox.keep({
      bytes: Buffer.from(admission('1')),
      stream: 'ADT',
      identity: 'one',
      settled: () => {
        throw new Error('no answer');
      },
      failed: () => failed.resolve(undefined),
    });
    await failed.promise;
    const one = await sender();
    assert.equal((await one.ask(admission('2')))?.code, 'AA');
    assert.deepEqual(await contents(name), { ADT: [admission('1'), admission('2')] });
  });

  test('a drain answers what was read and ends every connection', async () => {
    const { name, listener, inbox, sender } = await station();
    const one = await sender();
    one.send(admission('1'));
    assert.equal((await one.answer())?.code, 'AA');
    one.raw(`\u000b${admission('2')}`);
    const idle = await sender();
    await listener.drain(5_000);
    await inbox.close(5_000);
    await Promise.all([one.closed, idle.closed]);
    assert.deepEqual(await contents(name), { ADT: [admission('1')] });
    await assert.rejects(TestSender.connect(listener.port), { code: 'ECONNREFUSED' });
  });

  test('a silent sender is disconnected; what it had begun is refused and kept', async () => {
    const { name, sender } = await station({ idleSeconds: 1 });
    const idle = await sender();
    const cut = await sender();
    cut.raw(`\u000b${admission('7')}`);
    const refused = await cut.answer();
    assert.deepEqual([refused?.code, refused?.control], ['AR', '7']);
    await Promise.all([idle.closed, cut.closed]);
    assert.deepEqual(await contents(name), { unreadable: [admission('7')] });
  });

  test('half a message of a sender that went away is none; half closed, it is still answered', async () => {
    const { name, sender } = await station();
    const gone = await sender();
    gone.raw(`\u000b${admission('1').slice(0, 40)}`);
    gone.socket.end();
    await gone.closed;
    const half = await sender();
    half.send(admission('2'));
    half.socket.end();
    assert.equal((await half.answer())?.code, 'AA');
    assert.deepEqual(await contents(name), { ADT: [admission('2')] });
  });

  test('turns senders away that are too many', async () => {
    const { sender } = await station({ connections: 1 });
    const one = await sender();
    assert.equal((await one.ask(admission('1')))?.code, 'AA');
    const other = await sender();
    other.send(admission('2'));
    assert.equal(await other.answer(), undefined);
    assert.equal((await one.ask(admission('3')))?.code, 'AA');
  });

  test('two listeners with one inbox lose and double nothing', async () => {
    const one = await station();
    const other = await station({}, one.name);
    const senders = await Promise.all([one, other, one, other].map(({ sender }) => sender()));
    const sent = new Set<string>();
    await Promise.all(
      senders.map(async (sender, at) => {
        for (let number = 0; number < 50; number++) {
          // Half of them go to both.
          const message = admission(number % 2 === 0 ? `${number}` : `${at}-${number}`);
          sent.add(message);
          assert.equal((await sender.ask(message))?.code, 'AA');
        }
      }),
    );
    const { ADT } = await contents(one.name);
    assert.deepEqual(ADT?.toSorted(), [...sent].toSorted());
  });

  test('enhanced mode: a commit acknowledgement, or none if the sender wants none', async () => {
    const { name, sender } = await station();
    const one = await sender();
    const wanting = (accept: string, control: string): string =>
      `MSH|^~\\&|REG|NORTH|||20260101||ADT^A01|${control}|P|2.5|||${accept}|NE\r`;
    one.send(wanting('NE', '1'));
    assert.deepEqual(await one.ask(wanting('AL', '2')), {
      code: 'CA',
      control: '2',
      conditions: [],
    });
    assert.equal((await contents(name))['ADT']?.length, 2);
  });
});

describe('an inbox as a source', () => {
  test('is read in slices, goes on after any cursor, and later from where it stood', async () => {
    const { name, sender } = await station();
    const one = await sender();
    const all: string[] = [];
    const receive = async (from: number, to: number): Promise<void> => {
      let unanswered = 0;
      for (let at = from; at < to; at++) {
        const message = admission(`${at}`, '', at % 3 === 0 ? result : 'ADT^A08');
        if (at % 3 !== 0) all.push(message);
        one.send(message);
        unanswered++;
        if (at % 7 !== 0) continue;
        for (; unanswered > 0; unanswered--) await one.answer();
      }
      for (; unanswered > 0; unanswered--) await one.answer();
      assert.equal((await one.ask(admission(`end ${to}`, '', 'SIU^S12')))?.code, 'AA');
    };
    await receive(0, 60);
    const source = await opened(name);
    const stream = (await source.streams()).find((each) => each.name === 'ADT') as Stream;
    assert.deepEqual(textsOf(await batchesOf(source, stream)), all);
    assert.deepEqual(textsOf(await batchesOf(source, stream, {}, 5)), all);
    const whole = await batchesOf(source, stream, { records: 7 });
    for (const [at, { cursor }] of whole.entries()) {
      const rest = await batchesOf(source, stream, { after: cursor, records: 4 });
      assert.deepEqual(textsOf(rest), textsOf(whole.slice(at + 1)));
    }
    await receive(60, 90);
    assert.deepEqual(textsOf(await batchesOf(source, stream)).length, 40);
    const later = await opened(name);
    const passed = whole.at(-1)?.cursor ?? '';
    const fresh = await batchesOf(later, stream, { after: passed });
    assert.deepEqual(textsOf(fresh), all.slice(40));
    const snapshot = source.snapshot() ?? '';
    assert.equal(textsOf(await batchesOf(later, stream, { snapshot })).length, 60);
    const ahead = { snapshot: later.snapshot() ?? '' };
    await assert.rejects(batchesOf(source, stream, ahead), { code: 'snapshot-lost' });
  });

  test('keys tell who sent what; bytes and key of a message open under no other project', async () => {
    const { name, sender } = await station();
    const one = await sender();
    await one.ask(admission('17'));
    const source = await opened(name);
    const [stream] = await source.streams();
    const [batch] = await batchesOf(source, stream as Stream);
    const [digest, ...rest] = batch?.keys[0]?.split(keySeparator).toReversed() ?? [];
    assert.deepEqual(rest.toReversed(), ['REG', 'NORTH', '17', '20260101']);
    assert.match(digest ?? '', /^[0-9a-f]{32}$/);
    const stranger = new InboxSource(name, temporaryProjectKey(systemRandom), () =>
      openDatabase(kept.spec, { log: silentLog }),
    );
    undo.push(() => stranger.close());
    await stranger.open(never);
    await assert.rejects(batchesOf(stranger, stream as Stream), { code: 'seal-broken' });
  });
});
