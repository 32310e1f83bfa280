/** The audit log at a collector: everything, in order, whatever breaks on the way. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createServer as createTls } from 'node:tls';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { databaseAuditLog } from '../../src/audit/auditLog.ts';
import type { AuditEvent } from '../../src/audit/auditEvent.ts';
import { auditServices } from '../../src/cli/composition.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { silentLog } from '../../src/base/log.ts';
import { owned } from './owned.ts';
import { testProject, type TestProject } from './project.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const recorded = 12_000;
let project: TestProject;
let database: Database;
let planText: string;

before(async () => {
  project = await testProject({ patients: 1 });
  planText = await project.read('handover.yaml');
  const url = project.environment['DATABASE_URL'] as string;
  database = openDatabase({ url }, { log: silentLog, instants: 'text' });
  const events = Array.from({ length: recorded }, (_, at): AuditEvent => ({
    instant: new Date(1_700_000_000_000 + at),
    actor: 'a "doctor" [x]\\',
    action: 'read',
    resourceType: 'Encounter',
    resourceIds: [`e${at}`],
    patient: `p${at % 100}`,
    outcome: 'disclosed',
  }));
  await databaseAuditLog(database, auditServices(project)).record(events);
});
after(async () => {
  await database.close();
  await project.close();
});

/** Numbers of all events of the log. */
async function numbers(): Promise<number[]> {
  const { rows } = await database.query<{ event: string }>(
    'select event from audit.event order by event',
  );
  return rows.map(({ event }) => Number(event));
}

async function forwardTo(siem: string, environment: Record<string, string> = {}) {
  await project.write('handover.yaml', `${planText}\nsiem: ${siem}\n`);
  Object.assign(project.environment, environment);
  return project.cli(['--json', 'audit', 'forward']);
}

/** Frames of RFC 6587: a length, a space, so many bytes; what is cut off at the end is none. */
function framesIn(bytes: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 0; ;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, space));
    if (space < 0 || space + 1 + length > bytes.length) return frames;
    frames.push(bytes.toString('utf8', space + 1, space + 1 + length));
    at = space + 1 + length;
  }
}

const numberOf = (message: string): number => Number(/ event="(\d+)"/.exec(message)?.[1]);

interface Collector {
  port: number;
  /** What came over each connection. */
  taken: Buffer[];
  close(): Promise<void>;
}

/** A collector; `cutAfter` tells of a connection after how many bytes it is cut off. */
async function collector(
  make: (heard: (socket: Socket) => void) => Server,
  cutAfter: (connection: number) => number = () => Number.POSITIVE_INFINITY,
): Promise<Collector> {
  const taken: Buffer[] = [];
  const server = make((socket) => {
    const at = taken.push(Buffer.alloc(0)) - 1;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      const whole = Buffer.concat([taken[at] as Buffer, bytes]);
      taken[at] = whole;
      if (whole.length > cutAfter(at)) socket.resetAndDestroy();
    });
    socket.on('end', () => socket.end());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const close = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, taken, close };
}

const overTcp = (heard: (socket: Socket) => void): Server =>
  createServer({ allowHalfOpen: true }, heard);

test('R06 syslog over TLS: a collector takes every event once, in order, and then what is new', async (context) => {
  const file = (name: string): string => join(project.folder, name);
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', file('siem.key'), '-out', file('siem.pem')];
  await promisify(execFile)('openssl', [
    'req',
    '-x509',
    '-days',
    '2',
    ...key,
    ...files,
    ...subject,
  ]);
  const tls = { cert: await readFile(file('siem.pem')), key: await readFile(file('siem.key')) };
  const siem = owned(
    context,
    await collector((heard) => createTls({ ...tls, allowHalfOpen: true }, heard)),
  );
  const at = `url: 'tls://localhost:${siem.port}'`;
  const trusting = await forwardTo(`{ ${at}, authorities: siem.pem }`);
  assert.equal(trusting.code, 0, trusting.stderr);
  const messages = siem.taken.flatMap(framesIn);
  assert.deepEqual(messages.map(numberOf), await numbers());
  assert.match(
    messages[0] as string,
    /^<110>1 2023-11-14T22:13:20\.000000Z \S+ handover - read \[/,
  );
  assert.ok(messages[0]?.includes(String.raw`actor="a \"doctor\" [x\]\\"`));
  const told = JSON.parse(trusting.stdout) as Record<string, unknown>;
  assert.deepEqual([told['sent'], told['waiting']], [messages.length, 0]);

  siem.taken.length = 0;
  assert.equal((await forwardTo(`{ ${at}, authorities: siem.pem }`)).code, 0);
  assert.deepEqual(siem.taken.flatMap(framesIn).map(numberOf), (await numbers()).slice(-1));

  const stranger = await forwardTo(`{ ${at} }`);
  assert.equal(stranger.code, 7);
  assert.match(stranger.stderr, /siem-unreachable/);
});

test('R06 a collector that cuts off again and again has every event in the end, in order', async (context) => {
  const siem = owned(
    context,
    await collector(overTcp, (connection) =>
      connection % 2 === 0 ? 200_000 * (connection + 1) : Number.POSITIVE_INFINITY,
    ),
  );
  const { code, stderr } = await forwardTo(`{ url: 'tcp://127.0.0.1:${siem.port}' }`);
  assert.equal(code, 0, stderr);
  assert.ok(siem.taken.length >= 4, 'connections were cut off');
  const came = siem.taken.flatMap(framesIn).map(numberOf);
  assert.ok(came.length > recorded, 'what was not confirmed came again');
  assert.deepEqual([...new Set(came)], await numbers());
});

test('R06 killed at any moment, it goes on from what the collector confirmed: nothing is left out', async (context) => {
  const siem = owned(context, await collector(overTcp));
  await project.write(
    'handover.yaml',
    `${planText}\nsiem: { url: 'tcp://127.0.0.1:${siem.port}' }\n`,
  );
  const words = [main, '--project', project.folder, 'audit', 'forward'];
  const child = spawn(process.execPath, words, {
    stdio: 'ignore',
    env: { ...process.env, ...project.environment },
  });
  while (siem.taken.flatMap(framesIn).length < 3_000) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  const { code, stderr } = await forwardTo(`{ url: 'tcp://127.0.0.1:${siem.port}' }`);
  assert.equal(code, 0, stderr);
  const came = siem.taken.flatMap(framesIn).map(numberOf);
  assert.deepEqual(
    [...new Set(came)].toSorted((one, other) => one - other),
    await numbers(),
  );
});

interface OtlpRecord {
  attributes: { key: string; value: { stringValue: string } }[];
}

test('R06 R15 OTLP: what is refused stays to be sent, and a token follows no redirect', async (context) => {
  context.after(() => [siem, stranger].forEach((server) => void server.close()));
  const came: number[] = [];
  const tokens: (string | undefined)[] = [];
  let elsewhere = 0;
  const stranger = createHttp((_, response) => {
    elsewhere++;
    response.end('{}');
  });
  await new Promise<void>((resolve) => void stranger.listen(0, '127.0.0.2', () => resolve()));
  const to = `http://127.0.0.2:${(stranger.address() as AddressInfo).port}/v1/logs`;
  let answers: { status: number; headers?: Record<string, string>; body?: string }[] = [];
  const siem = createHttp((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { status, headers, body = '{}' } = answers.shift() ?? { status: 200 };
      tokens.push(request.headers.authorization);
      response.writeHead(status, headers).end(body);
      if (status !== 200 || body.includes('rejected')) return;
      const { resourceLogs } = JSON.parse(Buffer.concat(pieces).toString()) as {
        resourceLogs: { scopeLogs: { logRecords: OtlpRecord[] }[] }[];
      };
      const records = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs[0]?.logRecords ?? []);
      for (const { attributes } of records) {
        const number = attributes.find((one) => one.key === 'handover.event');
        came.push(Number(number?.value.stringValue));
      }
    });
  });
  await new Promise<void>((resolve) => void siem.listen(0, '127.0.0.1', () => resolve()));
  const at = `http://127.0.0.1:${(siem.address() as AddressInfo).port}/v1/logs`;
  const setting = `{ url: '${at}', token: '\${SIEM_TOKEN}' }`;

  answers = [{ status: 307, headers: { location: to } }];
  const redirected = await forwardTo(setting, { SIEM_TOKEN: 'a-token-of-the-test' });
  assert.match(redirected.stderr, /siem-rejected/);
  answers = [{ status: 200, body: '{"partialSuccess":{"rejectedLogRecords":"3"}}' }];
  const partial = await forwardTo(setting);
  assert.deepEqual([partial.code, came.length, elsewhere], [7, 0, 0]);
  assert.doesNotMatch(partial.stderr, /a-token/);

  answers = [{ status: 503 }, { status: 429 }];
  const whole = await forwardTo(setting);
  assert.equal(whole.code, 0, whole.stderr);
  assert.deepEqual(came, await numbers());
  assert.ok(tokens.every((token) => token === 'Bearer a-token-of-the-test'));
});

test('R15 a collector on another machine is reached over TLS, or by an exception with an end', async () => {
  const open = await forwardTo(`{ url: 'tcp://siem.invalid:601' }`);
  assert.deepEqual([open.code, open.stdout], [3, '']);
  assert.match(open.stderr, /wire-unsealed/);
  const ended = `withoutTls: { owner: network team, reason: a tunnel carries it, expires: '2020-01-01' }`;
  const over = await forwardTo(`{ url: 'tcp://siem.invalid:601', ${ended} }`);
  assert.match(over.stderr, /exception-ended/);
  await writeFile(join(project.folder, 'handover.yaml'), planText);
  const none = await project.cli(['audit', 'forward']);
  assert.deepEqual([none.code, /siem-missing/.test(none.stderr)], [2, true]);
});
