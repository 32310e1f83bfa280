import type {
  StreamApart,
  RunReport,
  TrialBalance,
  TrialBalanceLine,
} from '../../../contract/report.ts';
import { dataTable, type Column } from './dataTable.ts';
import { code, count, counted, html, type Markup } from './markup.ts';
import type { Section } from './section.ts';
import { told } from './symbols.ts';

/** The aged trial balance, legacy beside target; absent where the plan declares none. */
export function trialBalanceSections({ trialBalances }: RunReport): Section[] {
  if (trialBalances.length === 0) return [];
  const broken = trialBalances.reduce((sum, one) => sum + brokenOf(one), 0);
  return [
    {
      id: 'trial-balance',
      title: 'Trial balance',
      tally: broken > 0 ? `${counted(broken, 'amount')} differ` : 'ties to the cent',
      sign: broken > 0 ? 'red' : 'green',
      note: `What is open by age of the service, credits apart, from the old system’s records and
        from what was read back from the target. An amount ties when the old one, without what is
        held for review and what the plan leaves behind, is what the target has.`,
      body: html`${trialBalances.map(oneBalance)}`,
    },
  ];
}

function brokenOf({ lines, guarantorsDiffering }: TrialBalance): number {
  return lines.filter(({ ties }) => !ties).length + guarantorsDiffering;
}

function oneBalance(balance: TrialBalance): Markup {
  const { target, asOf, guarantors, guarantorsDiffering, heldRecords, unreadable } = balance;
  const stays = balance.lines.some((line) => Number(line.stays) !== 0);
  return html` <h3>${target}, at the end of ${asOf}</h3>
    <p>${receivablesWords[balance.receivables]}</p>
    <p>
      ${counted(guarantors, 'guarantor')} with an open balance,
      ${guarantorsDiffering === 0 ? 'all of them tie' : `${count(guarantorsDiffering)} differ`};
      ${counted(heldRecords, 'record')} of money held for review; ${count(unreadable)} without a
      readable amount or day.
    </p>
    ${balance.apart.map(apartLine)}
    ${dataTable<TrialBalanceLine>({
      caption: `Open balances at the end of ${asOf}, legacy beside ${target}`,
      namedBy: 'Column',
      columns: columns.filter(({ head }) => stays || head !== staysHead),
      mark: ({ ties }) => (ties ? undefined : 'red'),
      lines: balance.lines,
    })}`;
}

/** What is there and not added up, for the plan says that it tells of the same money once more. */
function apartLine({ stream, loaded, reason, owner }: StreamApart): Markup {
  return html`<p>
    Set apart: ${code(stream)}, ${count(loaded)} loaded and not added up: ${reason} (${owner}).
  </p>`;
}

/** What the plan chose, for those who answer for the money. */
export const receivablesWords: Readonly<Record<TrialBalance['receivables'], string>> = {
  convert: 'Open accounts are converted: every charge, payment and adjustment moves.',
  'run-down':
    'Open accounts are run down: charges, payments and adjustments stay and are worked off in the old system.',
  'balance-forward':
    'Balances are brought forward: what is open moves as balances of accounts by age, without its charges and payments.',
};

const staysHead = 'Stays';

const columns: readonly Column<TrialBalanceLine>[] = [
  {
    head: 'By',
    kind: 'word',
    cell: ({ group, member }) => html`${group} ${member === '' ? undefined : code(member)}`,
  },
  { head: 'Column', kind: 'word', cell: ({ column }) => columnWords(column) },
  { head: 'Legacy', kind: 'number', cell: ({ legacy }) => legacy },
  { head: staysHead, kind: 'number', cell: ({ stays }) => stays },
  { head: 'Held', kind: 'number', cell: ({ held }) => held },
  { head: 'Target', kind: 'number', cell: ({ target }) => target },
  { head: 'Printed', kind: 'number', cell: ({ printed }) => printed ?? '' },
  {
    head: 'Result',
    kind: 'kind',
    cell: ({ ties, printedTies }) => {
      if (!ties) return told('red', 'differs');
      return printedTies ? told('green', 'ties') : told('amber', 'printed otherwise');
    },
  },
];

function columnWords(column: string): string {
  return /^\d+$/.test(column) ? `from ${column} days` : column;
}
