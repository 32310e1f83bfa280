import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { sha256 } from '../base/digest.ts';
import { exitCodes, HandoverError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { PackedItems } from './packedItems.ts';
import { decodeLengths, encodeLengths, itemCount } from './packedItems.ts';
import { openFrames, sealedLength, sealFrames } from './sealedFrames.ts';

/** What the row that commits a batch says of its parcel; with the wrapped data key it opens it. */
export interface ParcelManifest {
  items: number;
  /** Bytes of all items together, before compression. */
  contentBytes: number;
  sealedBytes: number;
  /** SHA-256 of the sealed bytes: tells nothing of the content, so it needs no key. 32 bytes. */
  digest: Buffer;
}

export interface SealedParcel {
  bytes: Buffer;
  manifest: ParcelManifest;
  /** 32 random bytes, of this parcel alone. To destroy it is to erase the parcel. */
  dataKey: Buffer;
}

/** Format 1: this mark, then the frames of the body. */
const mark = Buffer.from('HOP1');
const fast = { [constants.ZSTD_c_compressionLevel]: 1 };

/**
 * Seal the items of a batch. The body is: u32le length of the first of two zstd streams; the items'
 * lengths (u32le each) as one; the items' bytes as the other, compressed whole (cutting them into
 * streams of 1 MiB was measured: slower, and no smaller to hold).
 */
export function sealParcel(packed: PackedItems, random: Random): SealedParcel {
  const content = trimmed(packed);
  const lengths = zstdCompressSync(encodeLengths(content), { params: fast });
  const items = zstdCompressSync(content.bytes, { params: fast });
  const head = Buffer.allocUnsafe(4);
  head.writeUInt32LE(lengths.length);
  const body = Buffer.concat([head, lengths, items]);
  const dataKey = random.bytes(32);
  const bytes = Buffer.allocUnsafe(mark.length + sealedLength(body.length));
  mark.copy(bytes);
  sealFrames(body, dataKey, bytes, mark.length);
  const manifest = {
    items: itemCount(content),
    contentBytes: content.bytes.length,
    sealedBytes: bytes.length,
    digest: sha256(bytes),
  };
  return { bytes, manifest, dataKey };
}

/** The items' own bytes, when they stand in a larger buffer. */
function trimmed({ bytes, offsets }: PackedItems): PackedItems {
  const end = offsets.at(-1) ?? 0;
  if (end > bytes.length) throw new RangeError('items end after their buffer');
  return { bytes: bytes.subarray(offsets[0] ?? 0, end), offsets };
}

/**
 * Open a parcel; nothing of it is released before all of it is known to be what was sealed.
 * @throws HandoverError `parcel-broken`, exit code 8.
 */
export function openParcel(
  bytes: Buffer,
  dataKey: Uint8Array,
  manifest: ParcelManifest,
): PackedItems {
  if (bytes.length !== manifest.sealedBytes || !bytes.subarray(0, mark.length).equals(mark)) {
    throw parcelBroken();
  }
  if (!sha256(bytes).equals(manifest.digest)) throw parcelBroken();
  const body = openFrames(bytes.subarray(mark.length), dataKey);
  const content = body && unpackBody(body, manifest);
  if (content === undefined) throw parcelBroken();
  return content;
}

function unpackBody(body: Buffer, manifest: ParcelManifest): PackedItems | undefined {
  if (body.length < 4) return undefined;
  const lengthsEnd = 4 + body.readUInt32LE();
  const lengths = inflate(body.subarray(4, lengthsEnd), manifest.items * 4);
  const bytes = inflate(body.subarray(lengthsEnd), manifest.contentBytes);
  const offsets = lengths && bytes && decodeLengths(lengths, bytes.length);
  return bytes && offsets && { bytes, offsets };
}

/** @returns `undefined` unless exactly `expected` bytes come out; never more are made. */
function inflate(compressed: Buffer, expected: number): Buffer | undefined {
  const room = Math.max(64, expected);
  try {
    const bytes = zstdDecompressSync(compressed, { maxOutputLength: room, chunkSize: room });
    return bytes.length === expected ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function parcelBroken(): HandoverError {
  return new HandoverError(
    'parcel-broken',
    'a parcel is not the one that was sealed for its batch: altered, cut, or of another key',
    {
      next: 'Nothing was read from it. Restore the parcel from a backup, or read its slice again.',
      exitCode: exitCodes.integrityBroken,
    },
  );
}
