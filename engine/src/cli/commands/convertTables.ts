import { stat } from 'node:fs/promises';
import { exitCodes, HandoverError, type ExitCode } from '../../base/errors.ts';
import { stableId } from '../../keys/stableId.ts';
import type { CsvConfiguration } from '../../connectors/csv/configuration.ts';
import { compileMapping } from '../../mapping/compile.ts';
import type { CompiledMapping } from '../../mapping/mapper.ts';
import type { Identities } from '../../mapping/reference.ts';
import type { SourceSettings } from '../../model/sourceSettings.ts';
import { mappingPlan } from '../../run/plan/compile.ts';
import { loadFunctions } from '../../run/plan/loadFunctions.ts';
import { readStreamFiles } from '../../run/plan/streamFiles.ts';
import { readCodeMaps } from '../../run/plan/streams.ts';
import { balanceConstants } from '../../run/plan/trialBalance.ts';
import { ConvertReport } from '../convert/report.ts';
import { inputFailure } from '../convert/inputFiles.ts';
import { NewFile } from '../convert/newFile.ts';
import { RowStore } from '../convert/tables/rowStore.ts';
import {
  chooseMappings,
  type ChosenMapping,
  type MappingChoice,
} from '../convert/tables/mappingChoice.ts';
import {
  csvSettings,
  streamOfFile,
  tableFiles,
  type TableFile,
  type UnreadableTable,
} from '../convert/tables/tableFiles.ts';
import { TableConversion, type MappedTable } from '../convert/tables/tableConversion.ts';
import { several, type Output } from '../output.ts';
import type { Environment } from '../project.ts';
import { convertExit, convertSettings, idDigest, type ConvertOptions } from './convert.ts';

export interface ConvertTablesOptions extends Omit<ConvertOptions, 'to' | 'from'> {
  mapping?: string;
  stream?: string;
  charset?: string;
  delimiter?: string;
}

/**
 * `handover convert --from csv --to fhir`: tables of a file or folder to FHIR, by mappings as a run
 * compiles them. Nothing is written before the mappings are found to be sound.
 */
export async function convertTablesCommand(
  output: Output,
  environment: Environment,
  input: string,
  out: string,
  options: ConvertTablesOptions,
): Promise<ExitCode> {
  if (options.mapping === undefined) throw mappingNeeded();
  convertSettings({ ...options, from: 'csv' }, environment);
  const digest = idDigest(environment);
  const choice = await chooseMappings(options.mapping, output);
  const source = sourceOf(choice.chosen);
  const configuration = csvSettings(
    input,
    { source, project: choice.project, charset: options.charset, delimiter: options.delimiter },
    environment,
    output,
  );
  const single = await singleStream(input, choice.chosen, source, options.stream, (file) =>
    streamOfFile(file, configuration),
  );
  const files = await tableFiles(
    input,
    source,
    withHeaders(configuration, choice, source),
    single,
    (data) => digest(data),
  );
  const report = new ConvertReport();
  const found = files.filter((file) => isChosen(file, choice.chosen));
  if (found.length === 0) throw noTable(input, choice.chosen);
  const tables = readable(files, choice, output, report);
  const identities: Identities = {
    identify: (stream, key) => Buffer.from(digest(`${stream}\n${key}`), 'hex'),
    stableId,
  };
  const compiled = await compile(choice, source, tables, options, identities, output);
  const mapped = mappedTables(tables, compiled, choice.chosen);
  const reached = reachedTables(tables, mapped);
  tellAside(choice.chosen, files, [...mapped, ...reached], report, output);
  const target = await NewFile.create(out);
  try {
    const store = await RowStore.create(`${out}.rows`, digest);
    const conversion = new TableConversion({ store, target, report, as: options.as });
    try {
      await conversion.run(mapped, reached);
    } finally {
      await conversion.close();
      await store.remove();
    }
    await target.finish();
  } catch (error) {
    await target.abandon();
    throw error;
  }
  report.tell(output, found.length);
  return convertExit(report, options.strict);
}

/** All of one source: a folder is a delivery of one. */
function sourceOf(chosen: readonly ChosenMapping[]): string {
  const names = new Set(chosen.map(({ stream }) => stream.split('.', 1)[0] as string));
  const [name = '', ...more] = names;
  if (more.length === 0) return name;
  throw new HandoverError(
    'source-unclear',
    `The mappings are for streams of several sources: ${[...names].join(', ')}.`,
    { exitCode: exitCodes.usage, next: 'Name the mappings of one: --mapping mappings/clinic.' },
  );
}

/** The stream of the one file that is given, under its own name; undefined for a folder. */
async function singleStream(
  input: string,
  chosen: readonly ChosenMapping[],
  source: string,
  named: string | undefined,
  byName: (file: string) => string,
): Promise<string | undefined> {
  const found = await stat(input).catch((error: unknown) => {
    throw inputFailure(input, error);
  });
  if (found.isDirectory()) {
    if (named === undefined) return undefined;
    throw streamUnclear(
      'A folder has a stream for each file.',
      'Leave --stream out, or name the file.',
    );
  }
  const names = chosen.map(({ stream }) => stream.slice(source.length + 1));
  const wanted = named?.startsWith(`${source}.`) === true ? named.slice(source.length + 1) : named;
  const own = wanted ?? byName(input);
  if (names.includes(own)) return own;
  if (wanted === undefined && names.length === 1) return names[0];
  const told = wanted === undefined ? 'named as the file is' : `"${named ?? ''}"`;
  throw streamUnclear(
    `No mapping is for a stream ${told}.`,
    `Write --stream with one of them: ${chosen.map(({ stream }) => stream).join(', ')}.`,
  );
}

function isChosen(
  { stream }: TableFile | UnreadableTable,
  chosen: readonly ChosenMapping[],
): boolean {
  const name = typeof stream === 'string' ? stream : stream.name;
  return chosen.some((one) => one.stream === name);
}

/** A mapping's key tells a header from a record: it is looked for in it. */
function withHeaders(
  configuration: CsvConfiguration,
  { keys }: MappingChoice,
  source: string,
): CsvConfiguration {
  const streams = { ...configuration.streams };
  for (const [stream, key] of keys) {
    const name = stream.slice(source.length + 1);
    if (key.length === 0 || !stream.startsWith(`${source}.`)) continue;
    const own = streams[name] ?? { types: {} };
    streams[name] = { ...own, header: own.header ?? configuration.header ?? true };
  }
  return { ...configuration, streams };
}

/** A file that cannot be read is refused, and the others go on. */
function readable(
  files: readonly (TableFile | UnreadableTable)[],
  choice: MappingChoice,
  output: Output,
  report: ConvertReport,
): TableFile[] {
  return files.flatMap((file) => {
    if (!('problem' in file)) return [withKey(file, choice)];
    if (!isChosen(file, choice.chosen)) return [];
    const { name, problem } = file;
    if (problem !== 'file-empty' && problem.code === 'source-header-unlike') throw problem;
    if (problem !== 'file-empty') output.note(`${problem.message}. ${problem.next ?? ''}`.trim());
    report.refuse(name, { offset: 0 }, problem === 'file-empty' ? problem : problem.code);
    return [];
  });
}

/** What no plan says of a file's key, its mapping does. */
function withKey(file: TableFile, { chosen, keys }: MappingChoice): TableFile {
  if (file.own.key.length > 0) return file;
  const key = keys.get(file.stream.name) ?? [];
  const has = key.some((part) => file.own.columns.some(({ name }) => name === part));
  const mapping = chosen.find(({ stream }) => stream === file.stream.name);
  if (mapping !== undefined && key.length > 0 && !has) throw headUnlike(file, mapping, key);
  return { ...file, own: { ...file.own, key }, stream: { ...file.stream, key } };
}

/** What stands there instead may be a patient: it is not repeated. */
function headUnlike(
  { name, own }: TableFile,
  { path }: ChosenMapping,
  key: readonly string[],
): HandoverError {
  const columns = several(own.columns.length, 'column');
  return new HandoverError(
    'source-header-unlike',
    `The first line of ${name} (${columns}) has no ${key.join(', ')}, the key that ${path} names.`,
    {
      exitCode: exitCodes.planInvalid,
      next: 'Has it a header, is the delimiter right (--delimiter), and is it the file of that mapping?',
    },
  );
}

/** @throws HandoverError `plan-invalid` (exit 3) with every problem of the chosen mappings told. */
async function compile(
  { project, folder, chosen, others }: MappingChoice,
  source: string,
  tables: readonly TableFile[],
  { timeZone }: ConvertTablesOptions,
  identities: Identities,
  output: Output,
): Promise<ReadonlyMap<string, CompiledMapping>> {
  const own = tables.map(({ stream }) => stream);
  const written = project === undefined ? [] : (await readStreamFiles(folder, project)).streams;
  const rest = written.filter(({ name }) => !own.some((one) => one.name === name));
  const maps = readCodeMaps(project?.files.codeMaps ?? []);
  const loaded = loadFunctions(project?.files.functions ?? []);
  const planned = project && mappingPlan(project);
  const settings = new Map<string, SourceSettings>(
    [...(planned?.sources ?? [])].map(([name, one]) => [name, one.settings]),
  );
  if (timeZone !== undefined) settings.set(source, { ...settings.get(source), timeZone });
  const { mappings, problems } = compileMapping([...chosen, ...others], {
    ...identities,
    streams: [...own, ...rest],
    codeMaps: maps.codeMaps,
    functions: loaded.functions,
    settings,
    constants: balanceConstants(project?.document.trialBalance),
  });
  // Of a mapping whose table is not there nobody asks.
  const asked = new Set(
    chosen.flatMap((one) => (own.some(({ name }) => name === one.stream) ? one.path : [])),
  );
  const all = [
    ...maps.problems,
    ...loaded.problems,
    ...problems.filter(({ file }) => asked.has(file)),
  ];
  if (all.length === 0) return mappings;
  output.problems(all);
  throw new HandoverError('plan-invalid', `The mappings have ${several(all.length, 'problem')}.`, {
    exitCode: exitCodes.planInvalid,
    next: 'They stand above, with file and line. Nothing was written.',
  });
}

/** Parents before what is folded into them. */
function mappedTables(
  tables: readonly TableFile[],
  compiled: ReadonlyMap<string, CompiledMapping>,
  chosen: readonly ChosenMapping[],
): MappedTable[] {
  const mapped = tables.flatMap((table): MappedTable[] => {
    const mapping = isChosen(table, chosen) ? compiled.get(table.stream.name) : undefined;
    if (mapping === undefined) return [];
    requireKey(table, mapping);
    return [{ table, mapping }];
  });
  const depth = (mapping: CompiledMapping, seen = 0): number => {
    const parent = compiled.get(mapping.foldedInto ?? '');
    return parent === undefined || seen > mapped.length ? 0 : 1 + depth(parent, seen + 1);
  };
  return mapped.toSorted((one, other) => depth(one.mapping) - depth(other.mapping));
}

function requireKey(
  { stream }: TableFile,
  { resources, folds, foldedInto }: CompiledMapping,
): void {
  const needs = resources.length > 0 && foldedInto === undefined && !folds.includes(stream.name);
  if (stream.key.length > 0 || !needs) return;
  throw new HandoverError(
    'key-undeclared',
    `Nothing says which columns identify a row of ${stream.name}.`,
    {
      exitCode: exitCodes.planInvalid,
      next: 'Write `key: COLUMN` into its mapping, or its `key` into the plan.',
    },
  );
}

/** Tables that lookups lead to and that are not converted themselves. */
function reachedTables(tables: readonly TableFile[], mapped: readonly MappedTable[]): TableFile[] {
  const wanted = new Set(
    mapped.flatMap(({ mapping }) => mapping.joins.map(({ stream }) => stream)),
  );
  const missing = [...wanted].filter((name) => !tables.some(({ stream }) => stream.name === name));
  if (missing.length > 0) {
    throw new HandoverError(
      'lookup-file-missing',
      `The mappings read ${missing.join(', ')} too, and no file of it is there.`,
      { exitCode: exitCodes.usage, next: 'Give the folder that holds the files of all of them.' },
    );
  }
  return tables.filter(
    ({ stream }) => wanted.has(stream.name) && !mapped.some(({ table }) => table.stream === stream),
  );
}

/** Mappings without a file, and files that nobody reads. */
function tellAside(
  chosen: readonly ChosenMapping[],
  files: readonly (TableFile | UnreadableTable)[],
  read: readonly (MappedTable | TableFile)[],
  report: ConvertReport,
  output: Output,
): void {
  const named = new Set(
    files.map(({ stream }) => (typeof stream === 'string' ? stream : stream.name)),
  );
  for (const { path, stream } of chosen) {
    if (!named.has(stream)) output.note(`${path}: no file of ${stream} is there.`);
  }
  const used = new Set(read.map((one) => ('table' in one ? one.table.name : one.name)));
  for (const file of files) {
    if (used.has(file.name) || isChosen(file, chosen)) continue;
    report.note({ code: 'stream-unmapped', path: file.name });
  }
}

function mappingNeeded(): HandoverError {
  return new HandoverError('mapping-needed', 'A table becomes FHIR by a mapping.', {
    exitCode: exitCodes.usage,
    next: 'Name its file, or a folder of them: --mapping mappings/clinic/pt_demog.yaml.',
  });
}

function streamUnclear(message: string, next: string): HandoverError {
  return new HandoverError('stream-unclear', message, { exitCode: exitCodes.usage, next });
}

function noTable(input: string, chosen: readonly ChosenMapping[]): HandoverError {
  return new HandoverError(
    'input-missing',
    `No file in ${input} is of a stream that the mappings are for.`,
    {
      exitCode: exitCodes.usage,
      next: `Files are named as their stream is: ${chosen.map(({ stream }) => stream.replace(/^[^.]*\./, '')).join(', ')} (.csv, .tsv, .tab, .psv, .txt).`,
    },
  );
}
