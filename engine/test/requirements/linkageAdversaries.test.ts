import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { seededRandom, type Random } from '../../src/base/random.ts';
import { decide, scoreWidely } from '../../src/run/linkage/decide.ts';
import { estimate } from '../../src/run/linkage/linkage.ts';
import { prepareLinkage } from '../../src/run/linkage/prepare.ts';

/** A row of the file, and who it truly is. */
interface Row {
  person: number;
  given: string;
  family: string;
  suffix: string;
  birth: string;
  sex: string;
  ssn: string;
  street: string;
  city: string;
  zip: string;
  phone: string;
  email: string;
}

const heading = 'mrn,first_name,last_name,suffix,dob,sex,ssn,street,city,zip,phone,email';

/** Pairs of two people each, as alike as people are. */
const kinds = { twins, generations, newborns, namesakes } as const;

test(
  'no wrong automatic link among 10,000 adversarial pairs',
  { timeout: 1_200_000 },
  async (context) => {
    const random = seededRandom('adversaries');
    const rows: Row[] = [];
    for (const make of Object.values(kinds)) {
      for (let at = 0; at < 2_500; at++) rows.push(...make(random, rows.length));
    }
    assert.equal(rows.length, 20_000);
    // People with a second record, so that a model which links nobody fails too.
    const doubled = Array.from({ length: 1_000 }, (_, at) => rows[at * 7] as Row).map((row) => ({
      ...row,
      street: row.street.replace(/ ave$/, ' avenue'),
      email: '',
    }));
    const folder = await mkdtemp(path.join(os.tmpdir(), 'adversaries-'));
    try {
      const file = path.join(folder, 'people.csv');
      const all = shuffled([...rows, ...doubled], random);
      const lines = all.map((row, at) => [10_000 + at, ...cellsOf(row)].join(','));
      await writeFile(file, `${[heading, ...lines].join('\n')}\n`);
      const limits = { memoryMiB: 1_500, threads: 2, charts: { 'people.csv': { mrn: 'HOUSE' } } };
      const prepared = await prepareLinkage([file], limits);
      try {
        const model = await estimate(prepared);
        await scoreWidely(prepared, model);
        const { links, personOf } = await decide(prepared, model);
        const wrong = links.filter(({ left, right }) => all[left]?.person !== all[right]?.person);
        assert.deepEqual(
          wrong.map(({ reason, weight }) => ({ reason, weight })),
          [],
        );
        const firsts = new Map<number, number>();
        let found = 0;
        for (const [at, { person }] of all.entries()) {
          const first = firsts.get(person);
          if (first === undefined) firsts.set(person, at);
          else if (personOf(first) === personOf(at)) found++;
        }
        context.diagnostic(`${found} of ${doubled.length} second records linked`);
        assert.ok(found > 600, `${found} second records are linked`);
      } finally {
        prepared.tables.close();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

const cellsOf = (row: Row): string[] => {
  const { given, family, suffix, birth, sex, ssn, street, city, zip, phone, email } = row;
  return [given, family, suffix, birth, sex, ssn, street, city, zip, phone, email];
};

const families =
  'smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez nowak kim patel nguyen olsen weber rossi silva'.split(
    ' ',
  );
/** Names of girls and of boys, many of them a letter apart. */
const girls =
  'anna hannah anne maria marie mary maya mia amelia emily emma ella ellen helen jayda jayla kayla kaylee katelyn caitlin sara sarah lena lea leah lia'.split(
    ' ',
  );
const boys =
  'jayden hayden brayden aiden aidan john jon jonathan nathan daniel danny david davis mark marc marcus eric erik luke lucas louis lewis alan allen brian bryan ryan'.split(
    ' ',
  );

const any = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)] as T;
const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.integer(10)).join('');
const maybe = (random: Random, share: number, value: string): string =>
  random.next() < share ? value : '';

function dayFrom(random: Random, year: number, years: number): string {
  const day = new Date(Date.UTC(year, 0, 1) + random.integer(years * 365) * 86_400_000);
  return day.toISOString().slice(0, 10);
}

function someone(random: Random, person: number): Row {
  const sex = random.next() < 0.5 ? 'F' : 'M';
  return {
    person,
    given: any(random, sex === 'F' ? girls : boys),
    family: any(random, families),
    suffix: '',
    birth: dayFrom(random, 1940, 80),
    sex,
    ssn: maybe(random, 0.5, numberOf(random)),
    street: `${1 + random.integer(9_000)} ${any(random, ['oak', 'elm', 'main', 'high', 'lake'])} ave`,
    city: any(random, ['springfield', 'riverside', 'meridian']),
    zip: `606${10 + random.integer(60)}`,
    phone: maybe(random, 0.8, `${200 + random.integer(700)}555${digits(random, 4)}`),
    email: maybe(random, 0.4, `p${person}@example.org`),
  };
}

const numberOf = (random: Random): string =>
  `${100 + random.integer(500)}-${10 + random.integer(89)}-${1_000 + random.integer(8_999)}`;

/** One house, one birth date, two names; their numbers were issued one after the other. */
function twins(random: Random, person: number): [Row, Row] {
  const one = someone(random, person);
  const sex = random.next() < 0.8 ? one.sex : one.sex === 'F' ? 'M' : 'F';
  const names = (sex === 'F' ? girls : boys).filter((name) => name !== one.given);
  const ssn =
    one.ssn === '' ? '' : one.ssn.slice(0, -1) + String((Number(one.ssn.at(-1)) + 1) % 10);
  return [one, { ...one, person: person + 1, given: any(random, names), sex, ssn }];
}

/** One name and house; the birth dates may be a digit apart, or not known at all. */
function generations(random: Random, person: number): [Row, Row] {
  const son = { ...someone(random, person), birth: dayFrom(random, 1970, 30) };
  const years = random.next() < 0.4 ? any(random, [20, 30]) : 19 + random.integer(25);
  const same = random.next() < 0.5;
  const year = String(Number(son.birth.slice(0, 4)) - years);
  const birth = same ? year + son.birth.slice(4) : dayFrom(random, Number(year), 1);
  const father = { ...son, person: person + 1, birth, ssn: maybe(random, 0.4, numberOf(random)) };
  const suffixed = random.next() < 0.3;
  const unknown = random.next() < 0.2;
  return [
    { ...son, suffix: suffixed ? 'Jr' : '' },
    { ...father, birth: unknown ? '' : birth, suffix: suffixed && random.next() < 0.5 ? 'Sr' : '' },
  ];
}

/** Without a name yet: twins, and a child beside the mother or a brother of the same day. */
function newborns(random: Random, person: number): [Row, Row] {
  const mother = someone(random, person);
  const born = { ...mother, birth: dayFrom(random, 2024, 2), ssn: '', email: '' };
  const names = any(random, [
    ['Baby Boy A', 'Baby Boy B'],
    ['Baby Girl', 'Baby Girl'],
    ['Babyboy', 'Newborn'],
    ['BB Smith', 'Baby Boy'],
    ['Baby Boy', any(random, boys)],
    ['Baby Girl', any(random, girls)],
  ]);
  const [one = '', other = ''] = names;
  const sex = /girl/i.test(one) ? 'F' : 'M';
  const second = random.next() < 0.3 ? mother : { ...born, given: other, sex };
  return [
    { ...born, given: one, sex },
    { ...second, person: person + 1 },
  ];
}

/** Name, sex and birth date alone; numbers and addresses that forms are filled with are no evidence. */
function namesakes(random: Random, person: number): [Row, Row] {
  const one = someone(random, person);
  const { given, family, birth, sex, zip, city } = one;
  const other = { ...someone(random, person + 1), given, family, birth, sex };
  const draw = random.next();
  if (draw < 0.2) return [one, { ...other, zip, city }];
  if (draw < 0.3) return filledAlike(one, other, { ssn: '999-99-9999' });
  if (draw < 0.4) return filledAlike(one, other, { ssn: '123-45-6789' });
  if (draw < 0.5) return filledAlike(one, other, { email: 'none@none.com', phone: '0000000000' });
  if (draw < 0.6) return filledAlike(one, other, { street: 'homeless' });
  return [one, other];
}

function filledAlike(one: Row, other: Row, filler: Partial<Row>): [Row, Row] {
  return [
    { ...one, ...filler },
    { ...other, ...filler },
  ];
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const all = [...list];
  for (let at = all.length - 1; at > 0; at--) {
    const other = random.integer(at + 1);
    [all[at], all[other]] = [all[other] as T, all[at] as T];
  }
  return all;
}
