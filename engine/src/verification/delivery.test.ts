import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, isJsonObject, JsonNumber, parseJson } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Stored } from '../model/target.ts';
import { compareDelivery } from './delivery.ts';
import type { Difference } from './delivery.ts';
import { ReadBack } from './readBack.ts';
import { defaultDeliveryRules, serverMayChange } from './serverManaged.ts';
import type { DeliveryRules } from './serverManaged.ts';

const key = { type: 'Patient', id: 'p1' };

function compare(
  draft: string,
  held: string | Buffer,
  rules?: DeliveryRules,
): readonly Difference[] {
  const body = Buffer.from(held);
  const stored: Stored = { ...key, state: 'present', version: 1, digest: '', body };
  return compareDelivery(Buffer.from(draft), new ReadBack(stored), rules);
}

function codes(draft: string, held: string | Buffer, rules?: DeliveryRules): string[] {
  return compare(draft, held, rules).map(({ code, path }) => `${code} ${path}`);
}

describe('compareDelivery: what is not equal bytes', () => {
  const cases: readonly [string, string, string, readonly string[]][] = [
    ['order of members and space', '{"a":1,"b":"x"}', '{ "b": "x", "a": 1 }', []],
    ['escapes', '{"a":"é"}', '{"a":"\\u00e9"}', []],
    ['a member lost', '{"a":1,"b":2}', '{"a":1}', ['element-missing Patient.b']],
    ['a member added', '{"a":1}', '{"a":1,"b":2}', ['element-added Patient.b']],
    ['another text', '{"a":["x"]}', '{"a":["y"]}', ['element-different Patient.a[0]']],
    ['an item lost', '{"a":[1,2,3]}', '{"a":[1,3]}', ['element-missing Patient.a[1]']],
    ['an item doubled', '{"a":[1,2]}', '{"a":[1,1,2]}', ['element-added Patient.a[1]']],
    ['items reordered', '{"a":["x","y"]}', '{"a":["y","x"]}', ['order-different Patient.a']],
    ['digits', '{"a":0.50}', '{"a":0.5}', ['digits-different Patient.a']],
    ['exponent', '{"a":100}', '{"a":1e2}', ['digits-different Patient.a']],
    [
      'twenty digits',
      '{"a":12345678901234567890}',
      '{"a":12345678901234567891}',
      ['element-different Patient.a'],
    ],
    ['another number', '{"a":0.50}', '{"a":5.0}', ['element-different Patient.a']],
    ['number as text', '{"a":1}', '{"a":"1"}', ['element-different Patient.a']],
    ['normalisation', '{"a":"\u00e9"}', '{"a":"e\u0301"}', ['normalisation-different Patient.a']],
    ['null for a value', '{"a":"x"}', '{"a":null}', ['element-different Patient.a']],
    ['object for a list', '{"a":[]}', '{"a":{}}', ['element-different Patient.a']],
  ];
  for (const [name, draft, held, expected] of cases) {
    it(name, () => assert.deepEqual(codes(draft, held), expected));
  }

  it('paths name elements with their indexes', () => {
    const [difference] = compare(
      '{"name":[{"family":"A"},{"family":"B"}]}',
      '{"name":[{"family":"A"},{"family":"C"}]}',
    );
    assert.equal(difference?.path, 'Patient.name[1].family');
  });

  it('reports no more than a bounded number of differences, and always some', () => {
    const many = (value: number): string =>
      canonicalJson(Array.from({ length: 500 }, () => `${value}`));
    const differences = compare(`{"a":${many(1)}}`, `{"a":${many(2)}}`);
    assert.ok(differences.length > 0 && differences.length <= 64);
  });
});

describe('compareDelivery: could not compare is never green', () => {
  const unverifiable = ['could-not-compare Patient'];

  it('no JSON, no object, not UTF-8, a byte order mark, nothing', () => {
    assert.deepEqual(codes('{}', '{'), unverifiable);
    assert.deepEqual(codes('{}', '[]'), unverifiable);
    assert.deepEqual(codes('{"a":"\ufffd"}', Buffer.from('{"a":"\xff"}', 'latin1')), unverifiable);
    assert.deepEqual(codes('{}', '\ufeff{}'), unverifiable);
    assert.deepEqual(codes('{}', ''), unverifiable);
    assert.deepEqual(codes('{', '{}'), unverifiable);
    assert.deepEqual(codes('{}', '{"a":1,"a":1}'), unverifiable);
  });

  it('a head without a body', () => {
    const stored: Stored = { ...key, state: 'present', version: 1, digest: '' };
    const [difference] = compareDelivery(Buffer.from('{}'), new ReadBack(stored));
    assert.equal(difference?.kind, 'unverifiable');
  });

  it('absent and removed are missing', () => {
    const draft = Buffer.from('{}');
    const [absent] = compareDelivery(draft, new ReadBack({ ...key, state: 'absent' }));
    const [removed] = compareDelivery(
      draft,
      new ReadBack({ ...key, state: 'removed', version: 2 }),
    );
    assert.deepEqual(absent, { kind: 'missing', code: 'delivery-missing', path: 'Patient' });
    assert.deepEqual(removed, { kind: 'missing', code: 'delivery-removed', path: 'Patient' });
  });
});

describe('compareDelivery: what the server may change', () => {
  it('version and date, whether meta was there or not', () => {
    const meta = '"meta":{"versionId":"3","lastUpdated":"2026-01-01T00:00:00Z"}';
    assert.deepEqual(codes('{"a":1}', `{"a":1,${meta}}`), []);
    assert.deepEqual(codes(`{"a":1,${meta}}`, '{"a":1}'), []);
    assert.deepEqual(codes(`{"a":1,${meta}}`, '{"a":1,"meta":{"versionId":"4"}}'), []);
  });

  it('but not the rest of meta, nor the same name elsewhere', () => {
    assert.deepEqual(codes('{}', '{"meta":{"versionId":"3","tag":[]}}'), [
      'element-added Patient.meta.tag',
    ]);
    assert.deepEqual(
      codes('{"meta":{"security":[{"code":"ETH"}]}}', '{"meta":{"versionId":"3"}}'),
      ['element-missing Patient.meta.security'],
    );
    assert.deepEqual(codes('{}', '{"meta":{}}'), ['element-added Patient.meta']);
    assert.deepEqual(codes('{"versionId":"1"}', '{"versionId":"2"}'), [
      'element-different Patient.versionId',
    ]);
  });

  it('nor what a contained resource says of itself', () => {
    const contained = (version: string) => `{"contained":[{"meta":{"versionId":"${version}"}}]}`;
    assert.deepEqual(codes(contained('1'), contained('2')), [
      'element-different Patient.contained[0].meta.versionId',
    ]);
  });

  it('meta.source may be added, not changed', () => {
    assert.deepEqual(codes('{}', '{"meta":{"source":"urn:x"}}'), []);
    assert.deepEqual(codes('{"meta":{"source":"urn:x"}}', '{"meta":{"source":"urn:y"}}'), [
      'element-different Patient.meta.source',
    ]);
  });

  it('a target may declare more, with its reason, containers included', () => {
    const more = { path: 'text', may: 'change', reason: 'writes its own narrative' } as const;
    const rules = { ...defaultDeliveryRules, serverMayChange: [...serverMayChange, more] };
    assert.deepEqual(codes('{"text":{"div":"a"}}', '{"text":{"div":"b"}}', rules), []);
    assert.deepEqual(codes('{"textual":1}', '{"textual":2}', rules), [
      'element-different Patient.textual',
    ]);
  });

  it('a declared set has no order, but keeps count', () => {
    const rules = { ...defaultDeliveryRules, sets: ['a'] };
    assert.deepEqual(codes('{"a":[1,2]}', '{"a":[2,1]}', rules), []);
    assert.equal(codes('{"a":[1,2]}', '{"a":[1,1]}', rules).length, 1);
    assert.equal(codes('{"a":[1,2]}', '{"a":[1,2,2]}', rules).length, 1);
  });
});

describe('compareDelivery: properties', () => {
  const object = fc
    .dictionary(fc.string({ minLength: 1, unit: 'binary-ascii' }), fc.jsonValue({ maxDepth: 4 }))
    .map((value) => asObject(parseJson(JSON.stringify(value))));

  it('no finding on equal meaning: any writing of the same resource is equal', () => {
    fc.assert(
      fc.property(object, (value) => {
        assert.deepEqual(compare(canonicalJson(value), written(value)), []);
      }),
    );
  });

  it('every change of a single leaf is found, at its path', () => {
    fc.assert(
      fc.property(object, fc.nat(), (value, choice) => {
        const before = canonicalJson(value);
        const leaves = leafSetters(value);
        fc.pre(leaves.length > 0);
        leaves[choice % leaves.length]?.();
        fc.pre(canonicalJson(value) !== before);
        assert.notEqual(compare(before, canonicalJson(value)).length, 0);
        assert.notEqual(compare(canonicalJson(value), before).length, 0);
      }),
    );
  });

  it('equal exactly when the canonical texts are', () => {
    fc.assert(
      fc.property(object, object, (one, other) => {
        fc.pre(one['meta'] === undefined && other['meta'] === undefined);
        const [left, right] = [canonicalJson(one), canonicalJson(other)];
        assert.equal(compare(left, right).length === 0, left === right);
      }),
    );
  });
});

function asObject(value: Json): JsonObject {
  assert.ok(isJsonObject(value));
  return value;
}

/** The same value written otherwise: members reversed, spaced, every character escaped. */
function written(value: Json): string {
  if (typeof value === 'string') return escaped(value);
  if (Array.isArray(value)) return `[ ${value.map(written).join(' , ')} ]`;
  if (!isJsonObject(value)) return canonicalJson(value);
  const members = Object.entries(value).toReversed();
  return `{\n${members.map(([name, member]) => `${escaped(name)}: ${written(member)}`).join(',\t')} }`;
}

function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

/** One function per leaf that replaces it by another value, in place. */
function leafSetters(container: Json): (() => void)[] {
  if (Array.isArray(container)) {
    return container.flatMap((item, index) => settersOf(item, (next) => (container[index] = next)));
  }
  if (!isJsonObject(container)) return [];
  return Object.entries(container).flatMap(([name, member]) =>
    settersOf(member, (next) => (container[name] = next)),
  );
}

function settersOf(value: Json, set: (next: Json) => void): (() => void)[] {
  if (Array.isArray(value) || isJsonObject(value)) return leafSetters(value);
  return [() => set(otherLeaf(value))];
}

function otherLeaf(value: Json): Json {
  if (typeof value === 'string') return `${value}\u0301`;
  if (value instanceof JsonNumber)
    return new JsonNumber(value.text.includes('e') ? '7' : `1${value.text.replace('-', '')}`);
  return value === true ? false : 'x';
}
