import type { ProjectKey } from '../keys/projectKey.ts';
import { unpackContributions } from '../ledger/entries.ts';
import { exceptionsOf, listExceptions, type Exception } from '../ledger/exceptions.ts';
import { pageOf } from '../ledger/pages.ts';
import { supersededOf } from '../ledger/replays.ts';
import { takenBackOf } from '../ledger/takenBack.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { FindRelated } from '../mapping/mapWhole.ts';
import type { CompiledMapping, PackedMappedBatch } from '../mapping/mapper.ts';
import { itemAt } from '../staging/packedItems.ts';
import type { Database } from '../store/database.ts';
import { unpackDrafts } from './drafts.ts';
import { followParents } from './foldOutcomes.ts';
import { FormerDrafts } from './formerDrafts.ts';
import { idToken } from './idToken.ts';
import type { Parcels } from './parcels.ts';
import { errorPaths, mapAgain } from './phases/map.ts';
import { placesOf, readStaged, type StagedBatch } from './related.ts';
import type { Router } from './routes.ts';

export interface RemapChangesServices {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  route: Router;
  routesDiffer: boolean;
}

/** Records of a batch that a mapping makes something else of than what stands. */
export interface ChangedRecords {
  ordinals: Set<number>;
  fates: Fates;
  records: StagedBatch;
  mapped: PackedMappedBatch;
}

export interface ChangedOptions {
  find: FindRelated;
  /** The round of the re-map: what it has taken back itself still counts as standing. */
  round: number;
  /** Map the batch even if the mapping is the same that made it. */
  again: boolean;
}

/**
 * Map a batch of staged records again, in memory, and hold what becomes of each record, and the
 * digest of each draft, against what stands of the batch in the ledger. Undefined: nothing can have
 * changed.
 */
export async function changedRecords(
  services: RemapChangesServices,
  key: BatchKey,
  mapping: CompiledMapping,
  { find, round, again }: ChangedOptions,
): Promise<ChangedRecords | undefined> {
  const { database, parcels } = services;
  const page = await pageOf(database, key);
  if (!again && page?.mappingDigest === mapping.digest) return undefined;
  const records = await readStaged(parcels, key);
  if (records === undefined) return undefined;
  const placeOf = placesOf(key, records);
  const own = await mapAgain(services, key, mapping, records, { find, placeOf });
  const mapped =
    mapping.foldedInto === undefined
      ? own
      : await followParents(database, key.run, key.stream, own, placeOf, round);
  const taken = await takenBackOf(database, key.run, key);
  const fates = new Fates(mapped, await exceptionsOf(database, key), taken);
  const former = new FormerDrafts(page, new Set(page ? await supersededOf(database, key) : []));
  const ordinals = fates.allChanged();
  const changed = (from: readonly number[]): void => {
    for (const ordinal of from) if (!taken.has(ordinal)) ordinals.add(ordinal);
  };
  const rerouted = await reroutedDrafts(services, key, mapped);
  for (const [at, { type, id, from }] of mapped.drafts.entries()) {
    if (from.some((ordinal) => taken.has(ordinal))) continue;
    const old = former.take(type, idToken(id));
    const digest = services.key.digest(itemAt(mapped.bodies, at));
    if (old === undefined || !former.isSame(old, digest) || rerouted(old, at)) changed(from);
  }
  const left = former.left();
  const contributions = page && left.length > 0 ? unpackContributions(page.contributions) : [];
  for (const old of left) changed(contributions[old] ?? []);
  return { ordinals, fates, records, mapped };
}

/** Whether a draft that stands is meant for other targets now. */
async function reroutedDrafts(
  { parcels, route, routesDiffer }: RemapChangesServices,
  key: BatchKey,
  { drafts }: PackedMappedBatch,
): Promise<(old: number, at: number) => boolean> {
  if (!routesDiffer) return () => false;
  const items = await parcels.read(key, 'drafts');
  const before = items && unpackDrafts(items).targets;
  const now = route(drafts);
  return (old, at) => (before?.[old] ?? everywhere).join() !== (now?.[at] ?? everywhere).join();
}

/** Stands for every target, and for no name of one. */
const everywhere: readonly string[] = ['*'];

/** What became of the records of a batch, and what would become of them now. */
class Fates {
  readonly #mapped: PackedMappedBatch;
  readonly #former: ReadonlyMap<number, Exception>;
  readonly #taken: ReadonlySet<number>;
  readonly #paths: ReadonlyMap<number, string>;

  constructor(
    mapped: PackedMappedBatch,
    exceptions: readonly Exception[],
    taken: ReadonlySet<number>,
  ) {
    this.#mapped = mapped;
    this.#former = new Map(exceptions.map((one) => [one.ordinal, one]));
    this.#taken = taken;
    this.#paths = errorPaths(mapped);
  }

  /** Whether the record still stands in this batch. */
  standing(ordinal: number): boolean {
    return !this.#taken.has(ordinal);
  }

  /** Whether it is held, excluded or mapped otherwise than before, or for another reason. */
  changed(ordinal: number): boolean {
    const now = this.#mapped.outcomes[ordinal];
    const before = this.#former.get(ordinal);
    if (now === undefined || now.state === 'mapped') return before !== undefined;
    const path = this.#paths.get(ordinal) ?? '';
    return (
      before === undefined ||
      before.kind !== now.state ||
      before.code !== now.reason ||
      before.path !== path
    );
  }

  allChanged(): Set<number> {
    const { outcomes } = this.#mapped;
    return new Set(
      [...outcomes.keys()].filter((ordinal) => this.standing(ordinal) && this.changed(ordinal)),
    );
  }
}

/** Why `load` held a draft that may pass now, though the mapping makes the same of it. */
const mayPassNow: ReadonlySet<string> = new Set([
  'reference-unresolved',
  'label-not-held',
  'restriction-not-enforced',
  'jurisdiction-not-allowed',
]);

/**
 * Records behind drafts that are held because a referent is not at the target, or because the target
 * could not guard them, by batch of their slice: what is mapped now may be what they refer to, and the
 * plan may say otherwise of the target.
 */
export async function unresolvedRecords(
  database: Database,
  { run, stream, slice }: BatchKey,
): Promise<ReadonlyMap<number, readonly number[]>> {
  const held = await listExceptions(database, run, {
    phase: 'load',
    kind: 'quarantined',
    stream,
    standing: true,
  });
  const own = held.filter(({ key, code }) => key.slice === slice && mayPassNow.has(code));
  const found = new Map<number, number[]>();
  for (const [number, some] of Map.groupBy(own, ({ key }) => key.number)) {
    const key: BatchKey = { run, phase: 'map', target: '', stream, slice, number };
    const page = await pageOf(database, key);
    const from = page ? unpackContributions(page.contributions) : [];
    found.set(number, [...new Set(some.flatMap(({ ordinal }) => from[ordinal] ?? []))]);
  }
  return found;
}
