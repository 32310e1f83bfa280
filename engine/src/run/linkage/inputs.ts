import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import { HandoverError, exitCodes } from '../../base/errors.ts';
import {
  identifierKind,
  recogniseColumns,
  type ColumnProfile,
  type RecognisedColumn,
  type Role,
} from '../../linkage/recognise.ts';
import type { Conventions, DateOrder } from '../../linkage/standardise.ts';
import { sqlName, sqlText } from '../../query/fileQueries.ts';
import type { WorkTables } from '../../query/workTables.ts';
import { readHl7People } from './people/hl7People.ts';
import {
  personColumns,
  type PersonColumn,
  type PersonRow,
  type ToldPeople,
} from './people/person.ts';
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
  if (files.length === 0) {
    throw new HandoverError('linkage-file', 'Which files these are records of is not said.', {
      exitCode: exitCodes.usage,
      next: 'Name them behind the two records; in a project, take two ids from `handover link review`.',
    });
  }
  for (const file of files) {
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() === true) continue;
    throw new HandoverError(
      'linkage-file',
      `${found ? `${file} is no file` : `There is no file ${file}`}.`,
      {
        exitCode: exitCodes.usage,
        next: 'Name one file of CSV or Parquet to find duplicates in, or two to link.',
      },
    );
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
  const reader = readers.find(({ ending }) => ending.test(file));
  const told = reader && (await reader.read(file));
  if (told !== undefined) {
    const rows = [told.rows];
    return openTold(tables, { name: file, number, ignored, rows, told: () => numbered(told) });
  }
  const from = /\.parquet$/i.test(file)
    ? `read_parquet(${sqlText(file)})`
    : `read_csv(${sqlText(file)}, header = true, all_varchar = true, sample_size = 20480, null_padding = false)`;
  return readInput(tables, from, { name: file, number, ignored });
}

interface NamedInput {
  /** A file, or whatever people are read from. */
  name: string;
  number: number;
  ignored: readonly string[];
}

/** People as something else than a table tells of them; what only they together tell is asked last. */
export interface ToldInput extends NamedInput {
  rows: Iterable<readonly PersonRow[]> | AsyncIterable<readonly PersonRow[]>;
  told(): NonNullable<LinkageInput['told']>;
  /** What the columns are, where they need not be recognised by what they hold. */
  roles?: ColumnRoles | undefined;
}

/** Columns of told rows, and what each of them is. */
export type ColumnRoles = Partial<Record<PersonColumn, Role>>;

/** Open what is told of people as `input_N`. */
export async function openTold(tables: WorkTables, input: ToldInput): Promise<LinkageInput> {
  const table = `told_${input.number}`;
  await tables.run(
    `create table ${table} (${personColumns.map((column) => `${column} varchar`).join(', ')})`,
  );
  for await (const rows of input.rows) {
    await tables.append(
      table,
      rows.map((row) => personColumns.map((column) => row[column] ?? null)),
    );
  }
  const opened = await readInput(tables, table, input);
  await tables.run(`drop table ${table}`);
  const charts = opened.columns.includes('chart_number') ? toldCharts : [];
  return { ...opened, charts, told: input.told() };
}

async function readInput(
  tables: WorkTables,
  from: string,
  { name: file, number, ignored, roles }: NamedInput & Pick<ToldInput, 'roles'>,
): Promise<LinkageInput> {
  const table = `input_${number}`;
  const described = await tables.rows(`describe select * from ${from}`);
  const names = described.map(([name]) => String(name));
  const columns = names.map((name) => name.trim());
  const texts = names.map(
    (name, at) => `${sqlName(name)}::varchar as ${sqlName(columns[at] ?? name)}`,
  );
  await tables.run(
    `create table ${table} as select ${texts.join(', ')}, (row_number() over () - 1)::integer as number_in_file from ${from}`,
  );
  const [[rows = 0] = []] = await tables.rows(`select count(*)::double from ${table}`);
  const compared = columns.filter((column) => !ignored.includes(column));
  const profiles: ColumnProfile[] = [];
  for (const column of compared) profiles.push(await profileOf(tables, table, column));
  const recognised = roles ? declaredColumns(profiles, roles) : recogniseColumns(profiles);
  const sampleOf = (role: RecognisedColumn['role']): readonly string[] => {
    const found = recognised.find((each) => each.role === role);
    return profiles.find(({ name }) => name === found?.column)?.sample ?? [];
  };
  const conventions = {
    dateOrder: dateOrderOf(sampleOf('birthDate')),
    womanIsM: womanIsM(sampleOf('sex')),
  };
  const recurring = new Set(profiles.filter(recurs).map((one) => one.name));
  const charts = chartsOf(file, recognised);
  return { table, file, rows: Number(rows), columns, recognised, conventions, recurring, charts };
}

function declaredColumns(
  profiles: readonly ColumnProfile[],
  roles: ColumnRoles,
): RecognisedColumn[] {
  return profiles.flatMap(({ name: column, filled }) => {
    const role = roles[column as PersonColumn];
    return role === undefined || filled === 0 ? [] : [{ column, role }];
  });
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

function chartsOf(file: string, recognised: readonly RecognisedColumn[]): LinkageInput['charts'] {
  const name = path.basename(file);
  return recognised
    .filter(({ column, role }) => role === 'identifier' && identifierKind(column) === 'chart')
    .slice(0, 2)
    .map(({ column }) => ({ column, authority: `'${`${name} ${column}`.replaceAll("'", "''")}'` }));
}

/** The authority of a message's number stands beside it. */
const toldCharts = [
  { column: 'chart_number', authority: 'chart_authority' },
  { column: 'other_chart', authority: 'other_authority' },
  { column: 'third_chart', authority: 'third_authority' },
  { column: 'fourth_chart', authority: 'fourth_authority' },
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
