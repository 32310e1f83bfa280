import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createConnection, type Connection } from 'mysql2/promise';

/** A MariaDB server of a test's own, on a socket in a folder of its own. */
export interface TestServer {
  /** URL of a new, empty database. */
  freshDatabase(): Promise<string>;
  /** Run statements in a database. */
  run(url: string, ...statements: string[]): Promise<void>;
  connect(url: string): Promise<Connection>;
  stop(): Promise<void>;
}

/** Why there can be no test server here; undefined when there can. */
export function noServer(): string | undefined {
  const found = spawnSync('mariadbd', ['--no-defaults', '--version']).status === 0;
  return found ? undefined : 'no MariaDB server is installed here';
}

export async function startTestServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'handover-mariadb-'));
  await chmod(folder, 0o755);
  const data = join(folder, 'data');
  const user = `--user=${userInfo().username}`;
  const made = spawnSync(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', user].concat(
      ['--skip-test-db', '--skip-log-bin'],
    ),
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(made.stdout + made.stderr);
  const socket = join(folder, 'socket');
  const server = spawn(
    'mariadbd',
    ['--no-defaults', `--datadir=${data}`, `--socket=${socket}`, '--skip-networking', user].concat([
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=64M',
    ]),
    { stdio: 'ignore' },
  );
  const urlOf = (name: string): string => `mysql://root@localhost/${name}?socket=${socket}`;
  const connect = async (url: string): Promise<Connection> => {
    const { pathname } = new URL(url);
    return createConnection({
      socketPath: socket,
      user: 'root',
      database: pathname.slice(1),
      multipleStatements: true,
    });
  };
  await untilReady(server, () => connect(urlOf('mysql')));
  let databases = 0;
  const run = async (url: string, ...statements: string[]): Promise<void> => {
    const connection = await connect(url);
    try {
      for (const sql of statements) await connection.query(sql);
    } finally {
      await connection.end();
    }
  };
  return {
    connect,
    run,
    async freshDatabase() {
      const name = `test_${++databases}`;
      await run(
        urlOf('mysql'),
        `CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
      );
      return urlOf(name);
    },
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(server: ChildProcess, connect: () => Promise<Connection>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await (await connect()).end();
      return;
    } catch (error) {
      if (attempt === 300 || server.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
