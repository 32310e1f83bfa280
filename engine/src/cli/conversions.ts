import { Option, type Command } from 'commander';
import { exitCodes, HandoverError, type ExitCode } from '../base/errors.ts';
import type { Binder } from './binder.ts';
import type { ConvertOptions } from './commands/convert.ts';
import type { ConvertTablesOptions } from './commands/convertTables.ts';
import type { ViewWish } from './commands/view.ts';
import { fhirVersions } from '../formats/fhirVersions/versions.ts';
import { chartWriters, type ChartFormat } from './convert/chartWriters.ts';
import { convertReaders } from './convert/readers.ts';
import { deferred } from './deferred.ts';
import type { Output } from './output.ts';
import type { Environment } from './project.ts';

const { convertCommand } = deferred(() => import('./commands/convert.ts'));

/** Formats of a table that has a file of its own. */
const tableFormats = ['csv', 'parquet'] as const;

type ConvertToOptions = Omit<ConvertOptions, 'to'> &
  Omit<ConvertTablesOptions, keyof ConvertOptions> & {
    to: 'fhir' | ChartFormat | (typeof tableFormats)[number];
    view?: string;
  };

function onlyTablesMapped(): HandoverError {
  return new HandoverError(
    'mapping-unwanted',
    'Only tables are converted by a mapping; messages and documents go by their standard.',
    {
      exitCode: exitCodes.usage,
      next: 'Leave --mapping, --stream, --charset and --delimiter out, or write --from csv.',
    },
  );
}

function tableNeedsView(): HandoverError {
  return new HandoverError(
    'view-needed',
    'A table is made of FHIR R4 by a view, and of nothing else.',
    {
      exitCode: exitCodes.usage,
      next: 'Write --from fhir --to csv or parquet with --view VIEW.json, or --to fhir without.',
    },
  );
}

function chartsNeedFhir(): HandoverError {
  return new HandoverError(
    'conversion-unknown',
    'Messages and documents are written of FHIR R4, and of nothing else.',
    {
      exitCode: exitCodes.usage,
      next: 'Convert to FHIR first: --to fhir. Then --from fhir --to hl7v2 or ccda, without --view and --ack.',
    },
  );
}

const isChartFormat = (to: string): to is ChartFormat => Object.hasOwn(chartWriters, to);

/** Commands that turn files into files of another kind. */
export function addConversion(program: Command, binder: Binder): void {
  program.commandsGroup('Convert:');
  addConvert(program, binder);
  addViews(program, binder);
}

function addConvert(program: Command, { plain, environment, options: global }: Binder): void {
  const formats = Object.entries(convertReaders).map(
    ([name, { summary }]) => `${name}: ${summary}`,
  );
  program
    .command('convert')
    .description(
      'documents and tables to FHIR by the rules a run maps them with, or FHIR to documents; needs no project',
    )
    .argument('<in>', 'a file, or a folder with all its folders')
    .argument('<out>', 'a new file: NDJSON for FHIR; for ccda a new folder')
    .addOption(
      new Option(
        '--from <format>',
        [...formats, 'csv: delimited tables, by a --mapping'].join('; '),
      )
        .choices([...Object.keys(convertReaders), 'csv'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--to <format>',
        [
          'fhir: FHIR R4',
          ...Object.entries(chartWriters).map(
            ([name, { summary }]) => `${name}: of FHIR, ${summary}`,
          ),
          'csv, parquet: of FHIR R4 the table that --view asks for',
        ].join('; '),
      )
        .choices(['fhir', ...Object.keys(chartWriters), ...tableFormats])
        .makeOptionMandatory(),
    )
    .option('--mapping <file>', 'csv: the mapping of the table, or a folder with those of all')
    .option('--stream <name>', 'csv: the stream that one file is of, if its name does not say it')
    .option('--charset <name>', 'csv: the character set, if neither its mark nor a plan says it')
    .option('--delimiter <text>', 'csv: what parts fields, if neither its name nor a plan says it')
    .option('--view <view>', 'a SQL on FHIR ViewDefinition, for a table')
    .addOption(
      new Option('--as <lines>', 'a line for each document, or for each resource')
        .choices(['bundles', 'resources'])
        .default('bundles'),
    )
    .addOption(
      new Option('--fhir-version <version>', 'fhir: the version that is read')
        .choices(fhirVersions)
        .default('R4'),
    )
    .addOption(
      new Option('--to-fhir-version <version>', 'fhir to fhir: the version that is written')
        .choices(fhirVersions)
        .default('R4'),
    )
    .option('--time-zone <name>', 'zone of times written without one: America/Chicago')
    .option('--ack <file>', 'x12: a new file of TA1 and 999 acknowledgements for who sent it')
    .option('--strict', 'exit 6 when something was refused, and not only when everything was')
    .action(
      plain((output, input: string, out: string, options: ConvertToOptions) =>
        convert(output, environment, input, out, { ...options, project: global().project }),
      ),
    );
}

/** Which of the conversions it is. */
async function convert(
  output: Output,
  environment: Environment,
  input: string,
  out: string,
  options: ConvertToOptions & { project: string },
): Promise<ExitCode> {
  const { to, view } = options;
  if (to !== 'fhir' && (options.toFhirVersion ?? 'R4') !== 'R4') throw chartsNeedFhir();
  const { mapping, stream, charset, delimiter } = options;
  if (options.from === 'csv') {
    if (to !== 'fhir' || view !== undefined || options.ack !== undefined) throw chartsNeedFhir();
    const { convertTablesCommand } = await import('./commands/convertTables.ts');
    return convertTablesCommand(output, environment, input, out, options);
  }
  if (mapping ?? stream ?? charset ?? delimiter) throw onlyTablesMapped();
  if (to === 'fhir' && view === undefined) {
    return convertCommand(output, environment, input, out, { ...options, to });
  }
  if (isChartFormat(to)) {
    const { from, ack } = options;
    if (from !== 'fhir' || view !== undefined || ack !== undefined) throw chartsNeedFhir();
    const { convertChartsCommand } = await import('./commands/convertCharts.ts');
    return convertChartsCommand(output, environment, input, out, { ...options, to });
  }
  if (to === 'fhir' || view === undefined || options.from !== 'fhir') throw tableNeedsView();
  const { viewCommand } = await import('./commands/view.ts');
  return viewCommand(output, environment, view, input, out, { ...options, format: to });
}

function addViews(program: Command, { plain, environment, options: global }: Binder): void {
  program
    .command('view')
    .description('rows of a SQL on FHIR view over resources, as a table; needs no project')
    .argument('<view>', 'a ViewDefinition in JSON')
    .argument('<in>', 'NDJSON or JSON of R4 resources or bundles, or a folder of such files')
    .argument('<out>', 'a new file .csv, .ndjson or .parquet; or env:NAME/table: a new table there')
    .option('--strict', 'exit 6 when a resource was refused')
    .action(
      plain(async (output, view: string, input: string, out: string, options: ViewWish) => {
        const { viewCommand } = await import('./commands/view.ts');
        const { project } = global();
        return viewCommand(output, environment, view, input, out, { ...options, project });
      }),
    );
}
