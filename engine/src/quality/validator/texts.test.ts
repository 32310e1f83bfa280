import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { hasBlank, isCode, isId, isText } from './texts.ts';

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.string({
    unit: fc.constantFrom('a', 'Z', '9', '-', '.', ' ', '\t', '\n', '\u000b', '\u007f', '\u00a0'),
    maxLength: 70,
  }),
);

test('a look at each character says what the expressions of R4 say', () => {
  fc.assert(
    fc.property(texts, (text) => {
      // oxlint-disable-next-line no-control-regex
      const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;
      assert.equal(isText(text), /\S/.test(text) && !control.test(text));
      assert.equal(hasBlank(text), /\s/.test(text));
      assert.equal(isCode(text), /^[^\s]+(?: [^\s]+)*$/.test(text));
      assert.equal(isId(text), /^[A-Za-z0-9.-]{1,64}$/.test(text));
    }),
    { numRuns: 2000 },
  );
});
