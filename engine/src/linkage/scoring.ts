import { patternBases, type Comparison, type LinkageModel } from './model.ts';

/** SQL of pairs: which there are, at which level each comparison is, and what that weighs. */

/** Pairs of one blocking rule, each pair by the first rule that makes it. */
export interface PairRequest {
  /** Place of the rule; the key is `k0`, `k1`, … */
  rule: number;
  /** Two files: only pairs across them. */
  linking: boolean;
  /** Only keys that are divided by it: a sample of blocks. */
  every?: number;
  /** Only pairs whose records leave these when divided by `by`, so that never all pairs are held. */
  part?: { by: number; left: number; right: number };
}

/** Pairs as rows of `l` and `r`, numbers of records. */
export function pairsOfRule({ rule, linking, every = 1, part }: PairRequest): string {
  const key = `k${rule}`;
  const keys = Array.from({ length: rule + 1 }, (_, at) => `k${at}`).join(', ');
  const side = (source: number, rest: number | undefined): string => {
    const wanted = [
      `${key} is not null`,
      ...(every > 1 ? [`${key} % ${every} = 0`] : []),
      ...(part === undefined ? [] : [`id % ${part.by} = ${rest}`]),
      ...(linking ? [`source = ${source}`] : []),
    ];
    return `(select id, ${keys} from blocks where ${wanted.join(' and ')})`;
  };
  const earlier = Array.from(
    { length: rule },
    (_, at) => `and (l.k${at} = r.k${at}) is not true`,
  ).join(' ');
  const order = linking ? '' : 'and l.id < r.id';
  return `select l.id as l, r.id as r from ${side(0, part?.left)} l join ${side(1, part?.right)} r
    on l.${key} = r.${key} where true ${order} ${earlier}`;
}

/** Random pairs, the same ones each time: every record with as many others as it takes. */
export function randomPairs(
  pairs: number,
  { sizes, linking }: { sizes: readonly number[]; linking: boolean },
): string {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const [first = 0, second = 0] = sizes;
  const [from, among, before] = linking ? [first, second, first] : [all, all, 0];
  const times = Math.ceil(pairs / from);
  const share = Math.max(1, Math.floor((from * times) / pairs));
  return `select l, r from (
      select id as l, (${before} + hash(id, time) % ${among})::integer as r
      from blocks, range(${times}) times(time)
      where ${linking ? 'source = 0 and' : ''} hash(id, time + 0.5) % ${share} = 0)
    where l <> r`;
}

/** Pairs with their records `l` and `r`. */
export function recordsOfPairs(pairs: string): string {
  return `from ${pairs} listed join records l on l.id = listed.l join records r on r.id = listed.r`;
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
