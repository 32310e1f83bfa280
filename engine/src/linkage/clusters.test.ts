import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { bridgesOf, clusterEdges, type Edge } from './clusters.ts';

const size = 30;
const edge = fc.record({
  left: fc.integer({ min: 0, max: size - 1 }),
  right: fc.integer({ min: 0, max: size - 1 }),
  weight: fc.integer({ min: 0, max: 20 }),
});
const graphs = fc
  .uniqueArray(edge, {
    maxLength: 60,
    selector: ({ left, right }) => `${Math.min(left, right)} ${Math.max(left, right)}`,
  })
  .map((edges) => edges.filter(({ left, right }) => left !== right));

/** What is reached from a record, by walking: the plainest way there is. */
function reach(edges: readonly Edge[], from: number): Set<number> {
  const reached = new Set([from]);
  for (const member of reached) {
    for (const { left, right } of edges) {
      if (left === member) reached.add(right);
      if (right === member) reached.add(left);
    }
  }
  return reached;
}

async function* inPieces(edges: readonly Edge[]): AsyncGenerator<readonly Edge[]> {
  for (let at = 0; at < edges.length; at += 7) yield edges.slice(at, at + 7);
}

describe('clusters', () => {
  test('without a weak bridge they are the connected components', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (edges) => {
        const { clusterOf, cut } = await clusterEdges(size, () => inPieces(edges), 0);
        assert.deepEqual(cut, []);
        for (let record = 0; record < size; record++) {
          assert.equal(clusterOf(record), Math.min(...reach(edges, record)));
        }
      }),
    );
  });

  test('a bridge is an edge without which both sides fall apart, with two members or more', () => {
    fc.assert(
      fc.property(graphs, (edges) => {
        for (const component of componentsOf(edges)) {
          const expected = component.filter((each) => {
            const others = component.filter((other) => other !== each);
            const left = reach(others, each.left);
            return !left.has(each.right) && left.size > 1 && reach(others, each.right).size > 1;
          });
          assert.deepEqual(new Set(bridgesOf(component)), new Set(expected));
        }
      }),
    );
  });

  test('only weak bridges are cut, and what they joined falls apart', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (edges) => {
        const { clusterOf, cut } = await clusterEdges(size, () => inPieces(edges), 10);
        const kept = edges.filter((each) => !cut.includes(each));
        assert.ok(cut.every(({ weight }) => weight < 10));
        for (let record = 0; record < size; record++) {
          assert.equal(clusterOf(record), Math.min(...reach(kept, record)));
        }
      }),
    );
  });

  test('the order of edges makes no difference', async () => {
    const shuffled = graphs.chain((edges) =>
      fc.tuple(fc.constant(edges), fc.shuffledSubarray(edges, { minLength: edges.length })),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([one, other]) => {
        const [first, second] = [
          await clusterEdges(size, () => inPieces(one), 10),
          await clusterEdges(size, () => inPieces(other), 10),
        ];
        const clusters = ({ clusterOf }: typeof first): number[] =>
          Array.from({ length: size }, (_, record) => clusterOf(record));
        assert.deepEqual(clusters(first), clusters(second));
      }),
    );
  });
});

function componentsOf(edges: readonly Edge[]): Edge[][] {
  const byRoot = Map.groupBy(edges, ({ left }) => Math.min(...reach(edges, left)));
  return [...byRoot.values()];
}
