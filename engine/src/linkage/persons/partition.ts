import type { PersonDecision, PersonLink } from '../../model/person.ts';

export interface Settled {
  /** Records of each person, sorted; the groups by their first record. */
  groups: readonly (readonly string[])[];
  /** Decisions that a later one rules out. */
  contradictions: readonly PersonDecision[];
}

/**
 * Who is with whom: a function of the sets of links and decisions, whatever their order. Decisions come
 * first, the latest of them before the others; then links, the heaviest first, each where it does not
 * bring together what was decided to be different.
 */
export function settle(
  records: readonly string[],
  links: readonly PersonLink[],
  decisions: readonly PersonDecision[],
): Settled {
  const groups = new Groups(records);
  const contradictions: PersonDecision[] = [];
  for (const decision of decisions.toSorted((one, other) => other.ordinal - one.ordinal)) {
    const { left, right, same } = decision;
    const held = same ? groups.join(left, right) : groups.part(left, right);
    if (!held) contradictions.push(decision);
  }
  for (const { left, right } of links.toSorted(byWeight)) groups.join(left, right);
  return { groups: groups.all(), contradictions };
}

function byWeight(one: PersonLink, other: PersonLink): number {
  if (one.weight !== other.weight) return other.weight - one.weight;
  const [first, second] = [sorted(one), sorted(other)];
  return first < second ? -1 : first > second ? 1 : 0;
}

const sorted = ({ left, right }: PersonLink): string => JSON.stringify([left, right].toSorted());

/** Disjoint groups, some of which must stay apart. */
class Groups {
  readonly #group = new Map<string, Group>();

  constructor(records: readonly string[]) {
    for (const record of records) {
      this.#group.set(record, { records: [record], apart: new Set() });
    }
  }

  /** Whether they are together now. */
  join(left: string, right: string): boolean {
    const [one, other] = [this.#of(left), this.#of(right)];
    if (one === other) return true;
    if (one.apart.has(other)) return false;
    const [large, small] = one.records.length >= other.records.length ? [one, other] : [other, one];
    for (const record of small.records) this.#group.set(record, large);
    large.records.push(...small.records);
    for (const stranger of small.apart) {
      stranger.apart.delete(small);
      stranger.apart.add(large);
      large.apart.add(stranger);
    }
    return true;
  }

  /** Whether they will stay apart: not where they are together already. */
  part(left: string, right: string): boolean {
    const [one, other] = [this.#of(left), this.#of(right)];
    if (one === other) return false;
    one.apart.add(other);
    other.apart.add(one);
    return true;
  }

  all(): string[][] {
    const groups = [...new Set(this.#group.values())].map(({ records }) => records.toSorted());
    return groups.toSorted((one, other) => ((one[0] ?? '') < (other[0] ?? '') ? -1 : 1));
  }

  #of(record: string): Group {
    const found = this.#group.get(record);
    if (found === undefined) throw new RangeError('there is no such record');
    return found;
  }
}

interface Group {
  records: string[];
  apart: Set<Group>;
}
