import { html, type Markup } from './markup.ts';

/** What a sign stands for; each has a shape of its own, so that it is read without its colour. */
export type Sign = 'green' | 'amber' | 'red';

/** A sign of the size of the text around it. It always stands beside the word that says it. */
export function sign(color: Sign, extra = ''): Markup {
  return html`<svg class="sign ${color} ${extra}" aria-hidden="true">
    <use href="#sign-${color}" />
  </svg>`;
}

/** A sign with its word. */
export function told(color: Sign, words: string): Markup {
  return html`<span class="told ${color}">${sign(color)}${words}</span>`;
}

/**
 * Shapes that the page refers to: a disc with a tick, a triangle with a bar, an octagon with a
 * cross; and the patterns of the bars, which keep segments apart in black and white.
 */
export function shapes(): Markup {
  return html`<svg class="shapes" aria-hidden="true" focusable="false">
    <symbol id="sign-green" viewBox="0 0 24 24">
      <circle class="fill" cx="12" cy="12" r="11" />
      <path class="line" d="M6.8 12.6l3.6 3.6 7-7.8" />
    </symbol>
    <symbol id="sign-amber" viewBox="0 0 24 24">
      <path class="fill" d="M12 1.6L23.4 22H.6z" />
      <path class="line" d="M12 8.6v6.2M12 18.2v.4" />
    </symbol>
    <symbol id="sign-red" viewBox="0 0 24 24">
      <path class="fill" d="M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z" />
      <path class="line" d="M8 8l8 8M16 8l-8 8" />
    </symbol>
    <pattern id="pattern-held" width="5" height="5" patternUnits="userSpaceOnUse">
      <rect class="held" width="5" height="5" />
      <circle class="mark" cx="2.5" cy="2.5" r="1" />
    </pattern>
    <pattern id="pattern-waiting" width="4" height="4" patternUnits="userSpaceOnUse">
      <rect class="waiting" width="4" height="4" />
      <rect class="mark" width="1.4" height="4" />
    </pattern>
    <pattern id="pattern-superseded" width="4" height="4" patternUnits="userSpaceOnUse">
      <rect class="superseded" width="4" height="4" />
      <rect class="mark" width="4" height="1.2" />
    </pattern>
    <pattern
      id="pattern-broken"
      width="7"
      height="7"
      patternUnits="userSpaceOnUse"
      patternTransform="rotate(45)"
    >
      <rect class="ground" width="7" height="7" />
      <rect class="broken" width="3.5" height="7" />
    </pattern>
  </svg>`;
}
