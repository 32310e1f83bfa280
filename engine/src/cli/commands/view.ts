import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { exitCodes, HandoverError, type ExitCode } from '../../base/errors.ts';
import { JsonSyntaxError, parseJson, type Json } from '../../base/json.ts';
import { compileView } from '../../views/view.ts';
import { counted, several, table, type Output } from '../output.ts';
import type { Environment } from '../project.ts';
import { requireReceiver } from '../receivers.ts';
import { databaseWire } from '../../store/wire.ts';
import { inputFailure, inputFiles, type InputKind } from '../convert/inputFiles.ts';
import { placeText } from '../convert/report.ts';
import { refusalLines } from '../convert/refusals.ts';
import { batchesOf, ViewReport } from '../view/batches.ts';
import { resourcesOf } from '../view/resources.ts';
import { batchRows, fileWriters, postgresWriter, type ViewWriter } from '../view/writers.ts';

export interface ViewWish {
  strict?: boolean;
  /** What is written, whatever the name of the file ends with. */
  format?: 'csv' | 'parquet';
}

/** With the folder of the project that names where a table may be sent. */
export interface ViewOptions extends ViewWish {
  project: string;
}

/**
 * `handover view`: the rows of a SQL on FHIR ViewDefinition over the resources of a file or folder,
 * as CSV, NDJSON, Parquet, or a table of PostgreSQL.
 */
export async function viewCommand(
  output: Output,
  environment: Environment,
  definition: string,
  input: string,
  out: string,
  options: ViewOptions,
): Promise<ExitCode> {
  const view = compileView(await readView(definition));
  for (const { path: place, problem } of view.warnings) {
    output.note(`${definition}: ${place}: ${problem}`);
  }
  const { writer, name, url } = writerOf(out, environment, options.format);
  if (url !== undefined) await requireDatabase(options.project, url);
  const files = await inputFiles(input, lineFiles, output);
  const report = new ViewReport();
  const folder = path.dirname(input);
  const batches = batchesOf(view, resourcesOf(files, folder), report, batchRows);
  await writer(name, view.columns, batches);
  tell(output, report, files.length);
  const nothing = report.refused > 0 && report.rows === 0;
  const held = nothing || (options.strict === true && report.refused > 0);
  return held ? exitCodes.quarantineNotEmpty : exitCodes.ok;
}

async function readView(file: string): Promise<Json> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw inputFailure(file, error, 'Name the file of the ViewDefinition first.');
  });
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new HandoverError('view-invalid', `${file} is no JSON: ${error.message}.`, {
      exitCode: exitCodes.planInvalid,
      next: 'Mend the file; nothing was read or written.',
    });
  }
}

/** A database on another machine is a receiver like any other. */
async function requireDatabase(project: string, url: string): Promise<void> {
  const wire = databaseWire({ url });
  await requireReceiver(project, `${wire.host}:${new URL(url).port || '5432'}`, wire);
}

/** `out.csv`, `out.ndjson`, `out.parquet`, or `env:NAME/table`. */
function writerOf(
  out: string,
  environment: Environment,
  format?: string,
): { writer: ViewWriter; name: string; url?: string } {
  const named = format === undefined ? undefined : fileWriters[format];
  if (named !== undefined) return { writer: named, name: out };
  const database = /^env:([A-Za-z_]\w*)\/([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)$/.exec(out);
  if (database !== null) {
    const [, variable = '', name = ''] = database;
    const url = environment[variable];
    if (url !== undefined && url !== '') {
      if (URL.canParse(url)) return { writer: postgresWriter(url), name, url };
      throw new HandoverError('variable-unusable', `${variable} of the environment is no URL.`, {
        exitCode: exitCodes.usage,
        next: `Set ${variable} to the URL of the database: postgres://USER@HOST/DATABASE.`,
      });
    }
    throw new HandoverError('variable-missing', `The environment has no ${variable}.`, {
      exitCode: exitCodes.usage,
      next: `Set ${variable} to the URL of the database.`,
    });
  }
  const writer = fileWriters[path.extname(out).slice(1).toLowerCase()];
  if (writer !== undefined) return { writer, name: out };
  throw new HandoverError('output-unknown', 'The name does not tell what to write.', {
    exitCode: exitCodes.usage,
    next: 'End it in .csv, .ndjson or .parquet, or write env:NAME/table for a database.',
  });
}

const lineFiles: InputKind = {
  files: /\.(?:ndjson|jsonl|json)$/i,
  summary: 'FHIR in NDJSON or JSON',
  next: 'Name the view, then the file or folder of resources.',
};

function tell(output: Output, report: ViewReport, files: number): void {
  const issues = [...report.issues.values()].toSorted((a, b) => b.resources - a.resources);
  const { resources, read, rows, refused, places } = report;
  output.data(
    { format: 'handover-view/1', files, resources, read, rows, refused, issues, places },
    () => [
      `${several(rows, 'row')} of ${several(read, 'resource')} (of ${counted(resources)} in ${several(files, 'file')}), ${counted(refused)} refused`,
      ...places.map((place) => `  ${placeText(place.file, place)}: ${place.reason}`),
      ...(issues.length === 0
        ? []
        : [
            '',
            ...table(
              ['code', 'column', 'resources'],
              issues.map((each) => [each.code, each.column, each.resources]),
            ),
            ...refusalLines(issues.map(({ code }) => code)),
          ]),
    ],
  );
}
