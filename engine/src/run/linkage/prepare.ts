import * as path from 'node:path';
import { HandoverError, exitCodes } from '../../base/errors.ts';
import {
  allPairs,
  chooseRules,
  possibleRules,
  type BlockSizes,
  type CostedRule,
} from '../../linkage/blocking.ts';
import { defaultComparisons } from '../../linkage/comparisons.ts';
import type { Comparison } from '../../linkage/model.ts';
import {
  blockSizesSql,
  blocksSql,
  codesSql,
  derivedColumns,
  nicknamesSql,
  recordsSql,
  standardSql,
  termColumns,
  termsSql,
  type StandardInput,
} from '../../linkage/records.ts';
import { identifierKind, type RecognisedColumn } from '../../linkage/recognise.ts';
import { standardColumns, type StandardColumn } from '../../linkage/standardise.ts';
import { sqlName, sqlText } from '../../query/fileQueries.ts';
import { openWorkTables, type WorkLimits, type WorkTables } from '../../query/workTables.ts';
import { filesFound, openInput, openTold, type LinkageInput, type ToldInput } from './inputs.ts';

/** Where a file says who a record truly is: a column, or what a pattern's first group finds in it. */
export interface TruthColumn {
  column: string;
  pattern?: string;
}

export interface LinkageOptions extends WorkLimits {
  /** Columns that are never compared. */
  ignored?: readonly string[];
  /** Kept as the table `truth` of `id` and `entity` (the first record of the same one); never compared. */
  truth?: TruthColumn;
  /**
   * Whose the numbers in a column are, by the file's name and the column's. With it, and with more than
   * two files, duplicates are found within files as well as across them.
   */
  charts?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Records ready to be compared. */
export interface Prepared {
  tables: WorkTables;
  inputs: readonly LinkageInput[];
  linking: boolean;
  /** Columns of `records` that any record has. */
  columns: readonly string[];
  records: number;
  /** Records of each file. */
  sizes: readonly number[];
  /** All pairs there are. */
  pairs: number;
  comparisons: readonly Comparison[];
  /** One that blocks nothing where all pairs are compared. */
  rules: readonly CostedRule[];
}

/** Up to this many pairs no blocking is needed. */
export const affordablePairs = 2_000_000;

/** From this many records on they are kept compressed (a checkpoint does it): it takes a second for each million. */
const manyRecords = 2_000_000;

/** Pairs that blocking may make: more for each record where records are few. */
function pairBudget(records: number): number {
  return Math.max(600_000, Math.min(records * 40, 1_500_000 + records * 4));
}

/**
 * Read one file (to find duplicates), two (to link them) or more (both), and make of them what is compared.
 * @throws HandoverError `linkage-columns` where no column is recognised as one of a person's.
 */
export async function prepareLinkage(
  files: readonly string[],
  options: LinkageOptions,
): Promise<Prepared> {
  const found = await filesFound(files);
  const tables = await openWorkTables(found, options);
  try {
    const inputs: LinkageInput[] = [];
    for (const [at, file] of found.entries()) {
      inputs.push(await openInput(tables, file, at, ignoredBy(options)));
    }
    if (options.truth !== undefined) await keepTruth(tables, inputs, options.truth);
    return await prepare(tables, inputs, { charts: options.charts });
  } catch (error) {
    tables.close();
    throw error;
  }
}

/**
 * Make of people that are told of, each in one row, what is compared: duplicates are found among all.
 * @throws HandoverError `linkage-columns` where nothing that is told says who anybody is.
 */
export async function preparePeople(
  people: Pick<ToldInput, 'rows' | 'told' | 'roles'>,
  limits: WorkLimits,
  comparisonsOf?: ComparisonsOf,
): Promise<Prepared> {
  const tables = await openWorkTables([], limits);
  try {
    const input = await openTold(tables, { name: 'people', number: 0, ignored: [], ...people });
    return await prepare(tables, [input], { charts: {}, comparisonsOf });
  } catch (error) {
    tables.close();
    throw error;
  }
}

function ignoredBy({ ignored = [], truth }: LinkageOptions): string[] {
  return [...ignored, ...(truth === undefined ? [] : [truth.column])];
}

async function keepTruth(
  tables: WorkTables,
  inputs: readonly LinkageInput[],
  { column, pattern }: TruthColumn,
): Promise<void> {
  const missing = inputs.find(({ columns }) => !columns.includes(column));
  if (missing !== undefined) {
    throw new HandoverError('linkage-truth', `There is no column ${column} in ${missing.file}.`, {
      exitCode: exitCodes.usage,
      next: `Name one of these: ${missing.columns.join(', ')}.`,
    });
  }
  const value = `trim(${sqlName(column)})`;
  const found = pattern === undefined ? value : `regexp_extract(${value}, ${sqlText(pattern)}, 1)`;
  let before = 0;
  const selects = inputs.map(({ table, rows }) => {
    const select = `select number_in_file + ${before} as id, nullif(${found}, '') as entity from ${table}`;
    before += rows;
    return select;
  });
  await tables.run(
    `create table truth as select id::integer as id,
       (case when entity is null then id else min(id) over (partition by entity) end)::integer as entity
     from (${selects.join(' union all ')})`,
  );
}

/** Identifiers of several files are compared by their kind; charts' numbers are told apart by authority. */
function slotted(recognised: readonly RecognisedColumn[]): RecognisedColumn[] {
  const taken = new Set<number>();
  return recognised.flatMap((each) => {
    if (each.role !== 'identifier') return [each];
    const slot = { national: 1, member: 2, chart: 0 }[identifierKind(each.column)];
    if (slot === 0 || taken.has(slot)) return [];
    taken.add(slot);
    return [{ ...each, slot }];
  });
}

/** `chart1`, `chart2` and so on: the numbers of charts with their authorities, the record's own first. */
function chartColumns(
  { charts }: LinkageInput,
  named: Readonly<Record<string, string>>,
): StandardColumn[] {
  return charts.map(({ column, authority }, at) => {
    const other = named[column];
    const whose = other === undefined ? authority : sqlText(other);
    const number = `nullif(trim(${sqlName(column)}), '')`;
    return { name: `chart${at + 1}`, sql: `${whose} || '|' || ${number}` };
  });
}

const namesIn = ({ columns }: StandardInput): string[] => columns.map(({ name }) => name);

function inAll(inputs: readonly StandardInput[]): string[] {
  const [first = [], second = first] = inputs.map(namesIn);
  return first.filter((name) => second.includes(name));
}

const unionOf = (inputs: readonly StandardInput[]): string[] => [
  ...new Set(inputs.flatMap(namesIn)),
];

/** The comparisons of a kind of record, of the columns that any record has. */
export type ComparisonsOf = typeof defaultComparisons;

interface Preparing {
  charts: LinkageOptions['charts'];
  comparisonsOf?: ComparisonsOf | undefined;
}

async function prepare(
  tables: WorkTables,
  inputs: readonly LinkageInput[],
  { charts, comparisonsOf = defaultComparisons }: Preparing,
): Promise<Prepared> {
  const several = inputs.length > 2 || charts !== undefined;
  const columns = inputs.map((input) => ({
    table: input.table,
    recurring: input.recurring,
    columns: [
      ...standardColumns(several ? slotted(input.recognised) : input.recognised, input.conventions),
      ...(several ? chartColumns(input, charts?.[path.basename(input.file)] ?? {}) : []),
    ],
  }));
  const shared = several ? unionOf(columns) : inAll(columns);
  const sizes = inputs.map(({ rows }) => rows);
  const records = sizes.reduce((sum, rows) => sum + rows, 0);
  const compact = async (): Promise<void> => {
    if (records >= manyRecords) await tables.run('checkpoint');
  };
  await compact();
  const base = await filledColumns(tables, columns, shared);
  if (base.length === 0) throw nothingToCompare();
  const names = [...base, ...derivedColumns(base)];
  const has = (column: string): boolean => names.includes(column);
  const comparisons = comparisonsOf(has);
  // Numbers of charts alone say of nobody who they are.
  if (comparisons.length === 0) throw nothingToCompare();
  for (const { table } of inputs) await tables.run(`drop table ${table}`);
  await compact();
  await tables.run(nicknamesSql());
  for (const column of termColumns.filter(has)) await tables.run(termsSql(column));
  await tables.run(recordsSql(base));
  await tables.run('drop table standard');
  await compact();
  const linking = inputs.length === 2 && !several;
  const pairs = linking ? (sizes[0] ?? 0) * (sizes[1] ?? 0) : (records * (records - 1)) / 2;
  await tables.run(codesSql(has));
  const rules = pairs <= affordablePairs ? [allPairs(pairs)] : await rulesFor(tables, has, records);
  for (const statement of blocksSql(rules)) await tables.run(statement);
  return {
    tables,
    inputs,
    linking,
    columns: base,
    records,
    sizes,
    pairs,
    comparisons,
    rules,
  };
}

/** The columns of `standard` that any record has, and where they can tell records apart. */
async function filledColumns(
  tables: WorkTables,
  inputs: readonly StandardInput[],
  shared: readonly string[],
): Promise<string[]> {
  const kept = inputs.map(({ columns, ...input }) => ({
    ...input,
    columns: columns.filter(({ name }) => shared.includes(name)),
  }));
  await tables.run(standardSql(kept));
  if (shared.length === 0) return [];
  // A number that no two records have is a number of rows, and says nothing of who they are about.
  const counts = shared.map((name) =>
    name.startsWith('identifier')
      ? `(count(${name}) - count(distinct ${name}))::double`
      : `count(${name})::double`,
  );
  const [filled = []] = await tables.rows(`select ${counts.join(', ')} from standard`);
  return shared.filter((_, at) => Number(filled[at]) > 0);
}

function nothingToCompare(): HandoverError {
  return new HandoverError('linkage-columns', 'No column was recognised as one of a person’s.', {
    exitCode: exitCodes.usage,
    next: 'Head the columns with what they are (given name, family name, birth date, postcode), and see that they are filled.',
  });
}

async function rulesFor(
  tables: WorkTables,
  has: (column: string) => boolean,
  records: number,
): Promise<CostedRule[]> {
  const nth = Math.max(1, Math.floor(records / 250_000));
  const possible = [];
  for (const rule of possibleRules(has)) {
    const rows = await tables.rows(blockSizesSql(rule.keys, nth));
    const sizes: BlockSizes = rows.map(([size, blocks]) => ({
      size: Number(size),
      blocks: Number(blocks) * nth,
    }));
    possible.push({ ...rule, sizes });
  }
  return chooseRules(possible, pairBudget(records));
}
