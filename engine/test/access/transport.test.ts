/** What leaves this machine leaves it over TLS, on both servers; there is no way around it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { request, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { systemRandom } from '../../src/base/random.ts';
import { listen } from '../../src/server/listening.ts';
import { createServer } from '../../src/server/server.ts';
import { startTestServer } from '../../src/server/testing.ts';
import { temporaryFolder } from '../../src/store/testing.ts';
import { testProject, type TestProject } from '../requirements/project.ts';
import { openConsole, type TestConsole } from './consoleProject.ts';
import { person } from './people.ts';

let folder: string;
let ca: Buffer;
let project: TestProject;
let desk: TestConsole;
const name = 'handover.example';

const file = (of: string): string => join(folder, of);

async function certificate(of: string): Promise<void> {
  const subject = ['-subj', `/CN=${of}`, '-addext', `subjectAltName=DNS:localhost,DNS:${name}`];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', file(`${of}.key`), '-out', file(`${of}.pem`)];
  const words = ['req', '-x509', '-days', '2', ...key, ...files, ...subject];
  await promisify(execFile)('openssl', words);
}

before(async () => {
  folder = await temporaryFolder();
  await certificate('own');
  await certificate('other');
  ca = await readFile(file('own.pem'));
  project = await testProject({ patients: 1 });
  const tls = { certificate: ca, key: await readFile(file('own.key')) };
  desk = await openConsole(project.opened, project.control, { port: 0, name, tls });
});
after(async () => {
  await desk.close();
  await project.close();
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
}

/** Ask loopback under a name of the certificate. */
function ask(
  address: string,
  path: string,
  options: RequestOptions = {},
  body = '',
): Promise<Answer> {
  const { port } = new URL(address);
  const asked = { host: '127.0.0.1', port, path, ca, servername: name, agent: false, ...options };
  return new Promise((resolve, reject) => {
    request(asked, (response) => {
      response.resume().on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers });
      });
    })
      .on('error', reject)
      .end(body);
  });
}

const own = { headers: { host: name } };

test('R15 the console speaks TLS: secure cookies, its own name and no other, nothing in clear', async () => {
  assert.equal(new URL(desk.address).origin, desk.address);
  assert.match(desk.address, /^https:\/\/handover\.example:\d+$/);
  const door = await ask(desk.address, '/api/door', own);
  assert.equal(door.status, 200);
  assert.match(door.headers['strict-transport-security'] ?? '', /max-age=\d{7,}/);
  const { name: account, code } = await person(
    { database: project.control, key: project.key },
    'officer',
    'compliance',
  );
  const entry = { account, password: 'correct horse battery staple', code: await code() };
  const signedIn = await ask(
    desk.address,
    '/api/session',
    { method: 'POST', headers: { host: name, 'content-type': 'application/json' } },
    JSON.stringify(entry),
  );
  assert.equal(signedIn.status, 204);
  assert.match(signedIn.headers['set-cookie']?.[0] ?? '', /; HttpOnly; SameSite=Strict; Secure$/);
  const rebound = await ask(desk.address, '/api/door', { headers: { host: 'elsewhere.example' } });
  assert.equal(rebound.status, 421);
  const { port } = new URL(desk.address);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/api/door`));
});

test('R15 TLS older than 1.2 and a certificate of nobody we know are refused', async () => {
  const old = { ...own, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
  await assert.rejects(ask(desk.address, '/api/door', { ...old, ciphers: 'DEFAULT@SECLEVEL=0' }));
  const authorities = await readFile(file('other.pem'));
  await assert.rejects(ask(desk.address, '/api/door', { ...own, ca: authorities }));
});

test('R15 the FHIR face speaks TLS, and to other machines nothing else', async () => {
  const server = await startTestServer();
  const tls = { certificate: ca, key: await readFile(file('own.key')) };
  const token = systemRandom.bytes(32).toString('base64url');
  const app = createServer({ ...server.options(), token, tls });
  try {
    await assert.rejects(listen(app, { host: '0.0.0.0', port: 0 }), { code: 'plaintext-refused' });
    const address = await listen(app, { host: '0.0.0.0', port: 0, tls });
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await ask(address, '/metadata', { headers })).status, 200);
    assert.equal((await ask(address, '/metadata')).status, 401);
  } finally {
    await app.close();
    await server.close();
  }
});

test('R15 commands refuse plaintext to other machines, and a key of another certificate', async () => {
  const plain = await project.cli(['serve', '--host', '0.0.0.0']);
  assert.deepEqual([plain.code, plain.stdout], [2, '']);
  assert.match(plain.stderr, /plaintext-refused/);
  const words = ['--tls-certificate', file('own.pem'), '--tls-key'];
  for (const key of ['other.key', 'own.pem', 'missing.key']) {
    const refused = await project.cli(['serve', ...words, file(key)]);
    assert.deepEqual([refused.code, refused.stdout], [2, ''], key);
    assert.match(refused.stderr, /tls-certificate/);
  }
});
