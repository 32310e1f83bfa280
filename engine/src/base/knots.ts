/**
 * Strongly connected components: places that lead to each other in a circle, mostly one place alone.
 * `edges[at]` are the places that `at` leads to. Each component comes after all that it leads to, its
 * places rising.
 */
export function knotsOf(edges: readonly (readonly number[])[]): number[][] {
  return new Knots(edges).find();
}

/** Tarjan's algorithm, without recursion: a chain of references may be as long as a batch. */
class Knots {
  readonly #edges: readonly (readonly number[])[];
  readonly #index: Int32Array;
  readonly #low: Int32Array;
  readonly #open: number[] = [];
  readonly #isOpen: Uint8Array;
  readonly #knots: number[][] = [];
  #next = 0;

  constructor(edges: readonly (readonly number[])[]) {
    this.#edges = edges;
    this.#index = new Int32Array(edges.length).fill(-1);
    this.#low = new Int32Array(edges.length);
    this.#isOpen = new Uint8Array(edges.length);
  }

  find(): number[][] {
    for (let at = 0; at < this.#edges.length; at++) if (this.#index[at] === -1) this.#walk(at);
    return this.#knots;
  }

  #walk(start: number): void {
    const path: { at: number; edge: number }[] = [this.#enter(start)];
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const to = this.#edges[step.at]?.[step.edge++];
      if (to === undefined) {
        path.pop();
        this.#leave(step.at);
        const from = path.at(-1)?.at;
        if (from !== undefined) this.#lower(from, this.#low[step.at]!);
      } else if (this.#index[to] === -1) path.push(this.#enter(to));
      else if (this.#isOpen[to] === 1) this.#lower(step.at, this.#index[to]!);
    }
  }

  #enter(at: number): { at: number; edge: number } {
    this.#index[at] = this.#low[at] = this.#next++;
    this.#open.push(at);
    this.#isOpen[at] = 1;
    return { at, edge: 0 };
  }

  #lower(at: number, to: number): void {
    this.#low[at] = Math.min(this.#low[at]!, to);
  }

  #leave(at: number): void {
    if (this.#low[at] !== this.#index[at]) return;
    const knot = this.#open.splice(this.#open.lastIndexOf(at));
    for (const member of knot) this.#isOpen[member] = 0;
    this.#knots.push(knot.toSorted((left, right) => left - right));
  }
}
