import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../base/digest.ts';
import { isFhirId, resourceTypes, typeName, typeNumber } from './resourceTypes.ts';

test('the numbers of the types of R4 never change', () => {
  const first = resourceTypes.slice(0, 146);
  assert.equal(
    sha256Hex(first.join()),
    '177c039c4a847da7b386b0e81799b96054aeaecc1224a04b679311ac46eb0e12',
  );
  for (const name of resourceTypes) assert.equal(typeName(typeNumber(name) ?? 0), name);
  assert.equal(new Set(resourceTypes).size, resourceTypes.length);
});

test('what is no type or id of FHIR', () => {
  assert.equal(typeNumber('Widget'), undefined);
  assert.throws(() => typeName(0), RangeError);
  for (const id of ['', 'a b', 'a/b', 'a_b', 'x'.repeat(65)]) assert.equal(isFhirId(id), false);
});
