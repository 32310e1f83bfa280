import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom, type Random } from '../../base/random.ts';
import type { Charted, PersonDecision, PersonLink } from '../../model/person.ts';
import { chartBody, Charts, resolved } from './charts.ts';
import { Persons } from './persons.ts';

/** Records of some people, and the pairs that a frozen model links: most within, a few across. */
function linked(random: Random, people: number): { records: string[]; links: PersonLink[] } {
  const records = Array.from({ length: people * 3 }, (_, at) => `r${at}`);
  const links: PersonLink[] = [];
  const seen = new Set<string>();
  for (let at = 0; at < people * 4; at++) {
    const person = random.integer(people);
    const across = random.next() < 0.03;
    const left = `r${person * 3 + random.integer(3)}`;
    const right = across
      ? `r${random.integer(records.length)}`
      : `r${person * 3 + random.integer(3)}`;
    const pair = [left, right].toSorted().join(' ');
    if (left === right || seen.has(pair)) continue;
    seen.add(pair);
    links.push({ left, right, weight: random.integer(30), reason: 'model' });
  }
  return { records, links };
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list];
  for (let at = left.length - 1; at > 0; at--) {
    const other = random.integer(at + 1);
    [left[at], left[other]] = [left[other] as T, left[at] as T];
  }
  return left;
}

function personsOf(
  order: readonly string[],
  links: readonly PersonLink[],
  decisions: readonly PersonDecision[] = [],
): Persons {
  const ranks = new Map(order.map((record, at) => [record, at]));
  const known = links.filter(({ left, right }) => ranks.has(left) && ranks.has(right));
  const arrival = (record: string): number => ranks.get(record) ?? Infinity;
  return new Persons({ links: known, decisions, arrival });
}

/** Who is with whom, whatever the ids. */
const partition = (persons: Persons): string[] =>
  [...persons.persons()].map(([, records]) => records.toSorted().join(' ')).toSorted();

describe('persons', () => {
  test('20 orders and 1, 7 and 100 instalments of links give one partition; an id keeps its owner', () => {
    const random = seededRandom('orders');
    const { records, links } = linked(random, 60);
    const found = Array.from({ length: 20 }, () => {
      const order = shuffled(records, random);
      for (const instalments of [1, 7, 100]) {
        const size = Math.ceil(order.length / instalments);
        for (let upTo = size; upTo < order.length; upTo += size) {
          const persons = personsOf(order.slice(0, upTo), links);
          // An id is that of a record, and leads to whoever has that record.
          for (const record of order.slice(0, upTo)) {
            const person = persons.personOf(record);
            assert.ok(persons.recordsOf(record).includes(record));
            assert.equal(persons.personOf(person), person);
            assert.equal(persons.recordsOf(person)[0], person, 'the oldest gives the name');
          }
        }
      }
      return partition(personsOf(order, shuffled(links, random)));
    });
    for (const each of found) assert.deepEqual(each, found[0]);
    assert.ok((found[0]?.length ?? 0) > 20);
  });

  test('a decision outranks links, the later one stands, and what cannot hold is told', () => {
    const link = (left: string, right: string, weight: number): PersonLink => ({
      left,
      right,
      weight,
      reason: 'model',
    });
    const decided = (left: string, right: string, same: boolean, ordinal: number) => ({
      left,
      right,
      same,
      ordinal,
    });
    const order = ['a', 'b', 'c'];
    const links = [link('a', 'b', 60), link('a', 'c', 50), link('b', 'c', 45)];
    const apart = personsOf(order, links, [decided('a', 'b', false, 1)]);
    assert.notEqual(apart.personOf('a'), apart.personOf('b'));
    assert.equal(apart.personOf('c'), 'a');
    assert.ok(apart.keptApart('c', 'b'));
    assert.deepEqual(
      apart.reasonsFor('c').map((one) => ('reason' in one ? one.reason : 'decided')),
      ['model'],
    );
    const chain = [decided('a', 'b', true, 1), decided('b', 'c', true, 2)];
    const told = personsOf(order, [], [...chain, decided('a', 'c', false, 3)]);
    assert.equal(told.contradictions.length, 1);
    assert.notEqual(told.personOf('a'), told.personOf('c'));
  });

  test('R10 thousands of random links, merges, unmerges and records: unmerged charts have their bytes back', () => {
    let unmerged = 0;
    for (let world = 0; world < 40; world++) unmerged += liveThrough(seededRandom(`R10 ${world}`));
    assert.ok(unmerged > 500, `${unmerged} unmerges`);
  });

  test('a chart keeps identifiers once, leads its links, and is in use though the source replaced it', () => {
    const charts = new Charts([
      {
        record: 'b',
        chart: 'a',
        identifiers: [{ system: 's', value: '2' }, { value: '1' }],
        security: [{ code: 'ETH' }],
        guards: [],
      },
    ]);
    const body = JSON.stringify({
      active: false,
      id: 'a',
      identifier: [{ system: 's', value: '2' }],
      link: [
        { other: { reference: 'Patient/b' }, type: 'replaced-by' },
        { other: { reference: 'Patient/c' }, type: 'seealso' },
      ],
      resourceType: 'Patient',
    });
    assert.deepEqual(JSON.parse(chartBody(body, 'a', charts)), {
      active: true,
      id: 'a',
      identifier: [{ system: 's', value: '2' }, { value: '1' }],
      link: [
        { other: { reference: 'Patient/c' }, type: 'seealso' },
        { other: { identifier: { system: 's', value: '2' }, type: 'Patient' }, type: 'replaces' },
      ],
      meta: { security: [{ code: 'ETH' }] },
      resourceType: 'Patient',
    });
  });
});

/** Every resource of a little world: the charts, and one item about each record. */
function resourcesOf(records: readonly string[], persons: Persons): Map<string, string> {
  const charted = records.flatMap((record): Charted[] => {
    const chart = persons.personOf(record);
    return chart === record
      ? []
      : [
          {
            record,
            chart,
            identifiers: [{ system: 's', value: record }],
            security: [],
            guards: [],
          },
        ];
  });
  const charts = new Charts(charted);
  const found = new Map<string, string>();
  for (const id of records) {
    const item = `{"subject":{"reference":"Patient/${id}"}}`;
    found.set(`item of ${id}`, resolved(item, [`Patient/${id}`], charts) ?? item);
    if (charts.isMerged(id)) continue;
    const body = `{"id":"${id}","identifier":[{"system":"s","value":"${id}"}],"resourceType":"Patient"}`;
    found.set(id, charts.mergedInto(id).length > 0 ? chartBody(body, id, charts) : body);
  }
  return found;
}

/** Any number that ever was, merged or not, is on exactly one chart. */
function requireFound(records: readonly string[], resources: ReadonlyMap<string, string>): void {
  for (const record of records) {
    const on = [...resources].filter(
      ([name, body]) =>
        !name.startsWith('item') &&
        body.includes(`"identifier":[`) &&
        (JSON.parse(body) as { identifier: { value: string }[] }).identifier.some(
          ({ value }) => value === record,
        ),
    );
    assert.equal(on.length, 1, 'a number is on exactly one chart');
  }
}

/** A hundred random steps; answers how many merges were taken back, each with all bytes as before. */
function liveThrough(random: Random): number {
  const records: string[] = [];
  const links: PersonLink[] = [];
  const decisions = new Map<string, PersonDecision>();
  const any = (): string => records[random.integer(records.length)] ?? '';
  const now = (): Persons => personsOf(records, links, [...decisions.values()]);
  const merges: { pair: string; before: Map<string, string> }[] = [];
  let unmerged = 0;
  for (let step = 0; step < 120; step++) {
    const draw = random.next();
    const [left, right] = [any(), any()];
    const pair = [left, right].toSorted().join(' ');
    if (draw < 0.2 || records.length < 10) {
      const record = `r${records.length}`;
      if (random.next() < 0.4 && records.length > 0) {
        links.push({ left: record, right: any(), weight: 9, reason: 'model' });
      }
      records.push(record);
      merges.length = 0;
    } else if (draw < 0.65 || merges.length === 0) {
      if (left === right || decisions.has(pair) || now().keptApart(left, right)) continue;
      merges.push({ pair, before: resourcesOf(records, now()) });
      decisions.set(pair, { left, right, same: true, ordinal: step });
      assert.equal(now().personOf(left), now().personOf(right));
      requireFound(records, resourcesOf(records, now()));
    } else {
      const { pair: last, before } = merges.pop() ?? { pair: '', before: new Map() };
      decisions.delete(last);
      assert.deepEqual(resourcesOf(records, now()), before);
      unmerged++;
    }
  }
  return unmerged;
}
