/**
 * Checks and files of tests that take a while, about the longest first; the end of a full run prints
 * what took how long. Only the order hangs on it: a file that is missing here is run too.
 */
export const longest: readonly string[] = [
  'engine/test/crash/crash.test.ts',
  'demo-as-ordinary-user',
  'engine/test/simulation/evenSeeds.test.ts',
  'engine/test/simulation/oddSeeds.test.ts',
  'engine/test/requirements/remap.test.ts',
  'engine/test/requirements/documentLanding.test.ts',
  'engine/test/requirements/scope.test.ts',
  'engine/test/requirements/mappingFaults.test.ts',
  'engine/test/requirements/otherStreams.test.ts',
  'engine/test/requirements/trialBalance.test.ts',
  'engine/test/requirements/planted.test.ts',
  'engine/test/upgrade/upgrade.test.ts',
  'engine/test/targets/hapiRun.test.ts',
  'engine/test/targets/hapiServerIds.test.ts',
  'engine/test/targets/hapiConformance.test.ts',
  'engine/test/requirements/feed.test.ts',
  'engine/test/hostile/fuzz.test.ts',
  'engine/test/cli/tutorial.test.ts',
  'engine/test/cli/convert.test.ts',
];

/** The same jobs, those known to take longest first, the rest as they came. */
export function longestFirst<Job extends { name: string }>(jobs: readonly Job[]): Job[] {
  const rank = ({ name }: Job): number => {
    const at = longest.indexOf(name);
    return at === -1 ? longest.length : at;
  };
  return jobs.toSorted((one, other) => rank(one) - rank(other));
}
