import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { withClient } from '../../src/store/provision.ts';
import { attempt, begin, type Attempt } from './attempt.ts';
import type { OwnStrike } from './child.ts';
import { difference, outcomeOf, targetLines } from './outcome.ts';
import { smallSteps, type Lane } from './stand.ts';
import { explain, goOn, reportOf, type TrialResult, type Unbroken } from './trial.ts';

export interface StoppedOptions {
  /** Where the first worker stops itself. */
  stop: Omit<OwnStrike, 'signal'>;
  /** Do to the stopped worker's locks and leases what a minute would do, instead of waiting for it. */
  impatient: boolean;
}

/**
 * A worker stops in the middle of a run (a laptop is closed, a machine hangs); a second one takes
 * the run over and finishes it; then the first is revived. It can commit nothing any more.
 */
export async function stopAndRevive(
  lane: Lane,
  name: string,
  options: StoppedOptions,
  unbroken: Unbroken,
): Promise<TrialResult> {
  const started = performance.now();
  await lane.reset();
  const first = await stopped(lane, options);
  const second = await attempt(lane, await goOn(lane));
  const problems = second.code === 0 ? [] : [explain(second)];
  if (second.code === 0) problems.push(...(await compared(lane, unbroken, 'before the revival')));
  first.process.kill('SIGCONT');
  const revived = await first.ended;
  if (revived.hung) problems.push(`the revived worker: ${explain(revived)}`);
  if (second.code === 0) problems.push(...(await compared(lane, unbroken, 'after the revival')));
  return { name, kills: 1, problems, durationMs: performance.now() - started };
}

/**
 * The same, but before the first worker is revived the finished run is undone: what the worker then
 * does must not bring back what was taken away.
 */
export async function reviveAfterUndo(
  lane: Lane,
  name: string,
  options: StoppedOptions,
): Promise<TrialResult> {
  const started = performance.now();
  await lane.reset();
  const before = await targetLines(lane);
  const first = await stopped(lane, options);
  const second = await attempt(lane, await goOn(lane));
  const run = second.code === 0 ? reportOf(second) : undefined;
  const words = ['undo', run?.run.id ?? '', '--confirm', run?.project ?? ''];
  const undone = await attempt(lane, words);
  const problems = [second, undone].filter(({ code }) => code !== 0).map(explain);
  first.process.kill('SIGCONT');
  const revived = await first.ended;
  if (revived.hung) problems.push(`the revived worker: ${explain(revived)}`);
  problems.push(...difference(before, await targetLines(lane)));
  return { name, kills: 1, problems, durationMs: performance.now() - started };
}

/** The machine sleeps for a minute and wakes: the run goes on by itself, and ends as if it had not. */
export async function sleepAndWake(
  lane: Lane,
  name: string,
  stop: StoppedOptions['stop'],
  unbroken: Unbroken,
): Promise<TrialResult> {
  const started = performance.now();
  await lane.reset();
  const asleep = await stopped(lane, { stop, impatient: true });
  asleep.process.kill('SIGCONT');
  const woken = await asleep.ended;
  const problems =
    woken.code === 0
      ? difference(unbroken.outcome, await outcomeOf(lane, reportOf(woken)))
      : [explain(woken)];
  return { name, kills: 0, problems, durationMs: performance.now() - started };
}

async function stopped(lane: Lane, { stop, impatient }: StoppedOptions): Promise<Attempt> {
  const first = begin(lane, ['--json', 'run', ...smallSteps], { ...stop, signal: 'SIGSTOP' });
  const over = first.ended.then(() => true);
  while (!(await isStopped(first.process.pid))) {
    const gone = await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 50))]);
    if (gone === true) throw new Error(`no such place to stop: ${explain(await first.ended)}`);
  }
  if (impatient) await letMinutePass(lane);
  return first;
}

async function isStopped(pid: number | undefined): Promise<boolean> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]);
  return stdout.startsWith('T');
}

/** What a minute does: PostgreSQL ends transactions that nobody goes on with, and leases run out. */
async function letMinutePass(lane: Lane): Promise<void> {
  for (const url of [lane.control, lane.chart]) {
    await withClient({ url }, async (client) => {
      await client.query(
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity
          where datname = current_database() and state like 'idle in transaction%'`,
      );
    });
  }
  await withClient({ url: lane.control }, async (client) => {
    await client.query('update handover.slice set lease_until = now() where holder is not null');
  });
}

async function compared(lane: Lane, unbroken: Unbroken, when: string): Promise<string[]> {
  const report = await attempt(lane, ['--json', 'report']);
  if (report.code !== 0) return [explain(report)];
  const lines = difference(unbroken.outcome, await outcomeOf(lane, reportOf(report)));
  return lines.map((line) => `${when}: ${line}`);
}
