import assert from 'node:assert/strict';
import test from 'node:test';
import { itemAt, packItems } from '../staging/packedItems.ts';
import { packDrafts, someDrafts, unpackSome, type PackedDrafts } from './drafts.ts';

const drafts: PackedDrafts = {
  types: ['Patient', 'Encounter', 'Encounter'],
  ids: ['a', 'b', 'c'],
  from: [[0], [1], [1, 2]],
  references: [[], ['Patient/a'], ['Patient/gone']],
  targets: [['chart'], ['chart'], ['archive', 'chart']],
  bodies: packItems(['{"a":1}', '{"b":2}', '{"c":3}'].map((text) => Buffer.from(text))),
  digests: Buffer.alloc(96),
};

test('some drafts of a batch keep their columns, bodies and places through a parcel', () => {
  const { bodies, ...columns } = unpackSome(packDrafts(someDrafts(drafts, [2, 0])));
  assert.deepEqual(columns, {
    ordinals: [2, 0],
    types: ['Encounter', 'Patient'],
    ids: ['c', 'a'],
    from: [[1, 2], [0]],
    references: [['Patient/gone'], []],
    targets: [['archive', 'chart'], ['chart']],
  });
  assert.deepEqual(
    [0, 1].map((at) => itemAt(bodies, at).toString()),
    ['{"c":3}', '{"a":1}'],
  );
});
