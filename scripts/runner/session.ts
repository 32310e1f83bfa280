import { globSync } from 'node:fs';
import * as path from 'node:path';
import { root, runCheck, withinRoot } from './checks.ts';
import type { Check } from './checks.ts';
import { longestFirst } from './longestFirst.ts';
import { Tally } from './tally.ts';
import type { Failure, Outcome } from './tally.ts';
import { runTestFile } from './testFile.ts';

export interface SessionOptions {
  checks: readonly Check[];
  files: readonly string[];
  names?: RegExp | undefined;
  /** Files run at the same time. */
  concurrency: number;
  timeoutMs: number;
  noSkips: boolean;
  signal: AbortSignal;
  print: (line: string) => void;
}

/** Every file of tests in the checkout (absolute) whose path holds one of `words`, if there are any. */
export function testFiles(words: readonly string[]): string[] {
  const found = globSync('{engine,console,scripts}/**/*.test.ts', {
    cwd: root,
    exclude: (name) => name === 'node_modules' || name === 'dist',
  });
  return found
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .toSorted()
    .map((file) => path.join(root, file));
}

/** A check or a file of tests, and how long it took. */
export interface Timed {
  name: string;
  durationMs: number;
}

export interface Session {
  tally: Tally;
  timed: readonly Timed[];
}

interface Job {
  name: string;
  run: () => Promise<Outcome>;
}

/**
 * Run checks and files of tests beside each other, what takes longest first, so that no lane is left
 * with a long one at the end; each is told as it ends.
 */
export async function runSession(options: SessionOptions): Promise<Session> {
  const tally = new Tally({ noSkips: options.noSkips });
  const timed: Timed[] = [];
  const jobs: Job[] = [
    ...options.checks.map((check) => ({
      name: check.name,
      run: () => runCheck(check, options.signal),
    })),
    ...options.files.map((file) => ({
      name: withinRoot(file),
      run: () => runTestFile(file, options),
    })),
  ];
  const waiting = longestFirst(jobs);
  const lane = async (): Promise<void> => {
    for (let job = waiting.shift(); job && !options.signal.aborted; job = waiting.shift()) {
      const startMs = performance.now();
      const outcome = await job.run();
      const durationMs = performance.now() - startMs;
      tally.add(outcome);
      timed.push({ name: job.name, durationMs });
      options.print(lineOf(job.name, outcome, durationMs));
      for (const note of outcome.notes) options.print(`     ${note}`);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, lane));
  return { tally, timed };
}

function lineOf(name: string, outcome: Outcome, durationMs: number): string {
  const failed = outcome.failures.length;
  const counts = [`${outcome.passed} passed`];
  if (failed > 0) counts.push(`${failed} failed`);
  if (outcome.skips.length > 0) counts.push(`${outcome.skips.length} skipped`);
  const seconds = (durationMs / 1000).toFixed(1);
  return `${failed > 0 ? 'FAIL' : 'ok  '} ${name}: ${counts.join(', ')} (${seconds} s)`;
}

/** So many of the longest are shown: together they are most of the time. */
const shownLongest = 15;

function printLongest(timed: readonly Timed[], print: (line: string) => void): void {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1).padStart(7);
  const total = timed.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const longest = timed.toSorted((one, other) => other.durationMs - one.durationMs);
  print(`\nLongest of ${timed.length}, together ${seconds(total).trim()} s:`);
  for (const { name, durationMs } of longest.slice(0, shownLongest)) {
    print(`${seconds(durationMs)} s  ${name}`);
  }
}

/**
 * What took longest, what failed and what was skipped, in full, then the one line that other
 * programs read.
 */
export function printResult({ tally, timed }: Session, print: (line: string) => void): void {
  if (timed.length > shownLongest) printLongest(timed, print);
  for (const failure of tally.failures) printFailure(failure, print);
  if (tally.skips.length > 0) print('\nSkipped:');
  for (const { name, place, reason } of tally.skips) print(`  ${name} (${place}): ${reason}`);
  print('');
  print(tally.summary());
}

function printFailure(failure: Failure, print: (line: string) => void): void {
  print(`\nFAILED ${failure.name}\n  at ${failure.place}`);
  print(failure.detail.replaceAll(/^/gm, '  '));
}
