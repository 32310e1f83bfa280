import type { PackedItems } from '../../staging/packedItems.ts';
import { itemAt } from '../../staging/packedItems.ts';
import { packBlock } from './block.ts';
import type { BlockSeal } from './block.ts';
import { ResourceRows } from './copyRows.ts';
import type { SearchTokens } from './copyRows.ts';
import { indexEntryOf } from './indexEntry.ts';
import { typeNumber } from './resourceTypes.ts';

/** What becomes one block: versions of resources, in the order of their slots. May go to a thread. */
export interface BlockJob {
  block: number;
  /** The instant all of them get, in milliseconds since 1970. */
  updatedMs: number;
  /** Types that occur, and for each version its place among them: to clone many texts costs more. */
  types: readonly string[];
  typeOf: Uint8Array;
  /** Ids, parted by a space. */
  ids: string;
  versions: Uint32Array;
  /** Places of the removals, rising; they have neither body nor digest, and nothing is read of theirs. */
  removals: readonly number[];
  /** Keyed digest of each body, 32 bytes. */
  digests: Uint8Array;
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
  const { block, updatedMs, types, typeOf, versions, digests, bodies } = job;
  const ids = job.ids.split(' ');
  const numbers = types.map((type) => typeNumber(type) ?? 0);
  const rows = new ResourceRows(tokens, updatedMs, ids.length * typicalRowBytes);
  const slots: number[] = [];
  const refused: number[] = [];
  const removals = new Set(job.removals);
  for (const [at, id] of ids.entries()) {
    const place = typeOf[at] as number;
    const row = { type: numbers[place] as number, id, version: versions[at] as number };
    if (removals.has(at)) {
      rows.add({ ...row, stored: undefined });
      continue;
    }
    const [from, end] = [bodies.offsets[at], bodies.offsets[at + 1]];
    const index = indexEntryOf(types[place] as string, id, bodies.bytes, from, end);
    if (index === undefined) {
      refused.push(at);
      continue;
    }
    rows.add({ ...row, stored: { block, slot: slots.length, digests, digestAt: at * 32, index } });
    slots.push(at);
  }
  const items = slots.map((at) => ({
    type: types[typeOf[at] as number] as string,
    id: ids[at] as string,
    version: versions[at] as number,
    body: itemAt(bodies, at),
  }));
  const sealed = items.length > 0 ? seal.seal(block, packBlock(items)) : undefined;
  return { rows: rows.take(), sealed, refused };
}

const typicalRowBytes = 256;
