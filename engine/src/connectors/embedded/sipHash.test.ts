import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { sipHash24 } from './sipHash.ts';

/** The reference key of the paper, 00 01 … 0f. */
const hash = sipHash24(Buffer.from(Array.from({ length: 16 }, (_, byte) => byte)));

function tokenOf(text: string): string {
  const out = Buffer.alloc(8);
  assert.equal(hash('', text, out, 0), 8);
  return out.toString('hex');
}

test('the vectors of the reference implementation', () => {
  const upTo = (length: number): string =>
    Buffer.from(Array.from({ length }, (_, byte) => byte)).toString();
  assert.equal(tokenOf(upTo(0)), '726fdb47dd0e0e31');
  assert.equal(tokenOf(upTo(1)), '74f839c593dc67fd');
  assert.equal(tokenOf(upTo(7)), 'ab0200f58b01d137');
  assert.equal(tokenOf(upTo(8)), '93f5f5799a932462');
  assert.equal(tokenOf(upTo(15)), 'a129ca6149be45e5');
});

test('head and text are hashed as one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (line, text) => {
      const out = Buffer.alloc(8);
      hash(`${line}\n`, text, out, 0);
      assert.equal(out.toString('hex'), tokenOf(`${line}\n${text}`));
    }),
  );
});

test('a token depends on the text alone, not on what was hashed before', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ maxLength: 3000 }), (text, between) => {
      const first = tokenOf(text);
      tokenOf(between);
      assert.equal(tokenOf(text), first);
    }),
  );
});
