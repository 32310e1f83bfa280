import { basename, extname, join, resolve } from 'node:path';
import type { Connector } from '../../model/connector.ts';
import { csvConfiguration, type CsvConfiguration, type CsvFormat } from './configuration.ts';
import { fileCompressed, streamDoubled } from './failure.ts';
import { delimiterByEnding, endingOf, listFolder, unpackedName } from './folder.ts';
import type { LineFilePlan } from './lineFile.ts';
import { LineSource, type Folder } from './lineSource.ts';

/** @param projectFolder what a folder in the plan is relative to. */
export function csvConnector(projectFolder: string): Connector<CsvConfiguration> {
  return {
    kind: 'csv',
    summary: 'Reads a folder of delimited files (CSV, TSV, any delimiter), each of them a stream.',
    configuration: csvConfiguration,
    source: {
      capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
      create: (configuration, services) => {
        const folder = resolve(projectFolder, configuration.folder);
        return new LineSource({
          discover: () => tablesIn(folder, configuration),
          digest: (data) => services.digest(data),
        });
      },
    },
  };
}

/** Of packings that are not read; gzip is. */
const packedEndings = ['.zip', '.zst', '.bz2', '.xz'];

/** Every file with the ending of a table is a stream, and every other that the plan names as one. */
export async function tablesIn(folder: string, configuration: CsvConfiguration): Promise<Folder> {
  const { files, others } = await listFolder(folder);
  const { streams } = configuration;
  const named = new Map(
    Object.entries(streams).flatMap(([name, { file }]) =>
      file === undefined ? [] : [[file, name]],
    ),
  );
  const plans = new Map<string, LineFilePlan>();
  const add = (name: string, file: string): void => {
    if (plans.has(name)) throw streamDoubled(name);
    plans.set(
      name,
      planOf(name, join(folder, file), { ...configuration, types: {}, ...streams[name] }),
    );
  };
  for (const [name, { file }] of Object.entries(streams)) {
    if (file !== undefined) add(name, file);
  }
  const rest: string[] = [];
  for (const file of files.filter((one) => !named.has(one))) {
    const plain = unpackedName(file);
    if (endingOf(plain) in delimiterByEnding) add(basename(plain, extname(plain)), file);
    else rest.push(file);
  }
  for (const name of Object.keys(streams)) {
    if (plans.has(name)) continue;
    const packed = rest.find((file) => packedEndings.some((end) => file === `${name}.csv${end}`));
    if (packed !== undefined) throw fileCompressed(packed, extname(packed).slice(1));
    add(name, `${name}.csv`);
  }
  return { files: [...plans.values()], others: [...rest, ...others] };
}

type Settings = CsvFormat & Omit<CsvConfiguration['streams'][string], 'file'>;

/** The plan of one file; what no setting says is as most files are. */
export function planOf(name: string, path: string, settings: Settings): LineFilePlan {
  const {
    delimiter = delimiterByEnding[endingOf(unpackedName(path))] ?? ',',
    quote = '"',
    columns,
  } = settings;
  const { escape = 'doubled', nullIs = '' } = settings;
  return {
    name,
    path,
    charset: settings.charset,
    lineEnd: settings.lineEnd ?? 'lf',
    longestRecord: settings.longestRecord ?? defaultLongest,
    header: settings.header ?? 'likely',
    columns,
    key: settings.key ?? [],
    types: settings.types,
    layout: (charset) => ({
      kind: 'delimited',
      charset,
      delimiter: delimiter === 'tab' ? '\t' : delimiter,
      quote: quote === 'none' ? '' : quote,
      escape,
      nullIs,
    }),
  };
}

const defaultLongest = 1024 * 1024;
