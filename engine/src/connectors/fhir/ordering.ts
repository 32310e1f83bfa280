import { knotsOf } from '../../base/knots.ts';

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
