/** Heads of the log that others keep: stamped by a real authority (openssl), locked in a bucket. */
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { databaseAuditLog } from '../../src/audit/auditLog.ts';
import { timeStampRequest, tokenOfResponse, verifyTimeStamp } from '../../src/audit/timeStamp.ts';
import { sha256 } from '../../src/base/digest.ts';
import { silentLog } from '../../src/base/log.ts';
import { auditServices } from '../../src/cli/composition.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { temporaryFolder } from '../../src/store/testing.ts';
import { testProject, type TestProject } from './project.ts';

const policy = '1.3.6.1.4.1.32473.1';
let folder: string;
let project: TestProject;
let database: Database;
let planText: string;
let authority: { url: string; close(): void };
/** What the authority answers instead, once. */
let instead: Buffer | undefined;
let lastAnswer: Buffer = Buffer.alloc(0);

const file = (name: string): string => join(folder, name);

async function openssl(...words: string[]): Promise<void> {
  await promisify(execFile)('openssl', words, { cwd: folder });
}

/** A certificate of an authority of authorities, and one for time stamps that it issued. */
async function makeAuthority(): Promise<void> {
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  const root = [
    '-x509',
    '-days',
    '2',
    '-subj',
    '/CN=Root',
    '-keyout',
    'root.key',
    '-out',
    'root.pem',
  ];
  await openssl('req', ...key, ...root, '-addext', 'basicConstraints=critical,CA:TRUE');
  await openssl('req', ...key, '-subj', '/CN=Stamps', '-keyout', 'tsa.key', '-out', 'tsa.csr');
  const usage = 'extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n';
  await writeFile(file('tsa.ext'), usage);
  const issuing = ['-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-days', '2'];
  await openssl(
    'x509',
    '-req',
    '-in',
    'tsa.csr',
    ...issuing,
    '-extfile',
    'tsa.ext',
    '-out',
    'tsa.pem',
  );
  await openssl('req', ...key, ...root.map((word) => word.replace('root.', 'other.')));
  await writeFile(
    file('tsa.cnf'),
    `[tsa]\nserial = serial\nsigner_cert = tsa.pem\ncerts = root.pem\nsigner_key = tsa.key\n` +
      `signer_digest = sha256\ndefault_policy = ${policy}\ndigests = sha256\naccuracy = secs:1\n` +
      `ess_cert_id_alg = sha256\n`,
  );
  await writeFile(file('serial'), '01\n');
}

async function answer(request: Buffer, digest = 'sha256'): Promise<Buffer> {
  const name = randomUUID();
  await writeFile(file(`${name}.tsq`), request);
  const config = (await readFile(file('tsa.cnf'), 'utf8')).replace(
    '= sha256\ndefault',
    `= ${digest}\ndefault`,
  );
  await writeFile(file(`${name}.cnf`), config);
  const files = ['-config', `${name}.cnf`, '-section', 'tsa', '-queryfile', `${name}.tsq`];
  await openssl('ts', '-reply', ...files, '-out', `${name}.tsr`);
  return readFile(file(`${name}.tsr`));
}

/** `openssl ts` behind HTTP, as RFC 3161 §3.4 has it. */
async function startAuthority(): Promise<typeof authority> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const isQuery = request.headers['content-type'] === 'application/timestamp-query';
      const made = instead ?? (isQuery ? answer(Buffer.concat(parts)) : undefined);
      instead = undefined;
      Promise.resolve(made).then(
        (bytes) => {
          lastAnswer = bytes ?? lastAnswer;
          response.writeHead(bytes ? 200 : 415, { 'content-type': 'application/timestamp-reply' });
          response.end(bytes);
        },
        () => response.writeHead(500).end(),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, close: () => void server.close() };
}

before(async () => {
  folder = await temporaryFolder();
  await makeAuthority();
  authority = await startAuthority();
  project = await testProject({ patients: 1 });
  planText = await project.read('handover.yaml');
  const url = project.environment['DATABASE_URL'] as string;
  database = openDatabase({ url }, { log: silentLog, instants: 'text' });
});
after(async () => {
  authority.close();
  await database.close();
  await project.close();
});

async function look(times: number): Promise<void> {
  const one = { actor: 'doctor', action: 'read', resourceType: 'Encounter' } as const;
  const events = Array.from({ length: times }, (_, at) => ({
    ...one,
    instant: new Date(),
    resourceIds: [`e${at}`],
    patient: 'p1',
    outcome: 'disclosed' as const,
  }));
  await databaseAuditLog(database, auditServices(project)).record(events);
}

const keepers = (settings: string): Promise<void> =>
  project.write('handover.yaml', `${planText}\nanchors:\n${settings}`);

const stamped = (more = ''): string =>
  `  timeStamp: { url: '${authority.url}', authorities: '${file('root.pem')}'${more} }\n`;

async function trusted(name: string): Promise<X509Certificate[]> {
  return [new X509Certificate(await readFile(file(name)))];
}

test('R08 a stamp of a real authority is of what was stamped, and of nothing else', async () => {
  const digest = sha256('a head');
  const nonce = Buffer.from('00ff1234567890abcdef', 'hex');
  for (const digestOfSigner of ['sha256', 'sha384', 'sha512']) {
    const response = await answer(timeStampRequest({ digest, nonce, policy }), digestOfSigner);
    const token = tokenOfResponse(response) as Buffer;
    const roots = await trusted('root.pem');
    const judge = (more: object): unknown =>
      verifyTimeStamp(token, { digest, nonce, policy, trusted: roots, ...more });
    const stamp = judge({}) as { time: Date; policy: string };
    assert.equal(stamp.policy, policy);
    assert.ok(Math.abs(stamp.time.getTime() - Date.now()) < 60_000);
    assert.equal(judge({ digest: sha256('another') }), 'imprint-differs');
    assert.equal(judge({ nonce: Buffer.of(1) }), 'nonce-differs');
    assert.equal(judge({ policy: '1.2.3' }), 'policy-differs');
    assert.equal(judge({ trusted: await trusted('other.pem') }), 'signer-unknown');
    assert.equal(judge({ trusted: [] }), 'signer-unknown');
    // Whatever byte is turned, it is no stamp of this any more.
    for (let at = 0; at < token.length; at++) {
      const turned = Buffer.from(token);
      turned[at]! ^= 0x01;
      const verdict = verifyTimeStamp(turned, { digest, nonce, policy, trusted: roots });
      const isSame = typeof verdict === 'object' && verdict.time.getTime() === stamp.time.getTime();
      assert.ok(typeof verdict === 'string' || isSame, `byte ${at}`);
    }
    for (let length = 0; length < token.length; length += 7) {
      const cut = verifyTimeStamp(token.subarray(0, length), { digest, trusted: roots });
      assert.equal(cut, 'malformed', `cut at ${length}`);
    }
  }
});

test('R08 an anchor is stamped, and its stamp judged with the log', async () => {
  await keepers(stamped(`, policy: ${policy}`));
  const { stdout: inventory } = await project.cli(['--json', 'inventory']);
  assert.match(inventory, /"purpose":"heads of the audit log \(anchors\.timeStamp\)"/);
  await look(3);
  const out = file('one.anchor');
  const made = await project.cli(['--json', 'audit', 'anchor', '--out', out]);
  assert.equal(made.code, 0, made.stderr);
  const told = JSON.parse(made.stdout) as { stamped: string; policy: string };
  assert.equal(told.policy, policy);
  const verified = await project.cli(['--json', 'audit', 'verify', '--anchor', out]);
  assert.equal(verified.code, 0, verified.stderr);
  assert.match(verified.stdout, new RegExp(`stamped ${told.stamped}`));
  // openssl itself agrees.
  const token = Buffer.from(await readFile(`${out}.tst`, 'utf8'), 'base64');
  await writeFile(file('one.tst'), token);
  const how = ['-token_in', '-in', 'one.tst', '-data', out, '-CAfile', 'root.pem'];
  await openssl('ts', '-verify', ...how);

  const note = await readFile(out, 'utf8');
  await writeFile(file('two.anchor'), note.replace(/^(.*)\n\d+\n/, '$1\n2\n'));
  await writeFile(file('two.anchor.tst'), await readFile(`${out}.tst`));
  const other = await project.cli(['audit', 'verify', '--anchor', file('two.anchor')]);
  assert.equal(other.code, 8, other.stdout);
  assert.match(other.stderr, /time-stamp-wrong/);
});

test('R08 an authority that answers with an old stamp, refuses, or is not trusted stamps nothing', async () => {
  await keepers(stamped());
  const anchor = (name: string) => project.cli(['audit', 'anchor', '--out', file(name)]);
  instead = lastAnswer;
  const old = await anchor('old.anchor');
  assert.equal(old.code, 8, old.stderr);
  assert.match(old.stderr, /time-stamp-wrong/);
  await assert.rejects(readFile(file('old.anchor')), 'what is not stamped is not kept');
  await keepers(stamped(', policy: 1.2.3.4'));
  const refused = await anchor('refused.anchor');
  assert.equal(refused.code, 8, refused.stderr);
  assert.match(refused.stderr, /refused/);
  await keepers(stamped().replace('root.pem', 'other.pem'));
  const unknown = await anchor('unknown.anchor');
  assert.equal(unknown.code, 8, unknown.stderr);
  assert.match(unknown.stderr, /no chain/);
  await keepers(stamped().replace(/:\d+\//, ':9/'));
  const away = await anchor('away.anchor');
  assert.equal(away.code, 7, away.stderr);
  await keepers(stamped().replace('root.pem', 'serial'));
  const unreadable = await anchor('unreadable.anchor');
  assert.equal(unreadable.code, 2, unreadable.stderr);
  await keepers(`  timeStamp: { url: 'http://stamps.example/', authorities: root.pem }\n`);
  const open = await anchor('open.anchor');
  assert.equal(open.code, 3, open.stderr);
  assert.match(open.stderr, /wire-unsealed/);
});

test('an anchor goes to standard output, to be sent on; and nowhere is refused', async () => {
  await project.write('handover.yaml', planText);
  const sent = await project.cli(['audit', 'anchor', '--out', '-']);
  assert.equal(sent.code, 0, sent.stderr);
  await writeFile(file('sent.anchor'), sent.stdout);
  const verified = await project.cli(['audit', 'verify', '--anchor', file('sent.anchor')]);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  await writeFile(file('broken.anchor'), 'nothing\n');
  const broken = await project.cli(['audit', 'verify', '--anchor', file('broken.anchor')]);
  assert.equal(broken.code, 8);
  assert.match(broken.stdout, /broken\.anchor: no head that this log signed/);
  const inFile = join(project.folder, 'handover.yaml', 'anchor');
  const unwritable = await project.cli(['audit', 'anchor', '--out', inFile]);
  assert.equal(unwritable.code, 2);
  assert.match(unwritable.stderr, /output-unwritable/);
  const nowhere = await project.cli(['audit', 'anchor']);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /anchor-nowhere/);
  const noBucket = await project.cli(['audit', 'verify', '--bucket']);
  assert.equal(noBucket.code, 2);
  assert.match(noBucket.stderr, /anchor-bucket-missing/);
});

/** Python's moto is an S3 with locks that judges signatures (of queries without a `/`, which it reads otherwise). No package of Debian: CI has the known answers alone. */
const hasMoto =
  spawnSync('python3', ['-c', 'import moto.server'], { stdio: 'ignore' }).status === 0;

interface Store {
  url: string;
  accessKey: string;
  secretKey: string;
  close(): Promise<void>;
}

/** The first five calls need no signature: they make the user and the buckets. */
async function startStore(): Promise<Store> {
  const port = 20_000 + (process.pid % 20_000);
  const child = spawn('python3', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    env: { ...process.env, INITIAL_NO_AUTH_ACTION_COUNT: '5' },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  const ended = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  for (let attempt = 0; attempt < 100; attempt++) {
    const up = await fetch(`${url}/moto-api/`).then(
      () => true,
      () => false,
    );
    if (up) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const scope = (service: string): Record<string, string> => ({
    authorization: `AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=x`,
  });
  const iam = async (fields: Record<string, string>): Promise<string> => {
    const body = new URLSearchParams({ Version: '2010-05-08', UserName: 'handover', ...fields });
    return (await fetch(url, { method: 'POST', body, headers: scope('iam') })).text();
  };
  await iam({ Action: 'CreateUser' });
  const document = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
  };
  await iam({
    Action: 'PutUserPolicy',
    PolicyName: 'all',
    PolicyDocument: JSON.stringify(document),
  });
  const key = await iam({ Action: 'CreateAccessKey' });
  const lock = { 'x-amz-bucket-object-lock-enabled': 'true' };
  await fetch(`${url}/heads`, { method: 'PUT', headers: { ...scope('s3'), ...lock } });
  await fetch(`${url}/open`, { method: 'PUT', headers: scope('s3') });
  const valueOf = (name: string): string =>
    new RegExp(`<${name}>(.*?)</${name}>`).exec(key)?.[1] ?? '';
  return { url, accessKey: valueOf('AccessKeyId'), secretKey: valueOf('SecretAccessKey'), close };
}

if (hasMoto) {
  test('R08 heads in a locked bucket: a log that was truncated or rolled back is found out', async (context) => {
    const store = await startStore();
    context.after(() => store.close());
    Object.assign(project.environment, { ANCHOR_ID: store.accessKey, ANCHOR_KEY: store.secretKey });
    const bucket = (
      name: string,
      keys = 'accessKey: "${ANCHOR_ID}", secretKey: "${ANCHOR_KEY}"',
    ): string =>
      `  bucket: { url: '${store.url}', name: ${name}, prefix: riverside-, ${keys}, keepDays: 30 }\n`;
    await keepers(bucket('heads', 'accessKey: "${ANCHOR_ID}", secretKey: wrong'));
    const forged = await project.cli(['audit', 'anchor']);
    assert.equal(forged.code, 7, forged.stderr);
    assert.match(forged.stderr, /SignatureDoesNotMatch/);
    await keepers(bucket('open'));
    const unlocked = await project.cli(['audit', 'anchor']);
    assert.notEqual(unlocked.code, 0, unlocked.stdout);
    assert.match(unlocked.stderr, /anchor-not-locked|anchor-bucket-refused/);

    await keepers(stamped() + bucket('heads'));
    await look(5);
    for (let round = 0; round < 2; round++) {
      const kept = await project.cli(['--json', 'audit', 'anchor']);
      assert.equal(kept.code, 0, kept.stderr);
      assert.match(
        (JSON.parse(kept.stdout) as { key: string }).key,
        /^riverside-\d{15}-.*\.anchor$/,
      );
      await look(2);
    }
    const whole = await project.cli(['--json', 'audit', 'verify', '--bucket']);
    assert.equal(whole.code, 0, whole.stdout + whole.stderr);
    const told = JSON.parse(whole.stdout) as { anchors: number; stamps: unknown[] };
    assert.deepEqual([told.anchors, told.stamps.length], [2, 2]);

    const { rows } = await database.query<{ size: number }>(
      'select max(size)::int as size from audit.checkpoint',
    );
    const size = rows[0]?.size ?? 0;
    const damage = async (change: string): Promise<string> => {
      await database.transaction(async (transaction) => {
        await transaction.query('create schema kept');
        for (const table of ['event', 'checkpoint', 'tree']) {
          await transaction.query(`create table kept.${table} as select * from audit.${table}`);
        }
        await transaction.query('set local session_replication_role = replica');
        await transaction.query(change);
      });
      const { code, stdout } = await project.cli(['audit', 'verify', '--bucket']);
      assert.equal(code, 8, stdout);
      await database.transaction(async (transaction) => {
        await transaction.query('set local session_replication_role = replica');
        for (const table of ['event', 'checkpoint', 'tree']) {
          await transaction.query(`delete from audit.${table}`);
          const how = table === 'event' ? 'overriding system value' : '';
          await transaction.query(`insert into audit.${table} ${how} select * from kept.${table}`);
        }
        await transaction.query('drop schema kept cascade');
      });
      return stdout;
    };
    // All younger than the first head, with the heads that saw it: as a backup from before would leave it.
    const rolledBack = `delete from audit.event where place >= 3; delete from audit.checkpoint where size > 3`;
    assert.match(await damage(rolledBack), new RegExp(`truncated at ${size - 2}`));
    const rewritten = `update audit.event set place = place + 1000 where place in (0, 1);
      update audit.event set place = 1001 - place where place >= 1000; delete from audit.checkpoint`;
    assert.match(await damage(rewritten), /rewritten at/);
    const healed = await project.cli(['audit', 'verify', '--bucket']);
    assert.equal(healed.code, 0, healed.stdout);
  });
}
