import { seededRandom, type Random } from '../../base/random.ts';
import type { SampleStratum } from '../../ledger/samples.ts';
import { strata, type Stratum } from './strata.ts';

export interface DrawnSample {
  /** Ids of patients, in the order of the packet. */
  patients: string[];
  strata: SampleStratum[];
}

/**
 * Draw charts: from every stratum that has any an equal share, at least one while there is room, and the
 * rest from everybody. The same seed, patients and size give the same sample, in whatever order they came.
 */
export function drawSample(
  charts: ReadonlyMap<string, ReadonlySet<Stratum>>,
  size: number,
  seed: string,
): DrawnSample {
  const random = seededRandom(`sample/${seed}`);
  const everybody = shuffled([...charts.keys()].toSorted(), random);
  const drawn = new Set<string>();
  const members = new Map(
    strata.map((name) => [name, everybody.filter((id) => charts.get(id)?.has(name))]),
  );
  const present = strata.filter((name) => (members.get(name) ?? []).length > 0);
  const share = Math.max(1, Math.floor(size / (present.length + 1)));
  for (const name of present) {
    for (const id of shuffled(members.get(name) ?? [], random).slice(0, share)) {
      if (drawn.size < size) drawn.add(id);
    }
  }
  for (const id of everybody) if (drawn.size < size) drawn.add(id);
  const counts = strata.map((name): SampleStratum => {
    const all = members.get(name) ?? [];
    return { name, patients: all.length, drawn: all.filter((id) => drawn.has(id)).length };
  });
  return { patients: shuffled([...drawn], random), strata: counts };
}

/** Fisher and Yates, on a copy. */
function shuffled(items: readonly string[], random: Random): string[] {
  const copy = [...items];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = random.integer(at + 1);
    [copy[at], copy[other]] = [copy[other] as string, copy[at] as string];
  }
  return copy;
}
