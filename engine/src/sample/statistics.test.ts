import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ageOn, lastDay } from './people.ts';
import { createWorld, persons } from './world.ts';

const world = createWorld({ patients: 4_000, seed: 'statistics', defects: 'planted' });
const everybody = [...persons(world)];

function share<T>(items: readonly T[], wanted: (item: T) => boolean): number {
  return items.filter(wanted).length / items.length;
}

function assertBetween(value: number, low: number, high: number): void {
  assert.ok(value >= low && value <= high, `${value} is not between ${low} and ${high}`);
}

describe('statistics of the sample', () => {
  it('has the ages of a general clinic, and nobody a two-digit year would misplace', () => {
    const ages = everybody.map((person) => ageOn(lastDay, person.birth));
    assertBetween(
      share(ages, (age) => age < 18),
      0.15,
      0.28,
    );
    assertBetween(
      share(ages, (age) => age >= 65),
      0.13,
      0.28,
    );
    assert.ok(Math.min(...ages) >= 0 && Math.max(...ages) < 100);
  });

  it('has people who share a name', () => {
    const names = new Map<string, number>();
    for (const { family, given } of everybody) {
      const name = `${given} ${family}`;
      names.set(name, (names.get(name) ?? 0) + 1);
    }
    assertBetween(names.size / everybody.length, 0.1, 0.6);
    assertBetween(
      share(everybody, ({ family }) => family === 'Smith'),
      0.03,
      0.1,
    );
    assertBetween(
      share(everybody, ({ family }) => /[^ -~]/.test(family)),
      0.01,
      0.1,
    );
  });

  it('has visits, medications and allergies in believable numbers', () => {
    const count = (of: (person: (typeof everybody)[number]) => unknown[]): number =>
      everybody.reduce((sum, person) => sum + of(person).length, 0) / everybody.length;
    assertBetween(
      count((person) => world.visits(person)),
      4,
      8,
    );
    assertBetween(
      count((person) => world.medications(person)),
      1.5,
      4,
    );
    const allergies = everybody.map((person) => world.allergies(person));
    assertBetween(
      share(allergies, (list) => list.length === 0),
      0.2,
      0.36,
    );
    assertBetween(
      share(allergies, (list) => list[0]?.kind === 'NK'),
      0.34,
      0.5,
    );
  });

  it('has every status that must keep its meaning', () => {
    const allergies = everybody.flatMap((person) => world.allergies(person));
    for (const status of ['A', 'I', 'R', 'U', 'E']) {
      assert.ok(share(allergies, (allergy) => allergy.status === status) > 0.01, status);
    }
    const medications = everybody.flatMap((person) => world.medications(person));
    for (const status of ['A', 'S', 'H', 'P', 'U', 'E']) {
      assert.ok(share(medications, (medication) => medication.status === status) > 0.01, status);
    }
  });

  it('lets nobody be seen before birth or after death', () => {
    for (const person of everybody) {
      for (const { start } of world.visits(person)) {
        assert.ok(start.day >= person.birth);
        if (typeof person.death === 'number') assert.ok(start.day <= person.death);
      }
    }
  });
});

describe('providers of the sample', () => {
  it('have identifiers whose last digit is right', () => {
    for (let index = 0; index < world.staff; index++) {
      const { npi } = world.provider(index);
      assert.match(npi, /^2\d{9}$/);
      // Luhn over the number with its issuer prefix (45 CFR 162.406), from the right.
      const digits = `80840${npi}`.split('').map(Number).toReversed();
      const sum = digits.reduce((total, digit, at) => {
        const doubled = at % 2 === 0 ? digit : digit * 2;
        return total + (doubled > 9 ? doubled - 9 : doubled);
      }, 0);
      assert.equal(sum % 10, 0);
    }
  });
});
