import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { fastify } from 'fastify';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { roles, type Role } from '../../src/contract/access.ts';
import { temporaryProjectKey } from '../../src/keys/projectKey.ts';
import { IdentityProvider } from '../../src/server/access/identityProvider.ts';
import { guardRoutes } from '../../src/server/access/guard.ts';
import type { OpenApi, OpenApiOperation } from '../../src/server/access/openApi.ts';
import { routeRights } from '../../src/server/access/rights.ts';
import { TokenDesk } from '../../src/server/access/tokenDesk.ts';
import { createServer } from '../../src/server/server.ts';
import { startTestServer, type TestServer } from '../../src/server/testing.ts';
import { openFolderStore } from '../../src/staging/folderStore.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { temporaryFolder, testCluster, type FreshDatabase } from '../../src/store/testing.ts';
import { systemClock } from '../../src/base/clock.ts';
import { openConsole, type TestConsole } from './consoleProject.ts';
import { person } from './people.ts';
import { providerSettings, scriptedProvider, type ScriptedProvider } from './scriptedProvider.ts';

const openApiFile = new URL('../../../docs/reference/openapi.json', import.meta.url);

interface Call {
  method: string;
  path: string;
  operation: OpenApiOperation;
}

async function callsOf(server: string): Promise<Call[]> {
  const { paths } = JSON.parse(await readFile(openApiFile, 'utf8')) as OpenApi;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { tags }]) => tags.includes(server as 'console'))
      .map(([method, operation]) => ({
        method: method.toUpperCase(),
        path: filled(path),
        operation,
      })),
  );
}

const run = '01a21a45-bad9-7f54-b1b9-1e1fcda0feff';

function filled(path: string): string {
  const values: Record<string, string> = {
    run,
    item: '1',
    gate: 'open:chart',
    account: 'nobody',
    passkey: 'x',
    type: 'Patient',
    id: 'x',
    version: '1',
  };
  return path.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => values[name] ?? name);
}

function bodyOf({ requestBody }: OpenApiOperation): object {
  const content = (requestBody ?? {}) as {
    content?: Record<string, { schema: { required: string[] } }>;
  };
  const names = content.content?.['application/json']?.schema.required ?? [];
  return Object.fromEntries(names.map((name) => [name, 'a text of some length']));
}

const mayUse = ({ 'x-roles': who }: OpenApiOperation, role: Role): boolean =>
  who === 'anybody' || who.includes(role);

describe('console', () => {
  let fresh: FreshDatabase;
  let database: Database;
  let console: TestConsole;
  let provider: ScriptedProvider;
  const cookies = new Map<Role, string>();
  const key = temporaryProjectKey(systemRandom);

  before(async () => {
    fresh = await (await testCluster()).freshDatabase();
    database = openDatabase(fresh.spec, { log: silentLog, instants: 'text' });
    const folder = new URL('../../src/store/migrations/control/', import.meta.url);
    await migrate({ database, folder });
    const blobs = await openFolderStore({ folder: await temporaryFolder(), clock: systemClock });
    provider = await scriptedProvider();
    const services = { clock: systemClock, random: systemRandom };
    const own = new IdentityProvider(providerSettings(provider), services);
    console = await openConsole({ key, blobs }, database, { port: 0 }, own);
    for (const role of roles) {
      cookies.set(role, await (await person({ database, key }, role, role)).cookie());
    }
  });

  after(async () => {
    await console?.close();
    await provider?.close();
    await database?.close();
    await fresh?.drop();
  });

  test('R12 R18 every route × every role is allowed or denied as the table says', async () => {
    const wrong: string[] = [];
    let asked = 0;
    for (const { method, path, operation } of await callsOf('console')) {
      for (const role of roles) {
        const cookie = cookies.get(role);
        // Signing out ends the session it is asked with.
        const ends = method === 'DELETE' && path === '/api/session';
        const own = ends
          ? await (await person({ database, key }, `out-${role}`, role)).cookie()
          : cookie;
        const sends = method === 'POST';
        const answer = await console.ask(method, path, own, sends ? bodyOf(operation) : undefined);
        const open = path.startsWith('/api/session') && method === 'POST';
        const isDenied = answer.status === 403 || (answer.status === 401 && !open);
        asked++;
        if (isDenied === mayUse(operation, role)) {
          wrong.push(`${method} ${path} ${role}: ${answer.status}`);
        }
        if (answer.status === 500) wrong.push(`${method} ${path} ${role}: failed`);
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(asked >= 7 * 18, `${asked}`);
  });

  test('R18 without a session every route but the sign-in and the pages is 401', async () => {
    for (const { method, path, operation } of await callsOf('console')) {
      if (operation['x-roles'] === 'anybody') continue;
      const body = method === 'POST' ? bodyOf(operation) : undefined;
      assert.equal((await console.ask(method, path, undefined, body)).status, 401, path);
    }
    assert.equal((await console.ask('GET', '/api/nothing')).status, 401);
  });

  test('R18 once there are accounts the code of the terminal opens nothing', async () => {
    const answer = await console.ask('POST', '/api/session', undefined, { code: console.code });
    assert.deepEqual([answer.status, answer.json['code']], [401, 'sign-in-by-account']);
  });
});

describe('the FHIR face', () => {
  let server: TestServer;
  let app: ReturnType<typeof createServer>;

  before(async () => {
    server = await startTestServer();
    app = createServer({
      ...server.options(),
      machine: async (token) => {
        const role = roles.find((one) => token === `role-${one}`);
        return role && { name: role, kind: 'machine', roles: [role] };
      },
      // Nothing listens here, so its address is none of its own: no assertion is looked at.
      tokens: new TokenDesk({
        accounts: { database: {} as Database, clock: systemClock, random: systemRandom },
        record: async () => undefined,
      }),
    });
  });

  after(async () => {
    await app.close();
    await server.close();
  });

  test('R12 every route × every role is allowed or denied as the table says', async () => {
    const wrong: string[] = [];
    let asked = 0;
    for (const { method, path, operation } of await callsOf('fhir')) {
      for (const role of roles) {
        const isSearch = path.endsWith('_search');
        const type = isSearch ? 'application/x-www-form-urlencoded' : 'application/fhir+json';
        const sends = method === 'POST' || method === 'PUT';
        const answer = await app.inject({
          method: method as 'GET',
          url: path,
          headers: {
            authorization: `Bearer role-${role}`,
            ...(sends && { 'content-type': type }),
          },
          ...(sends && { payload: isSearch ? '_id=x' : '{}' }),
        });
        asked++;
        const isDenied = answer.statusCode === 403 || answer.statusCode === 401;
        if (isDenied === mayUse(operation, role)) {
          wrong.push(`${method} ${path} ${role}: ${answer.statusCode}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(asked >= 7 * 18, `${asked}`);
  });

  test('R06 who asks stands in the log under the name of the token', async () => {
    server.events = [];
    const headers = { authorization: 'Bearer role-clinician' };
    await app.inject({ method: 'GET', url: '/Patient/x', headers });
    assert.deepEqual(
      server.events.map(({ actor, outcome }) => [actor, outcome]),
      [['clinician', 'not-found']],
    );
  });
});

test('R12 a route that the table does not know cannot be registered', () => {
  const app = fastify();
  const nobody = { principal: async () => undefined, deny: () => new Error('denied') };
  guardRoutes(app, { server: 'console', ...nobody });
  assert.throws(() => app.get('/api/secret', () => ''), /stands in no line of the table/);
  assert.throws(() => app.put('/api/runs', () => ''), /stands in no line of the table/);
});

test('R12 nobody who reads alone may change, and no role sees charts and decides on accounts', () => {
  const may = (role: Role) =>
    routeRights.filter(({ who }) => who !== 'anybody' && who.includes(role));
  const changing = may('auditor').filter(
    // A session and the keys to it are one’s own.
    ({ method, path }) => method !== 'GET' && !/session$|\$|^\/api\/passkeys/.test(path),
  );
  assert.deepEqual(changing, []);
  assert.deepEqual(
    may('auditor').filter(({ tells }) => tells === 'patient'),
    [],
  );
  for (const role of roles) {
    const own = may(role);
    const sees = own.some(({ tells, method }) => tells === 'patient' && method === 'GET');
    const decides = own.some(({ path }) => path.includes('/disable'));
    assert.ok(!(sees && decides), role);
  }
});
