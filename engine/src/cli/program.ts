import { readFileSync } from 'node:fs';
import { Argument, Command, Option } from 'commander';
import { exitCodes, type ExitCode } from '../base/errors.ts';
import { phases } from '../model/phase.ts';
import type { MapTestOptions } from './commands/mapTest.ts';
import { addAccess } from './access.ts';
import type { Binder } from './binder.ts';
import { addConversion } from './conversions.ts';
import { addFeeds } from './feeds.ts';
import { addLinkage } from './linkage.ts';
import { addPrivacy } from './privacy.ts';
import { addProofs } from './proofs.ts';
import { addQuarantine } from './quarantine.ts';
import { fileName, runOption, wholeNumber, working, type GlobalOptions } from './options.ts';
import { createOutput } from './output.ts';
import { writtenFiles, type WrittenFile } from './writtenFiles.ts';
import { serving } from './serving.ts';
import { openProject, type Environment } from './project.ts';
import { addTerminology } from './terminology.ts';
import { addDeidentification, addValidation } from './validations.ts';
import { deferred } from './deferred.ts';

const { openTargetCommand, serveCommand, undoCommand, workerCommand } = deferred(
  () => import('./commands/act.ts'),
);
const { consoleCommand } = deferred(() => import('./commands/console.ts'));
const { exportSetDiffCommand } = deferred(() => import('./commands/exportSet.ts'));
const { explainCommand, reportCommand, statusCommand } = deferred(
  () => import('./commands/look.ts'),
);
const { mapApplyCommand, mapDiffCommand } = deferred(() => import('./commands/map.ts'));
const { mapCaptureCommand } = deferred(() => import('./commands/mapCapture.ts'));
const { mapCheckCommand, mapDescribeCommand } = deferred(() => import('./commands/mapCheck.ts'));
const { mapDocsCommand } = deferred(() => import('./commands/mapDocs.ts'));
const { mapPreviewCommand } = deferred(() => import('./commands/mapPreview.ts'));
const { mapTestCommand } = deferred(() => import('./commands/mapTest.ts'));
const { sweepCommand } = deferred(() => import('./commands/parcels.ts'));
const { initCommand, planCheckCommand, sampleCommand, schemaCommand } = deferred(
  () => import('./commands/project.ts'),
);
const { resumeCommand, runCommand, verifyCommand } = deferred(() => import('./commands/run.ts'));

/** The command line: what it understands, and what the command that was given ended with. */
export interface Program {
  command: Command;
  exitCode(): ExitCode;
}

/**
 * Every command with its arguments, options and help. Building it does nothing; the reference page
 * is written from it. Usage errors are thrown as `CommanderError` and written by nobody else.
 */
export function buildProgram(environment: Environment): Program {
  let exitCode: ExitCode = exitCodes.ok;
  const command = rootCommand();
  const options = (): GlobalOptions => command.opts<GlobalOptions>();
  const binder: Binder = {
    environment,
    options,
    plain:
      (work) =>
      async (...rest) => {
        exitCode = await work(createOutput(options().json), ...rest);
      },
    inProject:
      (work) =>
      async (...rest) => {
        const { project: folder, logLevel, json } = options();
        const project = await openProject(folder, environment, logLevel);
        try {
          exitCode = await work(project, createOutput(json), ...rest);
        } finally {
          await project.close();
        }
      },
  };
  addPreparation(command, binder);
  addMapping(command, binder);
  addWork(command, binder);
  addLooks(command, binder);
  addQuarantine(command, binder);
  addFeeds(command, binder);
  addTargets(command, binder);
  addAccess(command, binder);
  addProofs(command, binder);
  addPrivacy(command, binder, version());
  addUpkeep(command, binder);
  addConversion(command, binder);
  addLinkage(command, binder);
  addValidation(command, binder);
  addTerminology(command, binder);
  addDeidentification(command, binder);
  return { command, exitCode: () => exitCode };
}

function rootCommand(): Command {
  return new Command('handover')
    .description("Moves a healthcare organisation's data and proves that nothing was lost.")
    .version(version(), '--version', 'the version of Handover')
    .helpOption('-h, --help', 'this help, or that of a command')
    .helpCommand('help [command]', 'what a command does, and its options')
    .option('--project <folder>', 'the project folder', '.')
    .option('--json', 'standard output is one JSON object with a "format"; errors are one too')
    .option('--no-input', 'never ask anything (no command of this version asks)')
    .addOption(
      new Option('--log-level <level>', 'what is logged on standard error')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('warn'),
    )
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', `\n${environmentHelp}`);
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

const environmentHelp = `Environment:
  DATABASE_URL              control database on a PostgreSQL of your own
  HANDOVER_TARGET_URL       with it: database of an embedded target that has no url in the plan
  HANDOVER_PASSPHRASE_FILE  the project key's passphrase, kept outside the project folder
  HANDOVER_NEW_PASSPHRASE_FILE  keys rotate: the passphrase that it changes to
  HANDOVER_ID_KEY           convert, deidentify: the key of ids, to have the same ids again
  NO_COLOR                  progress without redrawing the line
  and every \${NAME} of handover.yaml

Exit codes: 0 done, 2 usage, 3 plan, 4 gate, 5 differences, 6 held with --strict, 7 unreachable,
8 integrity, 9 approval needed, 130 interrupted: see docs/reference/exit-codes.md.`;

/** Options of the commands that walk a run through its phases. */
function walking(command: Command): Command {
  return working(command)
    .addOption(new Option('--only <phase>', 'one phase alone').choices(phases))
    .option('--workers <n>', 'processes to work with, this one included', wholeNumber(1, 64), 1)
    .option('--strict', 'exit 6 when something is held for review');
}

/** Which run, where it is not the newest. */
const runArgument = (): Argument => new Argument('[run]', 'its id; the newest if left out');
const confirmOption = (): Option =>
  new Option('--confirm <project>', "the project's name, as handover.yaml has it");

function tablesOption(description: string): Option {
  return new Option('--tables <which>', description).choices(['all', 'core']).default('all');
}

function addPreparation(program: Command, binder: Binder): void {
  const { plain, inProject, options, environment } = binder;
  program.commandsGroup('Prepare:');
  program
    .command('init')
    .description('make a project: a plan to start from, and its key')
    .addOption(tablesOption('mappings of the whole sample hospital, or of its first five tables'))
    .action(
      plain((output, chosen: { tables: 'all' | 'core' }) =>
        initCommand(options().project, output, environment, chosen),
      ),
    );
  program
    .command('sample')
    .description('write an invented legacy hospital to practise on')
    .requiredOption('--patients <n>', 'how many patients', wholeNumber(1, 10_000_000))
    .option('--seed <text>', 'the same seed gives the same bytes', '1')
    .requiredOption('--out <where>', 'a new folder, or env:NAME: the database whose URL $NAME has')
    .addOption(
      new Option('--as <form>', 'as what, where it is no server').choices([
        'copy',
        'csv',
        'export-set',
        'sqlite',
      ]),
    )
    .addOption(
      new Option('--defects <which>', 'faults that real systems have, or a clean clinic')
        .choices(['planted', 'none'])
        .default('planted'),
    )
    .addOption(tablesOption('the whole hospital, or its first five tables alone'))
    .option('--share <dir>', 'a new folder for scans and letters; with --out DIR it is DIR/share')
    .option('--feeds <dir>', 'a new folder for messages and claims; with --out DIR it is DIR/feeds')
    .option(
      '--sources <dir>',
      'a new folder for five systems that know the same people, with truth',
    )
    .action(plain((output, chosen) => sampleCommand(output, environment, chosen)));
  program
    .command('plan')
    .description('judge the plan: check')
    .command('check')
    .description('every mistake in plan, mappings and code maps at once; changes nothing')
    .action(inProject((project, output) => planCheckCommand(project, output)));
  addSchemas(program, binder);
  addDeliveries(program, binder);
}

function addSchemas(program: Command, { plain }: Binder): void {
  program
    .command('schema')
    .description('the JSON Schema by which an editor completes and checks a file; needs no project')
    .addArgument(new Argument('<file>', 'which file').choices(writtenFiles))
    .action(plain((output, file: WrittenFile) => schemaCommand(output, file)));
}

function addDeliveries(program: Command, { inProject }: Binder): void {
  program
    .command('export-set')
    .description('compare deliveries of an export set: diff')
    .command('diff')
    .description(
      'records, columns and files that changed since an earlier delivery; writes nothing',
    )
    .argument('<source>', 'the export set, as handover.yaml names it: the later delivery')
    .argument('<folder>', 'the earlier delivery, from the project folder')
    .action(
      inProject((project, output, source: string, folder: string) =>
        exportSetDiffCommand(project, output, source, folder),
      ),
    );
}

function addMapping(program: Command, binder: Binder): void {
  const { inProject } = binder;
  const map = program
    .command('map')
    .description('work on mappings: describe, check, test, docs, preview, diff, apply');
  addMappingFiles(map, binder);
  addSpecification(map, binder);
  map
    .command('preview')
    .description('source items beside what the mapping makes of them, from the source; audited')
    .argument('<stream>', 'as `source.table`')
    .option('--key <dash>', '"-": only the item with the source key that comes on standard input')
    .addOption(
      new Option(
        '--where <column>',
        'only items in which this column holds what comes on standard input',
      ).conflicts('key'),
    )
    .option('--limit <n>', 'how many at most', wholeNumber(1, 1_000), 20)
    .action(
      inProject((project, output, stream, options) =>
        mapPreviewCommand(project, output, stream, options),
      ),
    );
  map
    .command('diff')
    .description(
      'what the mappings as they are now would change in what a run made; writes nothing',
    )
    .argument('[stream]', 'only this stream, as `source.table`')
    .addOption(runOption())
    .option('--examples <n>', 'examples of each kind of change', wholeNumber(0, 100), 3)
    .option('--reveal', 'show the values before and after; audited')
    .action(
      inProject((project, output, stream, options) =>
        mapDiffCommand(project, output, stream, options),
      ),
    );
  working(map.command('apply'))
    .description(
      'map again what a run has kept; what is made otherwise now is loaded, the rest stays',
    )
    .addOption(runOption())
    .option('--workers <n>', 'processes to work with, this one included', wholeNumber(1, 64), 1)
    .option('--strict', 'exit 6 when something is held for review')
    .action(inProject((project, output, options) => mapApplyCommand(project, output, options)));
}

/** What needs the files of the project and nothing else, once the sources are described. */
function addMappingFiles(map: Command, { plain, inProject, options }: Binder): void {
  map
    .command('describe')
    .description('write down the streams, columns and keys of the sources, for the commands below')
    .action(inProject((project, output) => mapDescribeCommand(project, output)));
  map
    .command('check')
    .description('every mistake in plan, mappings, code maps and goldens at once; needs no source')
    .action(plain((output) => mapCheckCommand(output, options().project)));
  map
    .command('test')
    .description('what mappings make of the rows of their goldens; needs no source')
    .argument('[what]', 'only of this stream, or goldens whose path begins so')
    .option('--update', 'show what differs, then let the goldens expect it')
    .addOption(
      new Option(
        '--capture <name>',
        'a new golden with the row whose key comes on standard input; only of a synthetic source',
      )
        .conflicts('update')
        .argParser(fileName),
    )
    .action((what: string | undefined, chosen: MapTestOptions) => {
      const { capture } = chosen;
      if (capture === undefined) {
        return plain((output) => mapTestCommand(output, options().project, what, chosen))();
      }
      return inProject((project, output) =>
        mapCaptureCommand(project, output, what ?? '', capture),
      )();
    });
}

function addSpecification(map: Command, { plain, options }: Binder): void {
  map
    .command('docs')
    .description('the specification of the mappings, as a page and as a workbook; needs no source')
    .option('--out <folder>', 'where NAME-mappings.html and NAME-mappings.xlsx go', '.')
    .action(
      plain((output, { out }: { out: string }) => mapDocsCommand(output, options().project, out)),
    );
}

function addWork(program: Command, { inProject }: Binder): void {
  program.commandsGroup('Move:');
  walking(program.command('run'))
    .description('begin a run: assess, extract, map, check, link, load, verify, then report')
    .action(inProject((project, output, options) => runCommand(project, output, options)));
  walking(program.command('resume'))
    .description('go on with a run that was interrupted, paused or killed')
    .addArgument(runArgument())
    .action(
      inProject((project, output, run, options) => resumeCommand(project, output, run, options)),
    );
  working(program.command('verify'))
    .description('read everything that a run wrote back once more, and compare it')
    .addArgument(runArgument())
    .option('--workers <n>', 'processes to work with, this one included', wholeNumber(1, 64), 1)
    .action(
      inProject((project, output, run, options) => verifyCommand(project, output, run, options)),
    );
  working(program.command('worker'))
    .description('take up work of any run of this project until stopped')
    .action(inProject((project, output, options) => workerCommand(project, output, options)));
  program
    .command('undo')
    .description('take back everything a run wrote, exactly; refused once a target is open')
    .addArgument(runArgument())
    .addOption(confirmOption())
    .action(
      inProject((project, output, run, options) => undoCommand(project, output, run, options)),
    );
}

function addLooks(program: Command, { inProject }: Binder): void {
  program.commandsGroup('Look:');
  program
    .command('status')
    .description('every run, and where one of them stands')
    .addArgument(runArgument())
    .action(inProject((project, output, run) => statusCommand(project, output, run)));
  program
    .command('report')
    .description('the report of a run: one HTML file for a meeting, or JSON')
    .addArgument(runArgument())
    .option('--out <file>', 'where the HTML goes (handover-report-RUN.html if left out)')
    .action(
      inProject((project, output, run, options) => reportCommand(project, output, run, options)),
    );
  program
    .command('explain')
    .description('the road of a source item by its key, or of all that is about a patient')
    .argument('[key]', 'the source key, as the source has it')
    .addOption(runOption())
    .option('--patient <dash>', '"-": the patient\'s number comes on standard input; audited')
    .action(
      inProject((project, output, key, options) => explainCommand(project, output, key, options)),
    );
}

function addTargets(program: Command, { inProject }: Binder): void {
  program.commandsGroup('Serve and keep:');
  serving(program.command('serve'))
    .description('the FHIR REST face of an embedded target, on loopback or over TLS, behind tokens')
    .option('--target <name>', 'which embedded target; the first of the plan if left out')
    .option('--terminology <folder>', 'releases and FHIR terminology to answer codes from')
    .action(inProject((project, output, options) => serveCommand(project, output, options)));
  serving(program.command('console'))
    .description(
      'the runs of the project in a browser, live, on loopback or over TLS, behind a sign-in',
    )
    .action(inProject((project, output, options) => consoleCommand(project, output, options)));
  program
    .command('target')
    .description('declare the point of no return: open')
    .command('open')
    .description('open a target to its users: from then on it is corrected, never undone')
    .argument('<name>', 'as handover.yaml has it')
    .addOption(confirmOption())
    .action(
      inProject((project, output, name, options) =>
        openTargetCommand(project, output, name, options),
      ),
    );
}

function addUpkeep(program: Command, { inProject }: Binder): void {
  program
    .command('parcels')
    .description('look after the blob store: sweep')
    .command('sweep')
    .description('free the room of parcels that no committed batch names; they are unreadable')
    .requiredOption('--days <n>', 'age of the oldest backup you keep', wholeNumber(1, 36_500))
    .action(inProject((project, output, options) => sweepCommand(project, output, options)));
}
