import fc from 'fast-check';
import type { ClinicRows, SourceRow } from './clinic.ts';

/** What one seed simulates: the source as it stands, and how the run is cut up and disturbed. */
export interface Scenario {
  rows: ClinicRows;
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
  undo: 'no' | 'at the end' | 'at the first pause';
}

const sites = ['s0', 's1', 's2', 's3', 's4'];
const people = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'];
const visits = ['v0', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8', 'v9'];
const problems = ['q0', 'q1', 'q2', 'q3', 'q4', 'q5'];

/** Texts that survive every format, and two that a check holds and a target refuses. */
const text = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('plain', 'Ünïcode ☃', 'a\tb\\c', "it's", '1.10') },
  { weight: 1, arbitrary: fc.constantFrom('HOLD', 'REFUSE') },
  { weight: 2, arbitrary: fc.constant(null) },
);
const deleted = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('N', null) },
  { weight: 1, arbitrary: fc.constant('Y') },
);
const label = fc.oneof(
  { weight: 5, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom('ETH', 'OTHER') },
);
const sex = fc.constantFrom('M', 'F', 'M', 'F', null, 'X');

/** A key of another stream: mostly one that may exist, sometimes none, seldom an orphan. */
function reference(
  keys: readonly string[],
  weights = { none: 2, orphan: 1 },
): fc.Arbitrary<string | null> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...keys) },
    { weight: weights.none, arbitrary: fc.constant(null) },
    { weight: weights.orphan, arbitrary: fc.constant('nobody') },
  );
}

function keyOf(keys: readonly string[]): fc.Arbitrary<string | null> {
  return fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...keys) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

/** Mostly rows whose keys differ, sometimes rows that repeat one, sometimes none at all. */
function rowsOf(
  keys: readonly string[],
  row: fc.Arbitrary<SourceRow>,
  key: string,
): fc.Arbitrary<SourceRow[]> {
  const maxLength = keys.length;
  return fc.oneof(
    { weight: 8, arbitrary: fc.uniqueArray(row, { maxLength, selector: (one) => one[key] }) },
    { weight: 2, arbitrary: fc.array(row, { maxLength }) },
    { weight: 1, arbitrary: fc.constant<SourceRow[]>([]) },
  );
}

const rows: fc.Arbitrary<ClinicRows> = fc.record({
  site: rowsOf(
    sites,
    fc.record({
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
    fc.record({
      person_id: keyOf(people),
      family: text,
      sex_cd: sex,
      site_id: reference(sites, { none: 8, orphan: 1 }),
      label,
      deleted,
    }),
    'person_id',
  ),
  visit: rowsOf(
    visits,
    fc.record({
      visit_id: keyOf(visits),
      person_id: reference(people),
      problem_id: reference(problems, { none: 8, orphan: 1 }),
      status_cd: fc.constantFrom('finished', 'planned', 'HOLD'),
      weight: text,
    }),
    'visit_id',
  ),
  problem: rowsOf(
    problems,
    fc.record({
      problem_id: keyOf(problems),
      person_id: reference(people),
      visit_id: reference(visits, { none: 6, orphan: 1 }),
      title: text,
      label,
      deleted,
    }),
    'problem_id',
  ),
  memo: fc.array(fc.record({ person_id: reference(people), body: text }), { maxLength: 2 }),
  word: fc.array(fc.record({ word_id: keyOf(['w0', 'w1', 'w2']), meaning: text }), {
    maxLength: 2,
  }),
  trail: fc.array(fc.record({ trail_id: keyOf(['t0', 't1']), what: text }), { maxLength: 1 }),
});

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  rows,
  targets: fc.constantFrom(1, 1, 2),
  records: fc.integer({ min: 1, max: 6 }),
  slices: fc.integer({ min: 1, max: 2 }),
  workers: fc.constantFrom(1, 2),
  concurrency: fc.integer({ min: 1, max: 3 }),
  faults: fc.integer({ min: 0, max: 6 }),
  chance: fc.constantFrom(0.01, 0.03, 0.1),
  before: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(
        fc.oneof(
          fc.record({
            stream: fc.constant('site' as const),
            key: fc.constantFrom(...sites),
            same: fc.boolean(),
          }),
          fc.record({
            stream: fc.constant('person' as const),
            key: fc.constantFrom(...people),
            same: fc.boolean(),
          }),
        ),
        { maxLength: 3, selector: ({ stream, key }) => `${stream}/${key}` },
      ),
    },
  ),
  replay: fc.constantFrom(false, false, true),
  undo: fc.constantFrom('no' as const, 'at the end' as const, 'at the first pause' as const),
});

/** The scenario of a seed; the same on every machine. */
export function scenarioOf(seed: number): Scenario {
  const [scenario] = fc.sample(scenarios, { seed, numRuns: 1 });
  return scenario as Scenario;
}
