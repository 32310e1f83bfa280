import { execFile } from 'node:child_process';
import { readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import { syncFolder } from '../base/durableFile.ts';
import { exitCodes, HandoverError, systemCode } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { copyBinaries, findBinaries, libraryEnvironment } from './binaries.ts';
import type { Binaries } from './binaries.ts';
import { socketConnection } from './connection.ts';
import type { ConnectionSpec } from './connection.ts';
import {
  mayPass,
  placeServer,
  privateFolder,
  serverAccount,
  socketFolder,
  systemPlace,
} from './placement.ts';
import type { Account } from './placement.ts';
import {
  askServer,
  forgetForeignPid,
  isAlive,
  launchServer,
  livePostmaster,
  signalServer,
} from './postmaster.ts';
import type { Launch } from './postmaster.ts';

export interface EmbeddedOptions {
  /** The server's own folder in the project; made if it is not there. */
  folder: string;
  log: Log;
  clock?: Clock;
  /** Server settings over {@link ownSettings}, in force when this call is the one that starts it. */
  settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedServer {
  /** A server was running already and we use it with others. */
  attached: boolean;
  /** Where the data stands; not below `folder` when root's project is closed to other accounts. */
  dataFolder: string;
  connection(database: string, role: string): ConnectionSpec;
  superuser: ConnectionSpec;
  /** The server's process, which changes when somebody restarts it. */
  pid(): Promise<number | undefined>;
  /** Fast shutdown, waited for. Others who are attached lose their connections. May be repeated. */
  stop(): Promise<void>;
}

/** The number in the socket's file name; nothing listens on a network. */
const port = 5432;
const socketName = `.s.PGSQL.${port}.lock`;
const superuserName = 'postgres';
const startWithinMs = 60_000;
const stopWithinMs = 60_000;
/** Launches that may fail for no reason of contention before we give up. */
const attemptsInVain = 3;

/**
 * What every server of ours runs with. Nothing from a statement reaches the server's log: messages
 * of level ERROR, statements, parameters and details can all carry a patient's values.
 */
const ownSettings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  fsync: 'on',
  max_connections: '200',
  max_wal_size: '2GB',
  wal_compression: 'on',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_statement: 'none',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
};

/**
 * The project's own PostgreSQL: attach to the running server or start one, creating the cluster on
 * first use. The server is a process of its own and outlives ours, however ours ends; the next
 * start attaches. Any number of programs may call this at once on one folder: a finished cluster
 * appears by one rename, and of two servers PostgreSQL's own lock lets one live.
 *
 * @throws HandoverError `embedded-unsupported`, `embedded-missing`, `embedded-unreachable`,
 *   `embedded-denied`, `embedded-initialise`, `embedded-start`; all with exit code 7.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  try {
    const cluster = await prepare(options);
    await ensureInitialised(cluster);
    return serverOf(cluster, await ensureRunning(cluster));
  } catch (error) {
    const code = systemCode(error);
    throw code === 'EACCES' || code === 'EPERM' ? denied(options.folder) : error;
  }
}

/** Settle who runs the server, from where, and where it may put its files. */
async function prepare(options: EmbeddedOptions): Promise<Cluster> {
  const binaries = await findBinaries();
  const account = await serverAccount(options.folder);
  const place = await realpath(await placeServer(options.folder, account));
  const reachable = (await mayPass(binaries.root, account))
    ? binaries
    : await copyBinaries(binaries, systemPlace);
  return {
    account,
    place,
    dataFolder: join(place, 'data'),
    binaries: reachable,
    environment: await programEnvironment(reachable, place),
    socket: await socketFolder(place, socketName, account),
    settings: { ...ownSettings, ...options.settings },
    clock: options.clock ?? systemClock,
    log: options.log,
  };
}

/** Everything the steps of a start need to know. */
interface Cluster {
  account: Account | undefined;
  place: string;
  dataFolder: string;
  binaries: Binaries;
  environment: Record<string, string>;
  socket: string;
  settings: Readonly<Record<string, string>>;
  clock: Clock;
  log: Log;
}

function serverOf(cluster: Cluster, attached: boolean): EmbeddedServer {
  const connection = (database: string, role: string): ConnectionSpec =>
    socketConnection(cluster.socket, port, database, role);
  return {
    attached,
    dataFolder: cluster.dataFolder,
    connection,
    superuser: connection('postgres', superuserName),
    pid: () => livePostmaster(cluster.dataFolder),
    stop: () => stopServer(cluster),
  };
}

/** Nothing of our own environment (secrets, PG… variables) reaches the server. */
async function programEnvironment(
  binaries: Binaries,
  place: string,
): Promise<Record<string, string>> {
  const libraries = await libraryEnvironment(binaries, join(place, 'lib'));
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...libraries };
}

function launchOf(cluster: Cluster, program: string): Launch {
  return {
    program: join(cluster.binaries.root, 'bin', program),
    account: cluster.account,
    environment: cluster.environment,
  };
}

/** A cluster is made beside its place and moved there whole, so a half-made one is never seen. */
async function ensureInitialised(cluster: Cluster): Promise<void> {
  if (await exists(join(cluster.dataFolder, 'PG_VERSION'))) return;
  await removeUnfinished(cluster.place);
  const suffix = systemRandom.bytes(4).toString('hex');
  const unfinished = join(cluster.place, `initdb-${process.pid}-${suffix}`);
  await privateFolder(unfinished, cluster.account);
  try {
    const started = cluster.clock.monotonicMs();
    await initialise(cluster, unfinished);
    await rename(unfinished, cluster.dataFolder);
    await syncFolder(cluster.place);
    const durationMs = Math.round(cluster.clock.monotonicMs() - started);
    cluster.log.info('embedded.initialised', { durationMs });
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!(await exists(join(cluster.dataFolder, 'PG_VERSION')))) throw error;
  }
}

async function initialise(cluster: Cluster, folder: string): Promise<void> {
  const launch = launchOf(cluster, 'initdb');
  const parameters = [`--pgdata=${folder}`, `--username=${superuserName}`, '--auth=trust'];
  parameters.push('--encoding=UTF8', '--locale-provider=libc', '--locale=C', '--data-checksums');
  if (cluster.settings['fsync'] === 'off') parameters.push('--no-sync');
  try {
    await promisify(execFile)(launch.program, parameters, {
      cwd: '/',
      env: launch.environment,
      ...launch.account,
    });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const said = output.trim().split('\n').slice(-3).join(' ');
    throw new HandoverError(
      'embedded-initialise',
      `PostgreSQL could not create its data in ${cluster.dataFolder}: ${said || String(error)}`,
      { next: 'Nothing was kept. Mend the cause and start again.', exitCode: 7 },
    );
  }
}

/** Left by programs that died while creating the cluster. */
async function removeUnfinished(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    const pid = Number(/^initdb-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) await rm(join(place, name), { recursive: true, force: true });
  }
}

/**
 * Until a server answers: one that lives is waited for, otherwise one is launched. A launch may
 * fail and is then repeated: right after a crash the old server's backends still hold its memory,
 * and another program may have been first. Returns whether the server was there before us.
 */
async function ensureRunning(cluster: Cluster): Promise<boolean> {
  const { clock, log } = cluster;
  const superuser = socketConnection(cluster.socket, port, 'postgres', superuserName);
  const deadline = clock.monotonicMs() + startWithinMs;
  let launched: { exited: () => boolean } | undefined;
  let attempt = 0;
  for (;;) {
    const answer = await askServer(superuser);
    if (answer === 'denied') throw denied(cluster.place);
    if (answer === 'ready') {
      log.info(launched ? 'embedded.started' : 'embedded.attached', { attempt });
      return launched === undefined || launched.exited();
    }
    if (clock.monotonicMs() > deadline) throw await startFailed(cluster);
    const starting = launched !== undefined && !launched.exited();
    if (!starting && (await livePostmaster(cluster.dataFolder)) === undefined) {
      if (++attempt > 1) await clock.sleep(Math.min(100 * attempt, 1_000));
      if (attempt > attemptsInVain && !(await isContended(cluster)))
        throw await startFailed(cluster);
      await forgetForeignPid(cluster.dataFolder);
      launched = await launchServer(
        launchOf(cluster, 'postgres'),
        parametersOf(cluster),
        logOf(cluster),
      );
    }
    await clock.sleep(25);
  }
}

/** Whether the last launch lost to another server that starts, stops or has just died. */
async function isContended(cluster: Cluster): Promise<boolean> {
  const reason = await lastReason(cluster);
  return reason !== undefined && /lock file|shared memory|in use/.test(reason);
}

async function lastReason(cluster: Cluster): Promise<string | undefined> {
  const log = await readFile(logOf(cluster), 'utf8').catch(() => '');
  const lines = log.trim().split('\n');
  return lines.findLast((line) => /FATAL|PANIC|error/.test(line));
}

function parametersOf(cluster: Cluster): string[] {
  const socket = `"${cluster.socket.replaceAll('"', '""')}"`;
  const settings = { ...cluster.settings, unix_socket_directories: socket };
  const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', cluster.dataFolder, '-p', String(port), ...given];
}

function logOf(cluster: Cluster): string {
  return join(cluster.place, 'server.log');
}

function denied(folder: string): HandoverError {
  return new HandoverError(
    'embedded-denied',
    `the PostgreSQL in ${folder} belongs to another account`,
    { next: 'Use the account that created the project.', exitCode: exitCodes.unavailable },
  );
}

async function startFailed(cluster: Cluster): Promise<HandoverError> {
  const reason = await lastReason(cluster);
  return new HandoverError(
    'embedded-start',
    `PostgreSQL did not start in ${cluster.place}: ${reason ?? 'it gave no reason'}`,
    {
      next: `The data is untouched. Read ${logOf(cluster)}, mend the cause and start again.`,
      failure: 'transient',
      exitCode: exitCodes.unavailable,
    },
  );
}

async function stopServer(cluster: Cluster): Promise<void> {
  const deadline = cluster.clock.monotonicMs() + stopWithinMs;
  const pid = await livePostmaster(cluster.dataFolder);
  if (pid === undefined) return;
  signalServer(pid, 'fast');
  while ((await livePostmaster(cluster.dataFolder)) === pid) {
    if (cluster.clock.monotonicMs() > deadline) {
      throw new HandoverError('embedded-stop', `PostgreSQL (process ${pid}) did not stop`, {
        next: 'Its data is safe. Wait for it, or look at its log.',
        failure: 'transient',
        exitCode: exitCodes.unavailable,
      });
    }
    await cluster.clock.sleep(20);
  }
  cluster.log.info('embedded.stopped');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
}
