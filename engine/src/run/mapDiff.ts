import { encodeBase32 } from '../base/base32.ts';
import { HandoverError, exitCodes } from '../base/errors.ts';
import type { EntryPage } from '../ledger/entries.ts';
import { typeAt, unpackContributions } from '../ledger/entries.ts';
import { exceptionsOf } from '../ledger/exceptions.ts';
import { pageOf } from '../ledger/pages.ts';
import { supersededOf } from '../ledger/replays.ts';
import { slicesOf } from '../ledger/slices.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { FindRelated } from '../mapping/mapWhole.ts';
import type { CompiledMapping } from '../mapping/mapper.ts';
import { itemAt, type PackedItems } from '../staging/packedItems.ts';
import type { Database } from '../store/database.ts';
import { unpackDrafts } from './drafts.ts';
import { idAt, idToken } from './idToken.ts';
import { MapChanges, type MapDifference } from './mapChanges.ts';
import { mapAgain, prepareMappings } from './phases/map.ts';
import { placesOf, readStaged, relatedFinder, type RelatedServices } from './related.ts';

export interface MapDiffServices extends RelatedServices {
  /** The mappings as they are now. */
  mappings: ReadonlyMap<string, CompiledMapping>;
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
}

/**
 * What another mapping would make of the records that a run has kept: the drafts of every batch are
 * made again in memory and their digests held against the entries of the ledger; only what differs is
 * unpacked. A batch whose mapping digest is the same is not even opened. Nothing of the run changes; what
 * lookups of the new mapping need is prepared from the staged records, as the run itself would.
 * @throws HandoverError `run-unmapped` (exit 2) for a run that has mapped nothing yet.
 */
export async function diffMappings(
  services: MapDiffServices,
  run: string,
  { stream: only, examples, progress, stopped }: MapDiffOptions,
): Promise<MapDifference[]> {
  const find = relatedFinder(services, run);
  const changes = new Map<string, MapChanges>();
  const slices = await slicesOf(services.database, run, 'map');
  if (slices.length === 0) throw unmapped();
  await prepareMappings(services, run);
  for (const { key, position } of slices) {
    if (only !== undefined && key.stream !== only) continue;
    const own = changes.get(key.stream) ?? new MapChanges(key.stream, examples);
    changes.set(key.stream, own);
    for (let number = 0; number < position; number++) {
      if (stopped?.()) return [...changes.values()].map((one) => one.result(false));
      await diffBatch(services, find, { ...key, number }, own);
      progress?.(key.stream, own.records);
    }
  }
  return [...changes.values()].map((one) => one.result(true));
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
  const before = await pageOf(services.database, key);
  const mapping = services.mappings.get(key.stream);
  const retired = before && (await retiredIn(services.database, key, before));
  if (before?.mappingDigest !== undefined && before.mappingDigest === mapping?.digest) {
    changes.same(before.count - (retired?.drafts.size ?? 0));
    return;
  }
  const records = await readStaged(services.parcels, key);
  if (records === undefined) return;
  const former = new FormerDrafts(services, key, before, retired?.drafts);
  changes.records += records.keys.length;
  if (mapping !== undefined) {
    const placeOf = placesOf(key, records);
    const mapped = await mapAgain(services, key, mapping, records, { find, placeOf });
    for (const [at, { type, id, from }] of mapped.drafts.entries()) {
      if (from.some((ordinal) => retired?.records.has(ordinal))) continue;
      const body = itemAt(mapped.bodies, at);
      const old = former.take(type, id);
      if (old === undefined) changes.appears(type, id, body);
      else if (former.isSame(old, services.key.digest(body))) changes.same(1);
      else changes.changes(type, id, await former.body(old), body, former.subject(old));
    }
  }
  for (const old of former.left()) {
    changes.vanishes(former.type(old), former.id(old), former.subject(old));
  }
}

/** What a replay has taken out of a batch: it is looked at where it was mapped again. */
async function retiredIn(
  database: Database,
  key: BatchKey,
  page: EntryPage,
): Promise<{ drafts: ReadonlySet<number>; records: ReadonlySet<number> }> {
  const drafts = new Set(await supersededOf(database, key));
  const held = await exceptionsOf(database, key);
  const replayed = held.filter(({ resolution }) => resolution?.outcome === 'replayed');
  const records = new Set(replayed.map(({ ordinal }) => ordinal));
  const from = drafts.size === 0 ? [] : unpackContributions(page.contributions);
  for (const at of drafts) for (const ordinal of from[at] ?? []) records.add(ordinal);
  return { drafts, records };
}

/** The drafts that a batch has in the ledger; their bodies are unpacked when first asked for. */
class FormerDrafts {
  readonly #services: MapDiffServices;
  readonly #key: BatchKey;
  readonly #page: EntryPage | undefined;
  readonly #places = new Map<string, number>();
  #bodies: PackedItems | undefined;

  constructor(
    services: MapDiffServices,
    key: BatchKey,
    page: EntryPage | undefined,
    gone: ReadonlySet<number> | undefined,
  ) {
    this.#services = services;
    this.#key = key;
    this.#page = page;
    for (let at = 0; at < (page?.count ?? 0); at++) {
      if (!gone?.has(at)) this.#places.set(this.#name(at), at);
    }
  }

  /** The place of this draft, once. */
  take(type: string, id: string): number | undefined {
    const name = `${type} ${idToken(id).toString('latin1')}`;
    const at = this.#places.get(name);
    if (at !== undefined) this.#places.delete(name);
    return at;
  }

  left(): Iterable<number> {
    return this.#places.values();
  }

  type(at: number): string {
    return typeAt(this.#page as EntryPage, at);
  }

  id(at: number): string {
    return idAt((this.#page as EntryPage).tokens, at);
  }

  isSame(at: number, digest: Buffer): boolean {
    return digest.equals((this.#page as EntryPage).digests.subarray(at * 32, at * 32 + 32));
  }

  /** Stable id of the patient it is about; undefined: about none. */
  subject(at: number): string | undefined {
    const token = (this.#page as EntryPage).subjects.subarray(at * 16, at * 16 + 16);
    return token.some((byte) => byte !== 0) ? encodeBase32(token) : undefined;
  }

  async body(at: number): Promise<Buffer> {
    this.#bodies ??= await this.#unpack();
    return itemAt(this.#bodies, at);
  }

  async #unpack(): Promise<PackedItems> {
    const items = await this.#services.parcels.read(this.#key, 'drafts');
    if (items === undefined) throw new RangeError('a batch with drafts has no parcel of them');
    return unpackDrafts(items).bodies;
  }

  #name(at: number): string {
    const { tokens } = this.#page as EntryPage;
    return `${this.type(at)} ${tokens.toString('latin1', at * 16, at * 16 + 16)}`;
  }
}
