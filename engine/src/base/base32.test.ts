import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeBase32, decodeBase32Into, encodeBase32 } from './base32.ts';

test('bytes come back, alone and into a place of a larger buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(8), (bytes, at) => {
      const text = encodeBase32(bytes);
      assert.deepEqual(decodeBase32(text), Buffer.from(bytes));
      const out = Buffer.alloc(at + bytes.length + 3, 0xee);
      assert.ok(decodeBase32Into(text, out, at));
      assert.deepEqual(out.subarray(at, at + bytes.length), Buffer.from(bytes));
      assert.deepEqual(out.subarray(at + bytes.length), Buffer.alloc(3, 0xee));
    }),
  );
});

test('what is not of the alphabet is told', () => {
  for (const text of ['i', '0O', 'é', 'ab cd']) {
    assert.equal(decodeBase32(text), undefined);
    assert.equal(decodeBase32Into(text, Buffer.alloc(8), 0), false);
  }
});
