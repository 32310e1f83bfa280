import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { proportionalBytes, treeOf } from './processes.ts';

const sampleEveryMs = 50;
/** As users start it: the door sets options of Node. */
const program = fileURLToPath(new URL('../bin/handover.mjs', import.meta.url));

/** Memory of one command from its start to its end, in bytes. */
export interface Peak {
  peak: number;
  /** Medians of each quarter of the time. */
  course: number[];
  seconds: number;
  /** What it wrote to standard output. */
  told: string;
}

/**
 * Runs a command of `handover` and looks at the memory of all its processes while it runs.
 * @throws Error when it ends with another code than 0
 */
export async function peakOfCommand(words: readonly string[]): Promise<Peak> {
  const started = performance.now();
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn(process.execPath, [program, ...words], { stdio: [...stdio] });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (told += piece));
  const ended = new Promise<true>((resolve) => child.on('close', () => resolve(true)));
  const samples: number[] = [];
  while (!(await Promise.race([ended, sleep(sampleEveryMs, false)]))) {
    const bytes = proportionalBytes(treeOf(child.pid as number));
    if (bytes > 0) samples.push(bytes);
  }
  if (child.exitCode !== 0) throw new Error(`handover ${words[0]} ended with ${child.exitCode}`);
  const quarter = Math.ceil(samples.length / 4);
  return {
    peak: samples.reduce((most, each) => Math.max(most, each), 0),
    course: [0, 1, 2, 3].map((at) => middle(samples.slice(at * quarter, (at + 1) * quarter))),
    seconds: (performance.now() - started) / 1000,
    told,
  };
}

function middle(samples: readonly number[]): number {
  return samples.toSorted((one, other) => one - other)[samples.length >> 1] ?? 0;
}
