import { patternBases, type Comparison, type LinkageModel } from './model.ts';

/** SQL of pairs: which there are, at which level each comparison is, and what that weighs. */

/** Pairs of one blocking rule, each pair by the first rule that makes it. */
export interface PairRequest {
  /** Place of the rule; the key is `k0`, `k1`, … */
  rule: number;
  /** Two files: only pairs across them. */
  linking: boolean;
  /** Only keys that leave `rest` when divided by `by`: a bucket, or a sample. */
  bucket?: { by: number; rest: number };
}

export function pairsOfRule({ rule, linking, bucket }: PairRequest): string {
  const key = `k${rule}`;
  const within = bucket === undefined ? 'true' : `${key} % ${bucket.by} = ${bucket.rest}`;
  const side = (source: number): string =>
    `(select * from records where ${key} is not null and ${within}${linking ? ` and source = ${source}` : ''})`;
  const earlier = Array.from(
    { length: rule },
    (_, at) => `and (l.k${at} = r.k${at}) is not true`,
  ).join(' ');
  const order = linking ? '' : 'and l.id < r.id';
  return `from ${side(0)} l join ${side(1)} r on l.${key} = r.${key} where true ${order} ${earlier}`;
}

/** Every record of one random sample with every record of another, the same ones each time. */
export function randomPairsFrom(sample: number, linking: boolean): string {
  const side = (salt: number, source: number): string =>
    `(select *, 0 as one from records ${linking ? `where source = ${source}` : ''}
       order by hash(id + ${salt}) limit ${sample})`;
  // A join on a constant, because pairs of an inequality come in pieces too small to be worked on fast.
  return `from ${side(0.25, 0)} l join ${side(0.5, 1)} r on l.one = r.one where l.id <> r.id`;
}

/** The comparison vector value of a comparison: -1 null, 0 "all other", and up. */
export function gammaSql({ nullSql, levels }: Comparison): string {
  const cases = levels
    .slice(0, -1)
    .map(({ sql }, at) => `when ${sql} then ${levels.length - 1 - at}`);
  return `case when ${nullSql} then -1 ${cases.join(' ')} else 0 end`;
}

/** How often each pattern occurs: rows of pattern and count. */
export function patternCountsSql(comparisons: readonly Comparison[], from: string): string {
  const bases = patternBases(comparisons);
  const pattern = comparisons.map(
    (comparison, at) => `(${gammaSql(comparison)} + 1)::bigint * ${bases[at] ?? 1}`,
  );
  return `select (${pattern.join(' + ') || '0'})::double as pattern, count(*)::double as n ${from} group by 1`;
}

/** A number as SQL writes it. */
const real = (value: number): string => `${value.toFixed(5)}::float`;

/**
 * Pairs with their match weight (base-2 logarithm of the posterior odds), from `least` on, as rows of
 * `l`, `r`, `weight` and `pattern`.
 */
export function scoredSql(
  comparisons: readonly Comparison[],
  model: LinkageModel,
  from: string,
  least: number,
): string {
  const bases = patternBases(comparisons);
  const gammas = comparisons.map((comparison, at) => `${gammaSql(comparison)} as g${at}`);
  const adjusted = comparisons.map((comparison, at) => adjustmentSql(comparison, model, at));
  const weigh = (of: 'm' | 'household'): string =>
    comparisons
      .map((_, at) => {
        const levels = model.comparisons[at]?.levels ?? [];
        const cases = levels.map(
          (level, place) =>
            `when ${levels.length - 1 - place} then ${real(Math.log2(level[of] / level.u))}`,
        );
        return `case g${at} ${cases.join(' ')} else 0::float end`;
      })
      .join(' + ') || '0';
  const pattern =
    comparisons.map((_, at) => `(g${at} + 1)::bigint * ${bases[at] ?? 1}`).join(' + ') || '0';
  const unrelated = 1 - model.prior - model.householdPrior;
  const rest =
    model.householdPrior > 0
      ? `log2(${unrelated} + ${model.householdPrior} * pow(2, least(60, adjusted + ${weigh('household')})))`
      : real(Math.log2(unrelated));
  return `select l, r, weight, pattern from (
    select l, r, (${real(Math.log2(model.prior))} + match - ${rest})::float as weight, (${pattern})::double as pattern, *
    from (
      select *, adjusted + ${weigh('m')} as match from (
        select l.id as l, r.id as r, ${[...gammas, `${adjusted.join(' + ') || '0'} as adjusted`].join(', ')} ${from}
      )
    ) where match >= ${real(least - Math.log2(model.prior))}
  ) where weight >= ${real(least)}`;
}

/** Term frequency adjustment where a pair agrees exactly: how much rarer or more frequent its value is. */
export function adjustmentSql(
  { termColumn, levels }: Comparison,
  model: LinkageModel,
  at: number,
): string {
  const place = levels.findIndex(({ termFrequency }) => termFrequency === true);
  const level = model.comparisons[at]?.levels[place];
  if (termColumn === undefined || level === undefined) return '0::float';
  const base = real(Math.log2(level.u));
  return `case when l.${termColumn} = r.${termColumn} then ${base} - coalesce(l.${termColumn}_tf, ${base}) else 0::float end`;
}
