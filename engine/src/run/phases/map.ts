import { uuid7 } from '../../base/id.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import type { BatchCommit, ExceptionRow } from '../../ledger/batches.ts';
import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import type { BalanceChange } from '../../ledger/balances.ts';
import { emptyPage, packContributions, packTypes, type EntryPage } from '../../ledger/entries.ts';
import { batchCount } from '../../ledger/pages.ts';
import { enterRepeatedKeys } from '../../ledger/repeatedKeys.ts';
import { isReplay } from '../../ledger/rounds.ts';
import { phaseDone, planSlicesAlone, slicesOf, type Claim } from '../../ledger/slices.ts';
import { enterCodesAsText } from '../../ledger/codesAsText.ts';
import { enterFolds, type Fold } from '../../ledger/folded.ts';
import { dropMapped } from '../../ledger/mappedParcels.ts';
import { addUnread, streamsOf } from '../../ledger/streams.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import { tokenOf } from '../../keys/stableId.ts';
import { codesAsText } from '../../mapping/codesAsText.ts';
import { mapWhole, type FindRelated } from '../../mapping/mapWhole.ts';
import type { CompiledMapping, PackedMappedBatch } from '../../mapping/mapper.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { Related } from '../../model/related.ts';
import type { Database } from '../../store/database.ts';
import type { Transaction } from '../../store/session.ts';
import {
  isRouted,
  packDrafts,
  subjectOf,
  type DraftColumns,
  type PackedDrafts,
} from '../drafts.ts';
import { idToken, idTokens } from '../idToken.ts';
import { itemAt, packItems } from '../../staging/packedItems.ts';
import { followParents } from '../foldOutcomes.ts';
import { readMapped } from '../mappedBatches.ts';
import type { Parcels } from '../parcels.ts';
import {
  placesOf,
  prepareJoins,
  readStaged,
  relatedFinder,
  type RelatedServices,
} from '../related.ts';
import { gatherGuards, guardDrafts } from '../protection.ts';
import { holdRecords, repeatedFates } from '../repeatedKeys.ts';
import type { Router } from '../routes.ts';
import { gatherDrafts, takeTellings } from '../toldDrafts.ts';
import type { StreamFacts } from './verify.ts';
import type { Attempts, PhaseWork, StopSignal, WorkEnd } from './work.ts';

export interface MapServices extends Attempts {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  mappings: ReadonlyMap<string, CompiledMapping>;
  /** Only to name the patient of a record that is held: the mapping made nothing of it. */
  facts: ReadonlyMap<string, StreamFacts>;
  targets: readonly string[];
  route: Router;
  revision: string;
}

/** `map`: records → drafts, unread and issues. A record that breaks a rule is held, with the rule. */
export function mapPhase(services: MapServices): PhaseWork {
  return {
    plan: (run) => planMap(services, run),
    work: (claim, stop) => mapSlice(services, claim, stop),
  };
}

/** Once everything has been read, keys that are repeated can be told from those that are not. */
async function planMap(services: MapServices, run: string): Promise<void> {
  const { database, key } = services;
  if (!(await phaseDone(database, run, 'extract'))) return;
  const extracted = await slicesOf(database, run, 'extract');
  const planned = await slicesOf(database, run, 'map');
  const slices = extracted.map((slice) => ({ key: { ...slice.key, phase: 'map' as const } }));
  const begun = new Set(planned.map((slice) => slice.key.stream));
  const fresh = new Set(slices.map((slice) => slice.key.stream).filter((one) => !begun.has(one)));
  await database.transaction(async (transaction) => {
    for (const stream of fresh) {
      await enterRepeatedKeys(transaction, run, stream, tokenOf(key.tag(stream, '')));
    }
  });
  await prepareMappings(services, run, { facts: services.facts, keep: true });
  await planSlicesAlone(database, slices);
}

interface Preparing {
  facts?: MapServices['facts'];
  /** The batches are mapped next: what is made of them on the way is kept. */
  keep?: boolean;
}

/**
 * Make what lookups need, of mappings and of facts, gather what documents tell together, and what some
 * resources lay on others.
 */
export async function prepareMappings(
  services: RelatedServices & Pick<MapServices, 'mappings'>,
  run: string,
  { facts = new Map(), keep = false }: Preparing = {},
): Promise<void> {
  await gatherDrafts(services, run, services.mappings, keep);
  const reaching = [...services.mappings.values(), ...facts.values()];
  const joins = reaching.flatMap((one) => one.joins);
  if (joins.length > 0) {
    await prepareJoins(services, run, joins, await columnNames(services.database, run));
  }
  const find = relatedFinder(services, run);
  await gatherGuards(services, run, services.mappings, async (mapping, records, placeOf, key) => {
    const kept = await keptOf(services, mapping, key);
    return mapUnguarded(services, key, mapping, records, { find, placeOf, kept });
  });
}

async function columnNames(
  database: Database,
  run: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const streams = await streamsOf(database, run);
  return new Map(streams.map((one) => [one.name, one.columns.map((column) => column.name)]));
}

async function mapSlice(services: MapServices, claim: Claim, stop: StopSignal): Promise<WorkEnd> {
  const total = await batchCount(services.database, { ...claim.key, phase: 'extract' });
  const find = relatedFinder(services, claim.key.run);
  for (let number = claim.position; number < total; number++) {
    const last = number === total - 1;
    if (!(await mapBatch(services, find, { ...claim, position: number }, last))) return 'lost';
    if (stop.stopped() && !last) return 'stopped';
  }
  return 'done';
}

async function mapBatch(
  services: MapServices,
  find: FindRelated,
  claim: Claim,
  last: boolean,
): Promise<boolean> {
  const key: BatchKey = { ...claim.key, number: claim.position };
  const attempt = uuid7(services.clock, services.random);
  const records = await readStaged(services.parcels, key);
  const placeOf = placesOf(key, records);
  const mapping = services.mappings.get(key.stream) as CompiledMapping;
  const mapped = records && (await mapRecords(services, key, mapping, records, { find, placeOf }));
  const drafts = mapped && toDrafts(services, mapped);
  const parcel =
    drafts && (await services.parcels.keep(key, attempt, 'drafts', packDrafts(drafts)));
  const exceptions = mapped ? recordExceptions(services, key.stream, records, mapped) : [];
  const entries = drafts && draftEntries(services, drafts, mapping.digest);
  const counts = countOutcomes(mapped, drafts);
  const tally = isReplay(key.slice) ? {} : Object.fromEntries(mapped?.tally ?? []);
  const commit: BatchCommit = {
    key,
    attempt,
    fence: claim.fence,
    revision: services.revision,
    counts: { ...counts, ...tally },
    ...(entries && { entries }),
    parcels: parcel ? [parcel] : [],
    exceptions,
    balance: mapBalance(services, key.stream, counts, drafts),
    last,
  };
  const beside = mapped && besideDrafts(key, mapping, mapped, placeOf);
  return commitBatchAlone(services.database, commit, beside);
}

/** What was made of the batch when its records told. */
async function keptOf(
  { parcels }: Pick<MapServices, 'parcels'>,
  mapping: CompiledMapping,
  key: BatchKey,
): Promise<PackedMappedBatch | undefined> {
  return mapping.tells ? readMapped(parcels, key, mapping) : undefined;
}

/** What is entered with the drafts of a batch; undefined: nothing. */
function besideDrafts(
  key: BatchKey,
  { tells }: CompiledMapping,
  mapped: PackedMappedBatch,
  placeOf: Related['placeOf'],
): ((transaction: Transaction) => Promise<void>) | undefined {
  // What a replay brought back was counted where it was read first.
  const unread = isReplay(key.slice) ? nothingUnread : mapped.unread;
  const folds = foldsIn(key, mapped, placeOf);
  const asText = codesAsText(mapped);
  if (!tells && unread.size === 0 && folds.length === 0 && asText.size === 0) return undefined;
  return async (transaction) => {
    if (tells) await dropMapped(transaction, key);
    await addUnread(transaction, key.run, key.stream, unread);
    await enterFolds(transaction, key.run, folds);
    await enterCodesAsText(transaction, key, asText);
  };
}

const nothingUnread: ReadonlyMap<string, number> = new Map();

async function mapRecords(
  services: MapServices,
  key: BatchKey,
  mapping: CompiledMapping,
  records: RecordBatch,
  reaching: Reaching,
): Promise<PackedMappedBatch> {
  const kept = await keptOf(services, mapping, key);
  const mapped = await mapAgain(services, key, mapping, records, { ...reaching, kept });
  if (mapping.foldedInto === undefined) return mapped;
  return followParents(services.database, key.run, key.stream, mapped, reaching.placeOf);
}

/** The drafts of staged records, guarded, with keys that are repeated judged; it writes nothing. */
export async function mapAgain(
  services: Pick<MapServices, 'database' | 'key'>,
  place: Pick<BatchKey, 'run' | 'stream'>,
  mapping: CompiledMapping,
  records: RecordBatch,
  reaching: Reaching,
): Promise<PackedMappedBatch> {
  const mapped = await mapUnguarded(services, place, mapping, records, reaching);
  const { protection } = mapping;
  return protection ? guardDrafts(services, place.run, protection, mapped) : mapped;
}

async function mapUnguarded(
  services: Pick<MapServices, 'database' | 'key'>,
  place: Pick<BatchKey, 'run' | 'stream'>,
  mapping: CompiledMapping,
  records: RecordBatch,
  { find, placeOf, kept }: Reaching,
): Promise<PackedMappedBatch> {
  const mapped = kept ?? (await mapWhole(mapping, records, find, placeOf));
  if (mapping.tells) return takeTellings(services, place, records, mapped, placeOf);
  return holdRecords(mapped, await repeatedFates(services, place, records.keys, placeOf));
}

/** What the records of a batch reach, and where they were staged first. */
interface Reaching {
  find: FindRelated;
  placeOf: Related['placeOf'];
  /** What they were mapped to already. */
  kept?: PackedMappedBatch | undefined;
}

function foldsIn(
  { stream, slice, number }: BatchKey,
  { contributions, partOf = [] }: PackedMappedBatch,
  placeOf: Related['placeOf'],
): Fold[] {
  return [
    ...contributions.map((one) => ({
      record: { stream: one.stream, ...one.place },
      into: { stream, slice, number, ordinal: one.into },
    })),
    ...partOf.map(({ ordinal, into }) => ({ record: { stream, ...placeOf(ordinal) }, into })),
  ];
}

/** The drafts of a batch as they are kept. */
export function toDrafts(
  { route }: Pick<MapServices, 'route'>,
  mapped: PackedMappedBatch,
): PackedDrafts {
  const { drafts, bodies } = mapped;
  const targets = route(drafts);
  return {
    types: drafts.map((draft) => draft.type),
    ids: drafts.map((draft) => draft.id),
    from: drafts.map((draft) => draft.from),
    references: drafts.map((draft) => draft.references),
    ...(targets && { targets }),
    ...(drafts.some(({ guards }) => guards) && {
      guards: drafts.map(({ guards = [] }) => guards),
    }),
    ...(drafts.some(({ objects }) => objects) && {
      objects: drafts.map(({ objects = [] }) => objects),
    }),
    bodies,
  };
}

function recordExceptions(
  { key, facts }: MapServices,
  stream: string,
  records: RecordBatch,
  mapped: PackedMappedBatch,
): ExceptionRow[] {
  const paths = errorPaths(mapped);
  const held = mapped.outcomes.flatMap(({ state }, at) => (state === 'mapped' ? [] : [at]));
  const subjects = subjectsOf(facts.get(stream), records, held);
  return mapped.outcomes.flatMap((outcome, ordinal): ExceptionRow[] => {
    if (outcome.state === 'mapped') return [];
    const subject = subjects.get(ordinal);
    const token = tokenOf(key.tag(stream, records.keys[ordinal] as string));
    const path = (outcome.state === 'excluded' && outcome.path) || (paths.get(ordinal) ?? '');
    const row = { ordinal, kind: outcome.state, code: outcome.reason, path, token };
    return [subject === undefined ? row : { ...row, subject: idToken(subject) }];
  });
}

/** Where the first error of each record stands. */
export function errorPaths({ issues }: PackedMappedBatch): Map<number, string> {
  const paths = new Map<number, string>();
  for (const { ordinal, severity, path } of issues) {
    if (severity === 'error' && !paths.has(ordinal)) paths.set(ordinal, path);
  }
  return paths;
}

/** Stable ids of the patients that the chosen records are about, by ordinal. */
export function subjectsOf(
  facts: Pick<StreamFacts, 'read'> | undefined,
  records: RecordBatch,
  ordinals: readonly number[],
): Map<number, string> {
  if (facts === undefined || ordinals.length === 0) return new Map();
  const chosen = packItems(ordinals.map((at) => itemAt(records, at)));
  const keys = ordinals.map((at) => records.keys[at] as string);
  const { facts: stated, absent } = facts.read({ ...records, ...chosen, keys });
  const subjects = new Map<number, string>();
  for (const { ordinal, subject } of [...stated, ...absent]) {
    if (subject) subjects.set(ordinals[ordinal] as number, subject);
  }
  return subjects;
}

/** The entries of drafts: id, subject, digest and salt of each, and the records it came from. */
export function draftEntries(
  { key, random }: Pick<MapServices, 'key' | 'random'>,
  drafts: PackedDrafts,
  mappingDigest: string,
): EntryPage {
  const count = drafts.ids.length;
  const digests = Buffer.alloc(count * 32);
  const subjects = Buffer.alloc(count * 16);
  for (let at = 0; at < count; at++) {
    key.digest(itemAt(drafts.bodies, at)).copy(digests, at * 32);
    const subject = subjectOf(drafts, at);
    if (subject !== undefined) idToken(subject).copy(subjects, at * 16);
  }
  return {
    ...emptyPage,
    count,
    tokens: idTokens(drafts.ids),
    ...packTypes(drafts.types),
    subjects,
    digests,
    salts: random.bytes(count * 16),
    contributions: packContributions(drafts.from),
    mappingDigest,
  };
}

type MapCounts = { mapped: number; quarantined: number; excluded: number; drafted: number };

function countOutcomes(
  mapped: PackedMappedBatch | undefined,
  drafts: DraftColumns | undefined,
): MapCounts {
  const counts = { mapped: 0, quarantined: 0, excluded: 0, drafted: drafts?.ids.length ?? 0 };
  for (const { state } of mapped?.outcomes ?? []) counts[state]++;
  return counts;
}

function mapBalance(
  services: MapServices,
  stream: string,
  { mapped, quarantined, excluded }: MapCounts,
  drafts: DraftColumns | undefined,
): BalanceChange[] {
  const waiting = -(mapped + quarantined + excluded);
  const records = { stream, records: { mapped, quarantined, excluded, waiting } };
  return [
    records,
    ...services.targets.map((target) => {
      const drafted = drafts?.ids.filter((_, at) => isRouted(drafts, at, target)).length ?? 0;
      return { stream, target, drafts: { drafted, waiting: drafted } };
    }),
  ];
}
