import { uuid7 } from '../../base/id.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import type { BatchCommit } from '../../ledger/batches.ts';
import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import { isDelivered } from '../../model/delivery.ts';
import { exceptionsOf } from '../../ledger/exceptions.ts';
import { insertFindings } from '../../ledger/findings.ts';
import { batchCount, pageOf } from '../../ledger/pages.ts';
import { phaseDone, planSlicesAlone, slicesOf, type Claim } from '../../ledger/slices.ts';
import { findRun } from '../../ledger/runs.ts';
import { supersededOf } from '../../ledger/replays.ts';
import { takenBackOf } from '../../ledger/takenBack.ts';
import type { BatchKey, SliceKey } from '../../ledger/workUnit.ts';
import type { Charts } from '../../linkage/persons/charts.ts';
import type { Fact, FactBatch } from '../../model/fact.ts';
import type { Finding } from '../../model/finding.ts';
import type { RecordBatch } from '../../model/record.ts';
import { joinName, type Join, type Related, type WantedKeys } from '../../model/related.ts';
import type { Target, TargetId } from '../../model/target.ts';
import type { Database } from '../../store/database.ts';
import { codedBy, isUncoded } from '../../verification/uncoded.ts';
import { compareDelivery } from '../../verification/delivery.ts';
import { compareFacts, type DeclaredFacts } from '../../verification/facts.ts';
import { objectsApart } from '../../verification/objectsApart.ts';
import { ReadBack } from '../../verification/readBack.ts';
import { byObjectBytes, unpackDrafts, type PackedDrafts } from '../drafts.ts';
import { readLinkedDrafts } from '../linkedDrafts.ts';
import { chartsOfRun } from '../linkage/chartedRows.ts';
import { leadFacts, lostNumbers, withoutMerged } from './ledFacts.ts';
import { homesOf, readFromDocuments, withoutHeldHomes } from './landedReadBack.ts';
import { presentAt } from './references.ts';
import { splitHeader } from '../packed.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { Parcels } from '../parcels.ts';
import { gatherFacts, takeFacts } from '../toldFacts.ts';
import { placesOf, relatedFinder, type StagedBatch } from '../related.ts';
import { repeatedFates } from '../repeatedKeys.ts';
import type { RecordsHeader } from './recordEntries.ts';
import { scanName, scanTarget, wholeTarget, type ScanServices } from './scan.ts';
import { balanceName, drawTrialBalance, type BalanceServices } from './trialBalance.ts';
import type { Attempts, BatchLimits, PhaseWork, StopSignal, WorkEnd } from './work.ts';

/** The facts of one stream, declared apart from its mapping. */
export interface StreamFacts {
  digest: string;
  declared: DeclaredFacts;
  /** Several records may state facts of one resource: see `toldFacts.ts`. */
  tells?: true;
  /** Ways in which its records reach those of other streams. */
  joins: readonly Join[];
  wanted(batch: RecordBatch): WantedKeys;
  read(batch: RecordBatch, related?: Related): FactBatch;
}

export interface VerifyServices extends Attempts, ScanServices, BalanceServices {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  targets: ReadonlyMap<string, Target>;
  facts: ReadonlyMap<string, StreamFacts>;
  limits: BatchLimits;
  revision: string;
}

/**
 * `verify`: everything written is read back through the target's own interface and compared twice,
 * with its draft and with the facts of its source; a closing scan finds what is extra or doubled.
 */
export function verifyPhase(services: VerifyServices): PhaseWork {
  return {
    plan: (run) => planVerify(services, run),
    work: (claim, stop) => {
      const slice = mappedSlice(claim.key.slice);
      if (slice === scanName) return scanTarget(services, claim, stop);
      if (slice === balanceName) return drawTrialBalance(services, claim, stop);
      return verifySlice(services, claim, stop);
    },
  };
}

async function planVerify(services: VerifyServices, run: string): Promise<void> {
  const { database, targets, trialBalance } = services;
  if (!(await phaseDone(database, run, 'load'))) return;
  await gatherFacts(services, run, services.facts);
  const mapped = await slicesOf(database, run, 'map');
  const round = (await findRun(database, run))?.verifications ?? 1;
  const slices = [...targets.keys()].flatMap((target) =>
    [
      ...mapped.map(({ key }) => ({ ...key, target })),
      { run, target, stream: wholeTarget, slice: scanName },
      ...(trialBalance ? [{ run, target, stream: wholeTarget, slice: balanceName }] : []),
    ].map((key) => ({
      key: { ...key, phase: 'verify' as const, slice: roundSlice(key.slice, round) },
    })),
  );
  await planSlicesAlone(database, slices);
}

/** A slice is read back as often as somebody asks; each round has slices of its own: `1-0000:2`. */
function roundSlice(slice: string, round: number): string {
  return `${slice}:${round}`;
}

/** The slice that was mapped and loaded, under whatever round it is read back. */
function mappedSlice(slice: string): string {
  return slice.slice(0, slice.lastIndexOf(':'));
}

async function verifySlice(
  services: VerifyServices,
  claim: Claim,
  stop: StopSignal,
): Promise<WorkEnd> {
  const total = await batchCount(services.database, loaded(claim.key, 'map'));
  const charts = await chartsOfRun(services, claim.key.run);
  for (let number = claim.position; number < total; number++) {
    const last = number === total - 1;
    const place = { ...claim, position: number };
    if (!(await verifyBatch(services, place, charts, last, stop.abort))) return 'lost';
    if (stop.stopped() && !last) return 'stopped';
  }
  return 'done';
}

async function verifyBatch(
  services: VerifyServices,
  claim: Claim,
  charts: Charts,
  last: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const key: BatchKey = { ...claim.key, number: claim.position };
  const drafts = await readDrafts(services, key);
  const delivered = drafts ? await deliveredDrafts(services, key) : noOrdinals;
  const facts = await factsOf(services, key, drafts, delivered, charts);
  const readBacks = await readBack(services, key.target, drafts, delivered, facts, signal);
  const findings = [
    ...(drafts ? deliveryFindings(drafts, delivered, readBacks) : []),
    ...(drafts ? await danglingReferences(services, key.target, drafts, delivered, signal) : []),
    ...compareFacts(
      facts.batch,
      withoutMerged(readBacks, facts.batch.facts, charts),
      facts.declared,
      facts.elsewhere,
    ),
    ...lostNumbers(facts.merged, readBacks),
  ];
  const counts = countFindings(findings, delivered.size, facts);
  counts.uncoded = countUncoded(readBacks);
  const batch: BatchCommit = {
    key,
    attempt: uuid7(services.clock, services.random),
    fence: claim.fence,
    revision: services.revision,
    counts,
    parcels: [],
    exceptions: [],
    balance: [],
    last,
  };
  return commitBatchAlone(
    services.database,
    batch,
    findings.length > 0 ? (transaction) => insertFindings(transaction, key, findings) : undefined,
  );
}

/** The same slice in an earlier phase. */
function loaded(key: SliceKey, phase: 'extract' | 'map' | 'load'): SliceKey {
  const { run, stream } = key;
  const target = phase === 'load' ? key.target : '';
  return { run, phase, target, stream, slice: mappedSlice(key.slice) };
}

const noOrdinals: ReadonlySet<number> = new Set();

async function readDrafts(
  { parcels }: VerifyServices,
  key: BatchKey,
): Promise<PackedDrafts | undefined> {
  const items = await readLinkedDrafts(parcels, { ...key, ...loaded(key, 'map') });
  return items && unpackDrafts(items);
}

/** Ordinals of the drafts of a batch that the target has by now, settled ones included. */
async function deliveredDrafts(
  { database }: VerifyServices,
  key: BatchKey,
): Promise<ReadonlySet<number>> {
  const load: BatchKey = { ...key, ...loaded(key, 'load') };
  const page = await pageOf(database, load);
  const delivered = new Set<number>();
  for (const [at, state] of (page?.states ?? Buffer.alloc(0)).entries()) {
    if (isDelivered(state)) delivered.add(at);
  }
  for (const exception of await exceptionsOf(database, load)) {
    if (exception.resolution?.outcome === 'loaded') delivered.add(exception.ordinal);
  }
  for (const ordinal of await supersededOf(database, load)) delivered.delete(ordinal);
  return delivered;
}

interface BatchFacts {
  batch: FactBatch;
  declared: DeclaredFacts;
  /** Records whose facts were compared. */
  records: number;
  /** Resources whose facts are compared with another batch. */
  elsewhere: ReadonlySet<string>;
  /** Numbers of records that lead to another one's chart. */
  merged: readonly Fact[];
}

const noFacts: BatchFacts = {
  batch: { facts: [], absent: [], unreadable: [] },
  declared: new Map(),
  records: 0,
  elsewhere: new Set(),
  merged: [],
};

/**
 * Facts of the batch's records, without those of records and drafts that are held: they are accounted
 * for in quarantine. Facts of excluded records stay, so that a wrong exclusion shows; not of those that
 * are set aside for another record with their key.
 */
async function factsOf(
  services: VerifyServices,
  key: BatchKey,
  drafts: PackedDrafts | undefined,
  delivered: ReadonlySet<number>,
  charts: Charts,
): Promise<BatchFacts> {
  const facts = services.facts.get(key.stream);
  const items = await services.parcels.read({ ...key, ...loaded(key, 'extract') }, 'records');
  if (facts === undefined || items === undefined) return noFacts;
  const { header, items: packed } = splitHeader<RecordsHeader>(items);
  const records = { stream: key.stream, ...header, ...packed, cursor: '' };
  const extracted = { ...key, ...loaded(key, 'extract') };
  const related = await reached(services, facts, extracted, records);
  const stated = facts.read(records, related);
  const { batch: told, elsewhere: others } = facts.tells
    ? await takeFacts(services, key, stated, drafts?.ids ?? [], (ordinal) =>
        related.placeOf(ordinal),
      )
    : { batch: stated, elsewhere: noFacts.elsewhere };
  const { batch, merged } = leadFacts(told, charts);
  const mapped = await exceptionsOf(services.database, { ...key, ...loaded(key, 'map') });
  const quarantined = new Set(
    mapped.filter((one) => one.kind === 'quarantined').map((one) => one.ordinal),
  );
  // Of the resource with its id, another record tells, whatever became of this one.
  const fates = await repeatedFates(services, key, header.keys, (at) => related.placeOf(at));
  const setAside = new Set([...fates.keys()].filter((at) => fates.get(at)?.state === 'excluded'));
  const held = new Set(drafts?.ids.flatMap((id, at) => (delivered.has(at) ? [] : [id])));
  // What was taken back is compared where it is now.
  const elsewhere = await takenBackOf(services.database, key.run, extracted);
  const left = new Set([...quarantined, ...setAside, ...elsewhere]);
  const compared: FactBatch = {
    facts: batch.facts.filter((one) => !left.has(one.ordinal) && !held.has(one.id)),
    absent: batch.absent.filter((one) => !elsewhere.has(one.ordinal) && !setAside.has(one.ordinal)),
    unreadable: batch.unreadable.filter((one) => !left.has(one.ordinal)),
    ...(batch.within && { within: batch.within }),
  };
  return {
    batch: await withoutHeldHomes(services.database, key.run, key.target, compared),
    declared: facts.declared,
    records: header.keys.length - left.size,
    elsewhere: new Set([
      ...others,
      ...merged.map(({ type, id }) => `${type}/${id}`),
      // A record brings along a chart of which no record of this run tells.
      ...(drafts?.ids.flatMap((id, at) => {
        const brought = charts.mergedInto(id).some(({ former }) => former !== undefined);
        return brought ? [`${drafts.types[at]}/${id}`] : [];
      }) ?? []),
      // What the source says of them is said of the chart that replaces them.
      ...(drafts?.ids.flatMap((id) => (charts.isReplaced(id) ? [`Patient/${id}`] : [])) ?? []),
      // Of a chart that comes along others tell, or nobody in this run.
      ...(drafts?.ids.flatMap((id, at) =>
        charts.broughtBesideOf(id).map(({ chart }) => `${drafts.types[at]}/${chart}`),
      ) ?? []),
    ]),
    merged: merged.filter((one) => !left.has(one.ordinal)),
  };
}

/** What the records of a batch reach, for their facts. */
async function reached(
  services: VerifyServices,
  facts: StreamFacts,
  key: BatchKey,
  records: StagedBatch,
): Promise<Related> {
  const placeOf = placesOf(key, records);
  if (facts.joins.length === 0) return { placeOf, records: () => [] };
  const found = await relatedFinder(services, key.run)(facts.wanted(records));
  return { placeOf, records: (join, text) => found.get(joinName(join))?.get(text) };
}

/** Fetch every resource that a draft, a fact or an absence of the batch names. */
async function readBack(
  services: VerifyServices,
  target: string,
  drafts: PackedDrafts | undefined,
  delivered: ReadonlySet<number>,
  facts: BatchFacts,
  signal: AbortSignal,
): Promise<Map<string, ReadBack>> {
  const ids = new Map<string, TargetId>();
  const want = (type: string, id: string): void => {
    ids.set(`${type}/${id}`, { type, id });
  };
  for (const at of delivered) want(drafts?.types[at] as string, drafts?.ids[at] as string);
  const homes = homesOf(facts.batch);
  let last: TargetId | undefined;
  for (const fact of homes.size > 0 ? [] : facts.batch.facts) {
    if (fact.id !== last?.id || fact.type !== last.type) want(fact.type, fact.id);
    last = fact;
  }
  for (const { type, id } of homes.size > 0 ? [] : facts.batch.absent) want(type, id);
  for (const { type, id } of facts.merged) want(type, id);
  const reading = services.targets.get(target) as Target;
  const large = drafts ? await readApart(services, reading, drafts, delivered, signal) : [];
  for (const [name] of large) ids.delete(name);
  const stored = await reading.fetch([...ids.values()], 'body', signal);
  const whole = [...ids.keys()].map((name, at) => [name, new ReadBack(stored[at]!)] as const);
  const landed = await readFromDocuments(reading, homes, signal);
  return new Map([...whole, ...large, ...landed]);
}

/** Resources with large objects, of which no more are held at once than a batch has bytes. */
async function readApart(
  { limits }: VerifyServices,
  target: Target,
  drafts: PackedDrafts,
  delivered: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<[name: string, readBack: ReadBack][]> {
  const large = [...delivered].filter((at) => drafts.objects?.[at]?.length);
  const readBacks: [string, ReadBack][] = [];
  for (const group of byObjectBytes(drafts, large, limits.bytes)) {
    const ids = group.map((at): TargetId => ({ type: drafts.types[at]!, id: drafts.ids[at]! }));
    const stored = await target.fetch(ids, 'body', signal);
    for (const [index, at] of group.entries()) {
      const read = new ReadBack(stored[index]!);
      const name = `${drafts.types[at]}/${drafts.ids[at]}`;
      readBacks.push([name, objectsApart(itemAt(drafts.bodies, at), read)]);
    }
  }
  return readBacks;
}

function deliveryFindings(
  drafts: PackedDrafts,
  delivered: ReadonlySet<number>,
  readBacks: ReadonlyMap<string, ReadBack>,
): Finding[] {
  const findings: Finding[] = [];
  for (const at of delivered) {
    const type = drafts.types[at] as string;
    const id = drafts.ids[at] as string;
    const held = readBacks.get(`${type}/${id}`) as ReadBack;
    for (const difference of compareDelivery(itemAt(drafts.bodies, at), held)) {
      const ordinal = drafts.from[at]?.[0] ?? -1;
      findings.push({ verifier: 'delivery', ...difference, type, id, ordinal });
    }
  }
  return findings;
}

/**
 * Delivered drafts whose referent is not there: the target refused it after what refers to it had
 * been written, which only a circle of references makes possible; or it has been removed since.
 */
async function danglingReferences(
  { targets }: VerifyServices,
  name: string,
  drafts: PackedDrafts,
  delivered: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const referred = new Set([...delivered].flatMap((at) => drafts.references[at] ?? []));
  const present = await presentAt(targets.get(name) as Target, [...referred], signal);
  return [...delivered].flatMap((at) => {
    const missing = drafts.references[at]?.find((reference) => !present.has(reference));
    if (missing === undefined) return [];
    const [type, id] = [drafts.types[at] as string, drafts.ids[at] as string];
    const ordinal = drafts.from[at]?.[0] ?? -1;
    const path = missing.slice(0, missing.indexOf('/'));
    const what = { verifier: 'delivery', kind: 'missing', code: 'referent-missing' } as const;
    return [{ ...what, type, id, path, ordinal }];
  });
}

/**
 * Allergies and medications that are words alone, by the read-back: decision support cannot see them.
 * What was entered in error is for nobody to see.
 */
function countUncoded(readBacks: ReadonlyMap<string, ReadBack>): number {
  let uncoded = 0;
  for (const { stored, resource } of readBacks.values()) {
    const concept = codedBy[stored.type];
    if (concept !== undefined && resource && isUncoded(resource, concept)) uncoded++;
  }
  return uncoded;
}

function countFindings(
  findings: readonly Finding[],
  delivered: number,
  facts: BatchFacts,
): Record<string, number> {
  const counts: Record<string, number> = {
    compared: delivered,
    factRecords: facts.records,
    facts: facts.batch.facts.length,
    missing: 0,
    extra: 0,
    different: 0,
    unverifiable: 0,
  };
  for (const { kind } of findings) counts[kind] = (counts[kind] ?? 0) + 1;
  const touched = new Set(findings.map(({ type, id }) => `${type}/${id}`)).size;
  counts.verified = Math.max(0, delivered - touched);
  return counts;
}
