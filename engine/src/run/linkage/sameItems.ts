import { sha256 } from '../../base/digest.ts';
import type { JsonObject } from '../../base/json.ts';
import { recordsOf, standingDecisions } from '../../ledger/persons.ts';
import { TokenCounts } from '../../ledger/tokenCounts.ts';
import { recordSystem } from '../../linkage/persons/charts.ts';
import { Persons } from '../../linkage/persons/persons.ts';
import { itemKeys, lackedBy, type Lead } from '../../linkage/sameItem.ts';
import type { ItemType, PersonLink, PersonQuestion } from '../../model/person.ts';
import { keptText } from './keptOnChart.ts';
import { items, labelsOf } from './people/resourceParts.ts';
import { recordsOfRun, type StandingRecord, type StandingServices } from './standingRecords.ts';

/** Things of one type that came by several roads. */
export interface SameItems {
  /** Those that one of them is joined with, or may be, in the order of their arrival. */
  records: readonly (StandingRecord & { kept: string })[];
  links: readonly PersonLink[];
  questions: readonly PersonQuestion[];
}

/** What links and decisions say of what things are about, and decisions of things. */
export async function personsBy(
  database: StandingServices['database'],
  links: readonly PersonLink[],
): Promise<Persons> {
  return new Persons({ links, decisions: await standingDecisions(database), arrival: () => 0 });
}

/** Leads a reference to one name for all records of one person or thing. */
function leadBy(persons: Persons): Lead {
  return (reference) => {
    const slash = reference.indexOf('/') + 1;
    return reference.slice(0, slash) + persons.personOf(reference.slice(slash));
  };
}

/**
 * The same allergy, problem, immunisation, result or coverage of one person, as several streams of a run tell of it.
 * The oldest stands for those of which it says all that they say, or nothing else; where one says otherwise
 * both stand, and it is a question. Two of one stream are two: their source tells them apart.
 */
export async function findSameItems(
  services: StandingServices,
  { run, type, persons }: { run: string; type: ItemType; persons: Persons },
): Promise<SameItems> {
  const lead = leadBy(persons);
  const several = await recurring(services, run, type, lead);
  const found: Item[] = [];
  for await (const batch of recordsOfRun(services, run, type)) {
    for (const record of batch) {
      const keys = itemKeys(type, record.resource, lead).filter((key) => several(key));
      if (keys.length > 0) found.push({ record, keys });
    }
  }
  const known = await recordsOf(
    services.database,
    found.map(({ record }) => record.id),
  );
  const arrival = ({ record }: Item): number => known.get(record.id)?.arrival ?? Infinity;
  const ordered = found.toSorted((one, other) => compare(arrival(one), arrival(other)));
  return combined(ordered, new Joined(lead, persons));
}

const compare = (one: number, other: number): number => (one === other ? 0 : one - other);

interface Item {
  record: StandingRecord;
  keys: readonly string[];
}

/** Whether more than one thing has a key; of keys that one has nothing is kept but a digest's count. */
async function recurring(
  services: StandingServices,
  run: string,
  type: ItemType,
  lead: Lead,
): Promise<(key: string) => boolean> {
  const counts = new TokenCounts(1024);
  for await (const batch of recordsOfRun(services, run, type)) {
    for (const { resource } of batch) {
      for (const key of itemKeys(type, resource, lead)) counts.add(sha256(key), 0);
    }
  }
  return (key) => counts.of(sha256(key), 0) > 1;
}

function combined(ordered: readonly Item[], joined: Joined): SameItems {
  const byKey = new Map<string, Item[]>();
  for (const item of ordered) {
    for (const key of item.keys) byKey.set(key, (byKey.get(key) ?? []).concat(item));
  }
  for (const some of byKey.values()) {
    const streams = new Set(some.map(({ record }) => record.stream));
    const [first, ...rest] = some;
    if (first === undefined || streams.size < some.length) continue;
    for (const other of rest) joined.add(first.record, other.record);
  }
  const records = ordered.flatMap(({ record }) => joined.taken(record) ?? []);
  return { records, links: joined.links, questions: joined.questions };
}

/** Whether they go to the same targets, whole. */
function areOfOneForm(one: StandingRecord, other: StandingRecord): boolean {
  if (one.partly || other.partly) return false;
  return (one.targets ?? []).toSorted().join(' ') === (other.targets ?? []).toSorted().join(' ');
}

class Joined {
  readonly links: PersonLink[] = [];
  readonly questions: PersonQuestion[] = [];
  readonly #lead: Lead;
  readonly #persons: Persons;
  readonly #roots = new Map<string, StandingRecord>();
  readonly #members = new Map<string, readonly string[]>();
  /** What stands for others says by now what they say too. */
  readonly #said = new Map<string, JsonObject>();
  readonly #kept = new Map<string, JsonObject>();
  readonly #asked = new Set<string>();
  readonly #parts = new Set<string>();

  constructor(lead: Lead, persons: Persons) {
    this.#lead = lead;
    this.#persons = persons;
  }

  add(first: StandingRecord, other: StandingRecord): void {
    const root = this.#roots.get(first.id) ?? first;
    const its = this.#roots.get(other.id) ?? other;
    const pair = `${root.id} ${its.id}`;
    if (root.id === its.id || this.#asked.has(pair)) return;
    const said = this.#said.get(root.id) ?? root.resource;
    const isBare = its.id === other.id && !this.#said.has(other.id) && areOfOneForm(root, other);
    const lacked = isBare ? lackedBy(said, other.resource, this.#lead) : undefined;
    const [left, right] = [root.id, its.id];
    this.#parts.add(left).add(right);
    const members = this.#members.get(root.id) ?? [root.id];
    if (members.some((one) => this.#persons.keptApart(one, other.id))) {
      // They are two by somebody's word, and neither says anything for the other while it stands.
      if (lacked !== undefined) this.links.push({ left, right, weight: 0, reason: 'same-item' });
      return;
    }
    if (lacked === undefined) {
      this.#asked.add(pair);
      this.questions.push({ left, right, weight: 0, settles: 1, alarms: ['contradicts'] });
      return;
    }
    this.#roots.set(other.id, root);
    this.#members.set(root.id, [...members, other.id]);
    this.#said.set(root.id, { ...said, ...lacked });
    this.#kept.set(other.id, lacked);
    this.links.push({ left, right, weight: 0, reason: 'same-item' });
  }

  /** A record that is part of a link or a question, with what a chart keeps of it. */
  taken(record: StandingRecord): (StandingRecord & { kept: string }) | undefined {
    const { id, resource, guards } = record;
    if (!this.#parts.has(id)) return undefined;
    const elements = this.#kept.get(id);
    const kept = keptText({
      identifiers: [...items(resource['identifier']), { system: recordSystem, value: id }],
      security: labelsOf(resource),
      guards,
      ...(elements && Object.keys(elements).length > 0 && { elements }),
    });
    return { ...record, kept };
  }
}
