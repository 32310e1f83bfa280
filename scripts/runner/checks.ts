import { spawn } from 'node:child_process';
import * as path from 'node:path';
import type { Failure, Outcome } from './tally.ts';

export const root = path.dirname(path.dirname(import.meta.dirname));

/** A program that judges the whole checkout by its exit code. */
export interface Check {
  name: string;
  file: string;
  args: readonly string[];
}

/** What is checked beside the tests, quickest answer first. */
export const checks: readonly Check[] = [
  script('types', 'typescript/bin/tsc', ['-p', '.']),
  script('types of the console', 'typescript/bin/tsc', ['-p', 'console']),
  script('lint', 'oxlint/bin/oxlint', ['--type-aware', '--deny-warnings']),
  script('format', 'prettier/bin/prettier.cjs', ['--check', '.']),
];

export const formatter: Check = script('format', 'prettier/bin/prettier.cjs', [
  '--write',
  '--log-level=warn',
  '.',
]);

/** A JavaScript program of an installed package, run by the Node that runs this. */
function script(name: string, place: string, args: readonly string[]): Check {
  const file = path.join(root, 'node_modules', place);
  return { name, file: process.execPath, args: [file, ...args] };
}

/** A program of the checkout that `npm test` was asked to run as well. */
export function programCheck(file: string): Check {
  return { name: path.basename(file), file: path.resolve(root, file), args: [] };
}

/** Run one check in the checkout's root; its output is kept for the case that it fails. */
export function runCheck(check: Check, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    let output = '';
    const settle = (failed: string | undefined): void =>
      resolve(
        failed === undefined
          ? { passed: 1, failures: [], skips: [], notes: [] }
          : { passed: 0, failures: [failure(check, `${output}${failed}`)], skips: [], notes: [] },
      );
    const child = spawn(check.file, check.args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', (error) => settle(error.message));
    child.on('close', (code, killed) =>
      settle(code === 0 ? undefined : `exit ${code ?? killed ?? 'unknown'}`),
    );
  });
}

function failure(check: Check, detail: string): Failure {
  const words = [check.file, ...check.args].filter((word) => word !== process.execPath);
  return { name: check.name, place: words.map(withinRoot).join(' '), detail };
}

/** A path of the checkout as its reader would type it; any other word as it stands. */
export function withinRoot(word: string): string {
  return word.startsWith(root + path.sep) ? path.relative(root, word) : word;
}
