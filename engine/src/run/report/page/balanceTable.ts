import { balanceBar, equationCells, equationHeads, ties, type Balance } from './balanceBar.ts';
import { fold, shownRows } from './dataTable.ts';
import { code, html, total, type Markup, type Part } from './markup.ts';
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
      <col span="${String(terms.length)}" />
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

function accountRows({ name, balance, remarks, recount }: Account): Markup {
  const tied = ties(balance);
  const rows = recount === undefined ? '1' : '2';
  return html` <tbody class="${tied ? 'tied' : 'broken'}">
    <tr class="running">
      <th scope="rowgroup" rowspan="${rows}">
        ${accountHead(name, balance)}${remarks.map((remark) => html`<small>${remark}</small>`)}
      </th>
      ${equationCells(balance)}
    </tr>
    ${
      recount &&
      html` <tr class="recount">
        ${recount}
      </tr>`
    }
  </tbody>`;
}

function accountHead(name: string, balance: Balance): Part {
  const verdict = ties(balance) ? told('green', 'balances') : told('red', 'does not balance');
  return html`<span class="account-head">${code(name)} ${verdict}</span>${balanceBar(balance)}`;
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
