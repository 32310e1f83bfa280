import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import { exitCodes, HandoverError } from '../../../base/errors.ts';
import type { CsvConfiguration } from '../../../connectors/csv/configuration.ts';
import { csvConnector, planOf, tablesIn } from '../../../connectors/csv/csvConnector.ts';
import { unpackedName } from '../../../connectors/csv/folder.ts';
import type { LineFilePlan } from '../../../connectors/csv/lineFile.ts';
import { LineSource } from '../../../connectors/csv/lineSource.ts';
import type { Stream } from '../../../model/stream.ts';
import { sourcesOfKind } from '../../../run/plan/compile.ts';
import type { ProjectText } from '../../../run/plan/read.ts';
import { planInvalid } from '../../../run/plan/streams.ts';
import type { Output } from '../../output.ts';
import type { Environment } from '../../project.ts';

/** A delimited file, read as a source of a run reads it. */
export interface TableFile {
  /** As reports name it. */
  name: string;
  source: LineSource;
  /** Under its own name, and as runs call it: `pt_demog` is `clinic.pt_demog`. */
  own: Stream;
  stream: Stream;
}

/** One that cannot be read. */
export interface UnreadableTable {
  name: string;
  stream: string;
  problem: HandoverError | 'file-empty';
}

export interface CsvSettings {
  /** The source's name in the plan, which the names of streams begin with. */
  source: string;
  project: ProjectText | undefined;
  charset: string | undefined;
  delimiter: string | undefined;
}

/**
 * Settings of the source in the plan, where there is one of that kind; where it says nothing, those of
 * the command line.
 * @throws HandoverError `setting-invalid` (exit 2), `plan-invalid` (exit 3).
 */
export function csvSettings(
  folder: string,
  { source, project, charset, delimiter }: CsvSettings,
  environment: Environment,
  output: Output,
): CsvConfiguration {
  const connector = csvConnector(folder);
  const typed = { ...(charset && { charset }), ...(delimiter && { delimiter }) };
  const planned = project?.document.sources[source];
  if (project === undefined || planned?.kind !== connector.kind) {
    const parsed = connector.configuration.parse({ folder, ...typed });
    if ('value' in parsed) return parsed.value;
    const [{ path: setting, message } = { path: '', message: '' }] = parsed.problems;
    throw new HandoverError('setting-invalid', `--${setting}: ${message}.`, {
      exitCode: exitCodes.usage,
      next: 'See `handover convert --help`, and the guide of sources for what there is.',
    });
  }
  const document = { ...project.document, sources: { [source]: { ...typed, ...planned, folder } } };
  const { value, problems } = sourcesOfKind({ ...project, document }, connector, environment);
  const found = value?.get(source);
  if (found !== undefined) return found;
  output.problems(problems);
  throw planInvalid(problems.length);
}

/** The tables of a folder, or the one of a file; nothing but their heads is read. */
export async function tableFiles(
  input: string,
  source: string,
  configuration: CsvConfiguration,
  single: string | undefined,
  digest: (data: Uint8Array) => string,
): Promise<(TableFile | UnreadableTable)[]> {
  const plans =
    single === undefined
      ? await presentTables(input, configuration)
      : [planOfFile(single, input, configuration)];
  const tables: (TableFile | UnreadableTable)[] = [];
  for (const plan of plans) tables.push(await headOf(plan, input, source, digest));
  return tables;
}

/** What the plan alone names may have come with another delivery. */
async function presentTables(
  folder: string,
  configuration: CsvConfiguration,
): Promise<LineFilePlan[]> {
  const { files } = await tablesIn(folder, configuration);
  const there = await Promise.all(
    files.map(async (plan) => (await stat(plan.path).catch(() => undefined)) !== undefined),
  );
  return files.filter((_, at) => there[at]);
}

function planOfFile(name: string, file: string, configuration: CsvConfiguration): LineFilePlan {
  return planOf(name, file, { ...configuration, types: {}, ...configuration.streams[name] });
}

/** The stream that a file is of by its name, or by what the plan says of it. */
export function streamOfFile(file: string, { streams }: CsvConfiguration): string {
  const base = path.basename(file);
  const named = Object.entries(streams).find(([, one]) => one.file === base)?.[0];
  return named ?? path.parse(unpackedName(base)).name;
}

async function headOf(
  plan: LineFilePlan,
  input: string,
  source: string,
  digest: (data: Uint8Array) => string,
): Promise<TableFile | UnreadableTable> {
  const name = path.relative(path.dirname(path.resolve(input)), path.resolve(plan.path));
  const stream = `${source}.${plan.name}`;
  const lines = new LineSource({
    discover: async () => ({ files: [plan], others: [] }),
    digest,
    blockBytes: 1024 * 1024,
  });
  try {
    if ((await stat(plan.path)).size === 0) return { name, stream, problem: 'file-empty' };
    const { columns = [], key = [] } = (await lines.layout({ ...unread, name: plan.name })) ?? {};
    const own = { name: plan.name, columns, key };
    return { name, source: lines, own, stream: { ...own, name: stream } };
  } catch (error) {
    if (!(error instanceof HandoverError)) throw error;
    return { name, stream, problem: error };
  }
}

const unread = { columns: [], key: [] };
