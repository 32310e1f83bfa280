import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { temporaryFolder, testCluster, type FreshDatabase } from '../../src/store/testing.ts';
import { handover, start, type Given } from './commandLine.ts';

let kept: FreshDatabase;
let given: Given;
let folder: string;

before(async () => {
  kept = await (await testCluster()).freshDatabase();
  folder = await temporaryFolder();
  given = { environment: { DATABASE_URL: kept.spec.url }, folder };
  assert.equal((await handover(['init', '--tables', 'core'], given)).code, 0);
  const plan =
    'name: feed\nsources: { feed: { kind: mllp, port: 0 } }\n' +
    'targets: { chart: { kind: embedded } }\nstrategy: { kind: big-bang }\n';
  await writeFile(join(folder, 'handover.yaml'), plan);
});

after(async () => {
  await kept.drop();
  await rm(folder, { recursive: true });
});

const message = (control: string, type = 'ADT^A08'): string =>
  `MSH|^~\\&|REG|NORTH|||20260101||${type}|${control}|P|2.5\nPID|1\n`;

describe('handover listen and handover send', () => {
  test('messages of files are received; the listener drains when it is told to stop', async () => {
    const listener = start(['--json', 'listen'], given);
    await listener.tells(/listening at 127\.0\.0\.1:\d+/);
    const port = /listening at 127\.0\.0\.1:(\d+)/.exec(listener.said())?.[1] ?? '';
    const texts = ['1', '2', '2', '3'].map((each) => message(each));
    await writeFile(join(folder, 'a.hl7'), `FHS|^~\\&\nBHS|^~\\&\n${texts.join('')}BTS|4\nFTS|1\n`);
    await writeFile(join(folder, 'b.hl7'), message('4', 'no type'));
    const send = ['--json', 'send', 'a.hl7', 'b.hl7', '--to', `127.0.0.1:${port}`, '--strict'];
    const sent = await handover(send, given);
    assert.equal(sent.code, 6, sent.stderr);
    assert.deepEqual(JSON.parse(sent.stdout), {
      format: 'handover-send/1',
      messages: 5,
      taken: 4,
      notTaken: 1,
      unanswered: 0,
      resent: 0,
      places: [{ file: 'b.hl7', offset: 0, code: 'AE', conditions: ['101'] }],
    });
    const again = await handover([...send, '--skip', '3', '--window', '4'], given);
    assert.equal(again.code, 6, again.stderr);
    const lax = send.filter((word) => word !== '--strict' && word !== 'a.hl7');
    assert.equal((await handover(lax, given)).code, 6, 'nothing of it was taken');
    await writeFile(join(folder, 'empty.hl7'), '\n');
    const some = await handover(['--json', 'send', 'empty.hl7', 'a.hl7', ...lax.slice(3)], given);
    assert.equal(some.code, 0, some.stderr);
    const empty = await handover(['--json', 'send', 'empty.hl7', ...lax.slice(3)], given);
    assert.equal(empty.code, 6, empty.stderr);
    const { places } = JSON.parse(empty.stdout) as { places: object[] };
    assert.deepEqual(places, [
      { file: 'empty.hl7', offset: 0, code: 'file-empty', conditions: [] },
    ]);
    listener.process.kill('SIGTERM');
    const { code, stdout } = await listener.end;
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), {
      format: 'handover-listen/1',
      sources: [{ source: 'feed', kept: 3, repeated: 6, reused: 0, refused: 3 }],
    });
  });

  test('a sender that finds nobody says how to go on; nobody is sent to in the clear unasked', async () => {
    await writeFile(join(folder, 'one.hl7'), message('1'));
    const nobody = await handover(
      ['send', 'one.hl7', '--to', '127.0.0.1:1', '--attempts', '1'],
      given,
    );
    assert.equal(nobody.code, 7);
    assert.match(nobody.stderr, /--skip 0/);
    const to = ['send', 'one.hl7', '--to', 'ehr.invalid:2575', '--attempts', '1'];
    const open = await handover(to, given);
    assert.equal(open.code, 2);
    assert.match(open.stderr, /receiver-not-named/);
  });

  test('a plan without such a source is told', async () => {
    const unknown = await handover(['listen', 'labs'], given);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /source-unknown/);
  });
});
