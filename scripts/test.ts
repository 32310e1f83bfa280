/**
 * `npm test`: the checks, then every test. The last line is `N passed, N failed, N skipped`, where
 * a check counts as one; the exit code is 1 when anything failed.
 *
 *     npm test -- [WORD…] [--name PATTERN] [--also PROGRAM]…
 *
 * WORD narrows to the files whose path holds one (the checks are left out then), PATTERN to the
 * tests whose name matches; PROGRAM is run and counted as one more check.
 */
import { availableParallelism } from 'node:os';
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
/** One more than cores: a test that waits for a server, a timer or a kill leaves its core to others. */
const lanes = Math.min(availableParallelism(), 4) + 1;

if (files.length === 0) {
  print(`no file of tests has ${positionals.join(' or ')} in its path`);
  process.exitCode = 2;
} else {
  const session = await runSession({
    checks: [...(narrowed ? [] : checks), ...(values.also ?? []).map(programCheck)],
    files,
    names: values.name === undefined ? undefined : new RegExp(values.name),
    concurrency: lanes,
    timeoutMs: 20 * 60_000,
    noSkips: process.env['HANDOVER_NO_SKIP'] === '1',
    signal: stop,
    print,
  });
  printResult(session, print);
  process.exitCode = stop.aborted ? 130 : session.tally.failures.length > 0 ? 1 : 0;
}
