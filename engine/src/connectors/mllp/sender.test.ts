import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { HandoverError } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import { acknowledge, type Refusal } from '../../formats/hl7v2/acknowledgement.ts';
import { headerOf } from '../../formats/hl7v2/header.ts';
import { frameOf, MllpReader } from '../../formats/hl7v2/mllpFrames.ts';
import { Sender, type Outcome } from './sender.ts';
import { admission } from './testing.ts';

const never = new AbortController().signal;
const undo: (() => void)[] = [];

afterEach(() => {
  for (const step of undo.splice(0)) step();
});

/** What a receiver does with the message that came as the `count`th: answer, be silent, hang up. */
type Manners = (
  count: number,
) => 'answer' | 'answer another' | 'refuse' | 'silence' | 'noise' | 'hang up' | 'hang up answered';

interface Receiver {
  port: number;
  /** Control ids in the order of arrival. */
  received: string[];
  server: Server;
}

const missing: Refusal = { kind: 'error', condition: 101, text: 'missing' };

async function receiver(manners: Manners = () => 'answer', port = 0): Promise<Receiver> {
  const received: string[] = [];
  const server = createServer((socket: Socket) => {
    const reader = new MllpReader();
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const { bytes } of reader.push(chunk)) {
        if (socket.destroyed) return;
        const header = headerOf(bytes);
        received.push(header?.segment.field(10) ?? '');
        const manner = manners(received.length);
        const refusal = manner === 'refuse' ? { refusal: missing } : {};
        const meant = manner === 'answer another' ? headerOf(Buffer.from(admission('X'))) : header;
        const answer = acknowledge({ header: meant, id: 'A', now: new Date(0), ...refusal });
        if (manner === 'noise') socket.write('220 ready\r\n');
        else if (manner === 'hang up') socket.destroy();
        else if (answer && manner === 'hang up answered') socket.end(frameOf(answer));
        else if (manner !== 'silence' && answer) socket.write(frameOf(answer));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen({ port, host: '127.0.0.1' }, () => resolve()));
  undo.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, received, server };
}

function sender(port: number, window: number, attempts = 5, answerMs = 300): Sender {
  return new Sender({
    receiver: { host: '127.0.0.1', port },
    window,
    answerMs,
    retry: { attempts, firstDelayMs: 5, longestDelayMs: 20 },
    clock: systemClock,
    random: seededRandom(1),
  });
}

async function* messages(count: number, wanting = ''): AsyncGenerator<Buffer> {
  for (let at = 0; at < count; at++) {
    yield Buffer.from(admission(String(at)).replace('|P|2.5', `|P|2.5|||${wanting}|${wanting}`));
  }
}

async function sendAll(one: Sender, count: number, wanting?: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const outcome of one.send(messages(count, wanting), never)) outcomes.push(outcome);
  return outcomes;
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));

describe('MLLP sender', () => {
  for (const window of [1, 8]) {
    test(`sends in order, each until it is answered (window ${window})`, async () => {
      const { port, received } = await receiver();
      const one = sender(port, window);
      const outcomes = await sendAll(one, 30);
      assert.deepEqual(
        outcomes.map(({ number }) => String(number)),
        numbers(30),
      );
      assert.ok(outcomes.every(({ answer }) => answer?.code === 'AA'));
      assert.deepEqual(received, numbers(30));
      assert.deepEqual([one.settled, one.resent], [30, 0]);
    });

    test(`sends again what has no answer, in its order (window ${window})`, async () => {
      const bad = ['hang up', 'silence', 'hang up answered'] as const;
      const { port, received } = await receiver((count) => {
        return count % 5 === 0 ? (bad[(count / 5) % 3] as (typeof bad)[number]) : 'answer';
      });
      const one = sender(port, window);
      const outcomes = await sendAll(one, 30);
      assert.deepEqual(
        outcomes.map(({ number }) => number).toSorted((a, b) => a - b),
        [...Array(30).keys()],
      );
      assert.ok(one.resent > 0);
      const first = received.filter((control, at) => received.indexOf(control) === at);
      assert.deepEqual(first, numbers(30));
    });
  }

  test('goes on after a message that is refused, and tells why', async () => {
    const { port } = await receiver((count) => (count === 2 ? 'refuse' : 'answer'));
    const outcomes = await sendAll(sender(port, 1), 3);
    assert.deepEqual(
      outcomes.map(({ answer }) => [answer?.code, answer?.conditions]),
      [
        ['AA', []],
        ['AE', ['101']],
        ['AA', []],
      ],
    );
  });

  test('waits for no answer that the message does not ask for', async () => {
    const { port, received } = await receiver();
    const outcomes = await sendAll(sender(port, 1), 3, 'NE');
    assert.deepEqual(outcomes, [{ number: 0 }, { number: 1 }, { number: 2 }]);
    await systemClock.sleep(50);
    assert.deepEqual(received, numbers(3));
  });

  test('waits for a receiver that comes late, and gives up on one that never does', async () => {
    const { port, server } = await receiver();
    await new Promise((resolve) => server.close(resolve));
    const one = sender(port, 4, 1_000);
    const sending = sendAll(one, 10);
    await systemClock.sleep(100);
    await receiver(undefined, port);
    assert.equal((await sending).length, 10);
    const gone = sender(1, 4, 3);
    await assert.rejects(sendAll(gone, 2), { code: 'receiver-unreachable', exitCode: 7 });
    assert.equal(gone.settled, 0);
  });

  for (const [manner, why, next] of [
    ['silence', /it takes messages and is silent/, /--wait/],
    ['noise', /no acknowledgement of a message that was sent/, /MSA-2/],
    ['answer another', /no acknowledgement of a message that was sent/, /MSA-2/],
    ['hang up', /closes the connection/, /its log/],
  ] as const) {
    test(`gives up and says why: ${manner}`, async () => {
      const { port } = await receiver(() => manner);
      const failed = await sendAll(sender(port, 1, 2, 100), 2).catch((error: unknown) => error);
      assert.ok(failed instanceof HandoverError);
      assert.equal(failed.code, 'receiver-unreachable');
      assert.match(failed.message, why);
      assert.match(failed.next ?? '', next);
    });
  }

  test('gives up and says why: nobody listens', async () => {
    await assert.rejects(sendAll(sender(1, 1, 1), 1), /no connection \(ECONNREFUSED\)/);
  });

  test('stops when told to, and says how far it came', async () => {
    const { port, received } = await receiver();
    const one = sender(port, 4);
    const controller = new AbortController();
    let outcomes = 0;
    for await (const { number } of one.send(messages(1_000), controller.signal)) {
      outcomes++;
      if (number === 10) controller.abort();
    }
    assert.equal(one.settled, outcomes);
    assert.ok(outcomes <= 15);
    assert.equal(received.length, outcomes);
  });
});
