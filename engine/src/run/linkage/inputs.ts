import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import { HandoverError, exitCodes } from '../../base/errors.ts';
import {
  identifierKind,
  recogniseColumns,
  type ColumnProfile,
  type RecognisedColumn,
} from '../../linkage/recognise.ts';
import type { Conventions, DateOrder } from '../../linkage/standardise.ts';
import { sqlName, sqlText } from '../../query/fileQueries.ts';
import type { WorkTables } from '../../query/workTables.ts';
import { readHl7People } from './people/hl7People.ts';
import { personColumns, type ToldPeople } from './people/person.ts';
import { readX12People } from './people/x12People.ts';

/** A file of people as it is compared: the table of its text columns, and what each of them is. */
export interface LinkageInput {
  table: string;
  file: string;
  rows: number;
  columns: readonly string[];
  recognised: readonly RecognisedColumn[];
  conventions: Conventions;
  /** Columns in which most values are met more than once. */
  recurring: ReadonlySet<string>;
  /** Columns with the number of a chart, and whose it is: two charts of one authority are two numbers. */
  charts: readonly { column: string; authority: string }[];
  /** What messages tell beside their rows, by numbers of rows from 0. */
  told?: { joined: readonly (readonly [number, number])[]; overlaid: readonly number[] };
}

/** Rows that a file is judged by. */
const judged = 50_000;

/** @throws HandoverError `linkage-file` where there is no such file. */
export async function filesFound(files: readonly string[]): Promise<string[]> {
  for (const file of files) {
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() === true) continue;
    throw new HandoverError('linkage-file', `There is no file ${file}.`, {
      exitCode: exitCodes.usage,
      next: 'Name one file of CSV or Parquet to find duplicates in, or two to link.',
    });
  }
  return files.map((file) => path.resolve(file));
}

/**
 * Open one file as `input_N`, with all its columns as text.
 * @param ignored columns that are never compared: the truth of a measure.
 */
export async function openInput(
  tables: WorkTables,
  file: string,
  number: number,
  ignored: readonly string[],
): Promise<LinkageInput> {
  const table = `input_${number}`;
  const reader = readers.find(({ ending }) => ending.test(file));
  const told = reader && (await reader.read(file));
  const from = told
    ? await enterPeople(tables, `told_${number}`, told)
    : /\.parquet$/i.test(file)
      ? `read_parquet(${sqlText(file)})`
      : `read_csv(${sqlText(file)}, header = true, all_varchar = true, sample_size = 20480, null_padding = false)`;
  const described = await tables.rows(`describe select * from ${from}`);
  const names = described.map(([name]) => String(name));
  const columns = names.map((name) => name.trim());
  const texts = names.map(
    (name, at) => `${sqlName(name)}::varchar as ${sqlName(columns[at] ?? name)}`,
  );
  await tables.run(
    `create table ${table} as select ${texts.join(', ')}, (row_number() over () - 1)::integer as number_in_file from ${from}`,
  );
  if (told) await tables.run(`drop table ${from}`);
  const [[rows = 0] = []] = await tables.rows(`select count(*)::double from ${table}`);
  const compared = columns.filter((column) => !ignored.includes(column));
  const profiles: ColumnProfile[] = [];
  for (const column of compared) profiles.push(await profileOf(tables, table, column));
  const recognised = recogniseColumns(profiles);
  const sampleOf = (role: RecognisedColumn['role']): readonly string[] => {
    const found = recognised.find((each) => each.role === role);
    return profiles.find(({ name }) => name === found?.column)?.sample ?? [];
  };
  const conventions = {
    dateOrder: dateOrderOf(sampleOf('birthDate')),
    womanIsM: womanIsM(sampleOf('sex')),
  };
  const opened = {
    table,
    file,
    rows: Number(rows),
    columns,
    recognised,
    conventions,
    recurring: new Set(profiles.filter(recurs).map(({ name }) => name)),
    charts: chartsOf(file, columns, recognised, told !== undefined),
  };
  return told ? { ...opened, told: numbered(told) } : opened;
}

function numbered({ rows, joined, overlaid }: ToldPeople): NonNullable<LinkageInput['told']> {
  const places = new Map(rows.map(({ record_key: key }, at) => [key, at]));
  const place = (key: string): number => places.get(key) ?? -1;
  return {
    joined: joined.map(([one, other]) => [place(one), place(other)] as const),
    overlaid: overlaid.map(place),
  };
}

/** Files that are no tables, by their endings. */
const readers: readonly { ending: RegExp; read: (file: string) => Promise<ToldPeople> }[] = [
  { ending: /\.(hl7|h7|hl7v2)$/i, read: readHl7People },
  { ending: /\.(837[pi]?|x12|edi)$/i, read: readX12People },
];

async function enterPeople(
  tables: WorkTables,
  table: string,
  { rows }: ToldPeople,
): Promise<string> {
  await tables.run(
    `create table ${table} (${personColumns.map((column) => `${column} varchar`).join(', ')})`,
  );
  await tables.append(
    table,
    rows.map((row) => personColumns.map((column) => row[column] ?? null)),
  );
  return table;
}

function chartsOf(
  file: string,
  columns: readonly string[],
  recognised: readonly RecognisedColumn[],
  told: boolean,
): LinkageInput['charts'] {
  const name = path.basename(file);
  if (told) return columns.includes('chart_number') ? toldCharts : [];
  return recognised
    .filter(({ column, role }) => role === 'identifier' && identifierKind(column) === 'chart')
    .map(({ column }) => ({ column, authority: `'${`${name} ${column}`.replaceAll("'", "''")}'` }));
}

/** The authority of a message's number stands beside it. */
const toldCharts = [
  { column: 'chart_number', authority: 'chart_authority' },
  { column: 'other_chart', authority: 'other_authority' },
];

const recurs = ({ filled, distinct }: ColumnProfile): boolean => distinct < filled / 2;

const womanIsM = (samples: readonly string[]): boolean => {
  const letters = new Set(samples.map((value) => value.trim().toLowerCase()));
  return letters.has('h') && letters.has('m') && !letters.has('f');
};

async function profileOf(tables: WorkTables, table: string, name: string): Promise<ColumnProfile> {
  const column = sqlName(name);
  const head = `(select nullif(trim(${column}), '') as value, number_in_file from ${table} limit ${judged})`;
  const [[rows, filled, distinct] = []] = await tables.rows(
    `select count(*)::double, count(value)::double, count(distinct value)::double from ${head}`,
  );
  const sample = await tables.rows(
    `select value from ${head} where value is not null order by hash(number_in_file) limit 500`,
  );
  return {
    name,
    rows: Number(rows),
    filled: Number(filled),
    distinct: Number(distinct),
    sample: sample.map(([value]) => String(value)),
  };
}

/** 13/02/1960 can only have its day first; where no value tells, the month is first. */
function dateOrderOf(samples: readonly string[]): DateOrder {
  const firsts = samples.map((value) => /^(\d{1,2})[-/. ](\d{1,2})[-/. ]\d{2,4}\b/.exec(value));
  const dayFirst = firsts.filter((found) => Number(found?.[1]) > 12).length;
  const monthFirst = firsts.filter((found) => Number(found?.[2]) > 12).length;
  return dayFirst > monthFirst ? 'day first' : 'month first';
}
