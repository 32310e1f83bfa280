import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { seededRandom, type Random } from '../src/base/random.ts';
import { estimate } from '../src/run/linkage/linkage.ts';
import { prepareLinkage } from '../src/run/linkage/prepare.ts';

/** One parameter of the model: what the records were made with, and what was estimated of them. */
export interface ParameterFound {
  parameter: string;
  given: number;
  found: number;
  /** Relative. */
  error: number;
}

export interface TruthOptions {
  seed?: string | undefined;
  /** People, each with two records. */
  people?: number;
}

/** How a field is made: how many values it has, how often a second record keeps it, and mistypes it. */
interface Field {
  comparison: string;
  values: readonly string[];
  exact: number;
  typo: number;
}

/**
 * Records made with given m and u, and the model estimated of them without labels. Every value of a
 * field is as likely as any other, so u of agreement is one in their number.
 */
export async function measureLinkageTruth(options: TruthOptions = {}): Promise<ParameterFound[]> {
  const { seed = '1', people = 20_000 } = options;
  const random = seededRandom(seed);
  const fields = fieldsOf(random);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'linkage-truth-'));
  try {
    const file = path.join(folder, 'people.csv');
    await writeFile(file, recordsOf(fields, people, random));
    const prepared = await prepareLinkage([file], { memoryMiB: 1_500, threads: 2 });
    try {
      const model = await estimate(prepared);
      const found = (parameter: string, given: number, value: number): ParameterFound => ({
        parameter,
        given,
        found: value,
        error: Math.abs(value / given - 1),
      });
      const levels = fields.flatMap(({ comparison, values, exact, typo }) => {
        const chance = 1 / values.length;
        const own = model.comparisons.find(({ name }) => name === comparison)?.levels ?? [];
        const oneOff = own.find(({ label }) => label.startsWith('one letter off'));
        return [
          found(`m ${comparison}: exact`, exact + (1 - exact - typo) * chance, own[0]?.m ?? 0),
          // Half of the records may be mistyped, and then agree with nobody.
          found(`u ${comparison}: exact`, chance * (1 - typo / 2) ** 2, own[0]?.u ?? 0),
          ...(typo > 0 ? [found(`m ${comparison}: one letter off`, typo, oneOff?.m ?? 0)] : []),
        ];
      });
      const pairs = people * (2 * people - 1);
      return [found('prior', people / pairs, model.prior), ...levels];
    } finally {
      prepared.tables.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

function fieldsOf(random: Random): Field[] {
  return [
    { comparison: 'given name', values: names(random, 300), exact: 0.88, typo: 0.08 },
    { comparison: 'family name', values: names(random, 2_000), exact: 0.84, typo: 0.1 },
    { comparison: 'birth date', values: days(12_000), exact: 0.93, typo: 0 },
    { comparison: 'sex', values: ['f', 'm'], exact: 0.96, typo: 0 },
    { comparison: 'place', values: places(800), exact: 0.8, typo: 0 },
  ];
}

/** Names unlike one another: letters at random, so that few are alike by chance. */
function names(random: Random, count: number): string[] {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const made = new Set<string>();
  while (made.size < count) {
    made.add(Array.from({ length: 12 }, () => letters[random.integer(26)]).join(''));
  }
  return [...made];
}

const days = (count: number): string[] =>
  Array.from({ length: count }, (_, at) =>
    new Date(Date.UTC(1950, 0, 1) + at * 86_400_000).toISOString().slice(0, 10),
  );

const places = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => String(10_000 + at * 97));

function recordsOf(fields: readonly Field[], people: number, random: Random): string {
  const lines = ['given_name,family_name,birth_date,sex,postcode'];
  const any = (values: readonly string[]): string => values[random.integer(values.length)] ?? '';
  const draws = fields.map(() => evenly(people, random));
  for (let person = 0; person < people; person++) {
    const first = fields.map(({ values }) => any(values));
    const second = fields.map(({ values, exact, typo }, at) => {
      const draw = draws[at]?.[person] ?? 0;
      const kept = first[at] ?? '';
      if (draw < exact) return kept;
      return draw < exact + typo ? mistyped(kept, random) : any(values);
    });
    lines.push(first.join(','), second.join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** Numbers from 0 to 1 as even as can be, in random order: what is made is what was asked for. */
function evenly(count: number, random: Random): number[] {
  const numbers = Array.from({ length: count }, (_, at) => (at + 0.5) / count);
  for (let at = count - 1; at > 0; at--) {
    const other = random.integer(at + 1);
    [numbers[at], numbers[other]] = [numbers[other] ?? 0, numbers[at] ?? 0];
  }
  return numbers;
}

/** One letter of a name put for another; never the first, so that one edit is what is measured. */
function mistyped(name: string, random: Random): string {
  const at = 4 + random.integer(name.length - 4);
  const other = name[at] === 'x' ? 'y' : 'x';
  return name.slice(0, at) + other + name.slice(at + 1);
}
