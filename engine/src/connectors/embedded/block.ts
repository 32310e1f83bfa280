import { createCipheriv, createDecipheriv } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { exitCodes, HandoverError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { PackedItems } from '../../staging/packedItems.ts';

/** One version of one resource, as a block holds it. */
export interface BlockItem {
  type: string;
  id: string;
  version: number;
  body: Buffer;
}

/** A block holds no more resources than this: `slot` is a smallint and a read opens a whole block. */
export const blockItems = 256;
/** A block is closed when its bodies reach this many bytes; one larger body is a block alone. */
export const blockBytes = 256 * 1024;

/**
 * Many bodies in one piece: together they compress eight to one where alone they would three to
 * one. In clear a block is a directory (`Type/id/version length` per slot, `- 0` for one that was
 * taken out, an empty line at the end) and the bodies, one after the other. The directory is sealed
 * with them, so a row that points to a wrong slot is found out.
 */
export function packBlock(items: readonly (BlockItem | undefined)[]): Buffer {
  let directory = '';
  const parts: Buffer[] = [];
  for (const item of items) {
    directory +=
      item === undefined
        ? '- 0\n'
        : `${item.type}/${item.id}/${item.version} ${item.body.length}\n`;
    if (item !== undefined) parts.push(item.body);
  }
  return Buffer.concat([Buffer.from(`${directory}\n`), ...parts]);
}

/**
 * What {@link packBlock} makes, from bodies that stand one after the other already: those that do are
 * moved together. The block it gives shares its memory with the next one of this thread.
 */
export class BlockPacker {
  readonly #bytes: Buffer;
  readonly #offsets: Uint32Array;
  #directory = '';
  #count = 0;
  /** Runs of neighbouring items: from, to. */
  readonly #runs: number[] = [];
  #bodyBytes = 0;

  constructor({ bytes, offsets }: PackedItems) {
    this.#bytes = bytes;
    this.#offsets = offsets;
  }

  get count(): number {
    return this.#count;
  }

  /** Take in item `at`, after those before it; returns its slot. */
  add(at: number, type: string, id: string, version: number): number {
    const length = (this.#offsets[at + 1] as number) - (this.#offsets[at] as number);
    this.#directory += `${type}/${id}/${version} ${length}\n`;
    this.#bodyBytes += length;
    const end = this.#runs.length - 1;
    if (this.#runs[end] === at) this.#runs[end] = at + 1;
    else this.#runs.push(at, at + 1);
    return this.#count++;
  }

  pack(): Buffer {
    const head = `${this.#directory}\n`;
    const block = scratch(head.length + this.#bodyBytes);
    let end = block.write(head, 'latin1');
    for (let run = 0; run < this.#runs.length; run += 2) {
      const from = this.#offsets[this.#runs[run] as number] as number;
      const to = this.#offsets[this.#runs[run + 1] as number] as number;
      end += this.#bytes.copy(block, end, from, to);
    }
    return block;
  }
}

/** Of this thread: a block is made and sealed before the next one. */
let room: Buffer = Buffer.alloc(0);

function scratch(bytes: number): Buffer {
  if (bytes > blockBytes * 2) return Buffer.allocUnsafeSlow(bytes);
  if (room.length === 0) room = Buffer.allocUnsafeSlow(blockBytes * 2);
  return room.subarray(0, bytes);
}

export class OpenBlock {
  readonly #plain: Buffer;
  readonly #directory: readonly string[];
  /** `count + 1` offsets of bodies, rising. */
  readonly #offsets: Uint32Array;

  /** @throws HandoverError `block-damaged` when the directory does not fit the bodies. */
  constructor(plain: Buffer) {
    const end = plain.indexOf('\n\n');
    this.#plain = plain;
    this.#directory = plain.toString('latin1', 0, Math.max(end, 0)).split('\n');
    this.#offsets = new Uint32Array(this.#directory.length + 1);
    let at = end + 2;
    this.#directory.forEach((line, slot) => {
      this.#offsets[slot] = at;
      at += Number(line.slice(line.indexOf(' ') + 1));
    });
    this.#offsets[this.#directory.length] = at;
    if (end < 0 || at !== plain.length) throw damaged('the directory of a block does not fit it');
  }

  /**
   * The body in `slot`; shares the block's memory.
   * @throws HandoverError `block-damaged` when the slot holds another resource or version.
   */
  body(slot: number, type: string, id: string, version: number): Buffer {
    const line = this.#directory[slot];
    if (line?.startsWith(`${type}/${id}/${version} `) !== true) {
      throw damaged(`a row points to a slot that does not hold ${type}/${id} version ${version}`);
    }
    return this.#plain.subarray(this.#offsets[slot], this.#offsets[slot + 1]);
  }

  /** What the block holds, in order of slots; undefined where a version was taken out. */
  items(): (BlockItem | undefined)[] {
    return this.#directory.map((line, slot) => {
      const [type, id, version] = line.slice(0, line.indexOf(' ')).split('/');
      if (type === undefined || id === undefined) return undefined;
      const body = this.#plain.subarray(this.#offsets[slot], this.#offsets[slot + 1]);
      return { type, id, version: Number(version), body };
    });
  }
}

const format = 1;
const ivBytes = 12;
const tagBytes = 16;

/**
 * zstd, then AES-256-GCM (NIST SP 800-38D) under the target's key. A sealed block is a format byte,
 * the IV, the ciphertext and the tag; its number is authenticated with it, so blocks cannot be
 * exchanged for each other.
 */
export class BlockSeal {
  readonly #key: Buffer;
  readonly #random: Random;

  /** @param key 32 bytes. */
  constructor(key: Buffer, random: Random) {
    this.#key = key;
    this.#random = random;
  }

  seal(block: number, plain: Buffer): Buffer {
    const iv = this.#random.bytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(identity(block));
    const packed = zstdCompressSync(plain, fastest);
    const sealed = Buffer.allocUnsafe(1 + ivBytes + packed.length + tagBytes);
    sealed[0] = format;
    sealed.set(iv, 1);
    sealed.set(cipher.update(packed), 1 + ivBytes);
    cipher.final();
    sealed.set(cipher.getAuthTag(), 1 + ivBytes + packed.length);
    return sealed;
  }

  /** @throws HandoverError `block-damaged` when the key is another one or a bit has changed. */
  open(block: number, sealed: Buffer): OpenBlock {
    const iv = sealed.subarray(1, 1 + ivBytes);
    const tag = sealed.subarray(sealed.length - tagBytes);
    const packed = sealed.subarray(1 + ivBytes, sealed.length - tagBytes);
    try {
      if (sealed[0] !== format) throw new Error(`format ${sealed[0]}`);
      const decipher = createDecipheriv('aes-256-gcm', this.#key, iv, tagLength);
      decipher.setAAD(identity(block)).setAuthTag(tag);
      const opened = Buffer.concat([decipher.update(packed), decipher.final()]);
      return new OpenBlock(zstdDecompressSync(opened, roomForOne));
    } catch (error) {
      if (error instanceof HandoverError) throw error;
      throw damaged(`block ${block} cannot be unsealed`);
    }
  }
}

/** Of a size that a block fits in: in pieces it takes twice as long. */
const roomForOne = { chunkSize: blockBytes + 64 * 1024 };
const tagLength = { authTagLength: tagBytes };
const fastest = { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 128 * 1024 };

function identity(block: number): Buffer {
  return Buffer.from(`handover/embedded/block/${block}`);
}

function damaged(what: string): HandoverError {
  return new HandoverError('block-damaged', `the embedded target: ${what}`, {
    next: 'The store was changed from outside, or the key is another project’s. Restore a backup.',
    exitCode: exitCodes.integrityBroken,
  });
}
