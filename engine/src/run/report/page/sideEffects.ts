import type { RunReport } from '../../../contract/report.ts';
import { sideEffects, type SideEffectLine } from '../../../contract/sideEffects.ts';
import { dataTable } from './dataTable.ts';
import { code, counted, html } from './markup.ts';
import type { Section } from './section.ts';

/** What systems were asked not to do because of the load, where one was written to that may act. */
export function sideEffectSections({ sideEffects: lines }: RunReport): Section[] {
  if (lines.length === 0) return [];
  const unasked = lines.filter(({ asked }) => asked === 'not asked').length;
  return [
    {
      id: 'side-effects',
      title: 'Side effects',
      tally: unasked === 0 ? 'all asked' : `${counted(unasked, 'effect')} not asked for`,
      note: `What a target may do when it is written to, and how it was asked not to. Whether it obeyed
        is not seen from here, and what it did is not taken back by an undo.`,
      body: dataTable<SideEffectLine>({
        caption: 'Side effects by target',
        namedBy: 'Target',
        flowing: true,
        columns: [
          { head: 'Target', kind: 'code', cell: ({ target }) => code(target) },
          { head: 'May cause', kind: 'wide', cell: ({ effect }) => sideEffects[effect] },
          { head: 'Asked not to', kind: 'wide', cell: askedOf },
        ],
        lines,
      }),
    },
  ];
}

function askedOf({ asked, by }: SideEffectLine) {
  if (asked === 'not asked') return html`<strong>not asked: it may have</strong>`;
  return asked === 'agreed' ? html`agreed: ${by}` : html`by ${asked} ${code(by)}`;
}
