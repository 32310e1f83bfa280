import type { HasColumn } from './comparisons.ts';

/** A blocking rule: records that agree in all of its keys are compared. Keys are integers of `rec`. */
export interface BlockingRule {
  /** As people read it. */
  label: string;
  keys: readonly string[];
}

/** Keys a record can have: an integer for each value, or null. */
export interface BlockingKey {
  name: string;
  sql: string;
  needs: readonly string[];
}

/**
 * A value as an integer: two values seldom share one, and then a pair is compared in vain. What is
 * missing has none, though it has a hash: records that both lack something do not agree in it.
 */
const coded = (expression: string): string =>
  `case when (${expression}) is not null then (hash(${expression}) & 2147483647)::integer end`;

export const blockingKeys: readonly BlockingKey[] = [
  key('given', 'given'),
  key('family', 'family'),
  key('sound', 'family_sound', ['family']),
  key('givenSound', 'given_sound', ['given']),
  { name: 'initial', sql: 'ord(given)', needs: ['given'] },
  { name: 'familyInitial', sql: 'ord(family)', needs: ['family'] },
  // Least and greatest, so that names that were swapped meet too.
  {
    name: 'names',
    sql: coded(`least(given, family) || ' ' || greatest(given, family)`),
    needs: ['given', 'family'],
  },
  key('dob', 'dob'),
  { name: 'yearMonth', sql: `nullif(year * 100 + month, 0)`, needs: ['dob'] },
  { name: 'monthDay', sql: `nullif(month * 100 + day, 0)`, needs: ['dob'] },
  { name: 'yearDay', sql: `nullif(year * 100 + day, 0)`, needs: ['dob'] },
  { name: 'year', sql: `nullif(year, 0)`, needs: ['dob'] },
  key('postcode', 'postcode'),
  key('locality', 'locality'),
  key('line', 'line'),
  key('phone1', 'phone1'),
  key('phone2', 'phone2'),
  key('email', 'email'),
  { name: 'emailUser', sql: coded('email_user'), needs: ['email'] },
  ...[1, 2, 3, 4].map((at) => key(`identifier${at}`, `identifier${at}`)),
];

function key(name: string, column: string, needs: readonly string[] = [column]): BlockingKey {
  return { name, sql: coded(column), needs };
}

/** What rules are made of, those that find most matches first; the cost decides how many are used. */
const combinations: readonly string[] = [
  'identifier1',
  'identifier2',
  'identifier3',
  'identifier4',
  'email',
  'phone1',
  'phone2',
  'names dob',
  'given dob',
  'family dob',
  'names postcode',
  'names locality',
  'names',
  'sound yearMonth',
  'givenSound yearMonth',
  'line initial',
  'givenSound sound year',
  'sound monthDay',
  'givenSound monthDay',
  'sound yearDay initial',
  'dob postcode',
  'dob locality',
  'line',
  'emailUser',
  'sound postcode initial',
  'given postcode',
  'family postcode',
  'dob initial',
  'dob familyInitial',
  'sound initial year',
  'givenSound sound',
  'given locality',
  'family locality',
  'dob',
  'given familyInitial',
  'sound initial',
  'family',
  'given',
  'postcode',
  'sound',
];

export function possibleRules(has: HasColumn): BlockingRule[] {
  const known = new Map(blockingKeys.map((each) => [each.name, each]));
  return combinations
    .map((words) => words.split(' '))
    .filter((keys) => keys.every((each) => known.get(each)?.needs.every(has)))
    .map((keys) => ({ label: keys.map(readable).join(' + '), keys }));
}

const readableKeys: Readonly<Record<string, string>> = {
  given: 'given name',
  family: 'family name',
  sound: 'family name sound',
  givenSound: 'given name sound',
  initial: 'given initial',
  familyInitial: 'family initial',
  names: 'both names in any order',
  dob: 'birth date',
  yearMonth: 'birth year and month',
  monthDay: 'birth month and day',
  yearDay: 'birth year and day',
  year: 'birth year',
  line: 'street line',
  emailUser: 'email user',
  phone1: 'phone',
  phone2: 'second phone',
};

function readable(name: string): string {
  return readableKeys[name] ?? name.replace(/(\d)$/, ' $1');
}

/** How many blocks a rule makes, by the number of records in each. */
export type BlockSizes = readonly { size: number; blocks: number }[];

export interface CostedRule extends BlockingRule {
  /** Pairs that it makes, some of them made by rules before it too. */
  pairs: number;
  /** Blocks with more records than this are left out, as skewed values. */
  largest: number;
  /** Records in blocks that are left out. */
  skewed: number;
}

/** The rule that blocks nothing: every record has the same key. */
export function allPairs(pairs: number): CostedRule {
  return { label: 'every pair', keys: [], pairs, largest: Number.MAX_SAFE_INTEGER, skewed: 0 };
}

const pairsOf = (size: number): number => (size * (size - 1)) / 2;

/**
 * The rules to use: in their order as long as the pairs are affordable, values that are so frequent
 * that they say nothing (unknown, 1900-01-01, "BABY BOY") left out. A rule whose records would mostly
 * be left out is not used.
 */
export function chooseRules(
  possible: readonly (BlockingRule & { sizes: BlockSizes })[],
  budget: number,
): CostedRule[] {
  const chosen: CostedRule[] = [];
  let left = budget;
  for (const { sizes, ...rule } of possible) {
    const costed = { ...rule, ...withoutSkew(sizes, Math.min(left, budget / 4)) };
    const records = sizes.reduce(
      (sum, { size, blocks }) => sum + (size > 1 ? size * blocks : 0),
      0,
    );
    if (costed.pairs === 0 || costed.skewed > records / 5) continue;
    chosen.push(costed);
    left -= costed.pairs;
  }
  return chosen;
}

/** The largest size of blocks at which a rule stays within its pairs. */
function withoutSkew(sizes: BlockSizes, most: number): Omit<CostedRule, keyof BlockingRule> {
  let pairs = 0;
  let largest = 1;
  let skewed = 0;
  for (const { size, blocks } of sizes.toSorted((one, other) => one.size - other.size)) {
    const more = pairsOf(size) * blocks;
    if (skewed === 0 && pairs + more <= most) {
      pairs += more;
      largest = size;
    } else {
      skewed += size * blocks;
    }
  }
  return { pairs, largest, skewed };
}
