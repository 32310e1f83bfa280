import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HandoverError } from '../../base/errors.ts';
import { seededRandom, type Random } from '../../base/random.ts';
import { patientOf, subjectOf } from './charts.ts';
import { Persons } from './persons.ts';

interface Pair {
  left: string;
  right: string;
  weight: number;
}

const mint = (record: string): string => `person-${record}`;

/** Records of some people, and the pairs that a frozen model links: most within, a few across. */
function linked(random: Random, people: number): { records: string[]; pairs: Pair[] } {
  const records = Array.from({ length: people * 3 }, (_, at) => `r${at}`);
  const pairs: Pair[] = [];
  for (let at = 0; at < people * 4; at++) {
    const person = random.integer(people);
    const across = random.next() < 0.03;
    const left = `r${person * 3 + random.integer(3)}`;
    const right = across
      ? `r${random.integer(records.length)}`
      : `r${person * 3 + random.integer(3)}`;
    if (left !== right) pairs.push({ left, right, weight: random.integer(30) });
  }
  return { records, pairs };
}

/** The links of a record to those that came before it, as scoring each arrival gives them. */
function feed(
  persons: Persons,
  record: string,
  known: ReadonlySet<string>,
  pairs: readonly Pair[],
): void {
  const links = pairs.flatMap(({ left, right, weight }) => {
    const other = left === record ? right : right === record ? left : undefined;
    return other === undefined || !known.has(other)
      ? []
      : [{ right: other, weight, reason: 'model' }];
  });
  const heaviest = new Map<string, (typeof links)[number]>();
  for (const link of links) {
    if ((heaviest.get(link.right)?.weight ?? -1) < link.weight) heaviest.set(link.right, link);
  }
  persons.arrive(record, [...heaviest.values()]);
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list];
  for (let at = left.length - 1; at > 0; at--) {
    const other = random.integer(at + 1);
    [left[at], left[other]] = [left[other] as T, left[at] as T];
  }
  return left;
}

/** Who is with whom, whatever the ids. */
const partition = (persons: Persons): string[] =>
  persons
    .persons()
    .map(([, records]) => records.join(' '))
    .toSorted();

/** Every id leads to the person who has the record that owns it. */
function checkOwners(persons: Persons, owners: Map<string, string>): void {
  for (const id of persons.ids()) {
    const owner = persons.ownerOf(id) ?? '';
    assert.equal(owners.get(id) ?? owner, owner, 'an id has another owner');
    owners.set(id, owner);
    assert.ok(persons.recordsOf(id).includes(owner));
    assert.equal(persons.survivorOf(id), persons.personOf(owner));
  }
}

describe('persons', () => {
  test('20 orders of arrival give one partition, and no id changes its owner', () => {
    const random = seededRandom('orders');
    const { records, pairs } = linked(random, 60);
    const found = Array.from({ length: 20 }, () => {
      const persons = new Persons(mint);
      const owners = new Map<string, string>();
      const known = new Set<string>();
      for (const record of shuffled(records, random)) {
        feed(persons, record, known, pairs);
        known.add(record);
        if (known.size % 20 === 0) checkOwners(persons, owners);
      }
      checkOwners(persons, owners);
      return partition(persons);
    });
    for (const each of found) assert.deepEqual(each, found[0]);
    assert.ok((found[0]?.length ?? 0) > 20);
  });

  test('1, 7 and 100 instalments, each with records delivered again, give one partition', () => {
    const random = seededRandom('instalments');
    const { records, pairs } = linked(random, 60);
    const found = [1, 7, 100].map((instalments) => {
      const persons = new Persons(mint);
      const known = new Set<string>();
      const size = Math.ceil(records.length / instalments);
      for (let from = 0; from < records.length; from += size) {
        const some = records.slice(from, from + size);
        for (const record of [
          ...some,
          ...some,
          ...records.slice(0, 2).filter((r) => known.has(r)),
        ]) {
          feed(persons, record, known, pairs);
          known.add(record);
        }
      }
      return partition(persons);
    });
    assert.deepEqual(found[1], found[0]);
    assert.deepEqual(found[2], found[0]);
  });

  test('a decision outranks links that come before and after it, and survives them', () => {
    const persons = new Persons(mint);
    persons.arrive('a', []);
    persons.arrive('b', [{ right: 'a', weight: 40, reason: 'model' }]);
    persons.decide('a', 'b', false, 'twins');
    assert.notEqual(persons.personOf('a'), persons.personOf('b'));
    persons.arrive('b', [{ right: 'a', weight: 60, reason: 'model' }]);
    persons.arrive('c', [
      { right: 'a', weight: 50, reason: 'model' },
      { right: 'b', weight: 45, reason: 'model' },
    ]);
    assert.notEqual(persons.personOf('a'), persons.personOf('b'));
    assert.equal(persons.personOf('c'), persons.personOf('a'));
    persons.decide('a', 'b', true, 'not twins after all');
    assert.deepEqual(persons.recordsOf('person-a'), ['a', 'b', 'c']);
    assert.deepEqual(
      persons.reasonsFor('b').map(({ reason }) => reason),
      ['not twins after all', 'model'],
    );
  });

  test('of decisions that cannot all hold, the later ones do, and the others are told', () => {
    const persons = new Persons(mint);
    for (const record of ['a', 'b', 'c']) persons.arrive(record, []);
    persons.decide('a', 'b', true, 'same');
    persons.decide('b', 'c', true, 'same');
    const { contradictions } = persons.decide('a', 'c', false, 'other');
    assert.equal(contradictions.length, 1);
    assert.notEqual(persons.personOf('a'), persons.personOf('c'));
  });

  test('an unknown record or id is refused', () => {
    const persons = new Persons(mint);
    assert.throws(() => persons.personOf('a'), RangeError);
    assert.throws(() => persons.survivorOf('person-a'), RangeError);
    assert.throws(
      () => persons.arrive('a', [{ right: 'b', weight: 1, reason: 'model' }]),
      RangeError,
    );
  });

  test('R10 thousands of random links, merges, unmerges and records: unmerged charts have their bytes back', () => {
    let unmerged = 0;
    for (let world = 0; world < 40; world++) unmerged += liveThrough(seededRandom(`R10 ${world}`));
    assert.ok(unmerged > 500, `${unmerged} unmerges`);
  });
});

/** A hundred random steps; answers how many merges were taken back, each with all bytes as before. */
function liveThrough(random: Random): number {
  const persons = new Persons(mint);
  const owners = new Map<string, string>();
  const records: string[] = [];
  const any = (): string => records[random.integer(records.length)] ?? '';
  const charts = (): Map<string, string> =>
    new Map([
      ...persons.ids().map((id) => [id, patientOf(persons, id)] as const),
      ...records.map((record) => [record, subjectOf(persons, record)] as const),
    ]);
  const merges: { left: string; right: string; before: Map<string, string> }[] = [];
  let unmerged = 0;
  for (let step = 0; step < 120; step++) {
    const draw = random.next();
    if (draw < 0.2 || records.length < 10) {
      const record = `r${records.length}`;
      const links = random.next() < 0.4 && records.length > 0 ? [any()] : [];
      persons.arrive(
        record,
        links.map((right) => ({ right, weight: 9, reason: 'model' })),
      );
      records.push(record);
      merges.length = 0;
    } else if (draw < 0.25) {
      const [left, right] = [any(), any()];
      if (left !== right) persons.decide(left, right, random.next() < 0.3, 'review');
      merges.length = 0;
    } else if (draw < 0.65 || merges.length === 0) {
      const [left, right] = [any(), any()];
      if (left === right || persons.decided(left, right)) continue;
      const before = charts();
      try {
        persons.merge(left, right, 'merge');
        assert.equal(persons.personOf(left), persons.personOf(right));
        merges.push({ left, right, before });
      } catch (error) {
        assert.ok(error instanceof HandoverError && error.code === 'merge-contradicts');
        assert.deepEqual(charts(), before);
      }
    } else {
      const { left, right, before } = merges.pop() ?? { left: '', right: '', before: charts() };
      persons.withdraw(left, right);
      assert.deepEqual(charts(), before);
      unmerged++;
    }
    checkOwners(persons, owners);
  }
  return unmerged;
}
