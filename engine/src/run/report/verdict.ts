import type { RunReport, Verdict } from '../../contract/report.ts';

type Judged = Omit<RunReport, 'format' | 'project' | 'verdict'>;

/** The verdict of a report: red, amber or green, with every reason. */
export function judge(report: Judged): Verdict {
  const red = redReasons(report);
  if (red.length > 0) {
    return {
      color: 'red',
      sentence: 'Do not rely on this run: look at what is red.',
      reasons: red,
    };
  }
  const amber = amberReasons(report);
  if (amber.length > 0) {
    const sentence = 'Nothing compared differs, but not everything is settled.';
    return { color: 'amber', sentence, reasons: amber };
  }
  return {
    color: 'green',
    sentence:
      'Every source item is accounted for, and everything written was read back and matches.',
    reasons: [],
  };
}

function redReasons({ run, streams, targets, dispositions, findings, goals }: Judged): string[] {
  const reasons: string[] = [];
  const say = (count: number, what: string): void => {
    if (count > 0) reasons.push(`${count} ${what}`);
  };
  if (run.state === 'failed') reasons.push(`The run failed: ${run.code ?? 'unknown'}.`);
  if (run.state === 'undone') reasons.push('The run was undone: nothing of it is at the target.');
  say(streams.filter(({ balanced }) => !balanced).length, 'streams do not balance.');
  say(targets.filter(({ balanced }) => !balanced).length, 'balances at a target are broken.');
  say(dispositions.filter(({ fate }) => fate === 'undecided').length, 'items have no disposition.');
  for (const kind of ['missing', 'different', 'extra'] as const) {
    const lines = findings.filter((line) => line.kind === kind);
    say(
      lines.reduce((total, { count }) => total + count, 0),
      `differences: ${kind}.`,
    );
  }
  say(goals.filter(({ met }) => !met).length, 'goals are not met.');
  return reasons;
}

function amberReasons({ run, streams, targets, findings, held }: Judged): string[] {
  const reasons: string[] = [];
  const say = (count: number, what: string): void => {
    if (count > 0) reasons.push(`${count} ${what}`);
  };
  if (run.state !== 'finished') reasons.push(`The run is ${run.state}.`);
  const total = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0);
  say(total(streams.map(({ waiting }) => waiting)), 'source items wait.');
  say(total(targets.map(({ waiting }) => waiting)), 'drafts wait.');
  say(total(held.map(({ count }) => count)), 'items are held for review.');
  const unverifiable = findings.filter(({ kind }) => kind === 'unverifiable');
  say(total(unverifiable.map(({ count }) => count)), 'things could not be compared.');
  say(streams.filter(({ keyed }) => !keyed).length, 'streams have no key.');
  say(
    total(targets.map(({ loaded, compared }) => Math.max(0, loaded - compared))),
    'loaded resources were not read back.',
  );
  say(
    targets.filter(({ loaded, facts }) => loaded > 0 && facts === 0).length,
    'streams were compared without facts.',
  );
  return reasons;
}
