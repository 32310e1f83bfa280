import { seededRandom } from '../base/random.ts';
import { createAllergies, type Allergy } from './allergyHistory.ts';
import { planter, type Defect } from './defects.ts';
import { createMedications, type Medication } from './medicationHistory.ts';
import { createPerson, type Person } from './people.ts';
import { createProvider, staffSize, type Provider } from './staff.ts';
import { createVisits, type Visit } from './visits.ts';

export interface WorldOptions {
  patients: number;
  seed: string;
  /** `none`: a clean hospital; soft deletes and untidy habits remain, for they are no mistakes. */
  defects: 'planted' | 'none';
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
  provider(index: number): Provider;
  person(index: number): Person;
  visits(person: Person): Visit[];
  allergies(person: Person): Allergy[];
  medications(person: Person): Medication[];
}

export function createWorld(options: WorldOptions): World {
  const { patients, seed } = options;
  const staff = staffSize(patients);
  const none = (): Defect | undefined => undefined;
  const planted = options.defects === 'planted' ? planter(seed) : none;
  const draws = (kind: string, index: number) => seededRandom(`${seed}/${kind}/${index}`);
  const visits = (person: Person): Visit[] =>
    createVisits(draws('visits', person.index), person, planted(person.index), staff);
  return {
    patients,
    staff,
    visits,
    provider: (index) => createProvider(draws('provider', index), index),
    person: (index) => createPerson(draws('person', index), index, planted(index)),
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

export function* persons(world: World): Generator<Person> {
  for (let index = 0; index < world.patients; index++) yield world.person(index);
}
