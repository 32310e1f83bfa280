import { Option, type Command } from 'commander';
import { exitCodes, HandoverError } from '../base/errors.ts';
import type { Binder } from './binder.ts';
import type { ConvertOptions } from './commands/convert.ts';
import type { ViewWish } from './commands/view.ts';
import { fhirVersions } from '../formats/fhirVersions/versions.ts';
import { chartWriters, type ChartFormat } from './convert/chartWriters.ts';
import { convertReaders } from './convert/readers.ts';
import { deferred } from './deferred.ts';

const { convertCommand } = deferred(() => import('./commands/convert.ts'));

/** Formats of a table that has a file of its own. */
const tableFormats = ['csv', 'parquet'] as const;

type ConvertToOptions = Omit<ConvertOptions, 'to'> & {
  to: 'fhir' | ChartFormat | (typeof tableFormats)[number];
  view?: string;
};

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
      'documents to FHIR by the rules a run maps them with, or FHIR to documents; needs no project',
    )
    .argument('<in>', 'a file, or a folder with all its folders')
    .argument('<out>', 'a new file: NDJSON for FHIR; for ccda a new folder')
    .addOption(
      new Option('--from <format>', formats.join('; '))
        .choices(Object.keys(convertReaders))
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
    .option('--strict', 'exit 6 when something was refused')
    .action(
      plain(async (output, input: string, out: string, options: ConvertToOptions) => {
        const { to, view } = options;
        if (to !== 'fhir' && (options.toFhirVersion ?? 'R4') !== 'R4') throw chartsNeedFhir();
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
        const { project } = global();
        const asked = { ...options, format: to, project };
        return viewCommand(output, environment, view, input, out, asked);
      }),
    );
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
