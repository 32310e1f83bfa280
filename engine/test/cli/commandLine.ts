import { spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, testCluster } from '../../src/store/testing.ts';

const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;

/** What a command ended with. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Given {
  environment?: Readonly<Record<string, string | undefined>>;
  input?: string;
  folder?: string;
}

/** A command under way, off any terminal. */
export interface Started {
  process: ChildProcess;
  /** What standard error holds by now. */
  said(): string;
  /** What standard output holds by now. */
  written(): string;
  /** Resolves when standard error or output matches. */
  tells(pattern: RegExp): Promise<void>;
  end: Promise<Ended>;
}

/** Start `handover` with these words, as a script would: no terminal, nothing of our environment. */
export function start(words: readonly string[], given: Given = {}): Started {
  const child = spawn(process.execPath, [main, ...words], {
    cwd: given.folder ?? '/',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...given.environment },
    stdio: 'pipe',
  });
  const listeners = new Set<() => void>();
  let [stdout, stderr] = ['', ''];
  const hear = (): void => listeners.forEach((listener) => listener());
  child.stdout.setEncoding('utf8').on('data', (text: string) => ((stdout += text), hear()));
  child.stderr.setEncoding('utf8').on('data', (text: string) => ((stderr += text), hear()));
  child.stdin.end(given.input ?? '');
  const end = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
  return {
    process: child,
    said: () => stderr,
    written: () => stdout,
    end,
    async tells(pattern) {
      const heard = new Promise<void>((resolve) => {
        const listener = (): void => {
          if (pattern.test(stderr) || pattern.test(stdout)) resolve();
        };
        listeners.add(listener);
        listener();
      });
      const over = end.then(({ code }) => {
        throw new Error(`ended with ${code} before it told ${String(pattern)}:\n${stderr}`);
      });
      await Promise.race([heard, over]);
      over.catch(() => undefined);
    },
  };
}

export function handover(words: readonly string[], given?: Given): Promise<Ended> {
  return start(words, given).end;
}

/** A project with a small old clinic as its source and databases of its own. */
export interface Bench extends AsyncDisposable {
  folder: string;
  environment: Readonly<Record<string, string>>;
  /** Run a command inside the project. */
  run(...words: readonly string[]): Promise<Ended>;
  /** The same with this on standard input. */
  tell(input: string, ...words: readonly string[]): Promise<Ended>;
  start(...words: readonly string[]): Started;
}

export interface BenchOptions {
  patients: number;
  defects?: 'planted' | 'none';
}

/** `sample` and `init`, on three databases of the process' one server. */
export async function openBench({ patients, defects = 'planted' }: BenchOptions): Promise<Bench> {
  const cluster = await testCluster();
  const [clinic, control, chart] = await Promise.all([
    cluster.freshDatabase(),
    cluster.freshDatabase(),
    cluster.freshDatabase(),
  ]);
  const folder = await temporaryFolder();
  const environment = {
    CLINIC_URL: clinic.spec.url,
    DATABASE_URL: control.spec.url,
    HANDOVER_TARGET_URL: chart.spec.url,
  };
  const given = { environment, folder };
  const core = ['--tables', 'core'];
  const sample = ['sample', ...core, '--patients', `${patients}`, '--seed', '1'];
  const out = ['--defects', defects, '--out', 'env:CLINIC_URL'];
  await succeed(handover([...sample, ...out], given));
  await succeed(handover(['init', ...core], given));
  return {
    folder,
    environment,
    run: (...words) => handover(words, given),
    tell: (input, ...words) => handover(words, { ...given, input }),
    start: (...words) => start(words, given),
    async [Symbol.asyncDispose]() {
      for (const database of [clinic, control, chart]) await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function succeed(command: Promise<Ended>): Promise<void> {
  const { code, stderr } = await command;
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
}

/** The file of a project. */
export function inProject(bench: Bench, path: string): string {
  return join(bench.folder, path);
}
