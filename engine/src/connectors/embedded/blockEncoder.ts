import type { PackedItems } from '../../staging/packedItems.ts';
import { itemAt } from '../../staging/packedItems.ts';
import { packBlock } from './block.ts';
import type { BlockItem, BlockSeal } from './block.ts';
import { ResourceRows } from './copyRows.ts';
import type { SearchTokens } from './copyRows.ts';
import { indexEntryOf } from './indexEntry.ts';
import { typeNumber } from './resourceTypes.ts';

/** What becomes one block: versions of resources, in the order of their slots. May go to a thread. */
export interface BlockJob {
  block: number;
  /** The instant all of them get, in milliseconds since 1970. */
  updatedMs: number;
  types: readonly string[];
  ids: readonly string[];
  versions: readonly number[];
  /** Keyed digest of each body, hex; empty: the version is a removal and has none. */
  digests: readonly string[];
  bodies: PackedItems;
}

export interface EncodedBlock {
  /** Rows of `resource`, for COPY. */
  rows: Uint8Array;
  /** Undefined when no body is in it. */
  sealed: Uint8Array | undefined;
  /** Places of those whose body is not the resource it should be: they have no row. */
  refused: readonly number[];
}

/** What encoding needs of the store, made of keys alone. */
export interface EncoderParts {
  seal: BlockSeal;
  tokens: SearchTokens;
}

/** What {@link EncoderParts} are made of in a thread; they do not leave the process. */
export interface EncoderKeys {
  /** 32 bytes. */
  seal: Uint8Array;
  /** 16 bytes. */
  search: Uint8Array;
}

/** A job on its way to a thread. */
export interface ThreadJob {
  number: number;
  job: BlockJob;
}

/** What comes back for the job of the same number. */
export interface ThreadAnswer {
  number: number;
  encoded: EncodedBlock;
}

/** Read what can be searched for out of the bodies, make rows of it, and seal the bodies together. */
export function encodeBlock(job: BlockJob, { seal, tokens }: EncoderParts): EncodedBlock {
  const { block, updatedMs, types, ids, versions, digests, bodies } = job;
  const rows = new ResourceRows(tokens, updatedMs, ids.length * typicalRowBytes);
  const items: BlockItem[] = [];
  const refused: number[] = [];
  for (let at = 0; at < ids.length; at++) {
    const [type, id, version] = [types[at] as string, ids[at] as string, versions[at] as number];
    const row = { type: typeNumber(type) ?? 0, id, version };
    const digest = digests[at] as string;
    if (digest === '') {
      rows.add({ ...row, stored: undefined });
      continue;
    }
    const body = itemAt(bodies, at);
    const index = indexEntryOf(type, id, body);
    if (index === undefined) {
      refused.push(at);
      continue;
    }
    rows.add({ ...row, stored: { block, slot: items.length, digest, index } });
    items.push({ type, id, version, body });
  }
  const sealed = items.length > 0 ? seal.seal(block, packBlock(items)) : undefined;
  return { rows: rows.take(), sealed, refused };
}

const typicalRowBytes = 256;
