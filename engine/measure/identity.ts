import { mkdtemp, readFile, rm } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { sourceFiles, writeSources, type SourceTruth } from '../src/sample/sources/files.ts';
import { sourceNames, type SourceName } from '../src/sample/sources/entries.ts';
import { accuracyOf } from '../src/linkage/accuracy.ts';
import { decide, scoreWidely, type Decisions } from '../src/run/linkage/decide.ts';
import { estimate } from '../src/run/linkage/linkage.ts';
import { prepareLinkage, type Prepared } from '../src/run/linkage/prepare.ts';

/** How well the five sources of the sample hospital are brought together, at the defaults. */
export interface IdentityFigures {
  records: number;
  persons: number;
  /** Share of automatic links, and of the pairs they bring together, that are right. */
  precision: number;
  recall: number;
  wrongLinks: number;
  /** Questions for a human, of two persons or an overlaid record, as a share of the records. */
  review: number;
  /** Of the pairs that are not linked, how many the questions hold. */
  missedInReview: number;
  overlaysPlanted: number;
  overlaysAlarmed: number;
  /** What kept pairs from being linked, and what was wrong. */
  misses: readonly { cause: string; pair: string }[];
}

export interface IdentityOptions {
  people?: number;
  seed?: string | undefined;
  /** A folder with the five files and `truth.ndjson`; without it one is made. */
  folder?: string;
}

/** Whose the numbers are that the tables hold. */
const charts = {
  [sourceFiles.registration]: { mrn: 'RIVERSIDE' },
  [sourceFiles.clinic]: { chart_number: 'CLINIC', hospital_mrn: 'RIVERSIDE' },
  [sourceFiles.laboratory]: { lab_patient_id: 'LABORATORY' },
};

export async function measureIdentity(options: IdentityOptions): Promise<IdentityFigures> {
  const { people = 5_000, seed = '1', folder } = options;
  if (folder !== undefined) return identityOf(folder);
  const made = await mkdtemp(path.join(os.tmpdir(), 'identity-'));
  try {
    await writeSources({ folder: made, people, seed });
    return await identityOf(made);
  } finally {
    await rm(made, { recursive: true });
  }
}

async function identityOf(folder: string): Promise<IdentityFigures> {
  const files = sourceNames.map((name) => path.join(folder, sourceFiles[name]));
  const prepared = await prepareLinkage(files, { memoryMiB: 1_500, threads: 2, charts });
  try {
    const model = await estimate(prepared);
    await scoreWidely(prepared, model);
    const decisions = await decide(prepared, model);
    const truths = await truthsOf(folder, prepared);
    return figuresOf(truths, decisions);
  } finally {
    prepared.tables.close();
  }
}

/** The truth of every record, in the order of the records. */
async function truthsOf(folder: string, prepared: Prepared): Promise<SourceTruth[]> {
  const text = await readFile(path.join(folder, 'truth.ndjson'), 'utf8');
  const truths = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SourceTruth);
  const bySource = Map.groupBy(truths, ({ source }) => source);
  const ordered = sourceNames.flatMap((name: SourceName) => bySource.get(name) ?? []);
  if (ordered.length !== prepared.records) throw new RangeError('the truth is of other records');
  return ordered;
}

function figuresOf(truths: readonly SourceTruth[], decisions: Decisions): IdentityFigures {
  const { personOf, links, review, overlaid } = decisions;
  const entities = Int32Array.from(truths, ({ person }) => person);
  const persons = Int32Array.from(truths, (_, at) => personOf(at));
  const accuracy = accuracyOf(firstOfEach(entities), persons);
  const wrong = links.filter(({ left, right }) => entities[left] !== entities[right]);
  const planted = truths.flatMap(({ overlaid: is }, at) => (is ? [at] : []));
  const missed = missedPairs(entities, persons);
  const personsOf = (left: number, right: number): string => {
    const [one, other] = [personOf(left), personOf(right)];
    return `${Math.min(one, other)} ${Math.max(one, other)}`;
  };
  const asked = new Set(review.map(({ left, right }) => personsOf(left, right)));
  const inReview = ([left, right]: readonly [number, number]): boolean =>
    overlaid.has(left) || overlaid.has(right) || asked.has(personsOf(left, right));
  return {
    records: truths.length,
    persons: new Set(persons).size,
    precision: accuracy.precision,
    recall: accuracy.recall,
    wrongLinks: wrong.length,
    review: (review.length + overlaid.size) / truths.length,
    missedInReview: missed.length === 0 ? 1 : missed.filter(inReview).length / missed.length,
    overlaysPlanted: planted.length,
    overlaysAlarmed: planted.filter((record) => overlaid.has(record)).length,
    misses: [
      ...wrong.map((pair) => ({ cause: 'wrong link', pair: pairText(truths, pair) })),
      ...review.map((pair) => ({
        cause: `review: ${entities[pair.left] === entities[pair.right] ? 'one person' : 'two persons'}: ${pair.alarms.join(', ') || 'weight'}`,
        pair: pairText(truths, pair),
      })),
      ...missed
        .filter((pair) => !inReview(pair))
        .map(([left, right]) => ({
          cause: 'missed and not asked',
          pair: pairText(truths, { left, right }),
        })),
    ],
  };
}

function pairText(
  truths: readonly SourceTruth[],
  { left, right }: { left: number; right: number },
): string {
  const name = (at: number): string => {
    const { source, relation, person } = truths[at] as SourceTruth;
    return `${source} ${relation} ${person}`;
  };
  return `${name(left)} / ${name(right)}`;
}

/** For each record the first of the same entity. */
function firstOfEach(entities: Int32Array): Int32Array {
  const firsts = new Map<number, number>();
  return entities.map((entity, at) => {
    if (!firsts.has(entity)) firsts.set(entity, at);
    return firsts.get(entity) as number;
  });
}

function missedPairs(entities: Int32Array, persons: Int32Array): (readonly [number, number])[] {
  const records = Array.from(entities, (_, at) => at);
  return [...Map.groupBy(records, (at) => entities[at] as number).values()].flatMap((own) =>
    own.flatMap((left, at) =>
      own
        .slice(at + 1)
        .filter((right) => persons[left] !== persons[right])
        .map((right) => [left, right] as const),
    ),
  );
}
