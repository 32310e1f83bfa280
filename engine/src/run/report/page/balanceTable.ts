import { ties, type Balance } from '../../../contract/balanceBar.ts';
import { balanceBar, equationCells, equationHeads } from './balanceBar.ts';
import { fold, shownRows } from './dataTable.ts';
import { code, html, total, type Markup } from './markup.ts';
import { told } from './symbols.ts';

/** One account of a table of balances. */
export interface Account {
  name: string;
  balance: Balance;
  /** What is said under the bar, where something has to be. */
  remarks: readonly string[];
  /** Cells of a second count, in the columns of the first. */
  recount?: readonly Markup[];
}

export interface BalanceTable {
  caption: string;
  /** What an account is: the head of the first column. */
  named: string;
  /** Name of the sum of all accounts. */
  sum: string;
  accounts: readonly Account[];
}

/** Accounts with their bars and equations, the sum of all at the end; long ones are folded. */
export function balanceTable(table: BalanceTable): Markup {
  const { accounts } = table;
  const rest = accounts.slice(shownRows);
  const sum = accounts.length > 1 ? sumOf(accounts.map(({ balance }) => balance)) : undefined;
  const first = tableOf(table, accounts.slice(0, shownRows), sum);
  if (rest.length === 0) return first;
  return html`${first} ${fold(rest.length, tableOf(table, rest))}`;
}

function tableOf(table: BalanceTable, accounts: readonly Account[], sum?: Balance): Markup {
  const { terms, whole } = (accounts[0] as Account).balance;
  return html` <table class="balances terms-${String(terms.length)}">
    <caption>
      ${table.caption}
    </caption>
    <colgroup>
      <col class="account" />
      <col class="first" />
      <col span="${String(terms.length - 1)}" />
      <col class="whole" />
    </colgroup>
    <thead>
      <tr>
        <th scope="col">${table.named}</th>
        ${equationHeads(terms)}
        <th scope="col" class="number">${whole.word}</th>
      </tr>
    </thead>
    ${accounts.map(accountRows)}${
      sum &&
      html` <tfoot>
        <tr>
          <th scope="row">${table.sum}</th>
          ${equationCells(sum)}
        </tr>
      </tfoot>`
    }
  </table>`;
}

/** Two lines: the equation, and under it the recount where there is one, else whether it ties. */
function accountRows({ name, balance, remarks, recount }: Account): Markup {
  const status = ties(balance) ? told('green', 'balances') : told('red', 'does not balance');
  const columns = String(balance.terms.length + 1);
  return html` <tbody${ties(balance) ? undefined : html` class="broken"`}>
    <tr class="running">
      <th scope="rowgroup" rowspan="2">
        <span class="account-head">${code(name)} ${recount && status}</span>
        ${balanceBar(balance)}${remarks.map((remark) => html`<small>${remark}</small>`)}
      </th>
      ${equationCells(balance)}
    </tr>
    ${
      recount
        ? html`<tr class="recount">
            ${recount}
          </tr>`
        : html`<tr class="status">
            <td colspan="${columns}">${status}</td>
          </tr>`
    }
  </tbody>`;
}

/** The sum of balances of one shape. It ties where each of them does. */
export function sumOf(balances: readonly Balance[]): Balance {
  const { terms, whole } = balances[0] as Balance;
  return {
    terms: terms.map((term, at) => ({
      ...term,
      count: total(balances, (balance) => balance.terms[at]?.count ?? 0),
    })),
    whole: { ...whole, count: total(balances, (balance) => balance.whole.count) },
    balanced: balances.every(({ balanced }) => balanced),
  };
}
