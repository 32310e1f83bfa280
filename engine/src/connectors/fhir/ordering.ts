/** A resource to be written and what it refers to. */
export interface Referring {
  /** `Type/id`. */
  name: string;
  /** Bytes of the body; undefined when nothing of it can refer. */
  body: Buffer | undefined;
}

/** A literal reference in canonical JSON (FHIR R4, Reference.reference), to a version or not. */
const literal = /"reference":"([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/[^"]+)?"/g;

/**
 * Order resources for a server that wants referents to be there: levels of places in `all`, each to
 * be written after the one before. A level holds knots: resources that refer to each other in a
 * circle (strongly connected components; mostly one resource), which belong in one transaction.
 */
export function levelsOf(all: readonly Referring[]): number[][][] {
  const places = new Map(all.map(({ name }, at) => [name, at]));
  const edges = all.map(({ body }, at) => referents(body, places, at));
  if (edges.every((targets) => targets.length === 0)) return [all.map((_, at) => [at])];
  const knots = new Knots(edges).find();
  const levelOf = new Map<number, number>();
  const levels: number[][][] = [];
  // Tarjan gives a knot after everything that it refers to.
  for (const knot of knots) {
    const members = new Set(knot);
    const below = knot.flatMap((at) =>
      (edges[at] ?? []).filter((to) => !members.has(to)).map((to) => levelOf.get(to) ?? 0),
    );
    const level = below.reduce((highest, each) => Math.max(highest, each + 1), 0);
    for (const at of knot) levelOf.set(at, level);
    (levels[level] ??= []).push(knot);
  }
  return levels;
}

function referents(
  body: Buffer | undefined,
  places: ReadonlyMap<string, number>,
  own: number,
): number[] {
  if (body === undefined || places.size < 2 || !body.includes('"reference":"')) return [];
  const found = new Set<number>();
  for (const [, name] of body.toString().matchAll(literal)) {
    const at = places.get(name ?? '');
    if (at !== undefined && at !== own) found.add(at);
  }
  return [...found];
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
