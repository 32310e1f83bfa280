import { type Random } from '../../engine/src/base/random.ts';
import { listed } from '../../engine/src/privacy/gazetteer.ts';
import { Addresses } from './addresses.ts';
import { chance, pick, digits, titled } from './draw.ts';
import { numbers } from './numbers.ts';
import { slotOf as one, type Filler } from './pieces.ts';
import { inventor } from './invent.ts';
import { conditions, jobs, medicines, nationalities, objects } from './words.ts';

/** What stands in each slot of the templates. */
export function fillers(random: Random): Readonly<Record<string, Filler>> {
  const names = people(random);
  const places = new Addresses(random);
  const ids = numbers(random);
  return {
    P: one('person', names.full),
    F: one('person', names.given),
    L: one('person', names.family),
    PT: () => [
      { text: `${pick(random, ['Mr.', 'Mrs.', 'Ms.', 'Dr.', 'Prof.', 'Mr', 'Dr', 'Miss'])} ` },
      { text: chance(random, 0.5) ? names.family() : names.full(), kind: 'person' },
    ],
    A: one('address', () => places.whole()),
    S: one('address', () => places.street()),
    C: one('location', () => places.place()),
    K: one('location', () => places.country()),
    O: one('organisation', () => organisation(random, names.family, () => places.city())),
    ...ids,
    J: one(undefined, () => pick(random, jobs)),
    M: one(undefined, () => pick(random, nationalities)),
    X: one(undefined, () => (chance(random, 0.3) ? pick(random, objects) : pick(random, plain))),
    W: one(undefined, () => work(random)),
    DX: one(undefined, () => pick(random, conditions)),
    RX: one(undefined, () => pick(random, medicines)),
    N: one(undefined, () => digits(random, 1 + random.integer(chance(random, 0.2) ? 4 : 2))),
  };
}

const plain = listed('word').filter((word) => word.length > 2);

/** A title of a work: capitals that name nobody. */
function work(random: Random): string {
  const words = Array.from({ length: 1 + random.integer(4) }, () => titled(pick(random, plain)));
  const joined = words.join(chance(random, 0.3) ? ' of the ' : ' ');
  return chance(random, 0.4) ? `The ${joined}` : joined;
}

const forms = [
  'Inc',
  'Inc.',
  'LLC',
  'Ltd',
  'PLC',
  'Group',
  'and Sons',
  'GmbH',
  'Corp.',
  'Partners',
];
const trades =
  'Software Health Media Bank Energy Foods Analytics Airlines Pharmacy Systems Labs Motors Insurance Capital Solutions Networks University Museum Orchestra Institute Agency Council Foundation Records Times Herald Corporation Hospital Clinic Center Logistics'.split(
    ' ',
  );

function organisation(random: Random, family: () => string, city: () => string): string {
  const word = () => titled(pick(random, plain));
  const makers: (() => string)[] = [
    () => `${family()} ${pick(random, forms)}`,
    () => `${family()}, ${family()} and ${family()}`,
    () => `${family()}-${family()}`,
    () => `${word()}${pick(random, ['', ' '])}${word()}`,
    () => `${word()} ${pick(random, trades)}`,
    () => `${word()} ${word()} ${pick(random, trades)}`,
    () =>
      `${city()} ${pick(random, ['General Hospital', 'University', 'Medical Center', 'City Council', 'FC'])}`,
    () => `${pick(random, ['Bank', 'University', 'City', 'Port'])} of ${city()}`,
    () =>
      `${pick(random, ['St.', 'Saint'])} ${family()} ${pick(random, ['Hospital', 'Clinic', 'School'])}`,
    () => word() + pick(random, ['ly', 'ify', 'io', 'soft', 'tech', 'med', 'gen', 'ware', 'base']),
    () => Array.from({ length: 2 + random.integer(3) }, () => letter(random)).join(''),
    () => `${word()} ${pick(random, forms)}`,
  ];
  return pick(random, makers)();
}

function letter(random: Random): string {
  return String.fromCharCode(65 + random.integer(26));
}

/** Names of people: from the lists, or invented after their pattern. */
export function people(random: Random) {
  const given = inventor(random, listed('given'), 0.3);
  const family = inventor(random, listed('family'), 0.3);
  const usual = usualNames.given;
  const first = (): string => titled(chance(random, 0.35) ? pick(random, usual) : given());
  const last = (): string => {
    const name = titled(chance(random, 0.2) ? pick(random, usualNames.family) : family());
    const rare = random.next();
    if (rare < 0.04) return `${name}-${titled(family())}`;
    if (rare < 0.07)
      return (
        pick(random, ['van der ', 'de la ', 'von ', 'Van ', 'De ', 'al-', 'El ', 'bin ']) + name
      );
    if (rare < 0.1) return pick(random, ["O'", 'Mc', "D'", 'Mac', 'St. ']) + name;
    return name;
  };
  const makers: readonly (readonly [number, () => string])[] = [
    [0.5, () => `${first()} ${last()}`],
    [0.1, () => `${first()} ${letter(random)}. ${last()}`],
    [0.05, () => `${first()} ${letter(random)} ${last()}`],
    [0.08, () => `${first()} ${first()} ${last()}`],
    [0.05, () => `${first()} ${last()} ${last()}`],
    [0.04, () => `${letter(random)}. ${last()}`],
    [0.03, () => `${letter(random)}.${letter(random)}. ${last()}`],
    [0.03, () => `${first()}-${first()} ${last()}`],
    [
      0.04,
      () =>
        `${first()} ${last()}${pick(random, [' Jr.', ' Sr.', ' III', ' II', ' MD', ' DDS', ' PhD', ', Jr.'])}`,
    ],
    [0.03, () => first()],
    [0.02, () => last()],
    [0.03, () => `${last()}, ${first()}`],
  ];
  const full = (): string => {
    let left = random.next();
    for (const [share, make] of makers) if ((left -= share) < 0) return make();
    return `${first()} ${last()}`;
  };
  return { full, given: first, family: last };
}

/** Names that are met often, so that the usual ones are not drowned by long lists. */
const usualNames = {
  given:
    'james john robert michael william david richard joseph thomas charles mary patricia jennifer linda elizabeth barbara susan jessica sarah karen maria jose juan ana luis carlos mohammed ahmed fatima ali omar wei li min hiroshi yuki ivan olga anna peter hans klaus pierre jean marie sofia giulia marco luca lars ingrid erik astrid piotr agnieszka jan katarzyna priya raj anil sunita mark will rose grace hope may june april faith bill art frank drew dan tom sam joe ann amy kim lee pat ray max'.split(
      ' ',
    ),
  family:
    'smith johnson williams brown jones garcia miller davis rodriguez martinez white black green young king hill baker cook bush rice wood stone field long short strong price cross day may west north park ball bell fox wolf bird rose lane street bishop pope marsh banks nguyen patel kim singh chen wang li zhang kowalski novak muller schmidt rossi silva ivanov'.split(
      ' ',
    ),
};
