import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { HandoverError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { copyBinaries, findBinaries, libraryEnvironment } from './binaries.ts';
import type { EmbeddedServer } from './embedded.ts';
import { startEmbedded } from './embedded.ts';
import { serverAccount } from './placement.ts';
import { withClient } from './provision.ts';
import { temporaryFolder } from './testing.ts';

let root: string;
const servers: EmbeddedServer[] = [];

before(async () => {
  root = await temporaryFolder();
});

after(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(root, { recursive: true });
});

async function start(
  name: string,
  settings: Record<string, string> = { fsync: 'off' },
): Promise<EmbeddedServer> {
  const server = await startEmbedded({ folder: join(root, name), log: silentLog, settings });
  servers.push(server);
  return server;
}

async function setting(server: EmbeddedServer, name: string): Promise<string> {
  return withClient(server.superuser, async (client) => {
    const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [
      name,
    ]);
    return rows[0]?.value ?? '';
  });
}

async function command(server: EmbeddedServer, sql: string): Promise<void> {
  await withClient(server.superuser, (client) => client.query(sql));
}

describe('embedded server', () => {
  test('starts once, is attached to, survives kill -9, stops, and keeps its data', async () => {
    const first = await start('life');
    assert.equal(first.attached, false);
    await command(first, 'create table kept as select 42 as answer');
    const second = await start('life');
    assert.equal(second.attached, true);
    assert.equal(await second.pid(), await first.pid());

    process.kill((await first.pid()) ?? 0, 'SIGKILL');
    const third = await start('life');
    assert.equal(third.attached, false);
    await command(third, 'select answer from kept');

    await third.stop();
    await third.stop();
    assert.equal(await third.pid(), undefined);
    await command(await start('life'), 'select answer from kept');
  });

  test('is safe and closed by default', async () => {
    const server = await start('defaults', {});
    const closed = { fsync: 'on', data_checksums: 'on', listen_addresses: '' };
    const expected = { ...closed, server_encoding: 'UTF8', timezone: 'UTC' };
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(await setting(server, name), value, name);
    }
    const socket = new URL(server.superuser.url).searchParams.get('host') ?? '';
    assert.equal((await stat(socket)).mode & 0o777, 0o700);
    assert.equal((await stat(server.dataFolder)).mode & 0o777, 0o700);
  });

  test('writes nothing of a failed statement into its log', async () => {
    const server = await start('quiet');
    await command(server, "select 'sensitive-one'::int").catch(() => undefined);
    await command(server, 'create table person (ssn text primary key)');
    await command(server, "insert into person values ('sensitive-two'), ('sensitive-two')").catch(
      () => undefined,
    );
    const log = await readFile(join(root, 'quiet', 'server.log'), 'utf8');
    assert.match(log, /ready to accept connections/);
    assert.doesNotMatch(log, /sensitive/);
  });

  test('started by several at once, is one server', async () => {
    const started = await Promise.all([start('race'), start('race'), start('race')]);
    const pids = await Promise.all(started.map((server) => server.pid()));
    assert.equal(new Set(pids).size, 1);
    assert.equal(started.filter((server) => !server.attached).length, 1);
  });

  test('started by several programs at once, is one server', async () => {
    const program = `
      const { startEmbedded } = await import(${JSON.stringify(new URL('embedded.ts', import.meta.url))});
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const folder = ${JSON.stringify(join(root, 'programs'))};
      console.log(await (await startEmbedded({ folder, log, settings: { fsync: 'off' } })).pid());`;
    const outputs = await Promise.all([run(program), run(program), run(program)]);
    const server = await start('programs');
    assert.equal(server.attached, true, 'it outlives those who started it');
    const pid = `${await server.pid()}\n`;
    assert.deepEqual(outputs, [pid, pid, pid]);
  });

  test('does not take a stranger for its server after a reboot', async () => {
    const server = await start('reboot');
    await server.stop();
    // PostgreSQL takes only a process of its own account for another server.
    const stranger = spawn('/bin/sleep', ['60'], (await serverAccount(root)) ?? {});
    const stale = `${stranger.pid}\n${server.dataFolder}\n1\n5432\n\n\n0 0\nready\n`;
    await writeFile(join(server.dataFolder, 'postmaster.pid'), stale);
    try {
      assert.equal((await start('reboot')).attached, false);
    } finally {
      stranger.kill();
    }
  });

  test('finds a short place for the socket of a long folder', async () => {
    const deep = join('deep'.repeat(20), 'folder'.repeat(10));
    await mkdir(join(root, deep), { recursive: true });
    const server = await start(deep);
    const socket = new URL(server.superuser.url).searchParams.get('host') ?? '';
    assert(Buffer.byteLength(socket) < 80, socket);
    await command(server, 'select 1');
    await server.stop();
    await rm(socket, { recursive: true });
  });

  test('stands in a folder with any name', async () => {
    await command(await start('Zoë & the "50 %" project'), 'select 1');
  });

  test('removes what a program that died during the first start left behind', async () => {
    await mkdir(join(root, 'left', 'initdb-4194999-00'), { recursive: true });
    await start('left');
    await assert.rejects(stat(join(root, 'left', 'initdb-4194999-00')), { code: 'ENOENT' });
  });

  test('says why it cannot start', async () => {
    const wrong = start('wrong', { fsync: 'off', shared_buffers: 'plenty' });
    await assert.rejects(
      wrong,
      (error: unknown) =>
        error instanceof HandoverError &&
        error.code === 'embedded-start' &&
        /shared_buffers/.test(error.message),
    );
  });
});

describe('binaries', () => {
  test('are refused clearly where there are none', async () => {
    await assert.rejects(findBinaries('win32', 'x64'), { code: 'embedded-unsupported' });
    const other = process.platform === 'darwin' ? 'linux' : 'darwin';
    await assert.rejects(findBinaries(other, 'arm64'), { code: 'embedded-missing', exitCode: 7 });
  });

  test('run without the library links that npm does not make', async () => {
    const real = await findBinaries();
    const place = join(root, 'bare');
    const bare = await copyBinaries(real, place);
    for (const { name } of real.links) await rm(join(bare.root, 'lib', name), { force: true });
    const bin = join(bare.root, 'bin', 'initdb');
    const version = async (env: Record<string, string>): Promise<string> =>
      (await promisify(execFile)(bin, ['--version'], { env })).stdout;
    await assert.rejects(version({}));
    const folder = join(root, 'links');
    await libraryEnvironment(bare, folder);
    assert.match(await version(await libraryEnvironment(bare, folder)), /PostgreSQL/);
  });
});

async function run(program: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  await new Promise((resolve) => child.on('close', resolve));
  return output;
}
