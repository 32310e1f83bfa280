/**
 * `npm test`: the checks, then every test. The last line is `N passed, N failed, N skipped`, where
 * a check counts as one; the exit code is 1 when anything failed.
 *
 *     npm test -- [WORD…] [--name PATTERN] [--also PROGRAM]…
 *
 * WORD narrows to the files whose path holds one (the checks are left out then), PATTERN to the
 * tests whose name matches; PROGRAM is run and counted as one more check.
 */
import { parseArgs } from 'node:util';
import { checks, programCheck } from './runner/checks.ts';
import { printResult, runSession, testFiles } from './runner/session.ts';
import { stopOnSignals } from './runner/stopOnSignals.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string' }, also: { type: 'string', multiple: true } },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const narrowed = positionals.length > 0 || values.name !== undefined;
const files = testFiles(positionals);
const stop = stopOnSignals();

if (files.length === 0) {
  print(`no file of tests has ${positionals.join(' or ')} in its path`);
  process.exitCode = 2;
} else {
  const tally = await runSession({
    checks: [...(narrowed ? [] : checks), ...(values.also ?? []).map(programCheck)],
    files,
    names: values.name === undefined ? undefined : new RegExp(values.name),
    concurrency: 2,
    timeoutMs: 20 * 60_000,
    noSkips: process.env['HANDOVER_NO_SKIP'] === '1',
    signal: stop,
    print,
  });
  printResult(tally, print);
  process.exitCode = stop.aborted ? 130 : tally.failures.length > 0 ? 1 : 0;
}
