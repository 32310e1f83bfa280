import { spawn } from 'node:child_process';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../base/log.ts';
import type { ConnectionSpec } from './connection.ts';
import type { EmbeddedServer } from './embedded.ts';
import { startEmbedded } from './embedded.ts';
import { withClient } from './provision.ts';

/** A real server for the tests of one process, without fsync. */
export interface TestCluster {
  server: EmbeddedServer;
  /** A new database, empty or a copy of `template` (which nobody may be connected to). */
  freshDatabase(template?: string): Promise<FreshDatabase>;
}

export interface FreshDatabase {
  name: string;
  /** As the superuser. */
  spec: ConnectionSpec;
  /** Ends every connection to it. */
  drop(): Promise<void>;
}

let cluster: Promise<TestCluster> | undefined;

/** The process' one cluster, started on first use, stopped and removed when the process ends. */
export function testCluster(): Promise<TestCluster> {
  cluster ??= startTestCluster();
  return cluster;
}

async function startTestCluster(): Promise<TestCluster> {
  const folder = await temporaryFolder();
  removeWhenWeEnd(folder);
  const server = await startEmbedded({
    folder,
    log: silentLog,
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  let made = 0;
  return {
    server,
    async freshDatabase(template = 'template0') {
      const name = `test_${++made}`;
      await administer(server, `create database ${name} template "${template}" strategy file_copy`);
      return {
        name,
        spec: server.connection(name, 'postgres'),
        drop: () => administer(server, `drop database if exists ${name} with (force)`),
      };
    },
  };
}

function administer(server: EmbeddedServer, sql: string): Promise<void> {
  return withClient(server.superuser, async (client) => {
    await client.query(sql);
  });
}

/** A folder for tests that PostgreSQL can enter too when they run as root. The caller removes it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'handover-test-'));
  if (process.getuid?.() === 0) await chmod(folder, 0o711);
  return folder;
}

/**
 * A shell that waits for our end of its input to close, which no way of dying prevents, then ends
 * the server and removes its folder.
 */
function removeWhenWeEnd(folder: string): void {
  const script = `
    read -r _
    place=$(cat "$1/location" 2>/dev/null || echo "$1")
    pid=$(head -n 1 "$place/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    rm -rf "$1" "$place"`;
  const keeper = spawn('/bin/sh', ['-c', script, 'keeper', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  keeper.unref();
  (keeper.stdin as unknown as { unref(): void }).unref();
}
