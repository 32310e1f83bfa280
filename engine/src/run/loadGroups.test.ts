import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadGroups, onlySettling, settleGroups } from './loadGroups.ts';
import { settleName } from './phases/settle.ts';
import type { SliceName } from './workflows.ts';

const target = 'chart';
const mappings = new Map([
  ['providers', { refersTo: [] }],
  ['patients', { refersTo: ['providers'] }],
  ['allergies', { refersTo: ['patients'] }],
  ['encounters', { refersTo: ['patients', 'providers'] }],
  ['orders', { refersTo: ['encounters'] }],
  ['messages', { refersTo: [] }],
]);

function slicesOf(...streams: string[]): SliceName[] {
  return streams.flatMap((stream) =>
    ['1-0001', '1-0002'].map((slice) => ({ target, stream, slice })),
  );
}

function settling(stream: string): SliceName {
  return { target, stream, slice: settleName(0) };
}

test('streams that refer to nothing of each other are loaded together, all others in turn', () => {
  const streams = [...mappings.keys()];
  const left = streams.flatMap((stream) => [...slicesOf(stream), settling(stream)]);
  assert.deepEqual(loadGroups(left, mappings), [
    slicesOf('providers'),
    slicesOf('patients'),
    slicesOf('allergies', 'encounters'),
    slicesOf('orders'),
    // Of messages it is not known what they refer to.
    slicesOf('messages'),
  ]);
});

test('settling is next when all is loaded: at once where nothing waits, in turn where something does', () => {
  const left = [...mappings.keys()].map(settling);
  assert.ok(onlySettling(left));
  assert.ok(!onlySettling([...left, ...slicesOf('orders')]));
  const balances = [
    { stream: 'orders', target, waiting: 2 },
    { stream: 'encounters', target: 'another', waiting: 2 },
    { stream: 'patients', target, waiting: 1 },
    { stream: 'allergies', target, waiting: 0 },
  ];
  assert.deepEqual(settleGroups(left, balances), [
    ['providers', 'allergies', 'encounters', 'messages'].map(settling),
    [settling('patients')],
    [settling('orders')],
  ]);
});

test('behind a stream of which nothing is known others may be loaded with it', () => {
  const left = slicesOf('patients', 'unknown', 'encounters');
  assert.deepEqual(loadGroups(left, mappings), [
    slicesOf('patients'),
    slicesOf('unknown', 'encounters'),
  ]);
});
