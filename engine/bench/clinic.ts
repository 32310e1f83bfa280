import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../src/base/log.ts';
import { writeSample } from '../src/sample/sample.ts';
import { startEmbedded, type EmbeddedServer } from '../src/store/embedded.ts';
import { provision } from '../src/store/provision.ts';
import { temporaryFolder } from '../src/store/testing.ts';

/** A legacy clinic and a project that moves it, in a temporary folder. */
export interface Clinic {
  /** Rows at the source. */
  rows: number;
  project: string;
  environment: Record<string, string | undefined>;
  /** The project's own server, which outlives its commands so that it can be measured. */
  server: EmbeddedServer;
  /** Start a command of the CLI in the project; `ended` throws when it does not end with 0. */
  start(...words: string[]): { pid: number; ended: Promise<void> };
  /** The same, waited for. */
  handover(...words: string[]): Promise<void>;
  close(): Promise<void>;
}

const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Rows that the sample makes for one patient, about. */
const rowsPerPatient = 9.35;

/**
 * Make the sample at a size and a project from the template; nothing has been moved yet.
 * @param nodeOptions for every command of the CLI in it.
 */
export async function stageClinic(
  rows: number,
  defects: 'planted' | 'none' = 'planted',
  nodeOptions?: string,
): Promise<Clinic> {
  const folder = await temporaryFolder();
  const project = join(folder, 'project');
  const started: EmbeddedServer[] = [];
  const start = async (place: string): Promise<EmbeddedServer> => {
    const server = await startEmbedded({ folder: place, log: silentLog });
    started.push(server);
    return server;
  };
  // A bench that is stopped must not leave servers behind.
  const stopped = (): void => void close().finally(() => process.exit(130));
  for (const signal of endSignals) process.once(signal, stopped);
  const close = async (): Promise<void> => {
    for (const signal of endSignals) process.off(signal, stopped);
    for (const server of started) {
      await server.stop();
      // Of root's servers the data may stand outside the folder.
      await rm(dirname(server.dataFolder), { recursive: true, force: true });
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const old = await start(join(folder, 'old'));
    await provision(old.superuser, [{ database: 'clinic', role: 'clinic' }]);
    const { url } = old.connection('clinic', 'clinic');
    const patients = Math.max(1, Math.round(rows / rowsPerPatient));
    const out = { kind: 'postgres', url } as const;
    const request = { patients, seed: 'bench', out, defects } as const;
    const made = await writeSample(request, { log: silentLog });
    const given = nodeOptions === undefined ? {} : { NODE_OPTIONS: nodeOptions };
    const environment = { ...process.env, ...given, CLINIC_URL: url };
    const command = (...words: string[]) => startCommand(project, environment, words);
    const handover = (...words: string[]): Promise<void> => command(...words).ended;
    await handover('init', '--tables', 'core');
    const server = await start(join(project, '.handover/postgres'));
    const { rows: total } = made;
    return { rows: total, project, environment, server, start: command, handover, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function startCommand(
  project: string,
  env: Record<string, string | undefined>,
  words: readonly string[],
): { pid: number; ended: Promise<void> } {
  const child = spawn(process.execPath, [cli, '--project', project, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<void>((resolve, reject) => {
    const failure = (code: unknown): Error =>
      new Error(`handover ${words.join(' ')} ended with ${String(code)}: ${said.slice(-2000)}`);
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(failure(code))));
  });
  return { pid: child.pid ?? 0, ended };
}
