import * as path from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { hmacSha256Hex } from '../../base/digest.ts';
import { silentLog } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { csvConnector } from '../../connectors/csv/csvConnector.ts';
import type { Row } from '../../formats/copyText.ts';
import { encodeDelimitedRow } from '../../formats/delimitedText.ts';
import { openRowReader } from '../../formats/rowReader.ts';
import type { Source } from '../../model/source.ts';
import type { Stream } from '../../model/stream.ts';
import { classifyColumn, mostDistinct, type ColumnProfile } from '../../privacy/columns.ts';
import { deidentifyRow, type TableColumn } from '../../privacy/deidentify/table.ts';
import type { Rules } from '../../privacy/deidentify/rules.ts';
import type { Detector } from '../../privacy/detector.ts';
import { NewFile } from '../convert/newFile.ts';

/** What became of one table: how many rows, and what each column was taken for. */
export interface TableOutcome {
  table: string;
  rows: number;
  /** Rows that could not be read, and are not in the output. */
  unreadable: number;
  columns: Record<string, string>;
}

/** Every delimited file of a folder under the rules; each is read twice, once to know its columns. */
export async function deidentifyTables(
  rules: Rules,
  detector: Detector,
  folder: string,
  out: string,
): Promise<TableOutcome[]> {
  const source = openFolder(folder);
  const outcomes: TableOutcome[] = [];
  try {
    await source.open(new AbortController().signal);
    for (const [at, stream] of (await source.streams()).entries()) {
      const columns = await columnsOf(source, stream, detector);
      // A file may be called after a patient; tables are called by letters.
      const table = /^[A-Za-z_]{1,40}$/.test(stream.name) ? stream.name : `table-${at + 1}`;
      outcomes.push(await writeTable(source, stream, columns, rules, { table, out }));
    }
  } finally {
    await source.close();
  }
  return outcomes;
}

function openFolder(folder: string): Source {
  const connector = csvConnector(folder);
  const parsed = connector.configuration.parse({ folder: '.' });
  if ('problems' in parsed) throw new RangeError('the settings of the folder are not sound');
  const key = systemRandom.bytes(32);
  return connector.source!.create(parsed.value, {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    digest: hmacSha256Hex(key),
    secret: () => key,
  });
}

async function* rowsOf(source: Source, stream: Stream): AsyncGenerator<Row | undefined> {
  const [slice] = await source.slices(stream, 1);
  if (slice === undefined) return;
  const request = { stream, slice, records: 1000, bytes: 1 << 22 };
  for await (const batch of source.read(request, new AbortController().signal)) {
    const reader = openRowReader(
      batch.mediaType,
      stream.columns.map(() => true),
    );
    reader?.open(batch);
    for (const ordinal of batch.keys.keys()) {
      const row: Row = [];
      yield reader?.read(ordinal, row) === undefined ? row : undefined;
    }
  }
}

async function columnsOf(
  source: Source,
  stream: Stream,
  detector: Detector,
): Promise<TableColumn[]> {
  const profiles = stream.columns.map(({ name }) => ({
    name,
    populated: 0,
    values: new Map<string, number>(),
  }));
  for await (const row of rowsOf(source, stream)) {
    for (const [at, profile] of profiles.entries()) count(profile, row?.[at] ?? '');
  }
  return profiles.map((profile) => ({
    name: profile.name,
    holds: classifyColumn(profile, detector),
  }));
}

function count(profile: ColumnProfile & { values: Map<string, number> }, value: string): void {
  if (value === '') return;
  profile.populated++;
  const before = profile.values.get(value);
  if (before !== undefined || profile.values.size < mostDistinct) {
    profile.values.set(value, (before ?? 0) + 1);
  }
}

const patientColumn =
  /^(?:pt|pat|patient|person|subject|client|member)(?:ient)?_?(?:id|no|num|key|nbr)$/i;

async function writeTable(
  source: Source,
  stream: Stream,
  columns: readonly TableColumn[],
  rules: Rules,
  { table, out }: { table: string; out: string },
): Promise<TableOutcome> {
  const found = columns.findIndex(({ name }) => patientColumn.test(name));
  const patient = found === -1 ? undefined : found;
  const outcome: TableOutcome = {
    table,
    rows: 0,
    unreadable: 0,
    columns: Object.fromEntries(columns.map(({ name, holds }) => [name, wordOf(holds)])),
  };
  const file = await NewFile.create(path.join(out, `${table}.csv`));
  try {
    await file.write(`${encodeDelimitedRow(columns.map(({ name }) => name))}\r\n`);
    for await (const row of rowsOf(source, stream)) {
      if (row === undefined) outcome.unreadable++;
      else {
        const under = deidentifyRow(
          rules,
          columns,
          row.map((value) => value ?? ''),
          patient,
        );
        await file.write(`${encodeDelimitedRow(under.map((value) => value || null))}\r\n`);
        outcome.rows++;
      }
    }
    await file.finish();
  } catch (error) {
    await file.abandon();
    throw error;
  }
  return outcome;
}

function wordOf(holds: TableColumn['holds']): string {
  return holds.class === 'identifier' ? `identifier (${holds.kind})` : holds.class;
}
