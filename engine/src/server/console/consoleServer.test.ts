import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import type { LiveRun, RunList } from '../../contract/console.ts';
import type { ConsoleDesk } from './consoleDesk.ts';
import { createConsoleServer } from './consoleServer.ts';
import { LiveFeed } from './liveFeed.ts';

const code = 'c'.repeat(32);
const page = { type: 'text/html', bytes: Buffer.from('<p>page</p>'), lasting: false };
const list: RunList = { format: 'handover-console-runs/1', project: 'riverside', runs: [] };

/** A server whose desk knows no run; the doors are what is looked at. */
function door() {
  const clock = manualClock(new Date('2026-01-01T00:00:00Z'));
  const desk = { runs: async () => list, live: async () => undefined } as Partial<ConsoleDesk>;
  const app = createConsoleServer({
    desk: desk as ConsoleDesk,
    files: new Map([['/', page]]),
    code,
    clock,
    random: systemRandom,
    log: silentLog,
  });
  const call = (method: 'GET' | 'POST' | 'DELETE', url: string, headers = {}, payload?: object) =>
    app.inject({
      method,
      url,
      headers: { host: '127.0.0.1:80', ...headers },
      ...(payload && { payload }),
    });
  const signIn = async (): Promise<string> => {
    const answer = await call('POST', '/api/session', {}, { code });
    assert.equal(answer.statusCode, 204);
    return String(answer.headers['set-cookie']).split(';', 1)[0] ?? '';
  };
  return { clock, call, signIn };
}

test('R18 a session ends when it idles, when it is old, and at once when signed out', async () => {
  const { clock, call, signIn } = door();
  const status = async (cookie: string) => (await call('GET', '/api/runs', { cookie })).statusCode;

  const idle = await signIn();
  clock.advance(29 * 60_000);
  assert.equal(await status(idle), 200);
  clock.advance(31 * 60_000);
  assert.equal(await status(idle), 401);

  const busy = await signIn();
  for (let minutes = 0; minutes < 8 * 60; minutes += 20) {
    assert.equal(await status(busy), 200);
    clock.advance(20 * 60_000);
  }
  clock.advance(1);
  assert.equal(await status(busy), 401);

  const left = await signIn();
  await call('DELETE', '/api/session', { cookie: left });
  assert.equal(await status(left), 401);
});

test('R18 wrong codes are counted: after ten nobody signs in for a minute', async () => {
  const { clock, call, signIn } = door();
  for (let attempt = 0; attempt < 10; attempt++) {
    const answer = await call('POST', '/api/session', {}, { code: 'wrong' });
    assert.equal(answer.statusCode, 401);
  }
  assert.equal((await call('POST', '/api/session', {}, { code })).statusCode, 429);
  clock.advance(60_000);
  await signIn();
});

test('R15 a page of another name that was pointed here is told nothing', async () => {
  const { call, signIn } = door();
  const cookie = await signIn();
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80']) {
    assert.equal((await call('GET', '/api/runs', { cookie, host })).statusCode, 421);
    assert.equal((await call('GET', '/', { host })).statusCode, 421);
  }
  assert.equal((await call('GET', '/', { host: 'localhost:4000' })).statusCode, 200);
});

test('what is not there is said, with a policy on every answer', async () => {
  const { call, signIn } = door();
  const cookie = await signIn();
  const run = '01a21a45-bad9-7f54-b1b9-1e1fcda0feff';
  for (const url of [`/api/runs/${run}`, '/api/runs/none', '/etc/passwd', '/../engine']) {
    const answer = await call('GET', url, { cookie });
    assert.equal(answer.statusCode, 404, url);
    assert.equal(answer.json<{ format: string }>().format, 'handover-problem/1');
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/);
    assert.equal(answer.headers['cache-control'], 'no-store');
  }
});

test('the feed tells each change once, and trouble when the ledger cannot be read', async () => {
  const clock = manualClock(new Date());
  const states = ['a', 'a', new Error('down'), 'a', 'b', undefined];
  const told: string[] = [];
  const done = Promise.withResolvers<void>();
  const feed = new LiveFeed({
    clock,
    look: async () => {
      if (states.length === 0) {
        done.resolve();
        return new Promise(() => undefined);
      }
      const state = states.shift();
      if (state instanceof Error) throw state;
      return state === undefined ? undefined : ({ format: state } as unknown as LiveRun);
    },
  });
  const stop = feed.watch('run', (event, data) => told.push(`${event} ${data}`));
  await done.promise;
  stop();
  assert.deepEqual(told, [
    'run {"format":"a"}',
    'trouble {}',
    'run {"format":"a"}',
    'run {"format":"b"}',
    'gone {}',
  ]);
});
