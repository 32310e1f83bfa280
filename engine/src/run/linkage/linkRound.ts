import type { ProjectKey } from '../../keys/projectKey.ts';
import {
  enterBrought,
  enterCharted,
  enterQuestions,
  enterRound,
  newestRound,
  type LinkageCounts,
} from '../../ledger/linkageRounds.ts';
import {
  enterLinks,
  enterRecords,
  existingRecords,
  lockPersons,
  pinModel,
  pinnedModel,
  type ModelLink,
  type PersonRecord,
} from '../../ledger/persons.ts';
import { findRun } from '../../ledger/runs.ts';
import type { LinkageModel } from '../../linkage/model.ts';
import { Charts } from '../../linkage/persons/charts.ts';
import type { Persons } from '../../linkage/persons/persons.ts';
import {
  isItem,
  itemTypes,
  linkedTypes,
  type BroughtChart,
  type Charted,
  type ItemType,
  type LinkedType,
} from '../../model/person.ts';
import type { Database } from '../../store/database.ts';
import type { Parcels } from '../parcels.ts';
import type { LinkagePlan } from '../plan/linkage.ts';
import { chartedElsewhere, chartedIn, sealedBrought, sealedRows } from './chartedRows.ts';
import { formerCharts, type FormerChart } from './formerCharts.ts';
import { recordKinds } from './kinds.ts';
import { linkRecords, modelDigest, type LinkedRecords, type ReadRecords } from './linkRecords.ts';
import { existingIn, leaderOf, placedElsewhere, type Leader } from './leader.ts';
import { keptIn } from './keptOnChart.ts';
import { overwrittenAmong } from './overwritten.ts';
import { personsAtHand, settlePersons } from './personsAtHand.ts';
import { findSameItems, personsBy } from './sameItems.ts';
import { standingRecords, type StandingRecord } from './standingRecords.ts';

export interface LinkRoundServices {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  linkage: LinkagePlan;
}

/** What the records of a round may take of the machine's memory; never spilled. */
export const linkLimits = { memoryMiB: 2_600, threads: 2 };

/** Everything that a round of linking finds before it is written down. */
interface Found extends Pick<LinkedRecords, 'questions'> {
  /** Records of all kinds, one behind the other. */
  read: ReadRecords & { types: string[] };
  links: ModelLink[];
  /** Models that are pinned from now on. */
  estimated: Parameters<typeof pinModel>[1][];
  /** Digest of the model of the first kind that has one. */
  model: string;
  /** Records of this run, by id, with their place in `read`. */
  own: Map<string, number>;
  /** Those of them that came in this very round. */
  fresh: Set<string>;
  /** Ids of what other runs which stand have put to the targets. */
  placed: Set<string>;
}

/**
 * Decide who is who, and what is what, among all records that stand, each kind under its pinned model, and
 * write it down: records, links, persons, questions, and which record leads to which chart. A round is
 * decided once; whoever comes second finds it there.
 */
export async function linkRound(services: LinkRoundServices, run: string): Promise<void> {
  const { database, key, linkage } = services;
  const round = (await findRun(database, run))?.replays ?? 0;
  if ((await newestRound(database, run))?.round === round) return;
  const found = await compareAll(services, run, round);
  const { read, links, questions, model } = found;
  await database.transaction(async (transaction) => {
    await lockPersons(transaction);
    const before = await newestRound(transaction, run);
    if (before?.round === round) return;
    const stood = new Charts(before ? await chartedIn(transaction, key, before) : []);
    for (const estimated of found.estimated) await pinModel(transaction, estimated);
    await enterRecords(transaction, run, inOrder(read, linkage.streams));
    await enterLinks(transaction, { run, model }, links);
    const persons = await personsAtHand(transaction);
    await settlePersons(transaction, persons, 'linked');
    const leader = leaderOf(persons, {
      existing: existingIn(read),
      known: await existingRecords(transaction),
      placed: found.placed,
    });
    const now = chartedNow(found, leader, stood);
    const { charted, brought } = await withFormer(services, run, found, now);
    await enterRound(transaction, {
      run,
      round,
      model,
      counts: countsOf(found, { persons, leader }, charted),
    });
    await enterCharted(transaction, { run, round }, sealedRows(key, run, charted));
    await enterBrought(transaction, { run, round }, sealedBrought(key, run, brought));
    await enterQuestions(transaction, { run, round }, questions);
  });
}

async function compareAll(services: LinkRoundServices, run: string, round: number): Promise<Found> {
  const { database, linkage } = services;
  const found: Found = {
    read: { ids: [], types: [], streams: [], retired: [], existing: [], kept: [] },
    links: [],
    questions: [],
    estimated: [],
    model: 'none',
    own: new Map(),
    fresh: new Set(),
    placed: await placedElsewhere(database, run, linkage.kinds),
  };
  for (const type of linkedTypes) {
    if (linkage.kinds.includes(type)) await compareKind(services, { run, round, type }, found);
  }
  const persons = await personsBy(database, found.links);
  for (const type of linkage.duplicates ?? []) {
    await compareItems(services, { run, round, type, persons }, found);
  }
  return found;
}

/** Find what came by several roads, and add it to `found`. */
async function compareItems(
  { database, parcels }: LinkRoundServices,
  { run, round, type, persons }: { run: string; round: number; type: ItemType; persons: Persons },
  found: Found,
): Promise<void> {
  const { records, links, questions } = await findSameItems(
    { database, parcels },
    { run, type, persons },
  );
  const { read, own, fresh } = found;
  for (const { id, stream, kept, round: at } of records) {
    own.set(id, read.ids.length);
    if (at === round) fresh.add(id);
    read.ids.push(id);
    read.types.push(type);
    read.streams.push(stream);
    read.retired.push(false);
    read.existing.push(false);
    read.kept.push(kept);
  }
  for (const link of links) found.links.push({ ...link, model: 'none' });
  for (const question of questions) found.questions.push(question);
  const ids = new Set(records.map(({ id }) => id));
  for (const id of await placedElsewhere(database, run, [type], (one) => ids.has(one))) {
    found.placed.add(id);
  }
}

/** Compare the records of one kind, and add to `found` what comes of it. */
async function compareKind(
  { database, parcels, key, linkage }: LinkRoundServices,
  { run, round, type }: { run: string; round: number; type: LinkedType },
  found: Found,
): Promise<void> {
  const { read: all, own, fresh } = found;
  let place = all.ids.length;
  async function* watched(): AsyncGenerator<StandingRecord[]> {
    const takesPart = partsIn(linkage, type);
    for await (const batch of standingRecords({ database, parcels }, run, type, takesPart)) {
      for (const one of batch) {
        const isOwn = one.run === run && one.existing !== true;
        if (isOwn) own.set(one.id, place);
        if (isOwn && one.round === round) fresh.add(one.id);
        place++;
      }
      if (type !== 'Patient') {
        yield batch;
        continue;
      }
      const overwritten = await overwrittenAmong({ database, key }, batch);
      yield batch.map((one) => (overwritten.has(one.id) ? { ...one, overwritten: true } : one));
    }
  }
  const kept = await pinnedModel(database, type);
  const { read, links, questions, model } = await linkRecords(watched(), {
    ...linkLimits,
    kind: recordKinds[type],
    thresholds: { link: linkage.link, review: linkage.review },
    pinned: kept?.model as LinkageModel | undefined,
    trusted: linkage.trusted && new Set(linkage.trusted),
  });
  const digest = kept?.digest ?? (model ? modelDigest(model) : 'none');
  if (kept === undefined && model) found.estimated.push({ kind: type, digest, model });
  if (found.model === 'none') found.model = digest;
  for (const link of links) found.links.push({ ...link, model: digest });
  for (const question of questions) found.questions.push(question);
  for (const [at, id] of read.ids.entries()) {
    all.ids.push(id);
    all.types.push(type);
    all.streams.push(read.streams[at] as string);
    all.retired.push(read.retired[at] as boolean);
    all.existing.push(read.existing[at] as boolean);
    all.kept.push(read.kept[at] as string);
  }
}

/** Which streams' records of a kind are compared: of Patients those that the plan names. */
export function partsIn({ streams }: LinkagePlan, type: string): (stream: string) => boolean {
  return (stream) => type !== 'Patient' || (streams?.includes(stream) ?? true);
}

/**
 * The order of arrival, which decides whose record is the chart: what a target had of its own, then by stream,
 * as the plan names them or as they were read, and what another record replaced behind the others.
 */
function inOrder(read: Found['read'], streams: readonly string[] | undefined): PersonRecord[] {
  const ranks = new Map(streams?.map((stream, at) => [stream, at]));
  const rank = (at: number): number =>
    read.existing[at]
      ? Number(read.retired[at]) - 2
      : (ranks.get(read.streams[at] as string) ?? 0) + (read.retired[at] ? 1_000_000 : 0);
  return [...read.ids.keys()]
    .toSorted((one, other) => rank(one) - rank(other) || one - other)
    .map((at) => ({
      id: read.ids[at] as string,
      stream: read.streams[at] as string,
      kind: read.types[at] as string,
    }));
}

/**
 * Which record leads to which chart from now on. What stands at a target and did not come again in this
 * round stays as it was, and so does the chart of others that did not: they come along when they are read again.
 */
function chartedNow(found: Found, leader: Leader, stood: Charts): Charted[] {
  const { read, own, fresh, placed } = found;
  // What is no Patient has no way to say that another one replaces it, and stays where it stands.
  const isPlaced = (id: string): boolean =>
    placed.has(id) && read.types[own.get(id) as number] !== 'Patient';
  const holds = (id: string): boolean =>
    isPlaced(id) || stood.mergedInto(id).some(({ record }) => !fresh.has(record));
  const charted: Charted[] = [];
  for (const [record, at] of own) {
    // A thing that does not come again in this round cannot say what this one adds.
    const cannotGain = fresh.has(record) && !fresh.has(leader(record));
    if (cannotGain && isItem(read.types[at] as string)) continue;
    const chart = fresh.has(record)
      ? chartOf(record, { leader, stood, fresh, holds })
      : stood.chartOf(record);
    if (chart === record) continue;
    charted.push({ record, chart, ...keptIn(read.kept[at] as string) });
  }
  return charted;
}

/** What a round leads where, and which charts come along with it. */
interface Led {
  charted: readonly Charted[];
  brought: readonly BroughtChart[];
}

/**
 * Charts of earlier runs, and of a target's own, come along with records of this round: those that its
 * records lead to, by the first of them, and those that such a run led a record to that leads elsewhere now.
 * One draft is one resource: where the record's own Patient stands at the target and is replaced, the chart
 * comes beside it.
 */
async function withFormer(
  { database, parcels, key, linkage: { kinds } }: LinkRoundServices,
  run: string,
  { own, fresh, placed }: Found,
  charted: readonly Charted[],
): Promise<Led> {
  const first = new Map<string, string>();
  const leading = charted.filter(({ record, chart }) => !own.has(chart) && fresh.has(record));
  // Rather one without a Patient of its own there: it becomes the chart.
  const unplaced = leading.filter(({ record }) => !placed.has(record));
  for (const { record, chart } of [...unplaced, ...leading]) {
    if (!first.has(chart)) first.set(chart, record);
  }
  const elsewhere = await chartedElsewhere(database, key, run);
  const led = new Set(charted.map(({ chart }) => chart));
  const left = new Map<string, string>();
  for (const { record, chart } of elsewhere) {
    const leaves = fresh.has(record) && !own.has(chart) && !led.has(chart);
    if (leaves && !left.has(chart)) left.set(chart, record);
  }
  const ids = new Set([...first.keys(), ...left.keys()]);
  const formers =
    ids.size > 0
      ? await formerCharts({ database, parcels, kinds }, run, ids, { elsewhere, own })
      : new Map<string, FormerChart>();
  const brought: BroughtChart[] = [];
  const bring = (record: string, chart: string): void => {
    const former = formers.get(chart);
    if (former) brought.push({ record, chart, former: former.body, guards: former.guards });
  };
  const rows = charted.map((one) => {
    const { record, chart } = one;
    const brings = first.get(chart) === record;
    const isPlaced = fresh.has(record) && placed.has(record);
    if (isPlaced) {
      if (brings) bring(record, chart);
      return { ...one, replaced: true as const };
    }
    const former = brings ? formers.get(chart) : undefined;
    if (former === undefined) return one;
    return { ...one, former: former.body, guards: [...new Set([...one.guards, ...former.guards])] };
  });
  for (const [chart, record] of left) bring(record, chart);
  return { charted: rows, brought };
}

interface Leading {
  leader: Leader;
  stood: Charts;
  fresh: ReadonlySet<string>;
  holds: (id: string) => boolean;
}

function chartOf(record: string, { leader, stood, fresh, holds }: Leading): string {
  if (holds(record)) return record;
  const person = leader(record);
  return fresh.has(person) ? person : stood.chartOf(person);
}

function countsOf(
  { read, own, links, questions }: Found,
  { persons, leader }: { persons: Persons; leader: Leader },
  charted: readonly Charted[],
): LinkageCounts {
  const now = new Map(charted.map(({ record, chart }) => [record, chart]));
  const pending = [...own.keys()].filter((id) => (now.get(id) ?? id) !== leader(id));
  const of = (type: string): string[] => read.ids.filter((_, at) => read.types[at] === type);
  const beyond = [...linkedTypes, ...itemTypes].flatMap((type) => {
    const ids = type === 'Patient' ? [] : of(type);
    if (ids.length === 0) return [];
    const one = new Set(ids.map((id) => persons.personOf(id))).size;
    return [[type, ids.length] as const, [`${type} as one`, one] as const];
  });
  const people = of('Patient');
  return {
    ...Object.fromEntries(beyond),
    records: people.length,
    persons: new Set(people.map((id) => persons.personOf(id))).size,
    links: links.length,
    merged: charted.length,
    questions: questions.length,
    pending: pending.length,
    existing: read.existing.filter(Boolean).length,
  };
}
