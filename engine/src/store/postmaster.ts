import { execFile, spawn } from 'node:child_process';
import { open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { systemCode } from '../base/errors.ts';
import type { ConnectionSpec } from './connection.ts';
import type { Account } from './placement.ts';

/** What runs one of the server's programs: where it is, as whom, with which environment. */
export interface Launch {
  program: string;
  account: Account | undefined;
  environment: Readonly<Record<string, string>>;
}

/**
 * What a connection attempt tells: `ready`; `busy`, a server is there but is starting, stopping or
 * full; `silent`, nobody listens; `denied`, the socket belongs to another account.
 */
export type Answer = 'ready' | 'busy' | 'silent' | 'denied';

export async function askServer(spec: ConnectionSpec): Promise<Answer> {
  const client = new Client({ connectionString: spec.url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return 'ready';
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EACCES') return 'denied';
    return code === 'ENOENT' || code === 'ECONNREFUSED' ? 'silent' : 'busy';
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The process that `postmaster.pid` names, if it lives and is a server on this data folder. */
export async function livePostmaster(dataFolder: string): Promise<number | undefined> {
  const pid = await recordedPid(dataFolder);
  if (pid === undefined || !isAlive(pid)) return undefined;
  return (await commandOf(pid)).includes(dataFolder) ? pid : undefined;
}

/**
 * After a reboot a stale `postmaster.pid` may name a process that has nothing to do with us; a
 * server would then refuse to start for ever. A dead process' file is left to PostgreSQL, which
 * also checks that no orphaned backend still uses the shared memory.
 */
export async function forgetForeignPid(dataFolder: string): Promise<void> {
  const pid = await recordedPid(dataFolder);
  if (pid === undefined || !isAlive(pid)) return;
  if ((await commandOf(pid)).includes(dataFolder)) return;
  if ((await recordedPid(dataFolder)) === pid) await unlink(pidFile(dataFolder));
}

/** Start a server that outlives us. Resolves to its exit, which comes early when it cannot start. */
export async function launchServer(
  launch: Launch,
  parameters: readonly string[],
  logFile: string,
): Promise<{ exited: () => boolean }> {
  const output = await open(logFile, 'a', 0o600);
  if (launch.account !== undefined) await output.chown(launch.account.uid, launch.account.gid);
  let exited = false;
  const child = spawn(launch.program, parameters, {
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
    cwd: '/',
    env: launch.environment,
    ...launch.account,
  });
  child.on('exit', () => (exited = true));
  child.on('error', () => (exited = true));
  child.unref();
  await output.close();
  return { exited: () => exited };
}

/** `fast` lets nobody finish but checkpoints; `immediate` is a crash on purpose. */
export function signalServer(pid: number, how: 'fast' | 'immediate'): void {
  try {
    process.kill(pid, how === 'fast' ? 'SIGINT' : 'SIGQUIT');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function pidFile(dataFolder: string): string {
  return join(dataFolder, 'postmaster.pid');
}

async function recordedPid(dataFolder: string): Promise<number | undefined> {
  const text = await readFile(pidFile(dataFolder), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return pid > 0 ? pid : undefined;
}

async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  }
  const listed = promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
  return listed.then(
    ({ stdout }) => stdout,
    () => '',
  );
}
