import type { DurableMoment } from '../../src/base/durableOperation.ts';
import type { RunReport } from '../../src/contract/report.ts';
import { withClient } from '../../src/store/provision.ts';
import { attempt, begin, type Ending } from './attempt.ts';
import { difference, outcomeOf, type Outcome } from './outcome.ts';
import { smallSteps, type Lane } from './stand.ts';

/** What ends a process before its work is done. */
export type Strike =
  | { at: number; moment: DurableMoment }
  /** From outside, so long after its start. */
  | { afterMs: number };

/** What came of breaking one run. */
export interface TrialResult {
  name: string;
  /** Processes killed. */
  kills: number;
  /** What was not as it must be; empty: the trial is passed. */
  problems: readonly string[];
  durationMs: number;
}

/** An unbroken run: what it leaves behind, and how many durable operations it took. */
export interface Unbroken {
  outcome: Outcome;
  operations: readonly string[];
  durationMs: number;
}

/** Run without breaking anything. @throws Error when the run does not end well. */
export async function unbrokenRun(lane: Lane): Promise<Unbroken> {
  await lane.reset();
  const ending = await attempt(lane, ['--json', ...lane.command, ...smallSteps]);
  if (ending.code !== 0) throw new Error(`the unbroken run failed:\n${explain(ending)}`);
  const { operations, durationMs } = ending;
  return { outcome: await outcomeOf(lane, reportOf(ending)), operations, durationMs };
}

/**
 * Begin a run, break it by the first strike, break its recovery by the second and so on; then let it
 * finish, and compare what it leaves behind with `unbroken`.
 */
export async function breakRun(
  lane: Lane,
  name: string,
  strikes: readonly Strike[],
  unbroken: Unbroken,
): Promise<TrialResult> {
  const started = performance.now();
  const problems: string[] = [];
  let kills = 0;
  await lane.reset();
  for (const strike of strikes) {
    const ending = await struck(lane, await goOn(lane), strike);
    if (ending.code === null && !ending.hung) kills++;
    else if (ending.code !== 0) problems.push(explain(ending));
  }
  if (kills === 0) problems.push('no strike met its run');
  problems.push(...(await finish(lane, unbroken)));
  return { name, kills, problems, durationMs: performance.now() - started };
}

/** Take the run up and let it finish; what differs from the unbroken run. */
export async function finish(lane: Lane, unbroken: Unbroken): Promise<string[]> {
  const ending = await attempt(lane, await goOn(lane));
  if (ending.code !== 0) return [explain(ending)];
  return difference(unbroken.outcome, await outcomeOf(lane, reportOf(ending)));
}

/** `resume`, or the command itself where what was struck had not come so far as to be entered. */
export async function goOn(lane: Lane): Promise<string[]> {
  const { count, before } = lane.begun;
  const begun = await withClient({ url: lane.control }, async (client) => {
    const { rows } = await client.query<{ count: number }>(count);
    return rows[0]?.count ?? 0;
  }).catch(() => 0);
  return ['--json', ...(begun > before ? ['resume'] : lane.command), ...smallSteps];
}

async function struck(lane: Lane, words: readonly string[], strike: Strike): Promise<Ending> {
  if ('at' in strike) return attempt(lane, words, { ...strike, signal: 'SIGKILL' });
  const { process, ended } = begin(lane, words);
  const timer = setTimeout(() => process.kill('SIGKILL'), strike.afterMs);
  return ended.finally(() => clearTimeout(timer));
}

export function reportOf({ stdout }: Ending): RunReport {
  return JSON.parse(stdout) as RunReport;
}

export function explain({ code, hung, stderr, durationMs }: Ending): string {
  const how = hung ? `did not end in ${Math.round(durationMs / 1000)} s` : `ended with ${code}`;
  return `the process ${how}: ${stderr.trim().split('\n').slice(-4).join(' | ')}`;
}
