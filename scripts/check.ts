/** `npm run check`: what can be judged without running the engine: types, lint, format, tidy. */
import { checks } from './runner/checks.ts';
import { printResult, runSession, testFiles } from './runner/session.ts';
import { stopOnSignals } from './runner/stopOnSignals.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const signal = stopOnSignals();
const session = await runSession({
  checks,
  files: testFiles(['engine/test/tidy/']),
  concurrency: 2,
  timeoutMs: 5 * 60_000,
  noSkips: true,
  signal,
  print,
});
printResult(session, print);
process.exitCode = signal.aborted ? 130 : session.tally.failures.length > 0 ? 1 : 0;
