import { encodeBase32 } from '../base/base32.ts';
import { sha256 } from '../base/digest.ts';

const idBytes = 16;

/** The 16-byte token of a source key in ledger rows: the first half of its tag. */
export function tokenOf(tag: Buffer): Buffer {
  return tag.subarray(0, 16);
}

/**
 * The stable id of a resource made from the record with this tag: 26 characters of base32, a legal
 * FHIR id. `resource` is the resource's name in the mapping, so that one record can make several.
 * It comes from the half of the tag that the token does not show: ids and tokens cannot be joined
 * without the key.
 */
export function stableId(tag: Buffer, resource: string): string {
  const mask = maskOf(resource);
  for (let at = 0; at < idBytes; at++) masked[at] = (tag[idBytes + at] ?? 0) ^ (mask[at] ?? 0);
  return encodeBase32(masked);
}

/** Reused: an id is made for every draft. */
const masked = new Uint8Array(idBytes);

/** A plan names few resources; the bound only keeps a mistaken caller from growing it for ever. */
const masks = new Map<string, Buffer>();
const mostMasks = 10_000;

function maskOf(resource: string): Buffer {
  const known = masks.get(resource);
  if (known !== undefined) return known;
  if (masks.size >= mostMasks) masks.clear();
  const mask = sha256(resource).subarray(0, idBytes);
  masks.set(resource, mask);
  return mask;
}
