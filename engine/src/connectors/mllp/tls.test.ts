import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { systemClock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { temporaryProjectKey } from '../../keys/projectKey.ts';
import { openDatabase, type Database } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { temporaryFolder, testCluster, type FreshDatabase } from '../../store/testing.ts';
import { mllpConfiguration } from './configuration.ts';
import { Inbox } from './inbox.ts';
import { openListener, type Listener } from './listener.ts';
import { Sender } from './sender.ts';
import { admission, TestSender } from './testing.ts';

const openssl = await promisify(execFile)('openssl', ['version']).then(
  () => true,
  () => false,
);

describe(
  'MLLP over TLS',
  { skip: openssl ? false : 'openssl, which makes certificates, is not there' },
  () => {
    let folder: string;
    let control: FreshDatabase;
    let database: Database;
    let inbox: Inbox;
    const services = { clock: systemClock, random: systemRandom, log: silentLog };

    /** A certificate for loopback, and one for a sender; each signs itself. */
    async function certificate(name: string): Promise<void> {
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'];
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
      const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
      const words = ['req', '-x509', '-days', '2', ...key, ...files, ...subject];
      await promisify(execFile)('openssl', words, { cwd: folder });
    }

    const file = (name: string): Promise<Buffer> => readFile(join(folder, name));

    async function listener(tls: object): Promise<Listener> {
      const parsed = mllpConfiguration.parse({ port: 0, tls });
      assert.ok('value' in parsed);
      return openListener(parsed.value, { ...services, inbox, folder });
    }

    before(async () => {
      folder = await temporaryFolder();
      for (const name of ['server', 'sender', 'stranger']) await certificate(name);
      control = await (await testCluster()).freshDatabase();
      database = openDatabase(control.spec, { log: silentLog });
      await migrate({
        database,
        folder: new URL('../../store/migrations/control/', import.meta.url),
      });
      const key = temporaryProjectKey(systemRandom);
      inbox = new Inbox('feed', { ...services, database, key });
      await inbox.open();
    });

    after(async () => {
      await inbox.close(1_000);
      await database.close();
      await control.drop();
      await rm(folder, { recursive: true });
    });

    test('answers over TLS, and nobody who speaks without', async () => {
      const one = await listener({ certificate: 'server.pem', key: 'server.key' });
      const trusting = { ca: await file('server.pem'), servername: 'localhost' };
      const sender = await TestSender.connect(one.port, trusting);
      assert.equal((await sender.ask(admission('1')))?.code, 'AA');
      const plain = await TestSender.connect(one.port);
      plain.send(admission('2'));
      assert.equal(await plain.answer(), undefined);
      sender.close();
      await one.drain(1_000);
      assert.deepEqual(one.traffic, { kept: 1, repeated: 0, reused: 0, refused: 0 });
    });

    test('takes messages of those alone whose certificate it knows', async () => {
      const mutual = { certificate: 'server.pem', key: 'server.key', clients: 'sender.pem' };
      const one = await listener(mutual);
      const trusting = { ca: await file('server.pem'), servername: 'localhost' };
      const as = async (name: string) => ({
        ...trusting,
        cert: await file(`${name}.pem`),
        key: await file(`${name}.key`),
      });
      const sender = await TestSender.connect(one.port, await as('sender'));
      assert.equal((await sender.ask(admission('3')))?.code, 'AA');
      for (const options of [trusting, await as('stranger')]) {
        // In TLS 1.3 a client learns of the refusal after its own handshake.
        const refused = await TestSender.connect(one.port, options).then(
          (stranger) => stranger.ask(admission('4')),
          () => undefined,
        );
        assert.equal(refused, undefined);
      }
      sender.close();
      await one.drain(1_000);
      assert.equal(one.traffic.kept, 1);
    });

    test('a sender that knows it by another name says so, and sends nothing', async () => {
      const one = await listener({ certificate: 'server.pem', key: 'server.key' });
      const sender = new Sender({
        receiver: { host: '127.0.0.1', port: one.port, tls: { ca: await file('server.pem') } },
        window: 1,
        answerMs: 1_000,
        retry: { attempts: 1, firstDelayMs: 1, longestDelayMs: 1 },
        ...services,
      });
      const sending = async (): Promise<void> => {
        const messages = Readable.from([Buffer.from(admission('5'))]);
        for await (const _ of sender.send(messages, new AbortController().signal)) assert.fail();
      };
      await assert.rejects(
        sending,
        /its certificate is not accepted \(ERR_TLS_CERT_ALTNAME_INVALID/,
      );
      await one.drain(1_000);
      assert.deepEqual(one.traffic, { kept: 0, repeated: 0, reused: 0, refused: 0 });
    });

    test('says which file it cannot read', async () => {
      const missing = { certificate: 'server.pem', key: 'absent.key' };
      await assert.rejects(listener(missing), { code: 'tls-file-unreadable', exitCode: 2 });
    });
  },
);
