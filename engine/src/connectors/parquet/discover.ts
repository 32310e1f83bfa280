import { basename, extname, join } from 'node:path';
import type { ColumnType } from '../../model/stream.ts';
import { streamDoubled } from '../csv/failure.ts';
import { endingOf, listFolder } from '../csv/folder.ts';
import type { ParquetConfiguration } from './configuration.ts';

/** A stream of the folder: one file, or the parts in a folder of its own, in the order of names. */
export interface ParquetPlan {
  name: string;
  paths: readonly string[];
  key: readonly string[];
  types: Readonly<Record<string, ColumnType>>;
}

export interface Discovered {
  plans: ParquetPlan[];
  /** Whatever else lies there, which needs a decision. */
  others: string[];
}

/** @throws HandoverError `source-file-missing`, `source-denied`, `source-stream-doubled`. */
export async function discover(
  folder: string,
  streams: ParquetConfiguration['streams'],
): Promise<Discovered> {
  const listed = await listFolder(folder);
  const found = new Map<string, string[]>();
  const others: string[] = [];
  for (const file of listed.files) {
    if (isParquet(file)) found.set(file, [join(folder, file)]);
    else others.push(file);
  }
  for (const name of listed.others) {
    const inside = (await listFolder(join(folder, name))).files.filter(isParquet);
    if (inside.length === 0) others.push(name);
    else {
      found.set(
        name.slice(0, -1),
        inside.map((file) => join(folder, name, file)),
      );
    }
  }
  return { plans: plansOf(folder, found, streams), others };
}

function plansOf(
  folder: string,
  found: ReadonlyMap<string, string[]>,
  streams: ParquetConfiguration['streams'],
): ParquetPlan[] {
  const named = new Map(Object.entries(streams).map(([name, { file }]) => [file ?? '', name]));
  const plans = new Map<string, ParquetPlan>();
  for (const [file, paths] of found) {
    const name = named.get(file) ?? (isParquet(file) ? basename(file, extname(file)) : file);
    if (plans.has(name)) throw streamDoubled(name);
    const { key = [], types = {} } = streams[name] ?? {};
    plans.set(name, { name, paths, key, types });
  }
  for (const [name, { file = `${name}.parquet`, key = [], types }] of Object.entries(streams)) {
    if (!plans.has(name)) plans.set(name, { name, paths: [join(folder, file)], key, types });
  }
  return [...plans.values()];
}

function isParquet(name: string): boolean {
  return ['.parquet', '.parq', '.pq'].includes(endingOf(name));
}
