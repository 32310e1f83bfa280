import type { ParcelRow } from '../../ledger/batches.ts';
import { itemAt, itemCount, packItems, type PackedItems } from '../../staging/packedItems.ts';
import { unpackDrafts, unpackSome, type DraftColumns } from '../drafts.ts';
import type { ObjectIndex } from '../objects.ts';
import { splitHeader, withHeader } from '../packed.ts';
import type { RecordsHeader } from '../phases/recordEntries.ts';
import type { BeforeHeader } from '../phases/writeDrafts.ts';

/** A parcel's items without those that are erased; undefined: it holds none of them, or no more. */
export type Rewritten = PackedItems | undefined;

/** Records of a batch without the bytes and source keys of some. */
export function withoutRecords(items: PackedItems, ordinals: readonly number[]): Rewritten {
  const { header, items: records } = splitHeader<RecordsHeader>(items);
  const gone = new Set(ordinals);
  const left = emptied(records, (at) => gone.has(at));
  if (left === undefined) return undefined;
  const keys = header.keys.map((key, at) => (gone.has(at) ? '' : key));
  return withHeader({ ...header, keys }, left);
}

/** Drafts of a batch, or those of it that waited, without the bodies of some; their tokens stay. */
export function withoutDrafts(
  items: PackedItems,
  role: 'drafts' | 'waiting',
  isGone: (resource: string) => boolean,
): Rewritten {
  const drafts = role === 'waiting' ? unpackSome(items) : unpackDrafts(items);
  const left = emptied(drafts.bodies, (at) => isGone(nameOf(drafts, at)));
  if (left === undefined) return undefined;
  const { bodies: _, ...columns } = drafts;
  return withHeader(columns, left);
}

function nameOf({ types, ids }: DraftColumns, at: number): string {
  return `${types[at]}/${ids[at]}`;
}

/** Before-images without the bodies of some. */
export function withoutImages(
  items: PackedItems,
  isGone: (resource: string) => boolean,
): Rewritten {
  const { header, items: bodies } = splitHeader<BeforeHeader>(items);
  const left = emptied(bodies, (at) => {
    const image = header.images[at];
    return image !== undefined && isGone(`${image.type}/${image.id}`);
  });
  return left && withHeader(header, left);
}

/** The bytes of some objects of a batch, by the role of the parcel they stand in: from and to. */
export function objectRanges(
  { objects, pieces }: ObjectIndex,
  ordinals: readonly number[],
): Map<ParcelRow['role'], [from: number, to: number][]> {
  const gone = new Set(ordinals);
  const ranges = new Map<ParcelRow['role'], [number, number][]>();
  for (const [ordinal, start, bytes] of objects) {
    if (!gone.has(ordinal)) continue;
    let from = 0;
    for (const [at, length] of pieces.entries()) {
      const [first, last] = [Math.max(start, from), Math.min(start + bytes, from + length)];
      if (first < last) {
        const role = `objects.${at + 1}` as const;
        ranges.set(role, [...(ranges.get(role) ?? []), [first - from, last - from]]);
      }
      from += length;
    }
  }
  return ranges;
}

/** Zero bytes stand where the objects were, so that those behind them keep their places. */
export function withoutBytes(
  { bytes, offsets }: PackedItems,
  ranges: readonly (readonly [from: number, to: number])[],
): Rewritten {
  const holds = ranges.some(([from, to]) => bytes.subarray(from, to).some((byte) => byte !== 0));
  if (!holds) return undefined;
  const left = Buffer.from(bytes);
  for (const [from, to] of ranges) left.fill(0, from, to);
  return { bytes: left, offsets };
}

const nothing = Buffer.alloc(0);

function emptied(items: PackedItems, isGone: (at: number) => boolean): Rewritten {
  let found = false;
  const left = Array.from({ length: itemCount(items) }, (_, at) => {
    const item = itemAt(items, at);
    if (item.length === 0 || !isGone(at)) return item;
    found = true;
    return nothing;
  });
  return found ? packItems(left) : undefined;
}
