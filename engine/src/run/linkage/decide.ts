import { isSuspect, type Alarm } from '../../linkage/alarms.ts';
import {
  chartColumns,
  evidenceOf,
  evidenceSql,
  evidenceTablesSql,
} from '../../linkage/evidence.ts';
import { logOdds, type LinkageModel } from '../../linkage/model.ts';
import { personRules, type PairRules } from '../../linkage/rules.ts';
import { recordsOfPairs, scoredSql } from '../../linkage/scoring.ts';
import type { WorkRow } from '../../query/workTables.ts';
import type { DecidedPair } from './decidedPair.ts';
import { score } from './linkage.ts';
import type { Prepared } from './prepare.ts';
import { unite, type United } from './unite.ts';

/** Who is who, as far as a machine may say so. */
export interface Decisions extends Omit<United, 'refused'> {
  /** What a human is asked: one pair of two persons, those first whose answer settles most pairs. */
  review: readonly DecidedPair[];
  /** Records over which somebody else's particulars were written, as far as can be told: questions too. */
  overlaid: ReadonlySet<number>;
}

/**
 * How far below the review threshold pairs are kept, in match weight: two slips of the hand outweigh an
 * address, and still name, birth date and house are one person's.
 */
const kept = 12;

/** Score, and keep all pairs that a rule could link. */
export function scoreWidely(prepared: Prepared, model: LinkageModel): Promise<void> {
  return score(prepared, model, logOdds(model.thresholds.review) - kept);
}

/**
 * Decide on all scored pairs. Linked is what the model would link, a number that one person alone has,
 * and what a source says itself, where no alarm stands against it and nobody is brought together with
 * whom they contradict. All else from the review threshold on is a question.
 */
export async function decide(
  prepared: Prepared,
  model: LinkageModel,
  rules: PairRules = personRules,
): Promise<Decisions> {
  const has = columnTest(prepared);
  await addChartPairs(prepared, model, has);
  const told = toldIn(prepared);
  await addJoinedPairs(prepared, model, told.joined);
  const pairs = await judgedPairs(prepared, { model, rules }, has, told.joined);
  const overlaid = suspects(pairs, told.overlaid);
  const [wanted, doubts] = parted(pairs, overlaid);
  const { refused, ...united } = await unite(prepared, has, wanted, rules);
  return { ...united, review: questions([...refused, ...doubts], united), overlaid };
}

/** Which columns the records have, those derived of others included. */
export function columnTest({ columns }: Prepared): (column: string) => boolean {
  return (column) => columns.includes(column === 'line' ? 'street' : column);
}

/** A number that more records have than this is no chart's. */
const mostOfChart = 50;

/** Records with one chart number belong together or are an overlay, however little they weigh. */
async function addChartPairs(
  { tables, comparisons }: Prepared,
  model: LinkageModel,
  has: (column: string) => boolean,
): Promise<void> {
  const columns = chartColumns(has);
  if (columns.length === 0) return;
  const numbers = columns.map(
    (column) => `select id, ${column} as number from records where ${column} is not null`,
  );
  await tables.run(`create table chart_numbers as select * from (${numbers.join(' union all ')})
    qualify count(*) over (partition by number) between 2 and ${mostOfChart}`);
  const pairs = `select distinct a.id as l, b.id as r from chart_numbers a
    join chart_numbers b on a.number = b.number and a.id < b.id
    where not exists (select 1 from pairs where pairs.l = a.id and pairs.r = b.id)`;
  await addPairs(tables, comparisons, model, pairs);
}

async function addJoinedPairs(
  { tables, comparisons }: Prepared,
  model: LinkageModel,
  joined: readonly (readonly [number, number])[],
): Promise<void> {
  if (joined.length === 0) return;
  const values = joined.map(([one, other]) => `(${one}, ${other})`).join(', ');
  const pairs = `select l, r from (values ${values}) joined(l, r)
    where not exists (select 1 from pairs where pairs.l = joined.l and pairs.r = joined.r)`;
  await addPairs(tables, comparisons, model, pairs);
}

async function addPairs(
  tables: Prepared['tables'],
  comparisons: Prepared['comparisons'],
  model: LinkageModel,
  pairs: string,
): Promise<void> {
  const from = recordsOfPairs(`(${pairs})`);
  await tables.run(`insert into pairs ${scoredSql(comparisons, model, from, -10_000)}`);
}

/** What the files say beside their rows, in numbers of records. */
function toldIn({ inputs }: Prepared): { joined: [number, number][]; overlaid: Set<number> } {
  const joined: [number, number][] = [];
  const overlaid = new Set<number>();
  let before = 0;
  for (const { told, rows } of inputs) {
    for (const [one, other] of told?.joined ?? []) {
      joined.push([before + Math.min(one, other), before + Math.max(one, other)]);
    }
    for (const record of told?.overlaid ?? []) overlaid.add(before + record);
    before += rows;
  }
  return { joined, overlaid };
}

interface JudgedPair extends DecidedPair {
  automatic: boolean;
  /** Worth a question. */
  review: boolean;
  /** Whose chart has the number that both have. */
  owners: readonly number[];
}

/** What pairs are judged by. */
interface Judging {
  model: LinkageModel;
  rules: PairRules;
}

async function judgedPairs(
  { tables }: Prepared,
  by: Judging,
  has: (column: string) => boolean,
  joined: readonly (readonly [number, number])[],
): Promise<JudgedPair[]> {
  for (const statement of evidenceTablesSql(has)) await tables.run(statement);
  const both = new Set(joined.map((pair) => pair.join()));
  const owner = (side: 'l' | 'r', other: 'l' | 'r'): string => {
    const numbers = chartColumns(has).map((each) => `${other}.${each}`);
    return has('chart1') ? `coalesce(${side}.chart1 in (${numbers.join(', ')}), false)` : 'false';
  };
  const sql = `select pairs.l, pairs.r, weight, ${owner('l', 'r')}, ${owner('r', 'l')}, ${evidenceSql(has)}
    from pairs join records l on l.id = pairs.l join records r on r.id = pairs.r`;
  const judged: JudgedPair[] = [];
  for await (const columns of tables.columns(sql)) {
    const [first = []] = columns;
    for (let at = 0; at < first.length; at++) {
      const row = columns.map((column) => column[at]) as unknown as WorkRow;
      judged.push(judgedPair(row, by, both));
    }
  }
  return judged;
}

function judgedPair(
  [l, r, weight, leftOwns, rightOwns, ...rest]: WorkRow,
  { model: { thresholds }, rules }: Judging,
  joined: ReadonlySet<string>,
): JudgedPair {
  const [left, right] = [Number(l), Number(r)];
  const found = evidenceOf(rest);
  const isJoined = joined.has(`${left},${right}`);
  const evidence = isJoined ? { ...found, chart: true } : found;
  const likely = Number(weight) >= logOdds(thresholds.link);
  const reason = rules.reasonOf(evidence, { joined: isJoined, likely });
  return {
    left,
    right,
    weight: Number(weight),
    reason: reason ?? 'model',
    alarms: rules.alarmsOf(evidence),
    automatic: reason !== undefined,
    review:
      evidence.chart ||
      (Number(weight) >= logOdds(thresholds.review) && !rules.isNoQuestion(evidence)),
    owners: [...(leftOwns === true ? [left] : []), ...(rightOwns === true ? [right] : [])],
  };
}

/** Of a chart number that two people have, the record whose own number it is; both where both own it. */
function suspects(pairs: readonly JudgedPair[], told: ReadonlySet<number>): Set<number> {
  const found = new Set(told);
  for (const { alarms, owners, left, right } of pairs) {
    if (!isSuspect(alarms as Alarm[])) continue;
    for (const record of owners.length > 0 ? owners : [left, right]) found.add(record);
  }
  return found;
}

function parted(
  pairs: readonly JudgedPair[],
  overlaid: ReadonlySet<number>,
): [wanted: DecidedPair[], doubts: DecidedPair[]] {
  const wanted: DecidedPair[] = [];
  const doubts: DecidedPair[] = [];
  for (const { automatic, review, owners: _, ...pair } of pairs) {
    // An overlaid record is one question by itself: whose particulars it should have.
    if (overlaid.has(pair.left) || overlaid.has(pair.right)) continue;
    if (automatic && pair.alarms.length === 0) wanted.push(pair);
    else if (review) doubts.push(pair);
  }
  return [wanted, doubts];
}

/** One question for two persons: the heaviest pair between them. */
export function questions(
  doubts: readonly DecidedPair[],
  { personOf, sizeOf }: Pick<United, 'personOf' | 'sizeOf'>,
): DecidedPair[] {
  const asked = new Map<string, DecidedPair>();
  for (const pair of doubts) {
    const persons = [personOf(pair.left), personOf(pair.right)].toSorted((a, b) => a - b);
    if (persons[0] === persons[1]) continue;
    const known = asked.get(persons.join());
    if (known === undefined || known.weight < pair.weight) asked.set(persons.join(), pair);
  }
  const settles = ({ left, right }: DecidedPair): number => sizeOf(left) * sizeOf(right);
  return [...asked.values()].toSorted(
    (one, other) => settles(other) - settles(one) || other.weight - one.weight,
  );
}
