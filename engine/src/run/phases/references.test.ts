import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DraftColumns } from '../drafts.ts';
import { writeLevels } from './references.ts';

/** Drafts `T/0`, `T/1` … that refer to each other by number. */
function drafts(...references: number[][]): DraftColumns {
  return {
    types: references.map(() => 'T'),
    ids: references.map((_, at) => String(at)),
    from: references.map((_, at) => [at]),
    references: references.map((to) => to.map((at) => `T/${at}`)),
  };
}

function levelsOf(...references: number[][]): number[][] {
  return writeLevels(drafts(...references), [...references.keys()]);
}

describe('the order in which drafts are written', () => {
  it('is one level where nothing refers to its own kind', () => {
    assert.deepEqual(levelsOf([], [9], []), [[0, 1, 2]]);
  });

  it('puts referents before what refers to them', () => {
    assert.deepEqual(levelsOf([1], [2], [], [2]), [[2], [1, 3], [0]]);
  });

  it('takes a draft that refers to itself as any other', () => {
    assert.deepEqual(levelsOf([0], [0]), [[0], [1]]);
  });

  it('puts circles, and what refers to them, last', () => {
    assert.deepEqual(levelsOf([1], [0], [], [0]), [[2], [0, 1, 3]]);
  });

  it('ends after a few levels, however long a chain is', () => {
    const chain = Array.from({ length: 100 }, (_, at) => (at === 0 ? [] : [at - 1]));
    const levels = levelsOf(...chain);
    assert.ok(levels.length <= 8);
    assert.equal(levels.flat().length, 100);
  });
});
