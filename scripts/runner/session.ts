import { globSync } from 'node:fs';
import * as path from 'node:path';
import { root, runCheck, withinRoot } from './checks.ts';
import type { Check } from './checks.ts';
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

/**
 * Every file of tests in the checkout (absolute) whose path holds one of `words`, if there are any;
 * those that judge the house itself come first.
 */
export function testFiles(words: readonly string[]): string[] {
  const found = globSync('{engine,console,scripts}/**/*.test.ts', {
    cwd: root,
    exclude: (name) => name === 'node_modules' || name === 'dist',
  });
  const wanted = found.filter(
    (file) => words.length === 0 || words.some((word) => file.includes(word)),
  );
  const rank = (file: string): string => (file.includes('/tidy/') ? `0${file}` : `1${file}`);
  return wanted
    .toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1))
    .map((file) => path.join(root, file));
}

/** Run the checks one by one, then the files of tests, telling each as it ends. */
export async function runSession(options: SessionOptions): Promise<Tally> {
  const tally = new Tally({ noSkips: options.noSkips });
  const tell = async (name: string, run: () => Promise<Outcome>): Promise<void> => {
    if (options.signal.aborted) return;
    const startMs = performance.now();
    const outcome = await run();
    tally.add(outcome);
    options.print(lineOf(name, outcome, performance.now() - startMs));
    for (const note of outcome.notes) options.print(`     ${note}`);
  };
  for (const check of options.checks) {
    await tell(check.name, () => runCheck(check, options.signal));
  }
  const waiting = [...options.files];
  const lane = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const next = file;
      await tell(withinRoot(next), () => runTestFile(next, options));
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, lane));
  return tally;
}

function lineOf(name: string, outcome: Outcome, durationMs: number): string {
  const failed = outcome.failures.length;
  const counts = [`${outcome.passed} passed`];
  if (failed > 0) counts.push(`${failed} failed`);
  if (outcome.skips.length > 0) counts.push(`${outcome.skips.length} skipped`);
  const seconds = (durationMs / 1000).toFixed(1);
  return `${failed > 0 ? 'FAIL' : 'ok  '} ${name}: ${counts.join(', ')} (${seconds} s)`;
}

/** What failed and what was skipped, in full, then the one line that other programs read. */
export function printResult(tally: Tally, print: (line: string) => void): void {
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
