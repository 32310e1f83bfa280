/** Passkeys over HTTP, with an authenticator of the test's own that can lie; a browser's is shown beside the console. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { after, before, test } from 'node:test';
import { disableAccount } from '../../src/access/accounts.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { temporaryProjectKey } from '../../src/keys/projectKey.ts';
import { openFolderStore } from '../../src/staging/folderStore.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { temporaryFolder, testCluster, type FreshDatabase } from '../../src/store/testing.ts';
import { openConsole, type TestConsole } from './consoleProject.ts';
import { person, type Person } from './people.ts';

let fresh: FreshDatabase;
let database: Database;
let desk: TestConsole;
let origin: string;
let ada: Person;
const key = temporaryProjectKey(systemRandom);

before(async () => {
  fresh = await (await testCluster()).freshDatabase();
  database = openDatabase(fresh.spec, { log: silentLog, instants: 'text' });
  const folder = new URL('../../src/store/migrations/control/', import.meta.url);
  await migrate({ database, folder });
  const blobs = await openFolderStore({ folder: await temporaryFolder(), clock: systemClock });
  desk = await openConsole({ key, blobs }, database);
  origin = desk.address.replace('127.0.0.1', 'localhost');
  ada = await person({ database, key }, 'ada', 'lead');
});

after(async () => {
  await desk?.close();
  await database?.close();
  await fresh?.drop();
});

/** What an authenticator says, and what a test has it say otherwise. */
interface Lie {
  type?: string;
  origin?: string;
  challenge?: string;
  crossOrigin?: boolean;
  rpId?: string;
  flags?: number;
  count?: number;
  key?: KeyObject;
  publicKey?: Buffer;
  id?: Buffer;
}

const text = (bytes: Buffer | Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** A software authenticator: one key, and a counter. */
function authenticator() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = systemRandom.bytes(16);
  let count = 0;
  const data = (lie: Lie, flags: number): Buffer => {
    const head = Buffer.alloc(37);
    createHash('sha256')
      .update(lie.rpId ?? 'localhost')
      .digest()
      .copy(head);
    head[32] = lie.flags ?? flags;
    head.writeUInt32BE(lie.count ?? ++count, 33);
    return head;
  };
  const client = (type: string, challenge: string, lie: Lie): Buffer => {
    const told = { type, challenge, origin, crossOrigin: false };
    const { type: _, ...rest } = { ...lie };
    return Buffer.from(
      JSON.stringify({
        ...told,
        ...(lie.type && { type: lie.type }),
        ...(rest.origin && { origin: rest.origin }),
        ...(rest.challenge && { challenge: rest.challenge }),
        ...(rest.crossOrigin && { crossOrigin: rest.crossOrigin }),
      }),
    );
  };
  return {
    id,
    make(challenge: string, lie: Lie = {}) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const attested = Buffer.concat([Buffer.alloc(16), length, id, Buffer.from('a cose key')]);
      return {
        clientDataJSON: text(client('webauthn.create', challenge, lie)),
        authenticatorData: text(Buffer.concat([data(lie, 0x45), attested])),
        publicKey: text(lie.publicKey ?? publicKey.export({ type: 'spki', format: 'der' })),
      };
    },
    prove(challenge: string, lie: Lie = {}) {
      const clientData = client('webauthn.get', challenge, lie);
      const bytes = data(lie, 0x05);
      const signed = Buffer.concat([bytes, createHash('sha256').update(clientData).digest()]);
      return {
        id: text(lie.id ?? id),
        clientDataJSON: text(clientData),
        authenticatorData: text(bytes),
        signature: text(sign('sha256', signed, lie.key ?? privateKey)),
      };
    },
  };
}

async function post(path: string, cookie: string, body: object): Promise<Response> {
  return fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function challengeOf(
  path: string,
  cookie = '',
): Promise<{ challenge: string; cookie: string }> {
  const response = await post(path, cookie, {});
  assert.equal(response.status, 200);
  const { challenge } = (await response.json()) as { challenge: string };
  const sealed = (response.headers.getSetCookie()[0] ?? '').split(';', 1)[0] ?? '';
  return { challenge, cookie: [cookie, sealed].filter((one) => one !== '').join('; ') };
}

type Device = ReturnType<typeof authenticator>;

async function register(
  who: Person,
  device: Device,
  lie: Lie = {},
  code?: string,
): Promise<number> {
  const asked = await challengeOf('/api/passkeys/options', await who.cookie());
  const given = device.make(asked.challenge, lie);
  const body = { label: 'laptop', code: code ?? (await who.code()), ...given };
  return (await post('/api/passkeys', asked.cookie, body)).status;
}

async function signIn(device: Device, lie: Lie = {}): Promise<{ status: number; session: string }> {
  const asked = await challengeOf('/api/session/passkey/options');
  const response = await post(
    '/api/session/passkey',
    asked.cookie,
    device.prove(asked.challenge, lie),
  );
  const session = response.headers
    .getSetCookie()
    .find((one) => one.startsWith('handover-session='));
  return { status: response.status, session: session?.split(';', 1)[0] ?? '' };
}

const device = authenticator();

test('R18 a passkey is made with a code, and signs in alone', async () => {
  assert.equal(await register(ada, device, {}, '000000'), 422, 'an open window is not enough');
  assert.equal(await register(ada, device), 204);
  const { status, session } = await signIn(device);
  assert.equal(status, 204);
  const who = await desk.ask('GET', '/api/session', session);
  assert.deepEqual([who.status, who.json['name']], [200, 'ada']);
  assert.equal(await register(ada, device), 422, 'a key is one account’s');
});

test('R18 a proof that is not right in one thing signs nobody in', async () => {
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const lies: Record<string, Lie> = {
    'another kind': { type: 'webauthn.create' },
    'another origin': { origin: 'https://elsewhere.example' },
    'another challenge': { challenge: text(systemRandom.bytes(32)) },
    'inside another page': { crossOrigin: true },
    'another relying party': { rpId: 'elsewhere.example' },
    'nobody was there': { flags: 0x04 },
    'nobody was recognised': { flags: 0x01 },
    'another key': { key: stranger },
    'an unknown key': { id: systemRandom.bytes(16) },
    'a counter that stands still': { count: 1 },
    'a counter that goes back to none': { count: 0 },
  };
  for (const [what, lie] of Object.entries(lies)) {
    assert.deepEqual(await signIn(device, lie), { status: 401, session: '' }, what);
  }
  assert.equal((await signIn(device)).status, 204);
});

test('R18 a challenge is answered once, in the browser that asked, for what it asked', async () => {
  const asked = await challengeOf('/api/session/passkey/options');
  const proof = () => device.prove(asked.challenge);
  assert.equal((await post('/api/session/passkey', '', proof())).status, 401);
  assert.equal(
    (await post('/api/session/passkey', 'handover-passkey=forged', proof())).status,
    401,
  );
  const both = await Promise.all([
    post('/api/session/passkey', asked.cookie, proof()),
    post('/api/session/passkey', asked.cookie, proof()),
  ]);
  assert.equal(both.filter(({ status }) => status === 204).length, 1);
  const other = await challengeOf('/api/passkeys/options', await ada.cookie());
  const crossed = device.prove(other.challenge);
  assert.equal((await post('/api/session/passkey', other.cookie, crossed)).status, 401);
});

test('R18 a new key that is not right in one thing is not kept', async () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const lies: Record<string, Lie> = {
    'another kind': { type: 'webauthn.get' },
    'another origin': { origin: 'https://elsewhere.example' },
    'another challenge': { challenge: 'AAAA' },
    'another relying party': { rpId: 'elsewhere.example' },
    'nobody was recognised': { flags: 0x41 },
    'no key': { flags: 0x05 },
    'a weak key': { publicKey: weak.export({ type: 'spki', format: 'der' }) },
    'no key at all': { publicKey: Buffer.from('x') },
  };
  for (const [what, lie] of Object.entries(lies)) {
    assert.equal(await register(ada, authenticator(), lie), 422, what);
  }
  const list = await desk.ask('GET', '/api/passkeys', await ada.cookie());
  assert.equal((list.json['passkeys'] as unknown[]).length, 1);
});

test('R18 whom an identity provider signs in gets round it by no passkey', async () => {
  const eve = await person({ database, key }, 'eve', 'lead');
  const own = authenticator();
  assert.equal(await register(eve, own), 204);
  await database.transaction((transaction) =>
    transaction.query(
      "update access.account set issuer = 'https://id.example', password = null where name = 'eve'",
    ),
  );
  assert.equal((await signIn(own)).status, 401);
  assert.equal(await register(eve, authenticator()), 422);
});

test('R12 R18 one’s own keys alone are shown and removed; a removed one, or of a disabled account, opens nothing', async () => {
  const bob = await person({ database, key }, 'bob', 'auditor');
  const own = authenticator();
  assert.equal(await register(bob, own), 204);
  const adas = text(device.id);
  assert.equal((await desk.ask('DELETE', `/api/passkeys/${adas}`, await bob.cookie())).status, 404);
  assert.equal((await signIn(device)).status, 204);
  assert.equal((await desk.ask('DELETE', `/api/passkeys/${adas}`, await ada.cookie())).status, 204);
  assert.equal((await signIn(device)).status, 401);
  const { session } = await signIn(own);
  await disableAccount({ database, clock: systemClock }, 'bob');
  assert.equal((await desk.ask('GET', '/api/session', session)).status, 401);
  assert.equal((await signIn(own)).status, 401);
});
