import { count, html, total, type Markup } from './markup.ts';

/** One term of a balance, and the segment of the bar that shows it. */
export interface Term {
  /** Name of the segment's colour and pattern. */
  segment: Segment;
  /** The reader's word for it. */
  word: string;
  count: number;
}

export type Segment =
  'moved' | 'combined' | 'superseded' | 'removed' | 'held' | 'excluded' | 'waiting';

/** An equation of promise 1: the terms, and what they have to add up to. */
export interface Balance {
  terms: readonly Term[];
  whole: { word: string; count: number };
  /** What the ledger says of it; the page adds up for itself as well. */
  balanced: boolean;
}

/** What the whole has that no term accounts for; negative when the terms say too much. */
export function gapOf({ terms, whole }: Balance): number {
  return whole.count - total(terms, (term) => term.count);
}

/** Whether the balance ties: the ledger says so, and so does the sum on this page. */
export function ties(balance: Balance): boolean {
  return balance.balanced && gapOf(balance) === 0;
}

/** A stretch of a bar, in per cent of its length. */
export interface Stretch {
  segment: Segment | 'gap';
  start: number;
  width: number;
}

/** So that one held item among a million is seen; the counts beside the bar are exact. */
const leastWidth = 1.6;

/** Where the segments of a bar lie. Those of nothing are left out. */
export function layOut(balance: Balance): Stretch[] {
  const gap = Math.max(0, gapOf(balance));
  const parts = [...balance.terms, { segment: 'gap' as const, count: gap }]
    .map(({ segment, count: size }) => ({ segment, size: Math.max(0, size) }))
    .filter(({ size }) => size > 0);
  const sum = total(parts, ({ size }) => size);
  const wide = parts.map((part) => Math.max(leastWidth, (part.size / sum) * 100));
  const scale = 100 / total(wide, (width) => width);
  let start = 0;
  return parts.map(({ segment }, at) => {
    const width = (wide[at] ?? 0) * scale;
    start += width;
    return { segment, start: start - width, width };
  });
}

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
