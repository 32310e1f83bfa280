import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { temporaryFolder, testCluster, type FreshDatabase } from '../../src/store/testing.ts';
import { handover, start, type Given } from './commandLine.ts';

let kept: FreshDatabase;
let chart: FreshDatabase;
let given: Given;
let folder: string;

before(async () => {
  const cluster = await testCluster();
  kept = await cluster.freshDatabase();
  chart = await cluster.freshDatabase();
  folder = await temporaryFolder();
  const environment = { DATABASE_URL: kept.spec.url, HANDOVER_TARGET_URL: chart.spec.url };
  given = { environment, folder };
  assert.equal((await handover(['init', '--tables', 'core'], given)).code, 0);
  const plan =
    'name: feed\nsources: { feed: { kind: mllp, port: 0, timeZone: UTC } }\n' +
    'targets: { chart: { kind: embedded } }\nstrategy: { kind: big-bang }\nmappings: own\n';
  await writeFile(join(folder, 'handover.yaml'), plan);
  await mkdir(join(folder, 'own'));
  const mapping = 'stream: [feed.ADT, feed.unreadable]\nstandard: hl7v2\n';
  await writeFile(join(folder, 'own/feed.yaml'), mapping);
});

after(async () => {
  await kept.drop();
  await chart.drop();
  await rm(folder, { recursive: true });
});

const patient = 'PID|1||77^^^NORTH^MR||SECRET^ANN||19700101|F';
const message = (control: string, body = patient): string =>
  `MSH|^~\\&|REG|NORTH|EHR|SOUTH|202601010900||ADT^A08^ADT_A01|${control}|P|2.5\r${body}\r`;

/** Each message in a commit of its own: the next goes out when the one before was answered. */
async function receive(...messages: string[]): Promise<void> {
  const listener = start(['listen'], given);
  await listener.tells(/listening at 127\.0\.0\.1:\d+/);
  const port = /listening at 127\.0\.0\.1:(\d+)/.exec(listener.said())?.[1] ?? '';
  await writeFile(join(folder, 'a.hl7'), messages.join(''));
  const sent = await handover(['send', 'a.hl7', '--to', `127.0.0.1:${port}`], given);
  assert.equal(sent.code, 0, sent.stderr);
  listener.process.kill('SIGTERM');
  assert.equal((await listener.end).code, 0);
}

async function json(...words: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await handover(['--json', ...words], given);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stdout, /SECRET|77\^/);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function listed(): Promise<unknown> {
  const [source] = (await json('inbox', 'list'))['sources'] as unknown[];
  return source;
}

const issues = [{ code: 'message-type-missing', refused: true, count: 1 }];

describe('handover inbox', () => {
  test('what waits, was moved and is held is told; only what was moved is purged', async () => {
    const broken = message('B').replace('ADT^A08^ADT_A01', '');
    await receive(message('1'), message('2'), message('3', 'PID|1||9^^^N^MR||X||19709999'), broken);
    assert.deepEqual(await listed(), {
      source: 'feed',
      arrivals: 4,
      repeats: 0,
      purged: 0,
      streams: [
        { stream: 'ADT', waiting: 3, moved: 0, held: 0 },
        { stream: 'unreadable', waiting: 1, moved: 0, held: 0 },
      ],
      issues,
    });
    const early = await json('inbox', 'purge', '--after', '0');
    assert.deepEqual(early['sources'], [{ source: 'feed', purged: 0, kept: 4 }]);

    const run = await handover(['run'], given);
    assert.ok(run.code === 0 || run.code === 4, run.stderr);
    await receive(message('1'), message('4'));
    const states = (purged: number, moved: number): object => ({
      source: 'feed',
      arrivals: 5,
      repeats: 1,
      purged,
      streams: [
        { stream: 'ADT', waiting: 1, moved, held: 1 },
        { stream: 'unreadable', waiting: 0, moved: 0, held: 1 },
      ],
      issues,
    });
    assert.deepEqual(await listed(), states(0, 2));
    const young = await json('inbox', 'purge', '--after', '30');
    assert.deepEqual(young['sources'], [{ source: 'feed', purged: 0, kept: 5 }]);
    const purge = await json('inbox', 'purge', 'feed', '--after', '0');
    assert.deepEqual(purge['sources'], [{ source: 'feed', purged: 2, kept: 3 }]);
    assert.deepEqual(await listed(), states(2, 0));

    await receive(message('2'));
    assert.equal(((await listed()) as { repeats: number }).repeats, 2);
    const again = await handover(['run'], given);
    assert.ok(again.code === 0 || again.code === 4, again.stderr);
    const people = await handover(['inbox', 'list'], given);
    assert.match(people.stdout, /feed: 5 received, 2 sent again, 2 purged/);
  });

  test('a source that is not there, and days that are none, are told', async () => {
    assert.equal((await handover(['inbox', 'list', 'labs'], given)).code, 2);
    assert.equal((await handover(['inbox', 'purge', '--after', '-1'], given)).code, 2);
    assert.equal((await handover(['inbox', 'purge'], given)).code, 2);
  });
});
