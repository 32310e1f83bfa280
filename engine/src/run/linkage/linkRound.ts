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
  type PersonRecord,
} from '../../ledger/persons.ts';
import { findRun, listRuns } from '../../ledger/runs.ts';
import type { LinkageModel } from '../../linkage/model.ts';
import { chartPatient, Charts } from '../../linkage/persons/charts.ts';
import type { Persons } from '../../linkage/persons/persons.ts';
import type { Charted } from '../../model/person.ts';
import type { Database } from '../../store/database.ts';
import type { Queries } from '../../store/session.ts';
import { existingPatients } from '../existing/existingPatients.ts';
import type { Parcels } from '../parcels.ts';
import type { LinkagePlan } from '../plan/linkage.ts';
import {
  linkPatients,
  modelDigest,
  type LinkedPatients,
  type ReadPatients,
} from './linkPatients.ts';
import { existingIn, leaderOf, placedElsewhere, type Leader } from './leader.ts';
import { keptIn, keptText } from './keptOnChart.ts';
import { overwrittenAmong } from './overwritten.ts';
import { personsAtHand, settlePersons } from './personsAtHand.ts';
import { standingPatients, type StandingPatient } from './standingPatients.ts';

export interface LinkRoundServices {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  linkage: LinkagePlan;
}

/** What the records of a round may take of the machine's memory; never spilled. */
export const linkLimits = { memoryMiB: 2_600, threads: 2 };

/** Everything that a round of linking finds before it is written down. */
interface Found extends LinkedPatients {
  /** Patients of this run, by id, with the place where they were read. */
  own: ReadonlyMap<string, number>;
  /** Those of them that came in this very round. */
  fresh: ReadonlySet<string>;
  /** Patients that other runs which stand have put to the targets. */
  placed: ReadonlySet<string>;
}

/**
 * Decide who is who among all Patients that stand, under the pinned model, and write it down: records,
 * links, persons, questions, and which record leads to which chart. A round is decided once; whoever
 * comes second finds it there.
 */
export async function linkRound(services: LinkRoundServices, run: string): Promise<void> {
  const { database, key, linkage } = services;
  const round = (await findRun(database, run))?.replays ?? 0;
  if ((await newestRound(database, run))?.round === round) return;
  const kept = await pinnedModel(database);
  const found = await compareAll(services, run, round, kept?.model as LinkageModel | undefined);
  const { read, links, questions } = found;
  await database.transaction(async (transaction) => {
    await lockPersons(transaction);
    const before = await newestRound(transaction, run);
    if (before?.round === round) return;
    const stood = new Charts(before ? await chartedIn(transaction, key, before) : []);
    const model = kept?.digest ?? (found.model ? modelDigest(found.model) : 'none');
    if (kept === undefined && found.model) await pinModel(transaction, model, found.model);
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

async function compareAll(
  { database, parcels, key, linkage }: LinkRoundServices,
  run: string,
  round: number,
  pinned: LinkageModel | undefined,
): Promise<Found> {
  const streams = linkage.streams && new Set(linkage.streams);
  const own = new Map<string, number>();
  const fresh = new Set<string>();
  let place = 0;
  async function* watched(): AsyncGenerator<StandingPatient[]> {
    const takesPart = (stream: string): boolean => streams?.has(stream) ?? true;
    for await (const batch of standingPatients({ database, parcels }, run, takesPart)) {
      for (const one of batch) {
        const isOwn = one.run === run && one.existing !== true;
        if (isOwn) own.set(one.id, place);
        if (isOwn && one.round === round) fresh.add(one.id);
        place++;
      }
      const overwritten = await overwrittenAmong({ database, key }, batch);
      yield batch.map((one) => (overwritten.has(one.id) ? { ...one, overwritten: true } : one));
    }
  }
  const linked = await linkPatients(watched(), {
    ...linkLimits,
    thresholds: { link: linkage.link, review: linkage.review },
    pinned,
    trusted: linkage.trusted && new Set(linkage.trusted),
  });
  return { ...linked, own, fresh, placed: await placedElsewhere(database, run) };
}

/**
 * The order of arrival, which decides whose record is the chart: what a target had of its own, then by stream,
 * as the plan names them or as they were read, and what another record replaced behind the others.
 */
function inOrder(read: ReadPatients, streams: readonly string[] | undefined): PersonRecord[] {
  const ranks = new Map(streams?.map((stream, at) => [stream, at]));
  const rank = (at: number): number =>
    read.existing[at]
      ? Number(read.retired[at]) - 2
      : (ranks.get(read.streams[at] as string) ?? 0) + (read.retired[at] ? 1_000_000 : 0);
  return [...read.ids.keys()]
    .toSorted((one, other) => rank(one) - rank(other) || one - other)
    .map((at) => ({ id: read.ids[at] as string, stream: read.streams[at] as string }));
}

/**
 * Which record leads to which chart from now on. What stands at a target and did not come again in this
 * round stays as it was, and so does the chart of others that did not: they come along when they are read again.
 */
function chartedNow(found: Found, leader: Leader, stood: Charts): Charted[] {
  const { read, own, fresh } = found;
  const holds = (id: string): boolean =>
    stood.mergedInto(id).some(({ record }) => !fresh.has(record));
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
  { database, parcels, key }: LinkRoundServices,
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
  const formers = await formerCharts({ database, parcels, key }, run, new Set(first.keys()));
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
  { database, parcels, key }: Omit<LinkRoundServices, 'linkage'>,
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
  for await (const batch of existingPatients({ database, parcels }, run)) {
    for (const { id, patient } of batch) {
      if (ids.has(id)) found.set(id, { body: canonicalJson(patient), guards: [] });
    }
  }
  for await (const batch of standingPatients({ database, parcels }, '', () => true)) {
    for (const { id, patient, guards } of batch) {
      if (ids.has(id))
        found.set(id, { body: chartPatient(canonicalJson(patient), id, charts), guards });
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
  const people = new Set(read.ids.map((id) => persons.personOf(id))).size;
  const now = new Map(charted.map(({ record, chart }) => [record, chart]));
  const pending = [...own.keys()].filter((id) => (now.get(id) ?? id) !== leader(id));
  return {
    records: read.ids.length,
    persons: people,
    links: links.length,
    merged: charted.length,
    questions: questions.length,
    pending: pending.length,
    existing: read.existing.filter(Boolean).length,
  };
}

const context = (run: string): string => `charted ${run}`;

export function sealedRows(
  key: ProjectKey,
  run: string,
  charted: readonly Charted[],
): ChartedRow[] {
  return charted.map(({ record, chart, ...kept }) => ({
    record,
    chart,
    kept: key.seal(Buffer.from(keptText(kept)), context(run)),
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
    ...keptIn(key.open(kept, context(round.run)).toString('utf8')),
  }));
}
