/** `npm run format`: write every file the way `npm run check` wants it. */
import { formatter, runCheck } from './runner/checks.ts';
import { stopOnSignals } from './runner/stopOnSignals.ts';

const { failures } = await runCheck(formatter, stopOnSignals());
for (const failure of failures) process.stderr.write(`${failure.detail}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
