import { join, resolve } from 'node:path';
import type { Connector } from '../../model/connector.ts';
import { fixedWidthConfiguration, type FixedWidthConfiguration } from './configuration.ts';
import { listFolder, unpackedName } from './folder.ts';
import type { LineFilePlan } from './lineFile.ts';
import { LineSource, type Folder } from './lineSource.ts';

/** @param projectFolder what a folder in the plan is relative to. */
export function fixedWidthConnector(projectFolder: string): Connector<FixedWidthConfiguration> {
  return {
    kind: 'fixed-width',
    summary:
      'Reads files whose fields stand at fixed places of a line, as the plan describes them.',
    configuration: fixedWidthConfiguration,
    source: {
      capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
      create: (configuration, services) => {
        const folder = resolve(projectFolder, configuration.folder);
        return new LineSource({
          discover: () => discover(folder, configuration),
          digest: (data) => services.digest(data),
        });
      },
    },
  };
}

/** Where fields begin, no file can say: what the plan does not describe is no table. */
async function discover(folder: string, configuration: FixedWidthConfiguration): Promise<Folder> {
  const { files, others } = await listFolder(folder);
  const plans = Object.entries(configuration.streams).map(([name, stream]) => {
    const plain = `${name}.txt`;
    const packed = files.includes(plain)
      ? undefined
      : files.find((one) => unpackedName(one) === plain);
    const file = stream.file ?? packed ?? plain;
    return { file, plan: planOf(name, join(folder, file), { ...configuration, ...stream }) };
  });
  const named = new Set(plans.map(({ file }) => file));
  return {
    files: plans.map(({ plan }) => plan),
    others: [...files.filter((file) => !named.has(file)), ...others],
  };
}

type Settings = FixedWidthConfiguration['streams'][string];

function planOf(name: string, path: string, settings: Settings): LineFilePlan {
  const { columns, shortLines } = settings;
  return {
    name,
    path,
    charset: settings.charset,
    lineEnd: settings.lineEnd ?? 'lf',
    longestRecord: settings.longestRecord ?? 1024 * 1024,
    header: settings.header,
    columns: columns.map((column) => column.name),
    key: settings.key ?? [],
    types: Object.fromEntries(columns.map((column) => [column.name, column.type])),
    layout: (charset) => ({ kind: 'fixed-width', charset, fields: spansOf(columns), shortLines }),
  };
}

/** A field begins where it says, or behind the one before it. */
function spansOf(columns: Settings['columns']): [number, number][] {
  let next = 0;
  return columns.map(({ start, width }) => {
    const from = start === undefined ? next : start - 1;
    next = from + width;
    return [from, next];
  });
}
