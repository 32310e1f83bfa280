import { knotsOf } from '../../base/knots.ts';

/** A resource to be written and what it refers to. */
export interface Referring {
  /** `Type/id`. */
  name: string;
  /** Bytes of the body; undefined when nothing of it can refer. */
  body: Buffer | undefined;
}

/** A literal reference or an address as a text of canonical JSON, to a version or a part or not. */
const literal = /"([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/[^"]+|[|#][^"]*)?"/g;

/**
 * Order resources for a server that wants referents to be there: levels of places in `all`, each to
 * be written after the one before. A level holds knots: resources that refer to each other in a
 * circle (strongly connected components; mostly one resource), which belong in one transaction.
 */
export function levelsOf(all: readonly Referring[]): number[][][] {
  const places = new Map(all.map(({ name }, at) => [name, at]));
  const types = new Set(all.map(({ name }) => name.slice(0, name.indexOf('/'))));
  const starts = [...types].map((type) => `"${type}/`);
  const edges = all.map(({ body }, at) => referents(body, starts, places, at));
  if (edges.every((targets) => targets.length === 0)) return [all.map((_, at) => [at])];
  const knots = knotsOf(edges);
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

/** @param starts how a reference to one of them begins: most bodies, of documents too, have none. */
function referents(
  body: Buffer | undefined,
  starts: readonly string[],
  places: ReadonlyMap<string, number>,
  own: number,
): number[] {
  if (body === undefined || places.size < 2) return [];
  if (!starts.some((start) => body.includes(start))) return [];
  const found = new Set<number>();
  for (const [, name] of body.toString().matchAll(literal)) {
    const at = places.get(name ?? '');
    if (at !== undefined && at !== own) found.add(at);
  }
  return [...found];
}
