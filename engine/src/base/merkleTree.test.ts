import assert from 'node:assert/strict';
import { test } from 'node:test';
import { merkleRoot, sha256 } from './digest.ts';
import { GrowingTree, inclusionProof, leafHash, treeRoot } from './merkleTree.ts';
import { rootOfPath } from '../../verify-certificate/verify-certificate.mjs';

const datas = Array.from({ length: 70 }, (_, at) => sha256(`leaf ${at}`));
const hashes = datas.map(leafHash);

test('a tree that grows has the root of RFC 6962 at every size, and goes on from what it kept', () => {
  let tree = new GrowingTree();
  for (let size = 0; size <= hashes.length; size++) {
    assert.deepEqual(
      tree.root(),
      merkleRoot(Buffer.concat(datas.slice(0, size))),
      `${size} leaves`,
    );
    assert.deepEqual(tree.root(), treeRoot(hashes.slice(0, size)));
    tree = new GrowingTree(tree.size, tree.roots);
    const next = hashes[size];
    if (next !== undefined) tree.append(next);
  }
  assert.throws(() => new GrowingTree(3, Buffer.alloc(32)), RangeError);
});

test('an audit path leads from its leaf, and from no other, to the root', () => {
  for (let size = 1; size <= hashes.length; size += 3) {
    const leaves = hashes.slice(0, size);
    const root = treeRoot(leaves);
    for (let place = 0; place < size; place++) {
      const path = inclusionProof(leaves, place);
      const leaf = leaves[place] as Buffer;
      assert.deepEqual(rootOfPath(leaf, place, size, path), root, `${place} of ${size}`);
      assert.notDeepEqual(rootOfPath(leafHash(leaf), place, size, path), root);
      if (size === 1) continue;
      assert.notDeepEqual(rootOfPath(leaf, (place + 1) % size, size, path), root);
      assert.equal(rootOfPath(leaf, place, size, path.slice(1)), undefined);
    }
  }
  assert.throws(() => inclusionProof(hashes, hashes.length), RangeError);
});
