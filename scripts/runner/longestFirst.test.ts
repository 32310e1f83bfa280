import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { checks, root, withinRoot } from './checks.ts';
import { longest, longestFirst } from './longestFirst.ts';
import { testFiles } from './session.ts';

test('what takes longest comes first, the rest as it came', () => {
  const [first = '', second = ''] = longest;
  const jobs = ['b', second, 'a', first].map((name) => ({ name }));
  assert.deepEqual(
    longestFirst(jobs).map(({ name }) => name),
    [first, second, 'b', 'a'],
  );
});

test('everything that is known to take long is there', () => {
  const there = [
    ...checks.map(({ name }) => name),
    ...readdirSync(path.join(root, '.ci/checks')),
    ...testFiles([]).map(withinRoot),
  ];
  assert.deepEqual(
    longest.filter((name) => !there.includes(name)),
    [],
  );
});
