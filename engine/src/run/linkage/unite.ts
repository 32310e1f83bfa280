import type { Profile } from '../../linkage/agreement.ts';
import { DisjointSets } from '../../linkage/clusters.ts';
import type { PairRules } from '../../linkage/rules.ts';
import type { DecidedPair } from './decidedPair.ts';
import type { Prepared } from './prepare.ts';

/** Records brought together into persons. */
export interface United {
  /** For each record the smallest of its person. */
  personOf: (record: number) => number;
  /** Records of the person that a record is in. */
  sizeOf: (record: number) => number;
  links: readonly DecidedPair[];
  /** Links that were not made, because people would contradict each other. */
  refused: readonly DecidedPair[];
  /** Persons with two numbers of one authority: charts that somebody has to join. */
  twoCharts: readonly number[];
}

/** No person has so many records; a number or a name that nobody has does. */
const mostOfPerson = 200;

/** Unite the heaviest first, each where nobody on one side contradicts anybody on the other. */
export async function unite(
  prepared: Prepared,
  has: (column: string) => boolean,
  wanted: readonly DecidedPair[],
  { contradicts }: Pick<PairRules, 'contradicts'>,
): Promise<United> {
  const profiles = await profilesOf(prepared, has, wanted);
  const sets = new DisjointSets(prepared.records);
  const members = new Map<number, number[]>();
  const of = (record: number): number[] => members.get(sets.find(record)) ?? [record];
  const links: DecidedPair[] = [];
  const refused: DecidedPair[] = [];
  for (const pair of wanted.toSorted(heaviestFirst)) {
    const [left, right] = [of(pair.left), of(pair.right)];
    const one = sets.find(pair.left) === sets.find(pair.right);
    if (!one && !canUnite(left, right, profiles, contradicts)) {
      refused.push({ ...pair, alarms: ['contradicts-person'] });
      continue;
    }
    links.push(pair);
    if (one) continue;
    sets.union(pair.left, pair.right);
    members.set(sets.find(pair.left), [...left, ...right]);
  }
  return {
    personOf: (record) => sets.find(record),
    sizeOf: (record) => of(record).length,
    links,
    refused,
    twoCharts: [...members]
      .filter(([root, all]) => sets.find(root) === root && haveTwoCharts(all, profiles))
      .map(([root]) => root),
  };
}

function heaviestFirst(one: DecidedPair, other: DecidedPair): number {
  return other.weight - one.weight || one.left - other.left || one.right - other.right;
}

type Profiles = ReadonlyMap<number, Profile & { chart: string | undefined }>;

function canUnite(
  left: readonly number[],
  right: readonly number[],
  profiles: Profiles,
  contradicts: PairRules['contradicts'],
): boolean {
  if (left.length + right.length > mostOfPerson) return false;
  return left.every((one) =>
    right.every((other) => !contradicts(profileOf(profiles, one), profileOf(profiles, other))),
  );
}

function profileOf(profiles: Profiles, record: number): Profile {
  const profile = profiles.get(record);
  if (profile === undefined) throw new RangeError('a record that is linked was not read');
  return profile;
}

function haveTwoCharts(records: readonly number[], profiles: Profiles): boolean {
  const numbers = new Set(records.flatMap((record) => profiles.get(record)?.chart ?? []));
  const authorities = new Set([...numbers].map((number) => number.slice(0, number.indexOf('|'))));
  return authorities.size < numbers.size;
}

async function profilesOf(
  { tables }: Prepared,
  has: (column: string) => boolean,
  pairs: readonly DecidedPair[],
): Promise<Profiles> {
  const ids = [...new Set(pairs.flatMap(({ left, right }) => [left, right]))];
  await tables.run('create or replace table linked (id varchar)');
  await tables.append(
    'linked',
    ids.map((id) => [String(id)]),
  );
  const column = (name: string, needs = name): string => (has(needs) ? name : 'null');
  const sql = `select records.id, ${[
    column('given'),
    column('family'),
    column('given_root', 'given'),
    column('dob'),
    column('sex'),
    column('identifier1'),
    column('suffix'),
    column('chart1'),
  ].join(', ')} from records join linked on records.id = linked.id::integer`;
  const profiles = new Map<number, Profile & { chart: string | undefined }>();
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' ? value : undefined;
  for await (const columns of tables.columns(sql)) {
    const [all = []] = columns;
    for (const [at, id] of all.entries()) {
      const [given, family, root, dob, sex, national, suffix, chart] = columns
        .slice(1)
        .map((each) => text(each[at]));
      profiles.set(Number(id), { given, family, root, dob, sex, national, suffix, chart });
    }
  }
  return profiles;
}
