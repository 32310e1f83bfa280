import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, toJson } from '../../base/json.ts';
import { MemberNames, membersOf } from './members.ts';

test('members are what JSON.parse finds, whatever stands around them', () => {
  const looked = ['id', 'identifier', 'subject', 'period'];
  const names = fc.constantFrom(...looked);
  const object = fc.dictionary(fc.oneof(fc.string({ unit: 'binary' }), names), fc.jsonValue(), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(object, (value) => {
      const text = canonicalJson(toJson(value));
      const parsed = JSON.parse(text) as Record<string, unknown>;
      const plain = Object.keys(parsed).filter((key) => looked.includes(key));
      const found = membersOf(Buffer.from(text), new MemberNames(looked));
      if (Object.keys(parsed).length === 0) return;
      assert.deepEqual(
        [...(found ?? [])],
        plain.map((key) => [key, parsed[key]]),
      );
    }),
  );
});

test('what is cut short or no object has no members', () => {
  const wanted = new MemberNames(['a', 'b']);
  const whole = '{"a":"x\\"y","b":{"c":[1,"}"]}}';
  assert.equal(membersOf(Buffer.from(whole), wanted)?.get('a'), 'x"y');
  for (let length = 0; length < whole.length; length++) {
    assert.equal(membersOf(Buffer.from(whole.slice(0, length)), wanted), undefined);
  }
  for (const text of ['[]', '"a"', '{}', `${whole} `, `${whole}}`]) {
    assert.equal(membersOf(Buffer.from(text), wanted), undefined);
  }
});
