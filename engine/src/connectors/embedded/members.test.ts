import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, toJson } from '../../base/json.ts';
import { MemberNames, Members, membersOf } from './members.ts';

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
        found?.entries(),
        plain.map((key) => [key, parsed[key]]),
      );
    }),
  );
});

test('of a member only what is looked for within it', () => {
  const within = new MemberNames(['a', 'value']);
  const wanted = new MemberNames(['id', 'in'], new Map([['in', within]]));
  const found = (value: unknown): unknown => {
    const text = canonicalJson(toJson({ id: 'x', in: value, z: 1 }));
    const members = membersOf(Buffer.from(text), wanted);
    assert.equal(members?.get('id'), 'x');
    return entriesIn(members?.get('in'));
  };
  const map = (object: object): unknown => Object.entries(object);
  assert.deepEqual(found({ value: 'v,"]}', b: [{ a: 1 }] }), map({ value: 'v,"]}' }));
  assert.deepEqual(found([{ a: [1, { b: 2 }], c: 3 }, { value: 'w' }, 5, 'text']), [
    map({ a: [1, { b: 2 }] }),
    map({ value: 'w' }),
    5,
    'text',
  ]);
  assert.deepEqual(found([]), []);
  assert.equal(found('text'), 'text');
  assert.equal(found(null), null);
});

function entriesIn(value: unknown): unknown {
  if (value instanceof Members) return value.entries();
  return Array.isArray(value) ? value.map(entriesIn) : value;
}

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
