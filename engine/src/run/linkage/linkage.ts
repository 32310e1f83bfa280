import { clusterEdges, type Clustering, type Edge } from '../../linkage/clusters.ts';
import { estimateModel } from '../../linkage/expectation.ts';
import {
  defaultThresholds,
  logOdds,
  type Comparison,
  type LinkageModel,
  type Thresholds,
} from '../../linkage/model.ts';
import {
  gammaSql,
  pairsOfRule,
  patternCountsSql,
  randomPairs,
  recordsOfPairs,
  scoredSql,
  type PairRequest,
} from '../../linkage/scoring.ts';
import { affordablePairs, type Prepared } from './prepare.ts';

/** Random pairs that show how often people agree by chance. */
const sampledPairs = 200_000;
/** Pairs that training is content with. */
const trainingPairs = 500_000;
/** Records whose pairs are made at once. */
const recordsAtOnce = 1_500_000;

/** The default model, estimated from the records alone. */
export async function estimate(
  prepared: Prepared,
  thresholds: Thresholds = defaultThresholds,
): Promise<LinkageModel> {
  const { comparisons, pairs } = prepared;
  const random = await randomShares(prepared);
  const patterns = await trainingPatterns(prepared);
  const estimated = estimateModel({
    comparisons,
    random,
    patterns,
    pairs: Math.max(pairs, 2),
    expectedMatches: await expectedMatches(prepared),
    belief: 20,
    households: comparisons.some(({ name }) => name === 'address' || name === 'phone'),
  });
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
  await tables.run(
    `create or replace table candidates as ${
      pairs <= affordablePairs
        ? pairsOfRule({ rule: 0, linking })
        : randomPairs(sampledPairs, prepared)
    }`,
  );
  const counts = comparisons.flatMap((comparison, at) =>
    comparison.levels.map(
      (_, level) =>
        `count(*) filter (where g${at} = ${comparison.levels.length - 1 - level})::double`,
    ),
  );
  const gammas = comparisons.map((comparison, at) => `${gammaSql(comparison)} as g${at}`);
  const [row = []] = await tables.rows(
    `select ${counts.join(', ')} from (select ${gammas.join(', ')} ${recordsOfPairs('candidates')})`,
  );
  const all = row.map(Number);
  const shares: number[][] = [];
  for (const comparison of comparisons) {
    const own = all.splice(0, comparison.levels.length);
    shares.push(await withExact(prepared, comparison, own));
  }
  return shares;
}

/** Pairs that the belief in ordinary chances is worth. */
const believedPairs = 2_000;

/** What random pairs are too few to show: how often two records agree exactly, or by rare chance. */
async function withExact(
  { tables, linking }: Prepared,
  { termColumn, levels, chance }: Comparison,
  counts: readonly number[],
): Promise<number[]> {
  const seen = counts.reduce((one, other) => one + other, 0);
  const exact = levels.findIndex(({ termFrequency }) => termFrequency === true);
  const last = levels.length - 1;
  const blend = (share: number, pairs: number, level: number): number => {
    const near = Math.min(Math.max(chance, 0.002), 0.1);
    const belief = level === 0 ? chance : level === last ? 1 - chance - near * (last - 1) : near;
    return (share * pairs + believedPairs * belief) / (pairs + believedPairs);
  };
  const shares = counts.map((count, level) =>
    blend(Math.max(count, 0.3) / Math.max(seen, 1), seen, level),
  );
  if (termColumn === undefined || exact < 0) return shares;
  const counted = linking
    ? `select sum(a * b)::double, (sum(a) * sum(b))::double from (
        select count(*) filter (where source = 0)::double as a, count(*) filter (where source = 1)::double as b
        from records where ${termColumn} is not null group by ${termColumn})`
    : `select sum(n * (n - 1))::double / 2, (sum(n) * (sum(n) - 1))::double / 2 from (
        select count(*)::double as n from records where ${termColumn} is not null group by ${termColumn})`;
  const [[agree, all] = []] = await tables.rows(counted);
  if (Number(all) > 0) {
    shares[exact] = blend(Math.max(Number(agree), 0.3) / Number(all), Number(all), exact);
  }
  return shares;
}

/** Patterns of the pairs that blocking makes; of some of the blocks, where they are many. */
async function trainingPatterns(prepared: Prepared): Promise<Map<number, number>> {
  const { tables, comparisons, rules, pairs } = prepared;
  const made = rules.reduce((sum, rule) => sum + rule.pairs, 0);
  // A rule that blocks nothing has one block, of which there is no part.
  const blocked = pairs > affordablePairs;
  const every = blocked ? Math.max(1, Math.floor(made / trainingPairs)) : 1;
  await makeCandidates(prepared, { every });
  const counts = await tables.rows(patternCountsSql(comparisons, recordsOfPairs('candidates')));
  return new Map(counts.map(([pattern, count]) => [Number(pattern), Number(count) * every]));
}

/** The pairs of all rules in the table `candidates`, as numbers of records. */
async function makeCandidates(
  { tables, rules, linking }: Prepared,
  wanted: Pick<PairRequest, 'every' | 'part'>,
): Promise<void> {
  const pairs = rules.map((_, rule) => pairsOfRule({ rule, linking, ...wanted }));
  await tables.run(`create or replace table candidates as ${pairs.join(' union all ')}`);
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
export async function score(
  prepared: Prepared,
  model: LinkageModel,
  least?: number,
): Promise<void> {
  const { tables, comparisons, records } = prepared;
  const from = least ?? logOdds(model.thresholds.review);
  await tables.run('create table pairs (l integer, r integer, weight float, pattern double)');
  const by = Math.ceil(records / recordsAtOnce);
  for (let left = 0; left < by; left++) {
    for (let right = 0; right < by; right++) {
      await makeCandidates(prepared, by > 1 ? { part: { by, left, right } } : {});
      const scored = scoredSql(comparisons, model, recordsOfPairs('candidates'), from);
      await tables.run(`insert into pairs ${scored}`);
    }
  }
  await tables.run('drop table if exists candidates');
}

/** Clusters of the pairs at the link threshold or above. */
export async function cluster(
  prepared: Prepared,
  { thresholds }: LinkageModel,
): Promise<Clustering> {
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
