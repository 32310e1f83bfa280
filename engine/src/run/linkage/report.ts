import { matchWeight, probabilityOf, type LinkageModel } from '../../linkage/model.ts';
import { decide, scoreWidely, type Decisions } from './decide.ts';
import type { Prepared } from './prepare.ts';

/** A linkage in figures, without a value of any record. */
export interface LinkageReport {
  files: readonly { file: string; records: number; read: readonly string[] }[];
  records: number;
  persons: number;
  questions: number;
  overlaid: number;
  /** Records beyond the first of their person, of all records of their file (AHIMA's duplicate rate). */
  duplicatesBefore: readonly { file: string; rate: number }[];
  /** The same of the persons that stand afterwards, if every open question were a duplicate. */
  duplicatesAfter: number;
  weights: readonly { comparison: string; level: string; m: number; u: number; weight: number }[];
  thresholds: readonly Threshold[];
  sizes: readonly { size: number; persons: number }[];
  blocking: readonly { rule: string; pairs: number; skewed: number }[];
  alarms: readonly { alarm: string; questions: number }[];
  reasons: readonly { reason: string; links: number }[];
}

/** What a threshold would link: expected by the model's own probabilities, and true where that is known. */
export interface Threshold {
  /** Match weight. */
  weight: number;
  pairs: number;
  expectedPrecision: number;
  expectedRecall: number;
  truePrecision?: number;
  trueRecall?: number;
}

/** Score and decide, and count what came of it. */
export async function reportLinkage(
  prepared: Prepared,
  model: LinkageModel,
): Promise<LinkageReport> {
  await scoreWidely(prepared, model);
  const decisions = await decide(prepared, model);
  const roots = Array.from({ length: prepared.records }, (_, at) => decisions.personOf(at));
  const sizes = counts([...counts(roots).values()]);
  const persons = new Set(roots).size;
  const { review, overlaid, links } = decisions;
  return {
    files: prepared.inputs.map(({ file, rows, recognised }) => ({
      file,
      records: rows,
      read: recognised.map(({ column, role }) => `${column} as ${role}`),
    })),
    records: prepared.records,
    persons,
    questions: review.length + overlaid.size,
    overlaid: overlaid.size,
    duplicatesBefore: duplicatesBefore(prepared, roots),
    duplicatesAfter: persons === 0 ? 0 : review.length / persons,
    weights: model.comparisons.flatMap(({ name, levels }) =>
      levels.map((level) => ({
        comparison: name,
        level: level.label,
        m: level.m,
        u: level.u,
        weight: matchWeight(level),
      })),
    ),
    thresholds: await thresholds(prepared, model),
    sizes: [...sizes].toSorted(([a], [b]) => a - b).map(([size, n]) => ({ size, persons: n })),
    blocking: prepared.rules.map(({ label, pairs, skewed }) => ({ rule: label, pairs, skewed })),
    alarms: alarmCounts(decisions),
    reasons: [...counts(links.map((link) => link.reason))].map(([reason, n]) => ({
      reason,
      links: n,
    })),
  };
}

function counts<T>(values: readonly T[]): Map<T, number> {
  const found = new Map<T, number>();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return found;
}

function duplicatesBefore(
  { inputs }: Prepared,
  roots: readonly number[],
): LinkageReport['duplicatesBefore'] {
  let before = 0;
  return inputs.map(({ file, rows }) => {
    const own = roots.slice(before, (before += rows));
    return { file, rate: rows === 0 ? 0 : (rows - new Set(own).size) / rows };
  });
}

function alarmCounts({ review, overlaid }: Decisions): LinkageReport['alarms'] {
  const told = review.flatMap(({ alarms }): string[] =>
    alarms.length > 0 ? [...alarms] : ['weight'],
  );
  const all = counts(told);
  if (overlaid.size > 0) all.set('overlay', overlaid.size);
  return [...all]
    .toSorted(([, one], [, other]) => other - one)
    .map(([alarm, questions]) => ({ alarm, questions }));
}

/** By whole match weight, from the lowest that is kept. */
async function thresholds(prepared: Prepared, model: LinkageModel): Promise<Threshold[]> {
  const { tables, pairs } = prepared;
  const known = (await tables.rows(`select 1 from duckdb_tables() where table_name = 'truth'`))[0];
  const isTrue = known === undefined ? '0' : `count(*) filter (where a.entity = b.entity)::double`;
  const join =
    known === undefined ? '' : 'join truth a on a.id = pairs.l join truth b on b.id = pairs.r';
  const rows = await tables.rows(
    `select greatest(least(floor(weight), 40), -20)::double as at, count(*)::double, ${isTrue}
     from pairs ${join} group by 1 order by 1 desc`,
  );
  const allTrue = known === undefined ? 0 : await truePairs(prepared);
  const expected = model.prior * pairs;
  const sum = { pairs: 0, expected: 0, found: 0 };
  return rows.map(([at, n, found]) => {
    const weight = Number(at);
    sum.pairs += Number(n);
    sum.expected += Number(n) * probabilityOf(weight + 0.5);
    sum.found += Number(found);
    return {
      weight,
      pairs: sum.pairs,
      expectedPrecision: sum.expected / sum.pairs,
      expectedRecall: Math.min(1, sum.expected / Math.max(expected, sum.expected)),
      ...(known !== undefined && {
        truePrecision: sum.found / sum.pairs,
        trueRecall: allTrue === 0 ? 1 : sum.found / allTrue,
      }),
    };
  });
}

async function truePairs({ tables, linking, sizes }: Prepared): Promise<number> {
  const [first = 0] = sizes;
  const counted = linking
    ? `count(*) filter (where id < ${first})::double * count(*) filter (where id >= ${first})`
    : 'count(*)::double * (count(*) - 1) / 2';
  const [[all] = []] = await tables.rows(
    `select sum(n)::double from (select ${counted} as n from truth group by entity)`,
  );
  return Number(all ?? 0);
}
