import {
  array,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
  sample,
  uniqueArray,
} from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { ClinicRows, Extent, SourceRow } from './clinic.ts';

/** What one seed simulates: the source as it stands, and how the run is cut up and disturbed. */
export interface Scenario {
  rows: ClinicRows;
  extent: Extent;
  targets: 1 | 2;
  /** Records a batch holds at most. */
  records: number;
  /** Slices to cut a stream into. */
  slices: number;
  /** Processes that work at once. */
  workers: 1 | 2;
  concurrency: number;
  /** Faults that may strike; when they are used up, everything works. */
  faults: number;
  /** Chance of a fault at each place where one can strike. */
  chance: number;
  /** Records (`stream/key`) whose resources are at a target before the run begins. */
  before: readonly { stream: 'site' | 'person'; key: string; same: boolean }[];
  /** Afterwards the code map is completed, the target accepts all, and what is held goes again. */
  replay: boolean;
  /** Afterwards the mappings are changed, and what the run keeps is mapped again. */
  remap: boolean;
  /** At the first stop: when it pauses, or dies with all its processes. */
  undo: 'no' | 'at the end' | 'at the first stop';
}

const sites = ['s0', 's1', 's2', 's3', 's4'];
const people = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'];
const parts = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'];
const visits = ['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8', 'v9'];
const problems = ['q0', 'q1', 'q2', 'q3', 'q4', 'q5'];

/** Texts that survive every format, and two that a check holds and a target refuses. */
const text = oneof(
  { weight: 12, arbitrary: constantFrom('plain', 'Ünïcode ☃', 'a\tb\\c', "it's", '1.10') },
  { weight: 2, arbitrary: constantFrom('HOLD', 'REFUSE') },
  { weight: 2, arbitrary: constant(null) },
);
/** Never NULL: a person of whom nothing is stated would be a finding. */
const name = text.map((value) => value ?? 'nameless');
const deleted = oneof(
  { weight: 8, arbitrary: constantFrom('N', null) },
  { weight: 1, arbitrary: constant('Y') },
);
const label = oneof(
  { weight: 5, arbitrary: constant(null) },
  { weight: 1, arbitrary: constantFrom('ETH', 'OTHER') },
);
const sex = constantFrom('M', 'F', 'M', 'F', null, 'X');

/** A key of another stream: mostly one that may exist, sometimes none, seldom an orphan. */
function reference(
  keys: readonly string[],
  weights = { none: 2, orphan: 1 },
): Arbitrary<string | null> {
  return oneof(
    { weight: 8, arbitrary: constantFrom(...keys) },
    { weight: weights.none, arbitrary: constant(null) },
    { weight: weights.orphan, arbitrary: constant('nobody') },
  );
}

function keyOf(keys: readonly string[]): Arbitrary<string | null> {
  return oneof(
    { weight: 30, arbitrary: constantFrom(...keys) },
    { weight: 1, arbitrary: constant(null) },
  );
}

/** Mostly rows whose keys differ, sometimes rows that repeat one, sometimes none at all. */
function rowsOf(
  keys: readonly string[],
  row: Arbitrary<SourceRow>,
  key: string,
): Arbitrary<SourceRow[]> {
  const maxLength = keys.length;
  return oneof(
    { weight: 8, arbitrary: uniqueArray(row, { maxLength, selector: (one) => one[key] }) },
    { weight: 2, arbitrary: array(row, { maxLength }) },
    { weight: 1, arbitrary: constant<SourceRow[]>([]) },
  );
}

const rows: Arbitrary<ClinicRows> = record({
  site: rowsOf(
    sites,
    record({
      site_id: keyOf(sites),
      title: text,
      parent_id: reference(sites, { none: 8, orphan: 1 }),
      label,
      deleted,
    }),
    'site_id',
  ),
  person: rowsOf(
    people,
    record({
      person_id: keyOf(people),
      family: name,
      sex_cd: sex,
      site_id: reference(sites, { none: 8, orphan: 1 }),
      label,
      deleted,
    }),
    'person_id',
  ),
  part: rowsOf(
    parts,
    record({
      part_id: keyOf(parts),
      person_id: reference(people, { none: 1, orphan: 1 }),
      word: constantFrom('a', 'b', 'c', null),
      deleted,
    }),
    'part_id',
  ),
  visit: rowsOf(
    visits,
    record({
      visit_id: keyOf(visits),
      person_id: reference(people, { none: 0, orphan: 1 }),
      problem_id: reference(problems, { none: 8, orphan: 1 }),
      status_cd: constantFrom('finished', 'planned', 'HOLD'),
      weight: text,
    }),
    'visit_id',
  ),
  problem: rowsOf(
    problems,
    record({
      problem_id: keyOf(problems),
      person_id: reference(people, { none: 0, orphan: 1 }),
      visit_id: reference(visits, { none: 6, orphan: 1 }),
      title: text,
      label,
      deleted,
    }),
    'problem_id',
  ),
  memo: array(record({ person_id: reference(people), body: text }), { maxLength: 2 }),
  word: array(record({ word_id: keyOf(['w0', 'w1', 'w2']), meaning: text }), {
    maxLength: 2,
  }),
  trail: array(record({ trail_id: keyOf(['t0', 't1']), what: text }), { maxLength: 1 }),
});

export const scenarios: Arbitrary<Scenario> = record({
  rows,
  extent: constantFrom('wide', 'narrow', 'narrow'),
  targets: constantFrom(1, 1, 1, 2),
  records: integer({ min: 1, max: 6 }),
  slices: integer({ min: 1, max: 2 }),
  workers: constantFrom(1, 2),
  concurrency: integer({ min: 1, max: 3 }),
  faults: integer({ min: 0, max: 6 }),
  chance: constantFrom(0.01, 0.03, 0.1),
  before: oneof(
    { weight: 3, arbitrary: constant([]) },
    {
      weight: 1,
      arbitrary: uniqueArray(
        oneof(
          record({
            stream: constant('site' as const),
            key: constantFrom(...sites),
            same: boolean(),
          }),
          record({
            stream: constant('person' as const),
            key: constantFrom(...people),
            same: boolean(),
          }),
        ),
        { maxLength: 3, selector: ({ stream, key }) => `${stream}/${key}` },
      ),
    },
  ),
  replay: constantFrom(false, false, true),
  undo: constantFrom('no' as const, 'at the end' as const, 'at the first stop' as const),
  remap: constantFrom(false, true),
});

/** The scenario of a seed; the same on every machine. */
export function scenarioOf(seed: number): Scenario {
  const [scenario] = sample(scenarios, { seed, numRuns: 1 });
  return scenario as Scenario;
}
