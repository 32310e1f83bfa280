import { CommanderError } from 'commander';
import { exitCodes, systemCode, type ExitCode } from '../base/errors.ts';
import { explainFailure, usageError } from './output.ts';
import { buildProgram } from './program.ts';

const program = buildProgram(process.env);

async function main(): Promise<ExitCode> {
  const json = process.argv.includes('--json');
  try {
    await program.command.parseAsync(process.argv);
    return program.exitCode();
  } catch (error) {
    if (!(error instanceof CommanderError)) return explainFailure(error, json);
    // Help and version were asked for, or help was shown because no command was given.
    if (error.exitCode === 0) return exitCodes.ok;
    if (error.code === 'commander.help') return exitCodes.usage;
    return explainFailure(usageError(error.message), json);
  }
}

// Whoever read along may leave (`| head`, a terminal that is closed): the work goes on, and its exit code tells.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (systemCode(error) !== 'EPIPE') throw error;
  });
}

const code = await main();
process.exitCode = code;
// What the durable engine still asks a database that is away would keep the process for ever.
if (code === exitCodes.unavailable) process.exit();
