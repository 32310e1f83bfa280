import { canonicalJson } from '../../base/json.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import {
  chartedOf,
  enterCharted,
  enterQuestions,
  enterRound,
  newestRound,
  type ChartedRow,
  type LinkageCounts,
  type LinkageRound,
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
import { findRun, listRuns } from '../../ledger/runs.ts';
import type { LinkageModel } from '../../linkage/model.ts';
import { chartBody, Charts } from '../../linkage/persons/charts.ts';
import type { Persons } from '../../linkage/persons/persons.ts';
import { linkedTypes, type Charted, type LinkedType } from '../../model/person.ts';
import type { Database } from '../../store/database.ts';
import type { Queries } from '../../store/session.ts';
import { existingResources } from '../existing/existingResources.ts';
import type { Parcels } from '../parcels.ts';
import type { LinkagePlan } from '../plan/linkage.ts';
import { recordKinds } from './kinds.ts';
import { linkRecords, modelDigest, type LinkedRecords, type ReadRecords } from './linkRecords.ts';
import { existingIn, leaderOf, placedElsewhere, type Leader } from './leader.ts';
import { keptIn, keptText } from './keptOnChart.ts';
import { overwrittenAmong } from './overwritten.ts';
import { personsAtHand, settlePersons } from './personsAtHand.ts';
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
  read: ReadRecords & { types: LinkedType[] };
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
  placed: ReadonlySet<string>;
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
    const led = await withFormer(services, run, found, chartedNow(found, leader, stood));
    const charted = led.map((one) => withReplaced(one, found));
    await enterRound(transaction, {
      run,
      round,
      model,
      counts: countsOf(found, { persons, leader }, charted),
    });
    await enterCharted(transaction, { run, round }, sealedRows(key, run, charted));
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
  return found;
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
    const chart = fresh.has(record)
      ? chartOf(record, { leader, stood, fresh, holds })
      : stood.chartOf(record);
    if (chart === record) continue;
    charted.push({ record, chart, ...keptIn(read.kept[at] as string) });
  }
  return charted;
}

/**
 * Charts of earlier runs gain what they keep by the first fresh record that leads to them: it brings them
 * along as their runs left them.
 */
async function withFormer(
  services: LinkRoundServices,
  run: string,
  { own, fresh, placed }: Found,
  charted: readonly Charted[],
): Promise<readonly Charted[]> {
  const first = new Map<string, string>();
  const leading = charted.filter(({ record, chart }) => !own.has(chart) && fresh.has(record));
  // Rather one without a Patient of its own there: that one has to be replaced.
  const unplaced = leading.filter(({ record }) => !placed.has(record));
  for (const { record, chart } of [...unplaced, ...leading]) {
    if (!first.has(chart)) first.set(chart, record);
  }
  if (first.size === 0) return charted;
  const formers = await formerCharts(services, run, new Set(first.keys()));
  return charted.map((one) => {
    const former = first.get(one.chart) === one.record ? formers.get(one.chart) : undefined;
    if (former === undefined) return one;
    return { ...one, former: former.body, guards: [...new Set([...one.guards, ...former.guards])] };
  });
}

/** Unless it brings along the chart: one draft is one resource. */
function withReplaced(one: Charted, { fresh, placed }: Found): Charted {
  const isPlaced = fresh.has(one.record) && placed.has(one.record);
  return isPlaced && one.former === undefined ? { ...one, replaced: true } : one;
}

interface FormerChart {
  /** Canonical. */
  body: string;
  guards: readonly string[];
}

/**
 * Charts as the other runs that stand have left them, each by the newest that made it, or as a target had
 * them when this run read it.
 */
async function formerCharts(
  { database, parcels, key, linkage }: LinkRoundServices,
  run: string,
  ids: ReadonlySet<string>,
): Promise<Map<string, FormerChart>> {
  const found = new Map<string, FormerChart>();
  const joined: Charted[] = [];
  for (const { id, state } of await listRuns(database)) {
    if (id === run || state === 'undone') continue;
    const round = await newestRound(database, id);
    joined.unshift(...(round ? await chartedIn(database, key, round) : []));
  }
  const charts = new Charts(joined.filter(({ chart }) => ids.has(chart)));
  const services = { database, parcels };
  for (const type of linkage.kinds) {
    for await (const batch of existingResources(services, run, type)) {
      for (const { id, resource } of batch) {
        if (ids.has(id)) found.set(id, { body: canonicalJson(resource), guards: [] });
      }
    }
    for await (const batch of standingRecords(services, '', type, () => true)) {
      for (const { id, resource, guards } of batch) {
        if (ids.has(id))
          found.set(id, { body: chartBody(canonicalJson(resource), id, charts), guards });
      }
    }
  }
  return found;
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
  const of = (type: LinkedType): string[] => read.ids.filter((_, at) => read.types[at] === type);
  const beyond = linkedTypes.flatMap((type) => {
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

/** What a chart keeps of a record is bound to. */
export const chartedContext = (run: string): string => `charted ${run}`;

export function sealedRows(
  key: ProjectKey,
  run: string,
  charted: readonly Charted[],
): ChartedRow[] {
  return charted.map(({ record, chart, ...kept }) => ({
    record,
    chart,
    kept: key.seal(Buffer.from(keptText(kept)), chartedContext(run)),
  }));
}

/** Which Patients of a run lead to another one's chart by now. */
export async function chartsOfRun(
  { database, key }: Pick<LinkRoundServices, 'database' | 'key'>,
  run: string,
): Promise<Charts> {
  const round = await newestRound(database, run);
  return new Charts(round ? await chartedIn(database, key, round) : []);
}

/** Which records lead to which charts in a round of linking. */
export async function chartedIn(
  reader: Queries,
  key: ProjectKey,
  round: Pick<LinkageRound, 'run' | 'round'>,
): Promise<Charted[]> {
  const rows = await chartedOf(reader, round);
  return rows.map(({ record, chart, kept }) => ({
    record,
    chart,
    ...keptIn(key.open(kept, chartedContext(round.run)).toString('utf8')),
  }));
}
