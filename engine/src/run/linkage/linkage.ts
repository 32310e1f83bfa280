import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes } from '../../base/errors.ts';
import { allPairs, chooseRules, possibleRules, type BlockSizes, type CostedRule } from '../../linkage/blocking.ts';
import { clusterEdges, type Clustering, type Edge } from '../../linkage/clusters.ts';
import { defaultComparisons } from '../../linkage/comparisons.ts';
import { estimateModel } from '../../linkage/expectation.ts';
import {
  defaultThresholds,
  logOdds,
  type Comparison,
  type LinkageModel,
  type Thresholds,
} from '../../linkage/model.ts';
import {
  blockSizesSql,
  derivedColumns,
  keyedSql,
  nicknamesSql,
  recordsSql,
  standardSql,
  termColumns,
  termsSql,
} from '../../linkage/records.ts';
import {
  gammaSql,
  pairsOfRule,
  patternCountsSql,
  randomPairsFrom,
  scoredSql,
} from '../../linkage/scoring.ts';
import { standardColumns } from '../../linkage/standardise.ts';
import { openWorkTables, type WorkLimits, type WorkTables } from '../../query/workTables.ts';
import { filesFound, openInput, type LinkageInput } from './inputs.ts';

export interface LinkageOptions extends WorkLimits {
  /** Columns that are never compared. */
  ignored?: readonly string[];
  thresholds?: Thresholds;
  /** Told what is done, for people. */
  say?: (line: string) => void;
}

/** Records ready to be compared. */
export interface Prepared {
  tables: WorkTables;
  inputs: readonly LinkageInput[];
  linking: boolean;
  records: number;
  sizes: readonly [number, number];
  /** All pairs there are. */
  pairs: number;
  comparisons: readonly Comparison[];
  /** One that blocks nothing where all pairs are compared. */
  rules: readonly CostedRule[];
}

/** Up to this many pairs no blocking is needed. */
const affordablePairs = 2_000_000;
/** Records on each side of the pairs that random sampling compares. */
const sampledRecords = 1_000;
/** Pairs that training is content with. */
const trainingPairs = 2_000_000;

/** Pairs that blocking may make: more for each record where records are few. */
function pairBudget(records: number): number {
  return Math.max(1_500_000, Math.min(records * 60, 6_000_000 + records * 6));
}

/**
 * Read one file (to find duplicates) or two (to link them), and make of them what is compared.
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
      inputs.push(await openInput(tables, file, at, options.ignored ?? []));
    }
    return await prepare(tables, inputs);
  } catch (error) {
    tables.close();
    throw error;
  }
}

async function prepare(tables: WorkTables, inputs: readonly LinkageInput[]): Promise<Prepared> {
  const columns = inputs.map(({ table, recognised, dateOrder }) => ({
    table,
    columns: standardColumns(recognised, dateOrder),
  }));
  const [first = [], second = first] = columns.map((each) => each.columns.map(({ name }) => name));
  const shared = first.filter((name) => second.includes(name));
  const base = await filledColumns(tables, columns, shared);
  if (base.length === 0) throw nothingToCompare();
  const names = [...base, ...derivedColumns(base)];
  const has = (column: string): boolean => names.includes(column);
  await tables.run(nicknamesSql());
  for (const column of termColumns.filter(has)) await tables.run(termsSql(column));
  await tables.run(recordsSql(base));
  for (const { table } of inputs) await tables.run(`drop table ${table}`);
  await tables.run('drop table standard');
  const sizes = [inputs[0]?.rows ?? 0, inputs[1]?.rows ?? 0] as const;
  const records = sizes[0] + sizes[1];
  const linking = inputs.length > 1;
  const pairs = linking ? sizes[0] * sizes[1] : (records * (records - 1)) / 2;
  const rules = pairs <= affordablePairs ? [allPairs(pairs)] : await rulesFor(tables, has, records);
  for (const statement of keyedSql(rules)) await tables.run(statement);
  return { tables, inputs, linking, records, sizes, pairs, comparisons: defaultComparisons(has), rules };
}

/** The columns of `standard` that any record has, and where they can tell records apart. */
async function filledColumns(
  tables: WorkTables,
  inputs: Parameters<typeof standardSql>[0],
  shared: readonly string[],
): Promise<string[]> {
  const kept = inputs.map(({ table, columns }) => ({
    table,
    columns: columns.filter(({ name }) => shared.includes(name)),
  }));
  await tables.run(standardSql(kept));
  if (shared.length === 0) return [];
  const counts = shared.map((name) => `count(${name})::double`);
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

/** The default model, estimated from the records alone. */
export async function estimate(
  prepared: Prepared,
  thresholds: Thresholds = defaultThresholds,
): Promise<LinkageModel> {
  const { comparisons, pairs } = prepared;
  const t0=performance.now();const random = await randomShares(prepared);
  const t1=performance.now();const patterns = await trainingPatterns(prepared);
  const t2=performance.now();console.error('rand',t1-t0,'train',t2-t1,patterns.size);
  const estimated = estimateModel({
    comparisons,
    random,
    patterns,
    pairs: Math.max(pairs, 2),
    expectedMatches: await expectedMatches(prepared),
    belief: 20,
    households: comparisons.some(({ name }) => name === 'address' || name === 'phone'),
  });
  console.error('em',performance.now()-t2,estimated.iterations);
  const { prior, householdPrior } = estimated;
  return {
    format: 'handover-linkage-model/1',
    prior,
    householdPrior,
    comparisons: estimated.comparisons,
    thresholds,
  };
}

/** Share of each level among random pairs; exact agreement by how often each value occurs. */
async function randomShares(prepared: Prepared): Promise<number[][]> {
  const { tables, comparisons, pairs, linking } = prepared;
  const from =
    pairs <= affordablePairs
      ? pairsOfRule({ rule: 0, linking })
      : randomPairsFrom(sampledRecords, linking);
  const counts = comparisons.flatMap((comparison, at) =>
    comparison.levels.map(
      (_, level) => `count(*) filter (where g${at} = ${comparison.levels.length - 1 - level})::double`,
    ),
  );
  const gammas = comparisons.map((comparison, at) => `${gammaSql(comparison)} as g${at}`);
  const [row = []] = await tables.rows(
    `select ${counts.join(', ')} from (select ${gammas.join(', ')} ${from})`,
  );
  const all = row.map(Number);
  const shares: number[][] = [];
  for (const comparison of comparisons) {
    const own = all.splice(0, comparison.levels.length);
    shares.push(await withExact(prepared, comparison, own));
  }
  return shares;
}

/** What random pairs are too few to show: how often two records agree exactly, or by rare chance. */
async function withExact(
  { tables, linking }: Prepared,
  { termColumn, levels }: Comparison,
  counts: readonly number[],
): Promise<number[]> {
  const seen = counts.reduce((one, other) => one + other, 0);
  const shares = counts.map((count) => Math.max(count, 0.3) / Math.max(seen, 1));
  const exact = levels.findIndex(({ termFrequency }) => termFrequency === true);
  if (termColumn === undefined || exact < 0) return shares;
  const counted = linking
    ? `select sum(a * b)::double, (sum(a) * sum(b))::double from (
        select count(*) filter (where source = 0)::double as a, count(*) filter (where source = 1)::double as b
        from records where ${termColumn} is not null group by ${termColumn})`
    : `select sum(n * (n - 1))::double, (sum(n) * (sum(n) - 1))::double from (
        select count(*)::double as n from records where ${termColumn} is not null group by ${termColumn})`;
  const [[agree, all] = []] = await tables.rows(counted);
  if (Number(all) > 0) shares[exact] = Math.max(Number(agree), 0.3) / Number(all);
  return shares;
}

/** Patterns of the pairs that blocking makes; of some of the blocks, where they are many. */
async function trainingPatterns(prepared: Prepared): Promise<Map<number, number>> {
  const { tables, comparisons, rules, linking } = prepared;
  const patterns = new Map<number, number>();
  const add = async (from: string, times: number): Promise<void> => {
    for (const [pattern, count] of await tables.rows(patternCountsSql(comparisons, from))) {
      patterns.set(Number(pattern), (patterns.get(Number(pattern)) ?? 0) + Number(count) * times);
    }
  };
  const pairs = rules.reduce((sum, rule) => sum + rule.pairs, 0);
  const by = Math.max(1, Math.floor(pairs / trainingPairs));
  for (const rule of rules.keys()) {
    await add(pairsOfRule({ rule, linking, bucket: { by, rest: 0 } }), by);
  }
  return patterns;
}

/** Pairs that agree in all that one would ask a person for, and those that this misses. */
async function expectedMatches({ tables, linking, comparisons }: Prepared): Promise<number> {
  const named = ['given', 'family', 'dob'].filter((column) =>
    comparisons.some(({ termColumn }) => termColumn === column),
  );
  if (named.length < 2) return 1;
  const counts = linking
    ? `(count(*) filter (where source = 0))::double * count(*) filter (where source = 1)`
    : `count(*)::double * (count(*) - 1) / 2`;
  const [[agree] = []] = await tables.rows(
    `select sum(n)::double from (select ${counts} as n from records
       where ${named.map((column) => `${column} is not null`).join(' and ')} group by ${named.join(', ')})`,
  );
  const deterministicRecall = 0.6;
  return Number(agree ?? 0) / deterministicRecall;
}

/** Pairs from review on are kept in `pairs`; the rest is forgotten as it is scored. */
export async function score(prepared: Prepared, model: LinkageModel, least?: number): Promise<void> {
  const { tables, comparisons, rules, linking, records } = prepared;
  const from = least ?? logOdds(model.thresholds.review);
  await tables.run('create table pairs (l integer, r integer, weight float, pattern double)');
  const add = async (source: string): Promise<void> =>
    tables.run(`insert into pairs ${scoredSql(comparisons, model, source, from)}`);
  const by = Math.max(1, Math.ceil(records / 1_500_000));
  for (const rule of rules.keys()) {
    for (let rest = 0; rest < by; rest++) {
      await add(pairsOfRule({ rule, linking, bucket: { by, rest } }));
    }
  }
}

/** Clusters of the pairs at the link threshold or above. */
export async function cluster(prepared: Prepared, { thresholds }: LinkageModel): Promise<Clustering> {
  const { tables, records } = prepared;
  const least = logOdds(thresholds.link);
  async function* edges(): AsyncGenerator<Edge[]> {
    const sql = `select l, r, weight from pairs where weight >= ${least}`;
    for await (const [left = [], right = [], weight = []] of tables.columns(sql)) {
      yield left.map((one, at) => ({
        left: Number(one),
        right: Number(right[at]),
        weight: Number(weight[at]),
      }));
    }
  }
  return clusterEdges(records, edges, least + strongMargin);
}

/** How far above the threshold a lone tie between two groups has to be, in match weight. */
const strongMargin = 4;

/** How long something took, in seconds. */
export async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const started = systemClock.monotonicMs();
  const done = await work();
  return [done, (systemClock.monotonicMs() - started) / 1000];
}
