import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, toJson } from '../../base/json.ts';
import { membersOf } from './members.ts';

test('members are what JSON.parse finds, whatever stands around them', () => {
  const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(object, (value) => {
      const text = canonicalJson(toJson(value));
      const parsed = JSON.parse(text) as Record<string, unknown>;
      // Keys that JSON must escape are not looked for: no element of FHIR has one.
      const plain = Object.keys(parsed).filter((key) => JSON.stringify(key) === `"${key}"`);
      const found = membersOf(text, new Set(plain));
      if (Object.keys(parsed).length === 0) return;
      assert.deepEqual(
        [...(found ?? [])],
        plain.map((key) => [key, parsed[key]]),
      );
    }),
  );
});

test('what is cut short or no object has no members', () => {
  const wanted = new Set(['a', 'b']);
  const whole = '{"a":"x\\"y","b":{"c":[1,"}"]}}';
  assert.equal(membersOf(whole, wanted)?.get('a'), 'x"y');
  for (let length = 0; length < whole.length; length++) {
    assert.equal(membersOf(whole.slice(0, length), wanted), undefined);
  }
  for (const text of ['[]', '"a"', '{}', `${whole} `, `${whole}}`]) {
    assert.equal(membersOf(text, wanted), undefined);
  }
});
