import { gapOf, layOut, ties, type Balance, type Term } from '../../../contract/balanceBar.ts';
import { count, html, type Markup } from './markup.ts';

/**
 * The bar. What does not balance is hatched red: the gap where terms are missing, else a band below
 * the whole bar. It is drawn for the eye alone, as the equation beside it says the same.
 */
export function balanceBar(balance: Balance): Markup {
  const stretches = layOut(balance);
  const drawn = stretches.map(({ segment, start, width }) => [
    box(segment === 'gap' ? 'broken' : segment, start, width),
    start === 0 ? undefined : html`<rect class="edge" x="${percent(start)}" />`,
  ]);
  const banded = !ties(balance) && !stretches.some(({ segment }) => segment === 'gap');
  return html`<svg class="bar" aria-hidden="true" focusable="false">
    <rect class="empty" width="100%" height="100%" />
    ${drawn} ${banded ? html`<rect class="broken" y="50%" width="100%" height="50%" />` : undefined}
  </svg>`;
}

function box(name: string, start: number, width: number): Markup {
  const [x, length] = [percent(start), percent(width)];
  return html`<rect class="${name}" x="${x}" width="${length}" height="100%" />`;
}

function percent(share: number): string {
  return `${Number(share.toFixed(3))}%`;
}

/** Heads of the columns that {@link equationCells} fills, which are the bar's legend too. */
export function equationHeads(terms: readonly Term[]): Markup[] {
  return terms.map(
    ({ segment, word }) =>
      html`<th scope="col" class="number">
        <svg class="swatch" aria-hidden="true">
          <rect class="${segment}" width="100%" height="100%" />
        </svg>
        ${word}
      </th>`,
  );
}

/**
 * The equation, a cell to a term: `mapped 9,412 + held for review 12 + … = read 9,512`. The words
 * of the terms are shown where the heads of the columns are not.
 */
export function equationCells(balance: Balance): Markup[] {
  const { terms, whole } = balance;
  const tied = gapOf(balance) === 0;
  const cells = terms.map(
    (term, at) =>
      html`<td class="number${term.count === 0 ? ' zero' : ''}">
        ${at === 0 ? undefined : operator('+')} ${termWord(term.word)} ${count(term.count)}
      </td>`,
  );
  const last = html`<td class="number whole${tied ? '' : ' wrong'}">
    ${operator(tied ? '=' : '≠')} <span class="word">${whole.word}</span> ${count(whole.count)}
  </td>`;
  return [...cells, last];
}

/** A sign between the terms, or what leads them. */
export function operator(sign: string): Markup {
  return html`<span class="operator">${sign}</span>`;
}

export function termWord(word: string): Markup {
  return html`<span class="term">${word}</span>`;
}
