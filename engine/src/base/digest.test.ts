import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { hmacSha256Hex, merkleRoot, sha256 } from './digest.ts';

/** RFC 6962 §2.1 as it is written, by recursion. */
function treeHead(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256('');
  if (leaves.length === 1) return sha256(Buffer.concat([Buffer.of(0), first]));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const parts = [treeHead(leaves.slice(0, split)), treeHead(leaves.slice(split))];
  return sha256(Buffer.concat([Buffer.of(1), ...parts]));
}

test('a Merkle root is the tree head of RFC 6962', () => {
  const leaves: Buffer[] = [];
  for (let count = 0; count < 70; count++) {
    assert.deepEqual(merkleRoot(Buffer.concat(leaves)), treeHead(leaves), `${count} leaves`);
    leaves.push(sha256(`leaf ${count}`));
  }
});

test('the short way to an HMAC gives what the long way gives', () => {
  for (const key of [Buffer.alloc(0), Buffer.alloc(32, 7), Buffer.alloc(64, 1), Buffer.alloc(65)]) {
    const digest = hmacSha256Hex(key);
    for (const data of ['', 'Müller', 'x'.repeat(10_000), Buffer.alloc(5_000, 3)]) {
      assert.equal(digest(data), createHmac('sha256', key).update(data).digest('hex'));
    }
  }
});
