import { createHash, createHmac, hash } from 'node:crypto';

/** SHA-256 of bytes, 32 bytes. For public things only: a digest of PHI goes through `keys/`. */
export function sha256(data: Uint8Array | string): Buffer {
  return hash('sha256', data, 'buffer');
}

export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

/** {@link sha256Hex} of what is too large to be held. */
export async function sha256HexOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of chunks) digest.update(chunk);
  return digest.digest('hex');
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

/** Bytes of a SHA-256. */
const sha256Bytes = 32;

/**
 * Root of a binary Merkle tree over leaf digests, 32 bytes each and packed one after the other, with
 * RFC 6962's domain separation (0x00 before a leaf, 0x01 before a node). An empty tree has the
 * digest of the empty string. Every level is written over the one below: no object per node.
 */
export function merkleRoot(leaves: Uint8Array): Buffer {
  let count = leaves.length / sha256Bytes;
  if (count === 0) return sha256('');
  const level = Buffer.alloc(leaves.length);
  const leaf = Buffer.alloc(1 + sha256Bytes, 0);
  for (let at = 0; at < leaves.length; at += sha256Bytes) {
    leaf.set(leaves.subarray(at, at + sha256Bytes), 1);
    putSha256(leaf, level, at);
  }
  const node = Buffer.alloc(1 + 2 * sha256Bytes, 1);
  for (; count > 1; count = Math.ceil(count / 2)) {
    for (let at = 0; at < count; at += 2) {
      const from = at * sha256Bytes;
      if (at + 1 === count) level.copyWithin(from / 2, from, from + sha256Bytes);
      else {
        level.copy(node, 1, from, from + 2 * sha256Bytes);
        putSha256(node, level, from / 2);
      }
    }
  }
  return Buffer.from(level.subarray(0, sha256Bytes));
}

/**
 * Write the SHA-256 of `data` at `at`. By way of a latin-1 string, the one form of one-shot output
 * that makes no buffer: a third of the time of {@link sha256} on short data.
 */
export function putSha256(data: Uint8Array, out: Buffer, at: number): void {
  out.write(hash('sha256', data, 'binary'), at, 'latin1');
}
