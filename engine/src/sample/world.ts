import { seededRandom, type Random } from '../base/random.ts';
import { createAllergies, type Allergy } from './allergyHistory.ts';
import type { Defect } from './defect.ts';
import { doubled, planter } from './defects.ts';
import { doubleOf, drawDouble } from './doubles.ts';
import { createMedications, type Medication } from './medicationHistory.ts';
import { createPerson, type Person } from './people.ts';
import { createProvider, staffSize, type Provider } from './staff.ts';
import { createVisits, type Visit } from './visits.ts';

export interface WorldOptions {
  patients: number;
  seed: string;
  /** `none`: a clean hospital; soft deletes and untidy habits remain, for they are no mistakes. */
  defects: 'planted' | 'none';
  /** `core`, if left out: the first five tables alone, in which nobody stands twice. */
  tables?: 'all' | 'core';
}

/**
 * The invented hospital behind all tables. Everything about one patient is a pure function of seed
 * and position, so tables agree without any of them being held in memory: each walks the world
 * anew. A new table or another kind of delivery is another walk.
 */
export interface World {
  readonly patients: number;
  /** How many providers there are. */
  readonly staff: number;
  /** The generator of one kind of thing about one patient. */
  draws(kind: string, index: number): Random;
  /** Whether the patient stands in the tables once more, and under which position. */
  doubleOf(index: number): number | undefined;
  /** The defect planted among a patient's records of a table. */
  planted(person: Person, table: string): Defect | undefined;
  provider(index: number): Provider;
  person(index: number): Person;
  visits(person: Person): Visit[];
  allergies(person: Person): Allergy[];
  medications(person: Person): Medication[];
}

/** The double of a patient has this position more: no hospital has so many patients. */
const doublePlaces = 4_000_000;

export function createWorld(options: WorldOptions): World {
  const { patients, seed, tables = 'core' } = options;
  const staff = staffSize(patients);
  const plants = options.defects === 'planted' ? planter(seed, tables) : undefined;
  const planted = (index: number): Defect | undefined => plants?.of(index);
  const draws = (kind: string, index: number) => seededRandom(`${seed}/${kind}/${index}`);
  const visits = (person: Person): Visit[] =>
    createVisits(draws('visits', person.index), person, planted(person.index), staff);
  const original = (index: number): Person =>
    createPerson(draws('person', index), index, planted(index));
  const personOf = (index: number): Person => {
    if (index < doublePlaces) return original(index);
    return doubleOf(draws('double', index), original(index - doublePlaces), index);
  };
  return {
    patients,
    staff,
    visits,
    draws,
    doubleOf: (index) => {
      const twice = plants?.doubled(index) === true && !original(index).deleted;
      return twice ? index + doublePlaces : undefined;
    },
    planted: (person, table) => {
      if (person.index >= doublePlaces) return table === 'pt_demog' ? doubled : undefined;
      const defect = planted(person.index);
      return defect?.table === table ? defect : undefined;
    },
    provider: (index) => createProvider(draws('provider', index), index),
    person: personOf,
    allergies: (person) =>
      createAllergies(draws('allergies', person.index), person, planted(person.index), staff),
    medications: (person) =>
      createMedications(
        draws('medications', person.index),
        person,
        planted(person.index),
        visits(person),
      ),
  };
}

/** Everybody, and behind them those who stand there twice. */
export function* persons(world: World): Generator<Person> {
  for (let index = 0; index < world.patients; index++) yield world.person(index);
  for (let index = 0; index < world.patients; index++) {
    const double = world.doubleOf(index);
    if (double !== undefined) yield world.person(double);
  }
}

/** One who stands in the tables twice: the truth that linkage must find. */
export interface DoubledPerson {
  original: string;
  double: string;
  /** What the second entry has otherwise. */
  differences: readonly string[];
}

export function* doublesOf(world: World): Generator<DoubledPerson> {
  for (let index = 0; index < world.patients; index++) {
    const at = world.doubleOf(index);
    if (at === undefined) continue;
    const original = world.person(index);
    const { person, differences } = drawDouble(world.draws('double', at), original, at);
    yield { original: String(original.id), double: String(person.id), differences };
  }
}
