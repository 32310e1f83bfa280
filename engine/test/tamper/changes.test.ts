import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalJson } from '../../src/base/json.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Fact, FactBatch } from '../../src/model/fact.ts';
import type { Finding } from '../../src/model/finding.ts';
import { blindSpots } from '../../src/verification/blindSpots.ts';
import { concepts } from '../../src/verification/concepts/catalogue.ts';
import { text } from '../../src/verification/concepts/elements.ts';
import { compareDelivery } from '../../src/verification/delivery.ts';
import type { Difference } from '../../src/verification/delivery.ts';
import { compareFacts } from '../../src/verification/facts.ts';
import { ReadBack } from '../../src/verification/readBack.ts';
import type { Change, Changed } from './change.ts';
import { anyElement, changes } from './changes.ts';
import { goldens } from './goldens.ts';
import { blindSpotOf, invisibleToFacts } from './invisibleToFacts.ts';

type Struck = Changed & { golden: JsonObject };

/** Billing has no golden yet: its classes wait for the domain. */
const applicable = changes.filter(({ domain }) => domain !== 'money');

describe('classes of change', () => {
  it('are at least thirty, each with its own name', () => {
    assert.ok(changes.length >= 30);
    assert.equal(new Set(changes.map(({ name }) => name)).size, changes.length);
  });

  it('each applies to a golden, says where, and leaves the original alone', () => {
    const before = goldens().map(canonicalJson);
    const idle = applicable.filter((change) => strikes(change).length === 0);
    assert.deepEqual(names(idle), []);
    assert.deepEqual(goldens().map(canonicalJson), before);
  });

  it('are explained by blind spots that the report prints', () => {
    const known = new Set(blindSpots.map(({ code }) => code));
    for (const { blindSpot } of invisibleToFacts) assert.ok(known.has(blindSpot));
  });
});

describe('R04 read-back finds every planted class of change', () => {
  it('no finding on what was not changed', () => {
    for (const golden of goldens()) {
      assert.deepEqual(deliveryOf(golden, golden), []);
      assert.deepEqual(factsOf(golden, golden), []);
    }
  });

  for (const change of applicable) {
    it(`delivery finds ${change.name}`, () => {
      for (const { golden, changed } of strikes(change)) {
        assert.notEqual(deliveryOf(golden, changed).length, 0);
      }
    });
  }

  it('facts find every class too, but for the kinds listed as invisible', () => {
    const missed = applicable.flatMap((change) =>
      strikes(change)
        .filter(({ golden, changed }) => factsOf(golden, changed).length === 0)
        .filter((struck) => blindSpotOf(change.name, struck) === undefined)
        .map(({ path }) => `${change.name} at ${path}`),
    );
    assert.deepEqual(missed, []);
  });

  it('facts find every class of allergy, medication, identity and visit, without exception', () => {
    const missed = applicable
      .filter(({ domain }) => domain !== 'any')
      .filter((change) =>
        strikes(change).some(({ golden, changed }) => factsOf(golden, changed).length === 0),
      );
    assert.deepEqual(names(missed), []);
  });

  it('1,000 seeded changes to any element: delivery finds all, facts all but the listed', () => {
    const seed = process.env['SEED'] ?? String(process.pid);
    const random = seededRandom(seed);
    const resources = goldens();
    for (let count = 0; count < 1000; count++) {
      const golden = resources[random.integer(resources.length)];
      assert.ok(golden !== undefined);
      const change = anyElement(golden, random);
      const at = `${change.name} at ${change.path}, SEED=${seed}`;
      assert.notEqual(deliveryOf(golden, change.changed).length, 0, at);
      const explained = blindSpotOf(change.name, change) !== undefined;
      assert.ok(factsOf(golden, change.changed).length > 0 || explained, at);
    }
  });
});

function names(some: readonly Change[]): string[] {
  return some.map(({ name }) => name);
}

/** A class applied to every golden with several seeds, so that it strikes at several places. */
function strikes(change: Change): Struck[] {
  const seeds = Array.from({ length: 12 }, (_, seed) => seed);
  return goldens().flatMap((golden) =>
    seeds.flatMap((seed) => {
      const struck = change.apply(golden, seededRandom(seed));
      return struck === undefined ? [] : [{ golden, ...struck }];
    }),
  );
}

function deliveryOf(draft: JsonObject, held: JsonObject): readonly Difference[] {
  return compareDelivery(Buffer.from(canonicalJson(draft)), readBackOf(draft, held));
}

function factsOf(golden: JsonObject, held: JsonObject): Finding[] {
  const type = text(golden, 'resourceType');
  const readBacks = new Map([[`${type}/${text(golden, 'id')}`, readBackOf(golden, held)]]);
  const declared = new Map([[type, new Set(conceptsOf(type).map(({ name }) => name))]]);
  return compareFacts(statedBy(golden), readBacks, declared);
}

/** Every fact that the catalogue can read in a golden, as if its source had stated them all. */
function statedBy(golden: JsonObject): FactBatch {
  const type = text(golden, 'resourceType');
  const id = text(golden, 'id');
  const patient = text(golden, 'patient.reference') || text(golden, 'subject.reference');
  const subject = type === 'Patient' ? id : patient.replace('Patient/', '');
  const facts = conceptsOf(type).flatMap(({ name, read }) =>
    read(golden).map((value): Fact => ({ ordinal: 0, type, id, subject, concept: name, ...value })),
  );
  return { facts, absent: [], unreadable: [] };
}

function conceptsOf(type: string) {
  return [...concepts.values()].filter(({ types }) => types.includes(type));
}

function readBackOf(golden: JsonObject, held: JsonObject): ReadBack {
  const key = { type: text(golden, 'resourceType'), id: text(golden, 'id') };
  const body = Buffer.from(canonicalJson(held));
  return new ReadBack({ ...key, state: 'present', version: 1, digest: '', body });
}
