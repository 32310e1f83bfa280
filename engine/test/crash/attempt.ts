import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { OwnStrike } from './child.ts';

/** What a process of the command line needs to know about its project. */
export interface Surroundings {
  project: string;
  environment: Readonly<Record<string, string>>;
}

/** How one process of the command line ended. */
export interface Ending {
  /** Exit code; null when a signal ended it. */
  code: number | null;
  /** It had to be put down because it did not end. */
  hung: boolean;
  /** Names of the durable operations that it began, in order. */
  operations: readonly string[];
  stdout: string;
  stderr: string;
  durationMs: number;
}

/** Any tiny run that takes longer than this waits for something that will not come. */
const longestMs = 180_000;

const program = fileURLToPath(new URL('./child.ts', import.meta.url));

/** One process of the command line, under way. */
export interface Attempt {
  process: ChildProcess;
  /** Durable operations begun so far. */
  operations: readonly string[];
  ended: Promise<Ending>;
}

/** Start `handover WORDS`, to be struck by its own hand where `strike` says so. */
export function begin(
  { project, environment }: Surroundings,
  words: readonly string[],
  strike?: OwnStrike,
): Attempt {
  const started = performance.now();
  const child = spawn(process.execPath, [program, '--project', project, ...words], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...environment, ...(strike && { HANDOVER_STRIKE: JSON.stringify(strike) }) },
  });
  const [, stdout, stderr, announced] = child.stdio.map((stream) => textOf(stream));
  const operations: string[] = [];
  child.stdio[3]?.on('data', () => {
    const lines = announced?.text.split('\n') ?? [];
    operations.push(...lines.slice(operations.length, -1));
  });
  let hung = false;
  const guard = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, longestMs);
  const ended = new Promise<Ending>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(guard);
      const said = { stdout: stdout?.text ?? '', stderr: stderr?.text ?? '' };
      resolve({ code, hung, operations, ...said, durationMs: performance.now() - started });
    });
  });
  return { process: child, operations, ended };
}

/** Start it and wait for its end. */
export function attempt(
  surroundings: Surroundings,
  words: readonly string[],
  strike?: OwnStrike,
): Promise<Ending> {
  return begin(surroundings, words, strike).ended;
}

function textOf(stream: ChildProcess['stdio'][number]): { text: string } {
  const said = { text: '' };
  if (stream && 'on' in stream) {
    stream.on('data', (chunk: Buffer) => {
      said.text += chunk.toString('utf8');
    });
  }
  return said;
}
