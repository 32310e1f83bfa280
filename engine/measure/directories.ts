import { accuracyOf } from '../src/linkage/accuracy.ts';
import { Persons } from '../src/linkage/persons/persons.ts';
import { defaultThresholds } from '../src/linkage/model.ts';
import { recordKinds } from '../src/run/linkage/kinds.ts';
import { linkRecords } from '../src/run/linkage/linkRecords.ts';
import type { StandingRecord } from '../src/run/linkage/standingRecords.ts';
import { directoryEntries, type DirectoryEntry } from '../src/sample/sources/directories.ts';

/** How well the directories of the region are brought together, of one kind. */
export interface DirectoryFigures {
  kind: DirectoryEntry['kind'];
  records: number;
  /** How many there truly are. */
  entities: number;
  /** Of the pairs brought together, and of the true pairs. */
  precision: number;
  recall: number;
  wrongLinks: number;
  /** Questions, as a share of the records. */
  review: number;
  /** Of the true pairs that were not brought together, how many the questions hold. */
  missedInReview: number;
}

/** Practitioners and insurers of four overlapping directories, with the rules of a run. */
export async function measureDirectories(options: {
  providers: number;
  seed: string;
}): Promise<DirectoryFigures[]> {
  const entries = Map.groupBy(directoryEntries(options), ({ kind }) => kind);
  const figures: DirectoryFigures[] = [];
  for (const [kind, own] of entries) figures.push(await figuresOf(kind, own));
  return figures;
}

async function figuresOf(
  kind: DirectoryEntry['kind'],
  entries: readonly DirectoryEntry[],
): Promise<DirectoryFigures> {
  async function* standing(): AsyncGenerator<StandingRecord[]> {
    yield entries.map(({ directory, resource }, at) => ({
      id: String(at),
      run: '',
      stream: directory,
      round: 0,
      resource,
      guards: [],
    }));
  }
  const { links, questions } = await linkRecords(standing(), {
    kind: recordKinds[kind],
    memoryMiB: 1_000,
    threads: 2,
    thresholds: defaultThresholds,
    pinned: undefined,
    trusted: undefined,
  });
  const persons = new Persons({ links, decisions: [], arrival: Number });
  const firsts = new Map<number, number>();
  for (const [at, { entity }] of entries.entries()) {
    if (!firsts.has(entity)) firsts.set(entity, at);
  }
  const truth = Int32Array.from(entries, ({ entity }) => firsts.get(entity) as number);
  const found = Int32Array.from(entries, (_, at) => Number(persons.personOf(String(at))));
  const { precision, recall } = accuracyOf(truth, found);
  const asked = new Set(
    questions.map(({ left, right }) =>
      pairName(Number(persons.personOf(left)), Number(persons.personOf(right))),
    ),
  );
  const missed = missedPairs(truth, found);
  const held = missed.filter(([one, other]) => asked.has(pairName(one, other)));
  return {
    kind,
    records: entries.length,
    entities: firsts.size,
    precision,
    recall,
    wrongLinks: links.filter(({ left, right }) => truth[Number(left)] !== truth[Number(right)])
      .length,
    review: questions.length / entries.length,
    missedInReview: missed.length === 0 ? 1 : held.length / missed.length,
  };
}

const pairName = (one: number, other: number): string =>
  `${Math.min(one, other)} ${Math.max(one, other)}`;

/** True pairs that are apart, by what each of the two is with. */
function missedPairs(truth: Int32Array, found: Int32Array): (readonly [number, number])[] {
  const records = Array.from(truth, (_, at) => at);
  return [...Map.groupBy(records, (at) => truth[at] as number).values()].flatMap((own) =>
    own.flatMap((left, at) =>
      own
        .slice(at + 1)
        .filter((right) => found[left] !== found[right])
        .map((right) => [found[left] as number, found[right] as number] as const),
    ),
  );
}
