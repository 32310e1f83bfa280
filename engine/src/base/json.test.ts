import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, canonicalText, JsonNumber, parseJson, toJson } from './json.ts';
import { parseCanonical } from './quickJson.ts';

/** What rules make: plain values, members without a value, numbers and amounts that keep their digits. */
const made = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, 0, -0, 1.5, 1e21, Number.NaN, new JsonNumber('1.10')),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      (JSON as unknown as { rawJSON(digits: string): unknown }).rawJSON('2.50'),
      { cents: 250, toJSON: () => new JsonNumber('2.50') },
      { toJSON: () => ({ b: 1, a: undefined }) },
    ),
    fc.constantFrom('T10:30', '"a":5,6', '1,2', '[3', '\\":7'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom('id', 'reference', '__proto__', 'b'), fc.string()),
      fc.oneof(tie('value'), fc.constant(undefined)),
      { maxKeys: 5 },
    ),
  ),
})).value;

test('the text of what a rule made is that of its JSON', () => {
  fc.assert(
    fc.property(made, (value) => {
      assert.equal(canonicalText(value), canonicalJson(toJson(value)));
    }),
  );
});

test('JSON that was written here is read as the other reader reads it', () => {
  fc.assert(
    fc.property(made, (value) => {
      const text = canonicalText(value);
      assert.equal(canonicalJson(parseCanonical(text)), text);
      assert.equal(canonicalJson(parseJson(text)), text);
    }),
  );
});
