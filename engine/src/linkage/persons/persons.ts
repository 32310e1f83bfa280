import { HandoverError } from '../../base/errors.ts';
import { settle, type Decision, type Link, type Settled } from './partition.ts';

/**
 * Persons with stable ids, as a value machine without input or output.
 *
 * What is true of a record: it is in exactly one person. Who is with whom follows from the links and
 * decisions there are and from nothing else (`settle`), so the order in which records arrive makes no
 * difference. What is true of an id: it was given once, to the record that started a person or was left
 * without one, its _owner_, and it always leads to the person who has that record. A person goes by the
 * oldest id of its records; the others redirect to it. So when persons become one, one id survives; when
 * they part again, each has its own back; and no id ever leads to anybody else.
 *
 * What leaves a state: `arrive` (a record with its links), `decide` (a human's word) and `withdraw` (of a
 * decision). Each looks only at the records connected with what changed.
 */
export class Persons {
  readonly #mint: (record: string) => string;
  readonly #records = new Map<string, Member>();
  readonly #links = new Map<string, Link>();
  readonly #decisions = new Map<string, Decision>();
  readonly #members = new Map<string, string[]>();
  readonly #ids = new Map<string, { owner: string; order: number }>();
  #ordinal = 0;

  /** @param mint the id that a record gives to a person it starts; for ever the same. */
  constructor(mint: (record: string) => string) {
    this.#mint = mint;
  }

  /** A record with its links to records that are there; the same again changes nothing. */
  arrive(record: string, links: readonly Omit<Link, 'left'>[]): Change {
    if (!this.#records.has(record)) {
      this.#records.set(record, { person: '', id: undefined, neighbours: new Set() });
    }
    for (const { right, ...link } of links) {
      if (right === record) continue;
      this.#recordOf(right);
      this.#join(record, right);
      this.#links.set(pairOf(record, right), { left: record, right, ...link });
    }
    return this.#settleFrom([record]);
  }

  /** A human's word on a pair: it outranks the machine's, and an older one on the same pair. */
  decide(left: string, right: string, same: boolean, reason: string): Change {
    this.#recordOf(left);
    this.#recordOf(right);
    this.#join(left, right);
    const decision = { left, right, same, reason, ordinal: this.#ordinal++ };
    this.#decisions.set(pairOf(left, right), decision);
    return this.#settleFrom([left, right]);
  }

  /**
   * Make one person of two. `withdraw` of the same pair is the way back: everything is then as it was.
   * @throws HandoverError `merge-contradicts` where some of their records were decided to be different:
   * such a merge would drive others out of the person they are in, unseen.
   */
  merge(left: string, right: string, reason: string): Change {
    const others = new Set(this.recordsOf(this.personOf(right)));
    const contradicts = this.recordsOf(this.personOf(left)).some((record) =>
      [...this.#recordOf(record).neighbours].some(
        (other) => others.has(other) && this.#decisions.get(pairOf(record, other))?.same === false,
      ),
    );
    if (contradicts) throw contradictory();
    return this.decide(left, right, true, reason);
  }

  /** Take back what was decided on a pair; what the machine says of it holds again. */
  withdraw(left: string, right: string): Change {
    this.#decisions.delete(pairOf(left, right));
    return this.#settleFrom([left, right]);
  }

  /** Whether a human's word on a pair stands. */
  decided(left: string, right: string): boolean {
    return this.#decisions.has(pairOf(left, right));
  }

  /** Records of the person that an id leads to, in order. @throws RangeError for an unknown id. */
  recordsOf(id: string): readonly string[] {
    return this.#members.get(this.survivorOf(id)) ?? [];
  }

  /** The id that the person goes by, who an id leads to. @throws RangeError for an unknown id. */
  survivorOf(id: string): string {
    const owner = this.#ids.get(id)?.owner;
    if (owner === undefined) throw new RangeError('there is no such person');
    return this.personOf(owner);
  }

  /** @throws RangeError for an unknown record. */
  personOf(record: string): string {
    return this.#recordOf(record).person;
  }

  ownerOf(id: string): string | undefined {
    return this.#ids.get(id)?.owner;
  }

  /** The other ids that lead to the person who goes by this one, the oldest first. */
  replacedBy(id: string): string[] {
    const owned = this.recordsOf(id).flatMap((record) => this.#recordOf(record).id ?? []);
    return owned
      .filter((other) => other !== id)
      .toSorted((a, b) => this.#orderOf(a) - this.#orderOf(b));
  }

  #orderOf(id: string): number {
    return this.#ids.get(id)?.order ?? 0;
  }

  /** Every id that was ever given, the oldest first. */
  ids(): string[] {
    return [...this.#ids.keys()];
  }

  /** The records of each person, the id it goes by first. */
  persons(): (readonly [id: string, records: readonly string[]])[] {
    return [...this.#members];
  }

  /** Why each record of a person is in it: its links and decisions to others of the same person. */
  reasonsFor(record: string): (Link | Decision)[] {
    const { person, neighbours } = this.#recordOf(record);
    return [...neighbours].toSorted().flatMap((other) => {
      if (this.personOf(other) !== person) return [];
      const pair = pairOf(record, other);
      const found = this.#decisions.get(pair) ?? this.#links.get(pair);
      return found === undefined ? [] : [found];
    });
  }

  #recordOf(record: string): Member {
    const found = this.#records.get(record);
    if (found === undefined) throw new RangeError('there is no such record');
    return found;
  }

  #join(left: string, right: string): void {
    this.#recordOf(left).neighbours.add(right);
    this.#recordOf(right).neighbours.add(left);
  }

  /** Decide anew who is with whom among all that is connected with some records. */
  #settleFrom(starts: readonly string[]): Change {
    const reached = new Set(starts);
    for (const record of reached) {
      for (const next of this.#recordOf(record).neighbours) reached.add(next);
    }
    const { links, decisions } = this.#within(reached);
    const settled = settle([...reached], links, decisions);
    const before = new Map([...reached].map((record) => [record, this.personOf(record)]));
    for (const person of new Set(before.values())) this.#members.delete(person);
    for (const group of settled.groups) this.#name(group);
    const moved = [...reached].filter((record) => before.get(record) !== this.personOf(record));
    return { moved: moved.toSorted(), contradictions: settled.contradictions };
  }

  #within(reached: ReadonlySet<string>): { links: Link[]; decisions: Decision[] } {
    const links: Link[] = [];
    const decisions: Decision[] = [];
    for (const record of reached) {
      for (const other of this.#recordOf(record).neighbours) {
        if (other < record) continue;
        const pair = pairOf(record, other);
        const link = this.#links.get(pair);
        const decision = this.#decisions.get(pair);
        if (link !== undefined) links.push(link);
        if (decision !== undefined) decisions.push(decision);
      }
    }
    return { links, decisions };
  }

  /** A person goes by the oldest id that one of its records owns; where none does, its first gives one. */
  #name(group: readonly string[]): void {
    const owned = group.flatMap((record) => this.#recordOf(record).id ?? []);
    const [oldest] = owned.toSorted((one, other) => this.#orderOf(one) - this.#orderOf(other));
    const person = oldest ?? this.#give(group[0] ?? '');
    for (const record of group) this.#recordOf(record).person = person;
    this.#members.set(person, [...group]);
  }

  #give(record: string): string {
    const id = this.#mint(record);
    this.#ids.set(id, { owner: record, order: this.#ids.size });
    this.#recordOf(record).id = id;
    return id;
  }
}

interface Member {
  person: string;
  /** The id that it owns. */
  id: string | undefined;
  neighbours: Set<string>;
}

function contradictory(): HandoverError {
  return new HandoverError(
    'merge-contradicts',
    'Records of these persons were decided to differ.',
    {
      next: 'Look at that decision, and withdraw it first if it was wrong. Nothing was merged.',
    },
  );
}

/** What one step did. */
export interface Change {
  /** Records that are in another person now, or go by another id: what refers to them is re-pointed. */
  moved: readonly string[];
  /** Decisions that cannot hold beside later ones: for a human to look at. */
  contradictions: Settled['contradictions'];
}

function pairOf(left: string, right: string): string {
  return JSON.stringify(left < right ? [left, right] : [right, left]);
}
