/**
 * Items in one buffer, as `RecordBatch` holds its records: item `i` is
 * `bytes[offsets[i] … offsets[i + 1]]`. No object per item.
 */
export interface PackedItems {
  bytes: Buffer;
  /** `count + 1` offsets from the start of `bytes`, rising. */
  offsets: Uint32Array;
}

export function packItems(items: readonly Uint8Array[]): PackedItems {
  const offsets = new Uint32Array(items.length + 1);
  let end = 0;
  items.forEach((item, at) => {
    end += item.length;
    offsets[at + 1] = end;
  });
  return { bytes: Buffer.concat(items, end), offsets };
}

/** Some of the items, in the order of `places`; neighbours are moved together. */
export function gatherItems(
  { bytes, offsets }: PackedItems,
  places: readonly number[],
): PackedItems {
  const gathered = new Uint32Array(places.length + 1);
  for (const [to, from] of places.entries()) {
    const length = (offsets[from + 1] as number) - (offsets[from] as number);
    gathered[to + 1] = (gathered[to] as number) + length;
  }
  const all = Buffer.allocUnsafe(gathered[places.length] as number);
  for (let first = 0; first < places.length;) {
    let next = first + 1;
    while (next < places.length && places[next] === (places[next - 1] as number) + 1) next++;
    const end = offsets[(places[next - 1] as number) + 1];
    bytes.copy(all, gathered[first], offsets[places[first] as number], end);
    first = next;
  }
  return { bytes: all, offsets: gathered };
}

export function itemCount(packed: PackedItems): number {
  return packed.offsets.length - 1;
}

/** A view, not a copy. */
export function itemAt({ bytes, offsets }: PackedItems, index: number): Buffer {
  return bytes.subarray(offsets[index], offsets[index + 1]);
}

/** Views, not copies. */
export function* itemsOf(packed: PackedItems): Generator<Buffer> {
  for (let index = 0; index < itemCount(packed); index++) yield itemAt(packed, index);
}

/** The items' lengths as they stand in a parcel: u32 each, little-endian. */
export function encodeLengths({ offsets }: PackedItems): Buffer {
  const lengths = Buffer.allocUnsafe((offsets.length - 1) * 4);
  for (let index = 0; index < offsets.length - 1; index++) {
    lengths.writeUInt32LE((offsets[index + 1] ?? 0) - (offsets[index] ?? 0), index * 4);
  }
  return lengths;
}

/** @returns `undefined` when the lengths do not add up to `total` bytes */
export function decodeLengths(lengths: Buffer, total: number): Uint32Array | undefined {
  const offsets = new Uint32Array(lengths.length / 4 + 1);
  let end = 0;
  for (let index = 0; index < offsets.length - 1; index++) {
    end += lengths.readUInt32LE(index * 4);
    if (end > total) return undefined;
    offsets[index + 1] = end;
  }
  return end === total ? offsets : undefined;
}
