import { HandoverError, exitCodes } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import { parcelOf, type ParcelRow } from '../ledger/batches.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { BlobStore } from '../staging/blobStore.ts';
import type { PackedItems } from '../staging/packedItems.ts';
import { openParcel, sealParcel, type ParcelManifest } from '../staging/parcel.ts';
import { parcelName } from '../staging/parcelName.ts';
import type { Queries } from '../store/session.ts';

/** Keeps and reads parcels: blob, data key and manifest together. */
export interface Parcels {
  /**
   * Seal items and store them under the name of batch and attempt. The row returned must be
   * committed with the batch; until then the parcel is an orphan that nobody can read.
   */
  keep(
    key: BatchKey,
    attempt: string,
    role: ParcelRow['role'],
    items: PackedItems,
  ): Promise<ParcelRow>;
  /** Open the parcel of one role that a batch committed; undefined if it has none. */
  read(key: BatchKey, role: ParcelRow['role']): Promise<PackedItems | undefined>;
}

export function createParcels(services: {
  queries: Queries;
  blobs: BlobStore;
  key: ProjectKey;
  random: Random;
}): Parcels {
  const { queries, blobs, key: projectKey, random } = services;
  return {
    async keep(key, attempt, role, items) {
      const name = nameOf(key, attempt, role);
      const sealed = sealParcel(items, random);
      await blobs.put(name, sealed.bytes);
      const wrappedKey = projectKey.wrapDataKey(sealed.dataKey, name);
      const digest = sealed.manifest.digest.toString('hex');
      return { role, name, wrappedKey, manifest: { ...sealed.manifest, digest } };
    },
    async read(key, role) {
      const row = await parcelOf(queries, key, role);
      if (row === undefined) return undefined;
      if (row.wrappedKey.length === 0) throw parcelErased();
      const bytes = await blobs.get(row.name);
      if (bytes === undefined) throw parcelMissing();
      const dataKey = projectKey.unwrapDataKey(row.wrappedKey, row.name);
      return openParcel(bytes, dataKey, manifestOf(row));
    },
  };
}

function nameOf(key: BatchKey, attempt: string, role: ParcelRow['role']): string {
  const phase = key.target === '' ? key.phase : `${key.phase}.${key.target}`;
  const { run, stream, slice, number: batch } = key;
  return parcelName({ run, phase, stream, slice, batch, attempt: `${attempt}.${role}` });
}

/** The ledger keeps a manifest as JSON, its digest in hex. */
function manifestOf(row: ParcelRow): ParcelManifest {
  const manifest = row.manifest as Omit<ParcelManifest, 'digest'> & { digest: string };
  return { ...manifest, digest: Buffer.from(manifest.digest, 'hex') };
}

function parcelErased(): HandoverError {
  return new HandoverError('parcel-erased', 'The working copies of the run were erased.', {
    exitCode: exitCodes.gateNotMet,
    next: 'See `handover erasure list`. To read the source again, begin a new run: handover run',
  });
}

function parcelMissing(): HandoverError {
  return new HandoverError('parcel-missing', 'A parcel that the ledger names is not there.', {
    exitCode: exitCodes.integrityBroken,
    next: 'Restore the blob store from its backup, then resume the run.',
  });
}
