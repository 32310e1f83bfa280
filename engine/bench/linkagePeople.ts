import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { seededRandom, type Random } from '../src/base/random.ts';

/**
 * An invented population as a file of CSV, with the true person in `person`: families that share
 * surname, address and phone, twins, moves, marriages, nicknames, typing errors and missing values.
 */
export interface PopulationOptions {
  records: number;
  seed: string;
  file: string;
}

const heading =
  'record_id,person,given_name,family_name,birth_date,sex,street,city,postcode,phone,email';

interface Person {
  id: number;
  given: string;
  family: string;
  birth: string;
  sex: string;
  home: Home;
  mobile: string;
  email: string;
}

interface Home {
  street: string;
  city: string;
  postcode: string;
  phone: string;
}

export async function writePopulation({ records, seed, file }: PopulationOptions): Promise<void> {
  const random = seededRandom(seed);
  const names = new Names(random, records);
  const out = createWriteStream(file);
  out.write(`${heading}\n`);
  let written = 0;
  let people = 0;
  let lines: string[] = [];
  while (written < records) {
    const family = names.family();
    const home = homeOf(names, random);
    const members = 1 + random.integer(4);
    let before: Person | undefined;
    for (let member = 0; member < members && written < records; member++) {
      const person = personOf(names, random, { id: people++, family, home, before });
      before = person;
      const times = chance(random, 0.2) ? 2 + random.integer(3) : 1;
      for (let time = 0; time < times && written < records; time++) {
        const line = time === 0 ? person : laterVisit(person, names, random);
        lines.push(rowOf(written++, line, random, time > 0));
      }
    }
    if (lines.length < 5_000) continue;
    if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain');
    lines = [];
  }
  out.end(lines.length > 0 ? `${lines.join('\n')}\n` : '');
  await once(out, 'close');
}

const chance = (random: Random, share: number): boolean => random.next() < share;

/** Names as a country has them: few that many have, many that few have. */
class Names {
  readonly #random: Random;
  readonly #families: string[];
  readonly #given: Record<string, string[]>;
  readonly #cities: string[];
  readonly #streets: string[];

  constructor(random: Random, records: number) {
    this.#random = random;
    this.#families = words(random, 20_000, 2, 3);
    this.#given = { f: words(random, 1_500, 2, 2), m: words(random, 1_500, 2, 2) };
    this.#cities = words(random, Math.max(50, Math.min(3_000, records / 200)), 2, 3);
    this.#streets = words(random, 8_000, 2, 3);
  }

  family(): string {
    return this.#pick(this.#families);
  }

  given(sex: string): string {
    return this.#pick(this.#given[sex] ?? []);
  }

  city(): number {
    return Math.floor(this.#cities.length * this.#random.next() ** 2);
  }

  cityName(at: number): string {
    return this.#cities[at] ?? '';
  }

  street(): string {
    const kinds = ['street', 'road', 'avenue', 'lane', 'drive'];
    return `${1 + this.#random.integer(300)} ${this.#pick(this.#streets)} ${kinds[this.#random.integer(5)] ?? ''}`;
  }

  /** Much as Zipf has it. */
  #pick(list: readonly string[]): string {
    return list[Math.floor(list.length ** this.#random.next()) - 1] ?? list[0] ?? '';
  }
}

const heads = [
  'b',
  'br',
  'c',
  'ch',
  'd',
  'f',
  'g',
  'gr',
  'h',
  'j',
  'k',
  'l',
  'm',
  'n',
  'p',
  'r',
  's',
  'st',
  't',
  'v',
  'w',
];
const tails = [
  'a',
  'e',
  'i',
  'o',
  'u',
  'an',
  'er',
  'in',
  'on',
  'ell',
  'ar',
  'es',
  'ick',
  'ow',
  'ard',
  'ent',
];

function words(random: Random, count: number, least: number, most: number): string[] {
  const made = new Set<string>();
  while (made.size < count) {
    const parts = least + random.integer(most - least + 1);
    let word = '';
    for (let part = 0; part < parts; part++) {
      word +=
        (heads[random.integer(heads.length)] ?? '') + (tails[random.integer(tails.length)] ?? '');
    }
    made.add(word);
  }
  return [...made];
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.integer(10)).join('');
}

function homeOf(names: Names, random: Random): Home {
  const city = names.city();
  return {
    street: names.street(),
    city: names.cityName(city),
    postcode: String(10_000 + city * 20 + random.integer(20)),
    phone: `0${digits(random, 9)}`,
  };
}

function dayOf(random: Random): string {
  const day = new Date(Date.UTC(1930, 0, 1) + random.integer(34_000) * 86_400_000);
  return day.toISOString().slice(0, 10);
}

function personOf(
  names: Names,
  random: Random,
  {
    id,
    family,
    home,
    before,
  }: { id: number; family: string; home: Home; before: Person | undefined },
): Person {
  const sex = chance(random, 0.5) ? 'f' : 'm';
  const twin = before !== undefined && chance(random, 0.02);
  const given = names.given(sex);
  return {
    id,
    given,
    family,
    birth: twin ? before.birth : dayOf(random),
    sex,
    home,
    mobile: chance(random, 0.5) ? home.phone : `0${digits(random, 9)}`,
    email: `${given}.${family}${random.integer(1_000)}@${['mail', 'post', 'web'][random.integer(3)] ?? ''}.example`,
  };
}

/** The same person some time later: moved, married, another telephone, a short name. */
function laterVisit(person: Person, names: Names, random: Random): Person {
  const moved = chance(random, 0.2);
  return {
    ...person,
    ...(moved && { home: homeOf(names, random) }),
    ...(person.sex === 'f' && chance(random, 0.06) && { family: names.family() }),
    ...(chance(random, 0.2) && { mobile: `0${digits(random, 9)}` }),
    ...(chance(random, 0.08) && { given: person.given.slice(0, 3 + random.integer(2)) }),
  };
}

function rowOf(record: number, person: Person, random: Random, again: boolean): string {
  const told = (value: string, absent: number, wrong: number): string => {
    if (chance(random, absent)) return '';
    return again && chance(random, wrong) ? typo(value, random) : value;
  };
  const { home } = person;
  return [
    record,
    person.id,
    told(person.given, 0.01, 0.08),
    told(person.family, 0.01, 0.08),
    told(person.birth, 0.03, 0.05),
    chance(random, 0.02) ? '' : person.sex,
    told(home.street, 0.08, 0.1),
    told(home.city, 0.05, 0.05),
    told(home.postcode, 0.08, 0.05),
    told(person.mobile, 0.25, 0.04),
    told(person.email, 0.5, 0.05),
  ].join(',');
}

function typo(value: string, random: Random): string {
  const at = random.integer(Math.max(1, value.length - 1));
  const letter = /\d/.test(value[at] ?? '')
    ? digits(random, 1)
    : 'abcdefghijklmnoprstuvw'[random.integer(22)];
  switch (random.integer(4)) {
    case 0:
      return value.slice(0, at) + (letter ?? '') + value.slice(at + 1);
    case 1:
      return value.slice(0, at) + value.slice(at + 1);
    case 2:
      return value.slice(0, at) + (letter ?? '') + value.slice(at);
    default:
      return value.slice(0, at) + (value[at + 1] ?? '') + (value[at] ?? '') + value.slice(at + 2);
  }
}
