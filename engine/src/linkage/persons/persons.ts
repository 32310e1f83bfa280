import type { PersonDecision, PersonLink } from '../../model/person.ts';
import { settle } from './partition.ts';

/** What is known of records; a record that no pair names is a person by itself. */
export interface PersonFacts {
  links: readonly PersonLink[];
  decisions: readonly PersonDecision[];
  /** When a record arrived: a rank, lower for the older one. */
  arrival(record: string): number;
}

/**
 * Persons with stable ids. Who is with whom follows from links and decisions and from nothing else
 * (`settle`), so the order in which records arrive makes no difference to it. A person goes by the id
 * of its oldest record: an id always leads to the person who has that record, and never to anybody
 * else. So when persons become one, one id survives and the others redirect to it; when they part
 * again, each has its own back; and nobody else is renamed.
 */
export class Persons {
  readonly #facts: PersonFacts;
  readonly #person = new Map<string, string>();
  readonly #records = new Map<string, readonly string[]>();
  /** Decisions that cannot hold beside later ones: for a human to look at. */
  readonly contradictions: readonly PersonDecision[];

  constructor(facts: PersonFacts) {
    this.#facts = facts;
    const named = new Set(
      [...facts.links, ...facts.decisions].flatMap(({ left, right }) => [left, right]),
    );
    const settled = settle([...named], facts.links, facts.decisions);
    this.contradictions = settled.contradictions;
    for (const group of settled.groups) {
      if (group.length === 1) continue;
      const records = group.toSorted((a, b) => facts.arrival(a) - facts.arrival(b));
      const [oldest = ''] = records;
      for (const record of records) this.#person.set(record, oldest);
      this.#records.set(oldest, records);
    }
  }

  /** The id of the person whom a record, or an id of former times, leads to. */
  personOf(record: string): string {
    return this.#person.get(record) ?? record;
  }

  /** Records of the person whom an id leads to, the oldest first. */
  recordsOf(id: string): readonly string[] {
    const person = this.personOf(id);
    return this.#records.get(person) ?? [person];
  }

  /** Persons of more than one record, by id, with their records. */
  persons(): IterableIterator<[id: string, records: readonly string[]]> {
    return this.#records.entries();
  }

  /** Why a record is in its person: what ties it to others of the same person. */
  reasonsFor(record: string): (PersonLink | PersonDecision)[] {
    const person = this.personOf(record);
    const decided = new Set<string>();
    const ties = (one: { left: string; right: string }): boolean =>
      (one.left === record || one.right === record) &&
      one.left !== one.right &&
      this.personOf(one.left) === person &&
      this.personOf(one.right) === person;
    const decisions = this.#facts.decisions.filter((one) => one.same && ties(one));
    for (const decision of decisions) decided.add(pairOf(decision));
    const links = this.#facts.links.filter((one) => ties(one) && !decided.has(pairOf(one)));
    return [...decisions, ...links];
  }

  /** Whether a human said that somebody of one person is not somebody of the other. */
  keptApart(one: string, other: string): boolean {
    const [left, right] = [new Set(this.recordsOf(one)), new Set(this.recordsOf(other))];
    const across = (a: string, b: string): boolean => left.has(a) && right.has(b);
    return this.#facts.decisions.some(
      ({ same, left: a, right: b }) => !same && (across(a, b) || across(b, a)),
    );
  }
}

function pairOf({ left, right }: { left: string; right: string }): string {
  return left < right ? `${left} ${right}` : `${right} ${left}`;
}
