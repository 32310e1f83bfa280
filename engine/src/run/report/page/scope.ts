import type { RunReport, ScopeLine } from '../../../contract/report.ts';
import { dataTable } from './dataTable.ts';
import { code, count, counted, html, total, type Markup } from './markup.ts';
import type { Section } from './section.ts';

/** How far back each domain moved and how it landed, where the plan has a scope. */
export function scopeSections({ scope }: RunReport): Section[] {
  if (scope.length === 0) return [];
  const excluded = total(scope, (line) => line.excluded);
  return [
    {
      id: 'scope',
      title: 'Scope and landing',
      tally: excluded === 0 ? 'all in scope' : `${counted(excluded, 'item')} out of scope`,
      note: `How far back each domain moves and how it lands, by whose decision. Items without a date
        that can be read move: nothing is left behind unread.`,
      body: dataTable<ScopeLine>({
        caption: 'Source items by rule of the plan’s scope',
        namedBy: 'Rule',
        flowing: true,
        columns: [
          { head: 'Rule', kind: 'code', cell: ({ rule }) => code(rule) },
          { head: 'Stream', kind: 'name', cell: ({ stream }) => code(stream) },
          { head: 'Since', kind: 'wide', cell: sinceOf },
          { head: 'Lands', kind: 'word', cell: ({ lands }) => lands },
          { head: 'Items', kind: 'number', cell: ({ records }) => count(records) },
          { head: 'In scope', kind: 'number', cell: ({ moved }) => count(moved) },
          { head: 'Out of scope', kind: 'number', cell: (line) => count(line.excluded) },
          { head: 'Undated', kind: 'number', cell: ({ undated }) => count(undated) },
          { head: 'Owner', kind: 'name', cell: ({ owner }) => owner },
          { head: 'Approver', kind: 'name', cell: ({ approver }) => approver },
        ],
        lines: scope,
      }),
    },
  ];
}

function sinceOf({ since, from }: ScopeLine): Markup {
  if (since === undefined || from === undefined) return html`<span class="zero">always</span>`;
  return since === from ? html`${from}` : html`${since} <span class="soft">from ${from}</span>`;
}
