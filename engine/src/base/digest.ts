import { createHmac, hash } from 'node:crypto';

/** SHA-256 of bytes, 32 bytes. For public things only: a digest of PHI goes through `keys/`. */
export function sha256(data: Uint8Array | string): Buffer {
  return hash('sha256', data, 'buffer');
}

export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

/** HMAC-SHA-256 (RFC 2104), 32 bytes. */
export function hmacSha256(key: Uint8Array, data: Uint8Array | string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** Bytes SHA-256 takes at a time; the pads of RFC 2104 are that long. */
const hashBlock = 64;

/**
 * {@link hmacSha256} in hex under one key, for many short messages: two one-shot hashes cost an
 * eighth of what setting up an HMAC costs. The function returned is not re-entrant and need not be,
 * as it never waits.
 */
export function hmacSha256Hex(key: Uint8Array): (data: Uint8Array | string) => string {
  const block = Buffer.alloc(hashBlock);
  block.set(key.length > hashBlock ? sha256(key) : key);
  const outer = Buffer.concat([block.map((byte) => byte ^ 0x5c), Buffer.alloc(32)]);
  let inner = Buffer.alloc(4096);
  const innerPad = block.map((byte) => byte ^ 0x36);
  inner.set(innerPad);
  return (data) => {
    const size = hashBlock + (typeof data === 'string' ? data.length * 3 : data.length);
    if (size > inner.length) {
      inner = Buffer.alloc(size);
      inner.set(innerPad);
    }
    let end = hashBlock;
    if (typeof data === 'string') end += inner.write(data, hashBlock);
    else {
      inner.set(data, hashBlock);
      end += data.length;
    }
    // `hex` rather than a Buffer, whose creation would cost more than the hash.
    outer.write(hash('sha256', inner.subarray(0, end), 'hex'), hashBlock, 'hex');
    return hash('sha256', outer, 'hex');
  };
}

/**
 * Root of a binary Merkle tree over leaf digests, with RFC 6962's domain separation
 * (0x00 before a leaf, 0x01 before a node). An empty tree has the digest of the empty string.
 */
export function merkleRoot(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha256('');
  let level = leaves.map((leaf) => sha256(Buffer.concat([leafPrefix, leaf])));
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const left = level[at] as Buffer;
      const right = level[at + 1];
      above.push(right ? sha256(Buffer.concat([nodePrefix, left, right])) : left);
    }
    level = above;
  }
  return level[0] as Buffer;
}

const leafPrefix = Buffer.from([0]);
const nodePrefix = Buffer.from([1]);
