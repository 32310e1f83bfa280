import { html, type Markup } from './markup.ts';
import { sign, type Sign } from './symbols.ts';

/** One part of the report: its heading stands in the margin, what it shows beside it. */
export interface Section {
  id: string;
  title: string;
  /** How much there is, in the contents and under the heading: `12 source items`. */
  tally: string;
  /** Set where the section holds something that the verdict speaks of. */
  sign?: Sign;
  /** What the reader is looking at, in a sentence or two. */
  note: string;
  /** A plain sentence is said where there is nothing to show. */
  body: Markup | string;
}

export function sectionOf({ id, title, tally, sign: color, note, body }: Section): Markup {
  const bare = typeof body === 'string';
  return html` <section class="part${bare ? ' bare' : ''}" aria-labelledby="${id}">
    <div class="margin">
      <h2 id="${id}">${title}</h2>
      <p class="tally">${color && sign(color)}${tally}</p>
      ${bare ? undefined : html`<p class="note">${note}</p>`}
    </div>
    <div class="body">${bare ? html`<p>${body}</p>` : body}</div>
  </section>`;
}

/** Links to the sections, each with how much it holds. */
export function contentsOf(sections: readonly Section[]): Markup {
  const links = sections.map(
    ({ id, title, tally, sign: color }) =>
      html` <li>
        <a href="#${id}">${color && sign(color)}${title}</a> <span class="tally">${tally}</span>
      </li>`,
  );
  return html`<nav class="contents" aria-label="Contents">
    <ul>
      ${links}
    </ul>
  </nav>`;
}
