import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes, HandoverError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { folderForms } from './folderForm.ts';
import { writeFolder } from './folderWriter.ts';
import { tablesOf } from './hospital.ts';
import { mostPatients } from './people.ts';
import { writeMysql } from './mysqlWriter.ts';
import { feedFiles, writeFeeds, type FeedTally } from './feeds/feedWriter.ts';
import type { FeedTruth } from './feeds/feed.ts';
import { writePostgres } from './postgresWriter.ts';
import { writeSources, type SourcesTally } from './sources/files.ts';
import { writeSqlite } from './sqliteWriter.ts';
import { shareTruths, writeShare } from './shareWriter.ts';
import type { Table } from './table.ts';
import type { TableTally } from './tally.ts';
import { TextFile } from './textFile.ts';
import { createWorld, doublesOf, type World } from './world.ts';

/** Where a sample goes. */
export type SampleOut =
  | { kind: 'folder'; path: string; form?: keyof typeof folderForms }
  /** A new SQLite database. */
  | { kind: 'sqlite'; path: string }
  /** Connection URL of an empty database: a secret, so it comes by environment. */
  | { kind: 'postgres' | 'mysql'; url: string };

export interface SampleRequest {
  patients: number;
  /** Any text; the same one gives the same bytes, on any machine and on any day. */
  seed: string;
  out: SampleOut;
  /** `none`: a clean hospital. */
  defects: 'planted' | 'none';
  /** `core`, if left out: the first five tables alone. */
  tables?: 'all' | 'core';
  /** A new folder for the share of scans and letters; a sample in a folder has one in it. */
  share?: string;
  /** A new folder for messages, documents and claims; a sample in a folder has one in it. */
  feeds?: string;
  /** A new folder for five systems that know the same people (see `sources/`). */
  sources?: string;
}

/** What was made, and what must become of it: also `truth/summary.json` of a folder. */
export interface SampleSummary {
  patients: number;
  seed: string;
  defects: 'planted' | 'none';
  rows: number;
  tables: Record<string, TableTally>;
  feeds?: FeedTally;
  sources?: SourcesTally;
}

export interface SampleServices {
  log: Log;
  environment: Readonly<Record<string, string | undefined>>;
  /** Called after every few thousand rows. */
  progress?: (table: string, rows: number) => void;
}

/**
 * `--out DIR` or `--out env:NAME`; `form` is how the tables stand in a folder.
 * @throws HandoverError `sample-out-unset` when the variable is not set.
 */
export function parseSampleOut(
  text: string,
  environment: SampleServices['environment'],
  form?: keyof typeof folderForms | 'sqlite',
): SampleOut {
  if (!text.startsWith('env:')) {
    if (form === 'sqlite') return { kind: 'sqlite', path: text };
    return { kind: 'folder', path: text, ...(form && { form }) };
  }
  const name = text.slice('env:'.length);
  const url = environment[name];
  if (url === undefined || url === '') {
    throw new HandoverError('sample-out-unset', `the environment variable ${name} is not set`, {
      next: `Set ${name} to the URL of an empty PostgreSQL, MySQL or MariaDB database.`,
      exitCode: exitCodes.usage,
    });
  }
  return { kind: /^(mysql|mariadb):/.test(url) ? 'mysql' : 'postgres', url };
}

/**
 * Make the legacy hospital. Rows stream: memory stays flat however many patients there are.
 * @throws HandoverError `sample-size`, and those of the two writers.
 */
export async function writeSample(
  request: SampleRequest,
  services: Omit<SampleServices, 'environment'>,
): Promise<SampleSummary> {
  const { patients, seed, out, defects, tables: which = 'core' } = request;
  if (!Number.isInteger(patients) || patients < 1 || patients > mostPatients) {
    throw new HandoverError('sample-size', `a sample has 1 to ${mostPatients} patients`, {
      next: 'Give a whole number with --patients.',
      exitCode: exitCodes.usage,
    });
  }
  const world = createWorld({ patients, seed, defects, tables: which });
  const written = { tables: tablesOf(which), world };
  const progress = services.progress ?? ((): void => undefined);
  const tables = await writeTables(out, written, services.log, progress);
  const share = request.share ?? (out.kind === 'folder' ? join(out.path, 'share') : undefined);
  if (share !== undefined && which === 'all') await writeShare(share, world);
  const feeds = await writeAllFeeds(request, world);
  const rows = Object.values(tables).reduce((sum, tally) => sum + tally.rows, 0);
  const sources =
    request.sources === undefined
      ? undefined
      : await writeSources({ folder: request.sources, people: patients, seed });
  const summary = {
    patients,
    seed,
    defects,
    rows,
    tables,
    ...(feeds && { feeds }),
    ...(sources && { sources }),
  };
  if (out.kind === 'folder') {
    await writeFile(join(out.path, 'truth', 'doubles.ndjson'), doublesText(world));
    if (which === 'all') {
      const truths = [...shareTruths(world)].map((truth) => `${JSON.stringify(truth)}\n`);
      await writeFile(join(out.path, 'truth', 'files.ndjson'), truths.join(''));
    }
    const text = `${JSON.stringify(summary, undefined, 2)}\n`;
    await writeFile(join(out.path, 'truth', 'summary.json'), text);
  }
  return summary;
}

/** Below the folder that was asked for; where the tables stand in a folder, with their truths. */
async function writeAllFeeds(
  { out, tables, defects, ...request }: SampleRequest,
  world: World,
): Promise<FeedTally | undefined> {
  const own = out.kind === 'folder' ? out.path : undefined;
  const folder = request.feeds ?? (own === undefined ? undefined : join(own, 'feeds'));
  if (folder === undefined || tables !== 'all') return undefined;
  const files = feedFiles(world, defects);
  if (own === undefined) return writeFeeds(folder, files, async () => undefined);
  const truths = new TextFile(join(own, 'truth', 'feeds.ndjson'));
  const tally = await writeFeeds(folder, files, (told) => truths.write(linesOf(told)));
  await truths.close();
  return tally;
}

const linesOf = (truths: readonly FeedTruth[]): string =>
  truths.map((truth) => `${JSON.stringify(truth)}\n`).join('');

/** Who stands in the tables twice, under which keys, and what differs. */
function doublesText(world: World): string {
  const lines = [...doublesOf(world)].map((double) => `${JSON.stringify(double)}\n`);
  return lines.join('');
}

function writeTables(
  out: SampleOut,
  { tables, world }: { tables: readonly Table[]; world: World },
  log: Log,
  progress: (table: string, rows: number) => void,
): Promise<Record<string, TableTally>> {
  switch (out.kind) {
    case 'folder':
      return writeFolder(out.path, tables, world, folderForms[out.form ?? 'copy'], progress);
    case 'sqlite':
      return writeSqlite(out.path, tables, world, progress);
    case 'mysql':
      return writeMysql(out.url, tables, world, progress);
    case 'postgres':
      return writePostgres({ url: out.url }, tables, world, { log, progress });
  }
}
