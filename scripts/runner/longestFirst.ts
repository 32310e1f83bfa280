/**
 * Checks and files of tests that take more than half a minute, the longest first; the end of a full
 * run prints what took how long. Only the order hangs on it: a file that is missing here is run too.
 */
export const longest: readonly string[] = [
  'engine/test/crash/crash.test.ts',
  'demo-as-ordinary-user',
  'engine/test/simulation/evenSeeds.test.ts',
  'engine/test/simulation/oddSeeds.test.ts',
];

/** The same jobs, those known to take longest first, the rest as they came. */
export function longestFirst<Job extends { name: string }>(jobs: readonly Job[]): Job[] {
  const rank = ({ name }: Job): number => {
    const at = longest.indexOf(name);
    return at === -1 ? longest.length : at;
  };
  return jobs.toSorted((one, other) => rank(one) - rank(other));
}
