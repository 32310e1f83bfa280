import { sha256 } from './digest.ts';

/**
 * The Merkle tree of RFC 6962 §2.1 over leaf hashes that are at hand already: growing it, and the
 * proof that one leaf is in it. A hash is 32 bytes.
 */

/** RFC 6962 §2.1: `SHA-256(0x00 ‖ data)`. */
export function leafHash(data: Uint8Array): Buffer {
  return sha256(Buffer.concat([leafMark, data]));
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1);
  node.set(right, 1 + hashBytes);
  return sha256(node);
}

const hashBytes = 32;
const leafMark = Buffer.of(0);
/** Written over for each node: making one would cost as much as its hash. */
const node = Buffer.alloc(1 + 2 * hashBytes, 1);

/**
 * A tree that only grows, known by the roots of its perfect subtrees, largest first: as many hashes as
 * its size has bits set. Nothing else is needed to append to it and to know its root.
 */
export class GrowingTree {
  #size: number;
  readonly #roots: Buffer[];

  /** @param roots those of a tree of `size` leaves, 32 bytes each, packed. @throws RangeError */
  constructor(size = 0, roots: Uint8Array = new Uint8Array()) {
    if (roots.length !== hashBytes * bitsSet(size)) throw new RangeError('roots of another size');
    this.#size = size;
    this.#roots = Array.from({ length: roots.length / hashBytes }, (_, at) =>
      Buffer.from(roots.subarray(at * hashBytes, (at + 1) * hashBytes)),
    );
  }

  get size(): number {
    return this.#size;
  }

  /** What the constructor takes. */
  get roots(): Buffer {
    return Buffer.concat(this.#roots);
  }

  append(leaf: Buffer): void {
    let root = leaf;
    // Every trailing bit of the size is a perfect subtree that the new leaf completes.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      root = nodeHash(this.#roots.pop() as Buffer, root);
    }
    this.#roots.push(root);
    this.#size++;
  }

  /** The root of an empty tree is the hash of nothing. */
  root(): Buffer {
    const [last, ...larger] = this.#roots.toReversed();
    return last === undefined
      ? sha256('')
      : larger.reduce((right, left) => nodeHash(left, right), last);
  }
}

function bitsSet(size: number): number {
  let set = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) set += rest % 2;
  return set;
}

/** RFC 6962 §2.1. */
export function treeRoot(leaves: readonly Buffer[]): Buffer {
  const tree = new GrowingTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree.root();
}

/** The audit path of leaf `place` (RFC 6962 §2.1.1), from the leaf's neighbour up. @throws RangeError */
export function inclusionProof(leaves: readonly Buffer[], place: number): Buffer[] {
  if (!(place >= 0 && place < leaves.length)) throw new RangeError('a place outside of the tree');
  if (leaves.length === 1) return [];
  const split = largestPowerBelow(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return place < split
    ? [...inclusionProof(left, place), treeRoot(right)]
    : [...inclusionProof(right, place - split), treeRoot(left)];
}

function largestPowerBelow(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}
