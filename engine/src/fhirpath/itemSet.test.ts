import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { equalValues } from './equality.ts';
import { ItemSet } from './itemSet.ts';
import { anyType } from './staticType.ts';
import type { FhirObject } from './value.ts';

/** Elements that look alike: texts differ behind what a look is drawn from, lists in what is in them. */
const elements = fc
  .tuple(fc.nat(40), fc.nat(3), fc.boolean())
  .map(([end, item, turned]): FhirObject => {
    const text = `${'a'.repeat(30)}${String(end).padStart(2, '0')}`;
    const members = [
      ['linkId', text],
      ['item', [{ linkId: String(item) }]],
    ] as const;
    return Object.fromEntries(turned ? members.toReversed() : members);
  });

test('a set of elements holds those that equality tells apart, however alike they look', () => {
  fc.assert(
    fc.property(fc.array(elements, { maxLength: 80 }), (all) => {
      const set = new ItemSet(anyType);
      const kept: FhirObject[] = [];
      for (const each of all) {
        const isNew = !kept.some((other) => equalValues(each, other) === true);
        assert.equal(set.has(each), !isNew);
        assert.equal(set.add(each), isNew);
        if (isNew) kept.push(each);
      }
    }),
  );
});
