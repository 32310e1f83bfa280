import { HandoverError, exitCodes } from '../base/errors.ts';
import { pageOf } from '../ledger/pages.ts';
import { supersededOf } from '../ledger/replays.ts';
import { erasedPersons } from '../ledger/erasedPersons.ts';
import { slicesOf } from '../ledger/slices.ts';
import { takenBackOf } from '../ledger/takenBack.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { FindRelated } from '../mapping/mapWhole.ts';
import type { CompiledMapping } from '../mapping/mapper.ts';
import { itemAt, type PackedItems } from '../staging/packedItems.ts';
import type { Database } from '../store/database.ts';
import { unpackDrafts } from './drafts.ts';
import { withoutErased } from './erasedPersons.ts';
import { FormerDrafts } from './formerDrafts.ts';
import { idToken } from './idToken.ts';
import { MapChanges, type MapDifference } from './mapChanges.ts';
import type { Parcels } from './parcels.ts';
import { mapAgain, prepareMappings } from './phases/map.ts';
import { placesOf, readStaged, relatedFinder, type RelatedServices } from './related.ts';

export interface MapDiffServices extends RelatedServices {
  /** The mappings as they are now. */
  mappings: ReadonlyMap<string, CompiledMapping>;
}

/** Every `of`th batch, beginning with the one at `index`. */
export interface DiffShare {
  index: number;
  of: number;
}

export interface MapDiffOptions {
  /** Only this stream. */
  stream?: string;
  /** Examples kept for each element and each kind of change. */
  examples: number;
  /** Told after each batch: records looked at so far. */
  progress?: (stream: string, records: number) => void;
  /** Asked between two batches. */
  stopped?: () => boolean;
  /** Only these batches, where several threads share the work; all of them unless told. */
  share?: DiffShare;
}

/**
 * What another mapping would make of the records that a run has kept: the drafts of every batch are
 * made again in memory and their digests held against the entries of the ledger; only what differs is
 * unpacked. A batch whose mapping digest is the same is not even opened. Nothing of the run changes; what
 * lookups of the new mapping need is prepared from the staged records, as the run itself would.
 * @throws HandoverError `run-unmapped` (exit 2) for a run that has mapped nothing yet.
 */
export async function diffMappings(
  given: MapDiffServices,
  run: string,
  { stream: only, examples, progress, stopped, share = everything }: MapDiffOptions,
): Promise<MapDifference[]> {
  // Nothing is made of somebody who was erased, not even to compare it.
  const { mappings } = withoutErased(
    { mappings: given.mappings, facts: new Map() },
    await erasedPersons(given.database),
    given.key,
  );
  const services = { ...given, mappings };
  const find = relatedFinder(services, run);
  const changes = new Map<string, MapChanges>();
  const slices = await slicesOf(services.database, run, 'map');
  if (slices.length === 0) throw unmapped();
  await prepareMappings(services, run);
  let batch = 0;
  for (const { key, position } of slices) {
    if (only !== undefined && key.stream !== only) continue;
    const own = changes.get(key.stream) ?? new MapChanges(key.stream, examples);
    changes.set(key.stream, own);
    for (let number = 0; number < position; number++) {
      if (batch++ % share.of !== share.index) continue;
      if (stopped?.()) return [...changes.values()].map((one) => one.result(false));
      await diffBatch(services, find, { ...key, number }, own);
      progress?.(key.stream, own.records);
    }
  }
  return [...changes.values()].map((one) => one.result(true));
}

const everything: DiffShare = { index: 0, of: 1 };

/** Batches of a run that another mapping than the one that made them would map now. */
export async function batchesToMapAgain(
  database: Database,
  run: string,
  mappings: ReadonlyMap<string, CompiledMapping>,
  only?: string,
): Promise<number> {
  const { rows } = await database.query<{ stream: string; digest: string; batches: string }>(
    `select stream, mapping_digest as digest, count(*) as batches from handover.entry
      where run = $1 and phase = 'map' group by 1, 2`,
    [run],
  );
  return rows
    .filter(({ stream, digest }) => mappings.get(stream)?.digest !== digest)
    .filter(({ stream }) => only === undefined || stream === only)
    .reduce((sum, { batches }) => sum + Number(batches), 0);
}

function unmapped(): HandoverError {
  return new HandoverError('run-unmapped', 'The run has not mapped anything yet.', {
    exitCode: exitCodes.usage,
    next: 'Bring it on with `handover resume`, or name another one with --run.',
  });
}

async function diffBatch(
  services: MapDiffServices,
  find: FindRelated,
  key: BatchKey,
  changes: MapChanges,
): Promise<void> {
  const { database, parcels } = services;
  const page = await pageOf(database, key);
  const gone = new Set(page ? await supersededOf(database, key) : []);
  const mapping = services.mappings.get(key.stream);
  if (page?.mappingDigest !== undefined && page.mappingDigest === mapping?.digest) {
    changes.same(page.count - gone.size);
    return;
  }
  const records = await readStaged(parcels, key);
  if (records === undefined) return;
  const taken = await takenBackOf(database, key.run, key);
  const former = new FormerDrafts(page, gone);
  changes.records += records.keys.length - taken.size;
  if (mapping !== undefined) {
    const placeOf = placesOf(key, records);
    const mapped = await mapAgain(services, key, mapping, records, { find, placeOf });
    const bodies = new FormerBodies(parcels, key);
    for (const [at, { type, id, from }] of mapped.drafts.entries()) {
      // It is looked at where it was mapped again.
      if (from.some((ordinal) => taken.has(ordinal))) continue;
      const body = itemAt(mapped.bodies, at);
      const old = former.take(type, idToken(id));
      if (old === undefined) changes.appears(type, id, body);
      else if (former.isSame(old, services.key.digest(body))) changes.same(1);
      else changes.changes(type, id, await bodies.at(old), body, former.subject(old));
    }
  }
  for (const old of former.left()) {
    changes.vanishes(former.type(old), former.id(old), former.subject(old));
  }
}

/** Unpacks the drafts of a batch when the first body is asked for. */
class FormerBodies {
  readonly #parcels: Parcels;
  readonly #key: BatchKey;
  #bodies: PackedItems | undefined;

  constructor(parcels: Parcels, key: BatchKey) {
    this.#parcels = parcels;
    this.#key = key;
  }

  async at(at: number): Promise<Buffer> {
    this.#bodies ??= await this.#unpack();
    return itemAt(this.#bodies, at);
  }

  async #unpack(): Promise<PackedItems> {
    const items = await this.#parcels.read(this.#key, 'drafts');
    if (items === undefined) throw new RangeError('a batch with drafts has no parcel of them');
    return unpackDrafts(items).bodies;
  }
}
