import { sha256Hex } from '../../base/digest.ts';
import type { LinkageModel, Thresholds } from '../../linkage/model.ts';
import { HandoverError } from '../../base/errors.ts';
import type { PersonLink, PersonQuestion } from '../../model/person.ts';
import type { WorkLimits } from '../../query/workTables.ts';
import { decide, scoreWidely, type Decisions } from './decide.ts';
import { explainRecords, type PairExplanation } from './explain.ts';
import { estimate } from './linkage.ts';
import { keptText } from './keptOnChart.ts';
import type { RecordKind } from './kinds.ts';
import { preparePeople, type Prepared } from './prepare.ts';
import type { PersonRow } from './people/person.ts';
import type { StandingRecord } from './standingRecords.ts';

/** Records of one kind that stand, as they were read for linking: place `i` is that of the record's number. */
export interface ReadRecords {
  ids: string[];
  streams: string[];
  /** Rank of arrival within the round: a record that another one replaced comes later. */
  retired: boolean[];
  /** A target had it of its own. */
  existing: boolean[];
  /** {@link KeptOnChart} as JSON. */
  kept: string[];
}

export interface LinkedRecords {
  read: ReadRecords;
  links: PersonLink[];
  questions: PersonQuestion[];
  /** Undefined: there was nobody to compare. */
  model: LinkageModel | undefined;
}

export interface LinkingOptions extends WorkLimits {
  kind: RecordKind;
  thresholds: Thresholds;
  /** The model that is pinned; a new one is estimated where there is none. */
  pinned: LinkageModel | undefined;
  /** Systems of the numbers that one chart alone has; see `linkage.trusted` of the plan. */
  trusted: ReadonlySet<string> | undefined;
}

/** Compare all records of a kind that stand, and say what the machine may say of them. */
export async function linkRecords(
  records: AsyncIterable<readonly StandingRecord[]>,
  options: LinkingOptions,
): Promise<LinkedRecords> {
  const reader = new RecordReader(options);
  const prepared = await preparedOf(reader, records, options);
  const { read } = reader;
  const nobody = { read, links: [], questions: [], model: undefined };
  if (prepared === undefined) return nobody;
  try {
    // Numbers alone cannot be weighed, and nobody can be told by them without a name.
    if (read.ids.length < 2 || prepared.comparisons.length === 0) return nobody;
    const own = options.pinned ?? (await estimate(prepared, options.thresholds));
    const { comparisons, model } = aligned(prepared, { ...own, thresholds: options.thresholds });
    const comparing = { ...prepared, comparisons };
    await scoreWidely(comparing, model);
    return { ...said(read, await decide(comparing, model, options.kind.rules)), model: own };
  } finally {
    prepared.tables.close();
  }
}

/**
 * Weigh two records of a kind among all that stand, under the pinned model: how rare a value is depends on the
 * others. Undefined: one of them does not stand, or there is no model yet.
 */
export async function compareRecords(
  records: AsyncIterable<readonly StandingRecord[]>,
  { pinned, ...options }: LinkingOptions,
  pair: readonly [left: string, right: string],
): Promise<PairExplanation | undefined> {
  if (pinned === undefined) return undefined;
  const reader = new RecordReader(options);
  const prepared = await preparedOf(reader, records, options);
  if (prepared === undefined) return undefined;
  try {
    const places = pair.map((id) => reader.read.ids.indexOf(id)).toSorted((a, b) => a - b);
    const [left = -1, right = -1] = places;
    if (left < 0) return undefined;
    const { comparisons, model } = aligned(prepared, { ...pinned, thresholds: options.thresholds });
    return await explainRecords({ ...prepared, comparisons }, model, left, right);
  } finally {
    prepared.tables.close();
  }
}

/** Undefined: nothing that is told says who anybody is. */
async function preparedOf(
  reader: RecordReader,
  records: AsyncIterable<readonly StandingRecord[]>,
  { kind, ...limits }: WorkLimits & Pick<LinkingOptions, 'kind'>,
): Promise<Prepared | undefined> {
  const { roles, comparisonsOf } = kind;
  const told = { rows: reader.rows(records), told: () => reader.told(), roles };
  try {
    return await preparePeople(told, limits, comparisonsOf);
  } catch (error) {
    if (error instanceof HandoverError && error.code === 'linkage-columns') return undefined;
    throw error;
  }
}

class RecordReader {
  readonly read: ReadRecords = { ids: [], streams: [], retired: [], existing: [], kept: [] };
  readonly #kind: RecordKind;
  readonly #trusted: ReadonlySet<string> | undefined;
  readonly #joined: (readonly [at: number, id: string])[] = [];
  readonly #overlaid: number[] = [];

  constructor({ kind, trusted }: Pick<LinkingOptions, 'kind' | 'trusted'>) {
    this.#kind = kind;
    this.#trusted = trusted;
  }

  async *rows(
    records: AsyncIterable<readonly StandingRecord[]>,
  ): AsyncGenerator<readonly PersonRow[]> {
    for await (const batch of records) yield batch.map((one) => this.#take(one));
  }

  #take({ id, stream, resource, guards, overwritten, existing }: StandingRecord): PersonRow {
    const identity = this.#kind.identityOf(resource, stream, this.#trusted);
    const { row, joined, retired, ...rest } = identity;
    const { read } = this;
    for (const other of joined) this.#joined.push([read.ids.length, other]);
    if (overwritten === true) this.#overlaid.push(read.ids.length);
    read.ids.push(id);
    read.streams.push(stream);
    read.retired.push(retired);
    read.existing.push(existing === true);
    read.kept.push(keptText({ ...rest, guards }));
    return { ...row, record_key: id };
  }

  told(): { joined: (readonly [number, number])[]; overlaid: number[] } {
    const overlaid = this.#overlaid;
    if (this.#joined.length === 0) return { joined: [], overlaid };
    const places = new Map(this.read.ids.map((id, at) => [id, at]));
    const joined = this.#joined.flatMap(([at, id]) => {
      const other = places.get(id);
      return other === undefined || other === at ? [] : [[at, other] as const];
    });
    return { joined, overlaid };
  }
}

/**
 * A pinned model beside what records have now: what it does not know is not compared, and what nobody
 * has any more weighs nothing.
 */
function aligned(
  { comparisons }: Prepared,
  model: LinkageModel,
): Pick<Prepared, 'comparisons'> & { model: LinkageModel } {
  const estimates = new Map(model.comparisons.map((one) => [one.name, one]));
  const shared = comparisons.filter(({ name, levels }) => {
    const known = estimates.get(name);
    if (known === undefined) return false;
    const labels = known.levels.map(({ label }) => label).join('\n');
    if (labels === levels.map(({ label }) => label).join('\n')) return true;
    throw modelUnfit();
  });
  const own = shared.map(({ name }) => estimates.get(name)!);
  return { comparisons: shared, model: { ...model, comparisons: own } };
}

function modelUnfit(): HandoverError {
  return new HandoverError(
    'linkage-model-unfit',
    'The pinned model compares in other levels than this version does.',
    {
      next: 'Go on with the version that pinned it: under another model, persons would be others.',
    },
  );
}

function said(
  read: ReadRecords,
  { links, review, overlaid, sizeOf }: Decisions,
): Pick<LinkedRecords, 'read' | 'links' | 'questions'> {
  const id = (at: number): string => read.ids[at] as string;
  const asked = review.map(({ left, right, weight, alarms }) => ({
    left: id(left),
    right: id(right),
    weight,
    settles: sizeOf(left) * sizeOf(right),
    alarms: alarms.length > 0 ? alarms : ['weight'],
  }));
  const overwritten = [...overlaid].map((at) => ({
    left: id(at),
    right: id(at),
    weight: 0,
    settles: sizeOf(at),
    alarms: ['overlay'],
  }));
  return {
    read,
    links: heaviest(
      links.map(({ left, right, weight, reason }) => ({
        left: id(left),
        right: id(right),
        weight,
        reason,
      })),
    ),
    questions: [...overwritten, ...asked],
  };
}

/** A pair may be made twice, by its number and by a message. */
function heaviest(links: readonly PersonLink[]): PersonLink[] {
  const found = new Map<string, PersonLink>();
  for (const link of links) {
    const pair = [link.left, link.right].toSorted().join(' ');
    const known = found.get(pair);
    if (known === undefined || known.weight < link.weight) found.set(pair, link);
  }
  return [...found.values()];
}

export function modelDigest(model: LinkageModel): string {
  return sha256Hex(JSON.stringify(model));
}
