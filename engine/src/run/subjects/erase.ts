import { uuid7 } from '../../base/id.ts';
import { committedParcelsOf, replaceParcel, type ParcelRow } from '../../ledger/batches.ts';
import { joinedBatchesAt, joinedIn, replaceJoined } from '../../ledger/joined.ts';
import { replaceKept } from '../../ledger/linkageRounds.ts';
import { dropMapped } from '../../ledger/mappedParcels.ts';
import { forgetTellings } from '../../ledger/tellings.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import { pageOf } from '../../ledger/pages.ts';
import type { BlobStore } from '../../staging/blobStore.ts';
import { parcelsOfRun } from '../../staging/parcelName.ts';
import type { Database } from '../../store/database.ts';
import { idToken } from '../idToken.ts';
import { erasedRows } from '../linkage/chartedRows.ts';
import type { ObjectIndex } from '../objects.ts';
import type { Parcels } from '../parcels.ts';
import type { Attempts } from '../phases/work.ts';
import { withoutJoined } from '../related.ts';
import { subjectPlaces, type SubjectPlaces } from './places.ts';
import {
  objectRanges,
  withoutBytes,
  withoutDrafts,
  withoutImages,
  withoutRecords,
  type Rewritten,
} from './rewrite.ts';

export interface EraseServices extends Attempts {
  database: Database;
  parcels: Parcels;
  blobs: BlobStore;
  key: ProjectKey;
}

/** What was erased of a person in one run. */
export interface ErasedOfSubject {
  run: string;
  /** Source items and drafts that hold no byte any more. */
  records: number;
  drafts: number;
  /** Of others as well, so they stay. */
  shared: number;
  /** Parcels that were sealed again without them, under new data keys. */
  parcels: number;
  /** Former parcels that are gone, by name. */
  former: string[];
  /** Groups of rows that were made ready to be reached by others, sealed again under new data keys. */
  joined: number;
  tellings: number;
  /** Records that a chart kept something of, and charts that came along with records. */
  charted: number;
  /** `Type/id` of what was made of the person. */
  resources: string[];
}

/**
 * Erase what a run keeps of a person: every parcel that holds something of them is sealed again without
 * it under a new data key, and the former key and parcel are destroyed. Tokens, counts and digests stay,
 * so that ledger and certificate add up. Done again after a crash it goes on where it was.
 */
export async function eraseSubject(
  services: EraseServices,
  run: string,
  subjects: readonly Buffer[],
): Promise<ErasedOfSubject> {
  const { database, parcels, key } = services;
  const places = await subjectPlaces({ queries: database, parcels }, run, subjects);
  const erasing = new Erasing(services, run, places);
  await erasing.run();
  await erasing.removeUnnamed();
  const charted = await database.transaction((transaction) =>
    replaceKept(transaction, run, subjects, erasedRows(key, run)),
  );
  return {
    run,
    records: places.records.count,
    drafts: places.drafts.count,
    shared: places.shared.count,
    parcels: erasing.former.length,
    former: erasing.former,
    joined: erasing.joined,
    tellings: erasing.tellings,
    charted,
    resources: [...places.resources].toSorted(),
  };
}

class Erasing {
  readonly former: string[] = [];
  joined = 0;
  tellings = 0;
  readonly #services: EraseServices;
  readonly #run: string;
  readonly #places: SubjectPlaces;

  constructor(services: EraseServices, run: string, places: SubjectPlaces) {
    this.#services = services;
    this.#run = run;
    this.#places = places;
  }

  async run(): Promise<void> {
    await this.#forget();
    for (const { key, ordinals } of this.#places.records.batches()) {
      await this.#reseal(key, 'records', (items) => withoutRecords(items, ordinals));
      await this.#objects(key, ordinals);
      await this.#mapped(key);
      await this.#joinedRows(key, ordinals);
    }
    const isGone = (resource: string): boolean => this.#places.resources.has(resource);
    const { database } = this.#services;
    // Drafts last: by them the rest is found again, should this break off.
    const rest = (await committedParcelsOf(database, this.#run)).toSorted(byRole);
    for (const { key, role } of rest) {
      if (role === 'drafts' || role === 'waiting') {
        await this.#reseal(key, role, (items) => withoutDrafts(items, role, isGone));
      } else if (role === 'before') {
        await this.#reseal(key, role, (items) => withoutImages(items, isGone));
      }
    }
  }

  /**
   * What no batch names: a former parcel that was replaced, or a new one that was not entered, when an
   * earlier attempt broke off. The run is closed, so nobody is about to name one.
   */
  async removeUnnamed(): Promise<void> {
    const { database, blobs } = this.#services;
    const committed = await committedParcelsOf(database, this.#run);
    const named = new Set(committed.map(({ name }) => name));
    const unnamed: string[] = [];
    for await (const { name } of blobs.list(parcelsOfRun(this.#run))) {
      if (!named.has(name)) unnamed.push(name);
    }
    for (const name of unnamed) await blobs.remove(name);
    this.former.push(...unnamed);
  }

  async #reseal(
    key: BatchKey,
    role: ParcelRow['role'],
    without: (items: Awaited<ReturnType<Parcels['read']>> & object) => Rewritten,
  ): Promise<void> {
    const { database, parcels, blobs, clock, random } = this.#services;
    const items = await parcels.read(key, role);
    const left = items && without(items);
    if (left === undefined) return;
    const former = (await committedParcelsOf(database, this.#run, key)).find(
      (one) => one.role === role,
    );
    const parcel = await parcels.keep(key, uuid7(clock, random), role, left);
    await database.transaction((transaction) => replaceParcel(transaction, key, parcel));
    if (former === undefined) return;
    await blobs.remove(former.name);
    this.former.push(former.name);
  }

  async #objects(key: BatchKey, ordinals: readonly number[]): Promise<void> {
    const index = await this.#services.parcels.read(key, 'objects');
    if (index === undefined) return;
    const ranges = objectRanges(JSON.parse(index.bytes.toString('utf8')) as ObjectIndex, ordinals);
    for (const [role, some] of ranges) {
      await this.#reseal(key, role, (items) => withoutBytes(items, some));
    }
  }

  /** What was mapped and not yet taken into drafts, of a run that ended before: the run is closed. */
  async #mapped(key: BatchKey): Promise<void> {
    const { database, blobs } = this.#services;
    const parcels = await committedParcelsOf(database, this.#run, key);
    const kept = parcels.find(({ role }) => role === 'mapped');
    if (kept === undefined) return;
    await database.transaction((transaction) => dropMapped(transaction, key));
    await blobs.remove(kept.name);
    this.former.push(kept.name);
  }

  async #joinedRows(key: BatchKey, ordinals: readonly number[]): Promise<void> {
    const { database, key: project, random } = this.#services;
    for (const batch of await joinedBatchesAt(database, key)) {
      const rows = await joinedIn(database, batch);
      const left = withoutJoined({ key: project, random }, batch, rows, new Set(ordinals));
      if (left === undefined) continue;
      await database.transaction((transaction) => replaceJoined(transaction, left));
      this.joined++;
    }
  }

  /** What was told of the person's resources, and of records that came twice. */
  async #forget(): Promise<void> {
    const { database } = this.#services;
    const tokens = [...this.#places.resources].map((name) =>
      idToken(name.slice(name.indexOf('/') + 1)),
    );
    for (const { key, ordinals } of this.#places.records.batches()) {
      const page = await pageOf(database, key);
      for (const at of page === undefined ? [] : ordinals) {
        tokens.push(Buffer.from(page!.tokens.subarray(at * 16, at * 16 + 16)));
      }
    }
    this.tellings = await database.transaction((transaction) =>
      forgetTellings(transaction, this.#run, tokens),
    );
  }
}

function byRole({ role: one }: ParcelRow, { role: other }: ParcelRow): number {
  return Number(one === 'drafts') - Number(other === 'drafts');
}
