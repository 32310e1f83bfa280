import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { canonicalJson, toJson } from '../../base/json.ts';
import { seededRandom } from '../../base/random.ts';
import { packItems } from '../../staging/packedItems.ts';
import { BlockSeal } from './block.ts';
import { encodeVersions, type EncodeJob } from './blockEncoder.ts';
import { SearchTokens } from './copyRows.ts';
import { sipHash24 } from './sipHash.ts';
import { ThreadEncoder } from './threadEncoder.ts';

const keys = { seal: Buffer.alloc(32, 1), search: Buffer.alloc(16, 2) };
const thread = new ThreadEncoder(keys);
after(() => thread.close());

/** So many resources, the second a removal and the third not what its row says. */
function job(block: number, count: number): EncodeJob {
  const ids = Array.from({ length: count }, (_, at) => `p${at}`);
  const bodies = ids.map((id, at) => {
    if (at === 1) return Buffer.alloc(0);
    const resource = { resourceType: 'Patient', id: at === 2 ? 'other' : id, active: true };
    return Buffer.from(canonicalJson(toJson(resource)));
  });
  return {
    blocks: [{ block, from: 0 }],
    updatedMs: 1_700_000_000_000,
    types: ['Patient'],
    typeOf: new Uint8Array(count),
    ids: ids.join(' '),
    versions: new Uint32Array(count).fill(1),
    removals: count > 1 ? [1] : [],
    digests: Buffer.alloc(count * 32, 0xab),
    bodies: packItems(bodies),
  };
}

/** The one sealed block in a binary COPY: behind its head, the row's and both lengths. */
function sealedIn(copy: Uint8Array | undefined): Buffer {
  return Buffer.from(copy ?? []).subarray(19 + 2 + 4 + 8 + 4, -2);
}

test('a thread makes of a block what this thread makes, whatever its size', async () => {
  const seal = new BlockSeal(keys.seal, seededRandom('encoder'));
  const tokens = new SearchTokens(sipHash24(keys.search));
  for (const count of [1, 2, 5, 256]) {
    const own = encodeVersions(job(count, count), { seal, tokens });
    const { rows, blocks, refused } = await thread.encode(job(count, count));
    assert.deepEqual(Buffer.from(rows), Buffer.from(own.rows));
    assert.deepEqual(refused, own.refused);
    const bodies = seal.open(count, sealedIn(blocks)).items();
    assert.deepEqual(bodies, seal.open(count, sealedIn(own.blocks)).items());
  }
});

test('jobs are answered each with its own block', async () => {
  const answers = await Promise.all([7, 8, 9].map((block) => thread.encode(job(block, 4))));
  const seal = new BlockSeal(keys.seal, seededRandom('encoder'));
  for (const [at, { blocks: sealed }] of answers.entries()) {
    assert.equal(seal.open(7 + at, sealedIn(sealed)).items().length, 2);
  }
});

test('a thread that ends rejects what it was given, and the next job has another', async () => {
  const ended = new ThreadEncoder(keys);
  const lost = assert.rejects(ended.encode(job(1, 256)), { code: 'encoder-ended' });
  await ended.close();
  await lost;
  assert.deepEqual((await ended.encode(job(1, 3))).refused, [2]);
  await ended.close();
});
