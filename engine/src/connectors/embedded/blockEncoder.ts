import type { PackedItems } from '../../staging/packedItems.ts';
import { BlockPacker } from './block.ts';
import type { BlockSeal } from './block.ts';
import { blockRows, ResourceRows } from './copyRows.ts';
import type { SearchTokens } from './copyRows.ts';
import { indexEntryOf } from './indexEntry.ts';
import { typeNumber } from './resourceTypes.ts';

/** Versions of resources on their way into blocks, column by column. May go to a thread. */
export interface EncodeJob {
  /** The instant all of them get, in milliseconds since 1970. */
  updatedMs: number;
  /** Types that occur, and for each version its place among them: to clone many texts costs more. */
  types: readonly string[];
  typeOf: Uint8Array;
  /** Ids, parted by a space. */
  ids: string;
  /** Absent: all are the first. */
  versions?: Uint32Array;
  /** Places of the removals, rising; they have neither body nor digest, and nothing is read of theirs. */
  removals: readonly number[];
  /** Keyed digest of each body, 32 bytes. */
  digests: Uint8Array;
  bodies: PackedItems;
  /** Each holds the versions from `from` to where the next one begins. */
  blocks: readonly { block: number; from: number }[];
}

export interface Encoded {
  /** Rows of `resource`, a whole binary COPY. */
  rows: Uint8Array;
  /** Rows of `block`, a whole binary COPY; undefined when there is no body. */
  blocks: Uint8Array | undefined;
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
  job: EncodeJob;
}

/** What comes back for the job of the same number. */
export interface ThreadAnswer {
  number: number;
  encoded: Encoded;
}

/** Read what can be searched for out of the bodies, make rows of it, and seal the bodies in blocks. */
export function encodeVersions(job: EncodeJob, { seal, tokens }: EncoderParts): Encoded {
  const ids = job.ids.split(' ');
  const removed = new Set(job.removals);
  const rows = new ResourceRows(tokens, job.updatedMs, ids.length);
  const refused: number[] = [];
  const sealed: { block: number; sealed: Uint8Array }[] = [];
  for (const [at, { block, from }] of job.blocks.entries()) {
    const end = job.blocks[at + 1]?.from ?? ids.length;
    const packer = new BlockPacker(job.bodies);
    encodeBlock(job, { ids, removed }, { block, from, end }, rows, packer, refused);
    if (packer.count > 0) sealed.push({ block, sealed: seal.seal(block, packer.pack()) });
  }
  return {
    rows: rows.inOrder(),
    blocks: sealed.length > 0 ? blockRows(sealed) : undefined,
    refused,
  };
}

function encodeBlock(
  { types, typeOf, versions, digests, bodies: { bytes, offsets } }: EncodeJob,
  { ids, removed }: { ids: readonly string[]; removed: ReadonlySet<number> },
  { block, from, end }: { block: number; from: number; end: number },
  rows: ResourceRows,
  packer: BlockPacker,
  refused: number[],
): void {
  const numbers = types.map((type) => typeNumber(type) ?? 0);
  for (let at = from; at < end; at++) {
    const place = typeOf[at] as number;
    const [type, id, version] = [types[place] as string, ids[at] as string, versions?.[at] ?? 1];
    const row = { type: numbers[place] as number, id, version };
    if (removed.has(at)) {
      rows.add({ ...row, stored: undefined });
      continue;
    }
    const index = indexEntryOf(type, id, bytes, offsets[at], offsets[at + 1]);
    if (index === undefined) {
      refused.push(at);
      continue;
    }
    const slot = packer.add(at, type, id, version);
    rows.add({ ...row, stored: { block, slot, digests, digestAt: at * 32, index } });
  }
}
