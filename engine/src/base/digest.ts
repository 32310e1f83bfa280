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
