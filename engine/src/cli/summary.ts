import { evidenceNotice } from '../contract/words.ts';
import type { StreamApart, RunReport } from '../contract/report.ts';
import { counted, table } from './output.ts';

/** A report in the terminal: verdict first, then the balances, then what does not tie. */
export function summaryLines(report: RunReport): string[] {
  const { verdict, run } = report;
  return [
    evidenceNotice,
    '',
    `${verdict.color.toUpperCase()}  ${verdict.sentence}`,
    ...verdict.reasons.map((reason) => `  - ${reason}`),
    '',
    `run ${run.id} (${run.state}${run.code === undefined ? '' : `: ${run.code}`})`,
    '',
    ...streamTable(report),
    '',
    ...targetTable(report),
    ...uncoded(report),
    ...codesAsText(report),
    ...trialBalances(report),
    ...undecided(report),
    ...scopeTable(report),
    ...sideEffectLines(report),
    ...causes('held for review', report.held),
    ...causes('excluded', report.exclusions),
    ...differences(report),
    ...goals(report),
  ];
}

function streamTable({ streams }: RunReport): string[] {
  return table(
    ['source items', 'read', '=', 'mapped', '+ held', '+ excluded', '+ waiting', 'ties'],
    streams.map((one) => [
      one.stream,
      one.read,
      '',
      one.mapped,
      one.quarantined,
      one.excluded,
      one.waiting,
      one.balanced ? 'yes' : 'NO',
    ]),
  );
}

/** Ways out that most runs have no use for; a column each where one has. */
const rareWays = ['merged', 'superseded', 'removed', 'excluded'] as const;

function targetTable({ targets }: RunReport): string[] {
  const rare = rareWays.filter((way) => targets.some((one) => one[way] > 0));
  const headings = ['drafts', 'for', 'drafted', '=', 'loaded', '+ held', '+ waiting'];
  return table(
    [...headings, ...rare.map((way) => `+ ${way}`), 'ties', 'read back', 'matches'],
    targets.map((one) => [
      one.stream,
      one.target,
      one.drafted,
      '',
      one.loaded,
      one.quarantined,
      one.waiting,
      ...rare.map((way) => one[way]),
      one.balanced ? 'yes' : 'NO',
      one.compared,
      one.verified,
    ]),
  );
}

/** Allergies and medications that decision support cannot see. */
function uncoded({ targets }: RunReport): string[] {
  const left = targets.filter((one) => one.uncoded > 0);
  if (left.length === 0) return [];
  return [
    '',
    'arrived as words alone (decision support cannot see them):',
    ...left.map((one) => `  ${counted(one.uncoded)}  ${one.stream}`),
  ];
}

function codesAsText({ codesAsText: left }: RunReport): string[] {
  if (left.length === 0) return [];
  return [
    '',
    'codes left as text, for no code map has them:',
    ...left.map((one) => `  ${counted(one.drafts)}  ${one.stream}  ${one.codeMap}`),
  ];
}

function trialBalances({ trialBalances: balances }: RunReport): string[] {
  return balances.flatMap((balance) => [
    '',
    `receivables: ${balance.receivables}`,
    ...balanceTable(balance),
    ...balance.apart.map(apartLine),
  ]);
}

/** `apart: billing.837P, 812 loaded: claims as they went to the insurers` */
function apartLine({ stream, loaded, reason }: StreamApart): string {
  return `apart: ${stream}, ${loaded.toLocaleString('en')} loaded and not added up: ${reason}`;
}

function balanceTable(balance: RunReport['trialBalances'][number]): string[] {
  const { target, asOf, lines, guarantors, guarantorsDiffering } = balance;
  return [
    ...table(
      [`trial balance ${asOf}`, 'legacy', '- stays', '- held', '=', target, 'printed', 'ties'],
      lines
        .filter(({ group }) => group === 'total')
        .map((line) => [
          /^\d+$/.test(line.column) ? `from ${line.column} days` : line.column,
          line.legacy,
          line.stays,
          line.held,
          '',
          line.target,
          line.printed ?? '',
          line.ties ? 'yes' : 'NO',
        ]),
    ),
    `by site, class and payer: ${told(lines.filter(({ ties }) => !ties).length)}; ` +
      `${counted(guarantors)} guarantors: ${told(guarantorsDiffering)}`,
  ];
}

function told(differing: number): string {
  return differing === 0 ? 'all tie' : `${counted(differing)} DIFFER`;
}

function undecided({ dispositions }: RunReport): string[] {
  const open = dispositions.filter(({ fate }) => fate === 'undecided');
  if (open.length === 0) return [];
  return [
    '',
    'no disposition (map it, or decide in handover.yaml):',
    ...open.map(({ stream, column, populated }) => {
      const item = column === '' ? stream : `${stream}.${column}`;
      const what = column === '' ? 'rows' : 'values';
      return `  ${item}${populated === undefined ? '' : ` (${counted(populated)} ${what})`}`;
    }),
  ];
}

function sideEffectLines({ sideEffects }: RunReport): string[] {
  const unasked = sideEffects.filter(({ asked }) => asked === 'not asked');
  const lines = [...Map.groupBy(unasked, ({ target }) => target)].map(([target, all]) => {
    const effects = all.map(({ effect }) => effect).join(', ');
    return `not asked of ${target}, so it may have caused them: ${effects}`;
  });
  return lines.length === 0 ? [] : ['', ...lines];
}

function scopeTable({ scope }: RunReport): string[] {
  if (scope.length === 0) return [];
  const headings = [
    'scope',
    'stream',
    'from',
    'lands',
    'items',
    '=',
    'in scope',
    '+ out',
    'undated',
  ];
  return [
    '',
    ...table(
      [...headings, 'owner'],
      scope.map((one) => [
        one.rule,
        one.stream,
        one.from ?? 'always',
        one.lands,
        one.records,
        '',
        one.moved,
        one.excluded,
        one.undated,
        one.owner,
      ]),
    ),
  ];
}

function causes(
  title: string,
  lines: readonly (RunReport['held'][number] & { owner?: string })[],
): string[] {
  if (lines.length === 0) return [];
  return [
    '',
    `${title}:`,
    ...lines.map(({ count, stream, code, path, owner }) => {
      const whose = owner ? `  (${owner})` : '';
      return `  ${counted(count)}  ${stream}  ${code}  ${path}`.trimEnd() + whose;
    }),
  ];
}

function differences({ findings }: RunReport): string[] {
  if (findings.length === 0) return [];
  return [
    '',
    'differences:',
    ...findings
      .slice(0, 30)
      .map(
        ({ count, stream, verifier, kind, code, type, path }) =>
          `  ${counted(count)}  ${stream}  ${verifier}: ${kind} ${code}  ${type}  ${path}`,
      ),
    ...(findings.length > 30 ? [`  and ${findings.length - 30} more causes: see the report`] : []),
  ];
}

function goals(report: RunReport): string[] {
  const missed = report.goals.filter(({ met }) => !met);
  if (missed.length === 0) return [];
  return [
    '',
    'goals not met:',
    ...missed.map((one) => `  ${one.domain} ${one.measure}: ${one.found}, goal ${one.goal}`),
  ];
}
