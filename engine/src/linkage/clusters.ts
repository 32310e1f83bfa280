/** Disjoint sets of 0…size-1, by union to the smaller member, with paths halved. */
export class DisjointSets {
  readonly #parent: Int32Array;

  constructor(size: number) {
    this.#parent = Int32Array.from({ length: size }, (_, at) => at);
  }

  /** The smallest member of the set that `member` is in: whatever the order of unions. */
  find(member: number): number {
    const parent = this.#parent;
    let at = member;
    while (parent[at] !== at) {
      const above = parent[parent[at] as number] as number;
      parent[at] = above;
      at = above;
    }
    return at;
  }

  union(one: number, other: number): void {
    const left = this.find(one);
    const right = this.find(other);
    if (left === right) return;
    this.#parent[Math.max(left, right)] = Math.min(left, right);
  }
}

/** A pair that the model would link. */
export interface Edge {
  left: number;
  right: number;
  weight: number;
}

/**
 * The edges of one connected component that are its bridges (without it the component falls apart)
 * with at least two members on either side: chains grow by these. Linear in edges (Tarjan 1974).
 */
export function bridgesOf(edges: readonly Edge[]): Edge[] {
  const neighbours = new Map<number, { edge: number; to: number }[]>();
  for (const [edge, { left, right }] of edges.entries()) {
    listOf(neighbours, left).push({ edge, to: right });
    listOf(neighbours, right).push({ edge, to: left });
  }
  const found: Edge[] = [];
  const order = new Map<number, number>();
  const low = new Map<number, number>();
  const size = new Map<number, number>();
  for (const root of neighbours.keys()) {
    if (order.has(root)) continue;
    const members = neighbours.size;
    const stack = [{ node: root, by: -1, next: 0 }];
    order.set(root, order.size);
    low.set(root, order.get(root) as number);
    size.set(root, 1);
    while (stack.length > 0) {
      const top = stack.at(-1) as { node: number; by: number; next: number };
      const step = neighbours.get(top.node)?.[top.next++];
      if (step === undefined) {
        stack.pop();
        const below = stack.at(-1);
        if (below === undefined) continue;
        const lowest = Math.min(low.get(below.node) as number, low.get(top.node) as number);
        low.set(below.node, lowest);
        size.set(below.node, (size.get(below.node) as number) + (size.get(top.node) as number));
        const apart = (low.get(top.node) as number) > (order.get(below.node) as number);
        const inside = size.get(top.node) as number;
        if (apart && inside > 1 && members - inside > 1) found.push(edges[top.by] as Edge);
        continue;
      }
      if (step.edge === top.by) continue;
      const seen = order.get(step.to);
      if (seen === undefined) {
        order.set(step.to, order.size);
        low.set(step.to, order.size - 1);
        size.set(step.to, 1);
        stack.push({ node: step.to, by: step.edge, next: 0 });
      } else {
        low.set(top.node, Math.min(low.get(top.node) as number, seen));
      }
    }
  }
  return found;
}

function listOf<T>(lists: Map<number, T[]>, key: number): T[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const created: T[] = [];
  lists.set(key, created);
  return created;
}

export interface Clustering {
  /** For each record the smallest record of its cluster. */
  clusterOf: (record: number) => number;
  /** Bridges that were cut: pairs for review. */
  cut: readonly Edge[];
}

/**
 * Connected components of the edges at `link` or above, guarded against chaining: a bridge below
 * `strong` between two groups is cut and goes to review. Edges come in any order and only those of
 * components with four members or more, where a bridge can be, are ever held.
 */
export async function clusterEdges(
  records: number,
  edges: () => AsyncIterable<readonly Edge[]>,
  strong: number,
): Promise<Clustering> {
  const first = new DisjointSets(records);
  for await (const some of edges()) for (const { left, right } of some) first.union(left, right);
  const members = new Int32Array(records);
  for (let at = 0; at < records; at++) members[first.find(at)]!++;
  const chained = new Map<number, Edge[]>();
  for await (const some of edges()) {
    for (const edge of some) {
      const root = first.find(edge.left);
      if ((members[root] as number) > 3) listOf(chained, root).push(edge);
    }
  }
  const cut = [...chained.values()].flatMap((all) =>
    bridgesOf(all).filter(({ weight }) => weight < strong),
  );
  if (cut.length === 0) return { clusterOf: (record) => first.find(record), cut };
  const dropped = new Set(cut.map(({ left, right }) => `${left} ${right}`));
  const again = new DisjointSets(records);
  for await (const some of edges()) {
    for (const { left, right } of some) {
      if (!dropped.has(`${left} ${right}`)) again.union(left, right);
    }
  }
  return { clusterOf: (record) => again.find(record), cut };
}
