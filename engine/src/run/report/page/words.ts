import { screenWords } from '../../../contract/words.ts';
import { html, type Markup } from './markup.ts';

/** What the words of the balances mean, for a reader who has only this page. */
const meanings: readonly (readonly [string, string])[] = [
  [screenWords.record, 'One unit exactly as the source holds it, such as a row of a table.'],
  ['mapped', 'Turned into drafts, or read only to look something up for others.'],
  [screenWords.quarantined, 'Accepted by no rule. It has a reason, an owner and a way out.'],
  ['excluded', 'Left out by a rule of the plan, for the reason it states.'],
  ['waiting', 'Not yet where it will stand. None is left when a run ends.'],
  ['draft', 'What a mapping makes of a source item for a target, before it is written.'],
  ['loaded', 'Delivered: the target answered that it has it.'],
  [screenWords.merged, 'Told more than once in the source, and written once.'],
  [
    'superseded',
    'Replaced by a later draft of the same item, such as that of a replay or a re-map.',
  ],
  [
    'removed',
    'Taken out of the target: a later mapping no longer makes it, or the load was undone.',
  ],
  [screenWords.verified, 'Read back through the target’s own interface and found equal.'],
  ['fact', 'What the source says, declared apart from the mapping and compared on its own.'],
];

/** The words as a list of terms. */
export function glossary(): Markup {
  return html`<dl class="glossary">
    ${meanings.map(
      ([word, meaning]) =>
        html` <div>
          <dt>${word}</dt>
          <dd>${meaning}</dd>
        </div>`,
    )}
  </dl>`;
}
