import type { RunReport, TrialBalance, Verdict } from '../../contract/report.ts';

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

function redReasons(report: Judged): string[] {
  const { run, streams, targets, dispositions, findings, goals, trialBalances } = report;
  const reasons: string[] = [];
  const say = sayInto(reasons);
  if (run.state === 'failed') reasons.push(`The run failed: ${run.code ?? 'unknown'}.`);
  if (run.state === 'undone') reasons.push('The run was undone: nothing of it is at the target.');
  say(
    countOf(streams, ({ balanced }) => !balanced),
    'stream does',
    'streams do',
    'not balance.',
  );
  say(
    countOf(targets, ({ balanced }) => !balanced),
    'balance is',
    'balances are',
    'broken at a target.',
  );
  const undecided = countOf(dispositions, ({ fate }) => fate === 'undecided');
  say(undecided, 'item has', 'items have', 'no disposition.');
  for (const [kind, words] of differenceWords) {
    const count = total(findings.filter((line) => line.kind === kind));
    say(count, 'resource or fact is', 'resources or facts are', words);
  }
  for (const balance of trialBalances) reasons.push(...balanceReasons(balance));
  say(
    countOf(goals, ({ met }) => !met),
    'goal is',
    'goals are',
    'not met.',
  );
  return reasons;
}

/**
 * One cent is red. That the printed list says something else is red too, unless records of money are
 * held: then it cannot tie, and the verdict is amber for them already.
 */
function balanceReasons(balance: TrialBalance): string[] {
  const { target, lines, guarantorsDiffering, guarantorsUnprinted, heldRecords } = balance;
  const reasons: string[] = [];
  const say = sayInto(reasons);
  const differing = countOf(lines, ({ ties }) => !ties);
  say(differing, 'amount', 'amounts', `of the trial balance differ at ${target}.`);
  const rest = `another open balance at ${target}.`;
  say(guarantorsDiffering, 'guarantor has', 'guarantors have', rest);
  if (heldRecords + balance.unreadable > 0) return reasons;
  const unprinted = countOf(lines, ({ printedTies }) => !printedTies) + guarantorsUnprinted;
  say(unprinted, 'amount is', 'amounts are', 'printed otherwise by the old system.');
  return reasons;
}

/** The end of the sentence for each kind of difference. */
const differenceWords = [
  ['missing', 'missing at the target.'],
  ['different', 'different at the target.'],
  ['extra', 'at the target that the source does not explain.'],
] as const;

function amberReasons({ run, streams, targets, findings, held }: Judged): string[] {
  const reasons: string[] = [];
  const say = sayInto(reasons);
  if (run.state !== 'finished') reasons.push(`The run is ${run.state}.`);
  say(sum(streams.map(({ waiting }) => waiting)), 'source item waits.', 'source items wait.');
  say(sum(targets.map(({ waiting }) => waiting)), 'draft waits.', 'drafts wait.');
  say(total(held), 'item is', 'items are', 'held for review.');
  const unverifiable = findings.filter(({ kind }) => kind === 'unverifiable');
  say(total(unverifiable), 'thing', 'things', 'could not be compared.');
  say(
    countOf(streams, ({ keyed }) => !keyed),
    'stream has',
    'streams have',
    'no key.',
  );
  const counted = streams.filter(({ sourceCount, read }) => (sourceCount ?? read) !== read);
  say(
    counted.length,
    'stream was not read as the source counted it',
    'streams were not read as the source counted them',
    'when it was assessed.',
  );
  const unread = targets.map(({ loaded, compared }) => Math.max(0, loaded - compared));
  say(sum(unread), 'loaded resource was', 'loaded resources were', 'not read back.');
  const factless = countOf(targets, ({ loaded, facts }) => loaded > 0 && facts === 0);
  say(factless, 'stream was', 'streams were', 'compared without facts.');
  return reasons;
}

/** Add `<count> <one or many> <rest>` to the reasons when there is anything to count. */
function sayInto(reasons: string[]) {
  return (count: number, one: string, many: string, rest = ''): void => {
    if (count > 0) reasons.push(`${count} ${count === 1 ? one : many} ${rest}`.trimEnd());
  };
}

function countOf<T>(lines: readonly T[], test: (line: T) => boolean): number {
  return lines.filter(test).length;
}

function total(lines: readonly { count: number }[]): number {
  return sum(lines.map(({ count }) => count));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((whole, one) => whole + one, 0);
}
