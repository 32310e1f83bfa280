/** Key services that nobody here wrote, each started for a test. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { openBytes, sealBytes } from '../../src/keys/projectKey.ts';
import { signedHeaders } from '../../src/keys/providers/awsSignature.ts';
import { temporaryFolder } from '../../src/store/testing.ts';

const run = promisify(execFile);

/** A running service: what `keys.yaml` says of it, and what the environment has to hold. */
export interface KeyService {
  settings: string;
  environment: Record<string, string>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) break;
    try {
      await fetch(url);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  throw new Error(`nothing answers at ${url}`);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await end;
}

/** Python with moto, which answers as AWS does. */
export const moto = process.env['HANDOVER_MOTO'] ?? 'python3';

/** Whether this machine has what a service needs. */
export async function has(program: string, words: readonly string[]): Promise<boolean> {
  return run(program, [...words]).then(
    () => true,
    () => false,
  );
}

/** AWS KMS as moto speaks it. */
export async function motoService(): Promise<KeyService> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const words = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  const child = spawn(moto, words, { stdio: 'ignore' });
  await answering(endpoint, child);
  const url = new URL('/', endpoint);
  const request = { url, body: '{}', target: 'TrentService.CreateKey', service: 'kms' };
  const headers = signedHeaders(
    { ...request, region: 'eu-central-1' },
    { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    systemClock.now(),
  );
  const answer = await fetch(url, { method: 'POST', headers, body: '{}' });
  const { KeyMetadata } = (await answer.json()) as { KeyMetadata: { Arn: string } };
  return {
    settings: [
      '  kind: aws-kms',
      '  region: eu-central-1',
      `  key: ${KeyMetadata.Arn}`,
      `  endpoint: ${endpoint}`,
      '  accessKeyId: ${AWS_ACCESS_KEY_ID}',
      '  secretAccessKey: ${AWS_SECRET_ACCESS_KEY}',
    ].join('\n'),
    environment: { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'a-secret-of-aws' },
    stop: () => stopped(child),
  };
}

const softhsm = '/usr/lib/softhsm/libsofthsm2.so';

/** A token of SoftHSM, whose RSA key never leaves it; OpenSC speaks PKCS#11 to it. */
export async function softHsmService(): Promise<KeyService> {
  const folder = await temporaryFolder();
  const configuration = join(folder, 'softhsm2.conf');
  await writeFile(configuration, `directories.tokendir = ${folder}\nobjectstore.backend = file\n`);
  const environment = { SOFTHSM2_CONF: configuration, HSM_PIN: '246810' };
  const options = { env: { ...process.env, ...environment } };
  const label = ['--label', 'handover'];
  const pins = ['--so-pin', '13579135', '--pin', environment.HSM_PIN];
  await run('softhsm2-util', ['--init-token', '--free', ...label, ...pins], options);
  const token = [
    '--module',
    softhsm,
    '--token-label',
    'handover',
    '--login',
    '--pin',
    'env:HSM_PIN',
  ];
  const key = ['--keypairgen', '--key-type', 'rsa:3072', '--id', '01'];
  await run('pkcs11-tool', [...token, ...key], options);
  const open = join(folder, 'project.der');
  await run(
    'pkcs11-tool',
    [...token, '--read-object', '--type', 'pubkey', '--id', '01', '-o', open],
    options,
  );
  const wrap = ['openssl', 'pkeyutl', '-encrypt', '-pubin', '-keyform', 'DER', '-inkey', open];
  const oaep = ['--decrypt', '--id', '01', '-m', 'RSA-PKCS-OAEP', '--hash-algorithm', 'SHA-1'];
  const unwrap = ['pkcs11-tool', ...token, ...oaep];
  return {
    settings: [
      '  kind: program',
      `  wrap: ${JSON.stringify([...wrap, '-pkeyopt', 'rsa_padding_mode:oaep'])}`,
      `  unwrap: ${JSON.stringify(unwrap)}`,
    ].join('\n'),
    environment,
    // The token is gone as if somebody had pulled it.
    stop: () => writeFile(configuration, 'directories.tokendir = /nonexistent\n'),
  };
}

/** What one client asked the stand-in of Vault. */
export interface Asked {
  method: string;
  path: string;
  token: string;
  body: unknown;
}

/**
 * A stand-in that speaks the documented interface of Vault's transit engine, and keeps what it was asked:
 * a Vault itself cannot be had where these tests run. That requests are what Vault expects is shown by its
 * own Python client, which asks the same (see the test).
 */
export async function transitService(): Promise<KeyService & { address: string; asked: Asked[] }> {
  const secret = systemRandom.bytes(32);
  const token = `hvs.${systemRandom.bytes(12).toString('hex')}`;
  const asked: Asked[] = [];
  const answer = (path: string, shown: string, body: Record<string, string>): [number, object] => {
    if (shown !== token) return [403, { errors: ['permission denied'] }];
    if (path === '/v1/transit/encrypt/riverside') {
      const sealed = sealBytes(
        secret,
        Buffer.from(body['plaintext'] ?? '', 'base64'),
        '',
        systemRandom,
      );
      return [
        200,
        { data: { ciphertext: `vault:v1:${sealed.toString('base64')}`, key_version: 1 } },
      ];
    }
    if (path === '/v1/transit/decrypt/riverside') {
      const [, , sealed = ''] = (body['ciphertext'] ?? '').split(':');
      const plain = openBytes(secret, Buffer.from(sealed, 'base64'), '');
      return [200, { data: { plaintext: plain.toString('base64') } }];
    }
    return [404, { errors: [] }];
  };
  const server = createHttpServer((request, response) => {
    void buffer(request).then((bytes) => {
      const { method = '', url: path = '', headers } = request;
      const body = JSON.parse(bytes.toString('utf8')) as Record<string, string>;
      asked.push({ method, path, token: String(headers['x-vault-token']), body });
      const [status, json] = answer(path, String(headers['x-vault-token']), body);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const address = `http://127.0.0.1:${port}`;
  return {
    address,
    asked,
    settings: [
      '  kind: vault',
      `  address: ${address}`,
      '  key: riverside',
      '  token: ${VAULT_TOKEN}',
    ].join('\n'),
    environment: { VAULT_TOKEN: token },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Encrypt and decrypt 32 bytes by Vault's Python client. */
export async function hvacRoundTrip(address: string, token: string): Promise<string> {
  const script = `import sys, hvac
client = hvac.Client(url=sys.argv[1], token=sys.argv[2])
sealed = client.secrets.transit.encrypt_data(name='riverside', plaintext='AAEC')
opened = client.secrets.transit.decrypt_data(name='riverside', ciphertext=sealed['data']['ciphertext'])
print(opened['data']['plaintext'])
`;
  return (await run(moto, ['-c', script, address, token])).stdout.trim();
}

/** What botocore, which is not ours, signs the same request with. */
export async function botocoreSignature(
  request: { url: URL; body: string; headers: Record<string, string> },
  credentials: readonly [id: string, secret: string, session: string],
  at: string,
): Promise<string> {
  const script = join(await temporaryFolder(), 'sign.py');
  await writeFile(
    script,
    `import sys, json, datetime
from unittest import mock
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
url, body, headers, keys, at = json.loads(sys.argv[1])
instant = datetime.datetime.strptime(at, '%Y%m%dT%H%M%SZ')
request = AWSRequest(method='POST', url=url, data=body, headers=headers)
with mock.patch('botocore.auth.get_current_datetime', lambda *a, **k: instant):
    SigV4Auth(Credentials(*keys), 'kms', 'eu-central-1').add_auth(request)
print(request.headers['Authorization'])
`,
  );
  const parts = [request.url.href, request.body, request.headers, credentials, at];
  const { stdout } = await run(moto, [script, JSON.stringify(parts)]);
  return stdout.trim();
}

export const keyFileOf = (folder: string): Promise<string> =>
  readFile(join(folder, '.handover', 'key.json'), 'utf8');
