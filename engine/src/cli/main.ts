import { Command, CommanderError, Option } from 'commander';
import { exitCodes, type ExitCode } from '../base/errors.ts';
import {
  heldCommand,
  openTargetCommand,
  replayCommand,
  serveCommand,
  showHeldCommand,
  undoCommand,
  workerCommand,
} from './commands/act.ts';
import { explainCommand, reportCommand, statusCommand } from './commands/look.ts';
import { initCommand, planCheckCommand, sampleCommand } from './commands/project.ts';
import { resumeCommand, runCommand, verifyCommand } from './commands/run.ts';
import type { GlobalOptions } from './options.ts';
import { createOutput, explainFailure, type Output } from './output.ts';
import { openProject, type Project } from './project.ts';

let exitCode: ExitCode = exitCodes.ok;

const program = new Command('handover')
  .description("Moves a healthcare organisation's data and proves that nothing was lost.")
  .option('--project <folder>', 'the project folder', '.')
  .option('--json', 'one JSON object on standard output', false)
  .option('--no-input', 'never ask anything')
  .addOption(
    new Option('--log-level <level>', 'what is logged on standard error')
      .choices(['debug', 'info', 'warn', 'error'])
      .default('warn'),
  )
  .exitOverride();

/** Run a command that needs no project. */
function plain<Arguments extends unknown[]>(
  work: (output: Output, ...rest: Arguments) => Promise<ExitCode>,
): (...rest: Arguments) => Promise<void> {
  return async (...rest) => {
    exitCode = await work(createOutput(program.opts<GlobalOptions>().json), ...rest);
  };
}

/** Run a command inside the project of `--project`. */
function inProject<Arguments extends unknown[]>(
  work: (project: Project, output: Output, ...rest: Arguments) => Promise<ExitCode>,
): (...rest: Arguments) => Promise<void> {
  return async (...rest) => {
    const options = program.opts<GlobalOptions>();
    const project = await openProject(options.project, process.env, options.logLevel);
    try {
      exitCode = await work(project, createOutput(options.json), ...rest);
    } finally {
      await project.close();
    }
  };
}

/** Options of every command that works on a run. */
function working(command: Command): Command {
  return command
    .option('--concurrency <n>', 'slices worked on at once by this process', '2')
    .option('--slices <n>', 'slices to cut a stream into', '4')
    .option('--batch <n>', 'records a batch holds at most', '5000');
}

program
  .command('init')
  .description('make a project in this folder: a plan to start from, and its key')
  .action(
    plain((output) => initCommand(program.opts<GlobalOptions>().project, output, process.env)),
  );
program
  .command('sample')
  .description('write an invented legacy hospital to practise on')
  .requiredOption('--patients <n>', 'how many patients')
  .option('--seed <text>', 'the same seed gives the same bytes', '1')
  .requiredOption('--out <where>', 'a folder, or env:NAME for the database URL in $NAME')
  .option('--defects <which>', 'planted or none', 'planted')
  .action(plain((output, options) => sampleCommand(output, process.env, options)));

const plan = program.command('plan').description('work with the plan');
plan
  .command('check')
  .description('every mistake in plan and mappings at once, with file and line')
  .action(inProject((project, output) => planCheckCommand(project, output)));

working(program.command('run'))
  .description('assess, extract, map, check, link, load and verify')
  .option('--only <phase>', 'one phase alone')
  .option('--workers <n>', 'processes to work with, this one included', '1')
  .option('--strict', 'exit 6 when something is held for review', false)
  .action(inProject((project, output, options) => runCommand(project, output, options)));
working(program.command('resume'))
  .description('go on with a run that was interrupted, paused or killed')
  .argument('[run]')
  .option('--only <phase>', 'one phase alone')
  .option('--workers <n>', 'processes to work with, this one included', '1')
  .option('--strict', 'exit 6 when something is held for review', false)
  .action(
    inProject((project, output, run, options) => resumeCommand(project, output, run, options)),
  );
working(program.command('verify'))
  .description('read back everything that a run wrote once more, and compare it')
  .argument('[run]')
  .option('--workers <n>', 'processes to work with, this one included', '1')
  .action(
    inProject((project, output, run, options) => verifyCommand(project, output, run, options)),
  );
working(program.command('worker'))
  .description('take up work of any run of this project until stopped')
  .action(inProject((project, output, options) => workerCommand(project, output, options)));

program
  .command('status')
  .description('runs, and how far one is')
  .argument('[run]')
  .action(inProject((project, output, run) => statusCommand(project, output, run)));
program
  .command('report')
  .description('the report of a run as one HTML file, or as JSON')
  .argument('[run]')
  .option('--out <file>', 'where the HTML goes')
  .action(
    inProject((project, output, run, options) => reportCommand(project, output, run, options)),
  );
program
  .command('explain')
  .description('the road of a source key, or (number on standard input) of a patient')
  .argument('[key]')
  .option('--run <run>', 'another run than the newest')
  .option('--patient <dash>', '"-": the number is on standard input')
  .action(
    inProject((project, output, key, options) => explainCommand(project, output, key, options)),
  );

const quarantine = program.command('quarantine').description('what is held for review');
quarantine
  .command('list')
  .option('--run <run>', 'another run than the newest')
  .option('--stream <stream>')
  .option('--code <reason>')
  .option('--limit <n>', 'how many', '100')
  .action(inProject((project, output, options) => heldCommand(project, output, options)));
quarantine
  .command('show')
  .argument('<id>')
  .option('--run <run>', 'another run than the newest')
  .option('--reveal', "show the source item's bytes; audited", false)
  .action(
    inProject((project, output, id, options) => showHeldCommand(project, output, id, options)),
  );
working(quarantine.command('replay'))
  .argument('[ids...]')
  .description('send held items through the mapping as it is now')
  .option('--run <run>', 'another run than the newest')
  .option('--stream <stream>')
  .option('--code <reason>')
  .action(
    inProject((project, output, ids, options) => replayCommand(project, output, ids, options)),
  );

program
  .command('undo')
  .description('take back everything a run wrote, exactly; refused once a target is open')
  .argument('[run]')
  .option('--confirm <project>', "the project's name")
  .action(inProject((project, output, run, options) => undoCommand(project, output, run, options)));
program
  .command('serve')
  .description('the FHIR REST face of an embedded target, on loopback')
  .option('--target <name>', 'which target')
  .option('--port <n>', '0: any free one', '0')
  .action(inProject((project, output, options) => serveCommand(project, output, options)));
program
  .command('target')
  .description('work with a target')
  .command('open')
  .argument('<name>')
  .description('open a target to its users: from then on it is corrected, never undone')
  .option('--confirm <project>', "the project's name")
  .action(
    inProject((project, output, name, options) =>
      openTargetCommand(project, output, name, options),
    ),
  );

try {
  await program.parseAsync(process.argv);
} catch (error) {
  exitCode =
    error instanceof CommanderError
      ? error.exitCode === 0
        ? exitCodes.ok
        : exitCodes.usage
      : explainFailure(error, program.opts<GlobalOptions>().json);
}
process.exitCode = exitCode;
