import type { PackedItems } from '../staging/packedItems.ts';

/** Put `header` before packed items: item 0 describes the others. */
export function withHeader(header: unknown, items: PackedItems): PackedItems {
  const first = Buffer.from(JSON.stringify(header));
  const offsets = new Uint32Array(items.offsets.length + 1);
  for (let at = 0; at < items.offsets.length; at++) {
    offsets[at + 1] = (items.offsets[at] as number) + first.length;
  }
  return { bytes: Buffer.concat([first, items.bytes]), offsets };
}

/** Undo {@link withHeader}. */
export function splitHeader<Header>(items: PackedItems): { header: Header; items: PackedItems } {
  const start = items.offsets[1] as number;
  const header = JSON.parse(items.bytes.toString('utf8', 0, start)) as Header;
  const offsets = new Uint32Array(items.offsets.length - 1);
  for (let at = 0; at < offsets.length; at++) {
    offsets[at] = (items.offsets[at + 1] as number) - start;
  }
  return { header, items: { bytes: items.bytes.subarray(start), offsets } };
}
