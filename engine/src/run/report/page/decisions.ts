import type { DispositionLine, RunReport } from '../../../contract/report.ts';
import { dataTable, type Column } from './dataTable.ts';
import { code, count, counted, html, total, type Markup } from './markup.ts';
import { nothing, type Section } from './section.ts';
import { told } from './symbols.ts';

/** Fates in the order of what a reader has to decide; any other one follows. */
const fates: readonly { fate: string; title: string; note: string }[] = [
  { fate: 'undecided', title: 'Undecided', note: 'Somebody has to say what becomes of these.' },
  { fate: 'not moved', title: 'Not moved', note: 'Left behind on purpose.' },
  { fate: 'archived', title: 'Archived', note: 'Kept in the archive, not moved to a target.' },
  { fate: 'moved', title: 'Moved', note: 'A mapping, a fact or the key reads these.' },
];

/** What becomes of every table and populated column of the source, and by whose decision. */
export function dispositionsSection({ dispositions }: RunReport): Section {
  const undecided = dispositions.filter(({ fate }) => fate === 'undecided').length;
  const named = new Set(fates.map(({ fate }) => fate));
  const others = [...new Set(dispositions.map(({ fate }) => fate))].filter(
    (one) => !named.has(one),
  );
  const groups = [...fates, ...others.map((fate) => ({ fate, title: fate, note: '' }))];
  return {
    id: 'dispositions',
    title: 'Dispositions',
    tally: undecided > 0 ? `${count(undecided)} undecided` : counted(dispositions.length, 'item'),
    ...(undecided > 0 && { sign: 'red' as const }),
    note: `What becomes of every table and every populated column of the source, and by whose
      decision.`,
    body:
      dispositions.length === 0
        ? nothing('The source was not assessed: nothing has a disposition.')
        : html`${groups.map(({ fate, title, note }) =>
            fateGroup(
              title,
              note,
              dispositions.filter((line) => line.fate === fate),
            ),
          )}`,
  };
}

function fateGroup(
  title: string,
  note: string,
  lines: readonly DispositionLine[],
): Markup | undefined {
  if (lines.length === 0) return undefined;
  const undecided = lines[0]?.fate === 'undecided';
  const heading = undecided ? told('red', title) : title;
  const explained = lines.filter((line) => undecided || isExplained(line));
  const plain = lines.filter((line) => !explained.includes(line));
  return html` <h3>${heading} <span class="tally">${counted(lines.length, 'item')}</span></h3>
    <p class="note">${note}</p>
    ${explained.length > 0 ? decisionTable(title, explained) : undefined}${
      plain.length > 0 ? plainTable(title, plain) : undefined
    }`;
}

function isExplained({ reason, owner, approver }: DispositionLine): boolean {
  return [reason, owner, approver].some((words) => words !== '');
}

function decisionTable(title: string, lines: readonly DispositionLine[]): Markup {
  return dataTable<DispositionLine>({
    caption: `${title}: by whose decision and why`,
    namedBy: 'Item',
    ...(lines[0]?.fate === 'undecided' && { mark: () => 'red' as const }),
    columns: decisionColumns,
    lines,
  });
}

const decisionColumns: readonly Column<DispositionLine>[] = [
  { head: 'Item', kind: 'account', cell: itemOf },
  {
    head: 'Populated',
    kind: 'number',
    cell: ({ populated }) => (populated === undefined ? 'not counted' : count(populated)),
  },
  { head: 'Reason', kind: 'wide', cell: ({ reason }) => orNone(reason) },
  { head: 'Owner', kind: 'name', cell: ({ owner }) => orNone(owner) },
  { head: 'Approver', kind: 'name', cell: ({ approver }) => orNone(approver) },
];

function itemOf({ stream, column }: DispositionLine): Markup {
  if (column === '') return html`${code(stream)} <span class="soft">whole stream</span>`;
  return html`<span class="soft">${code(stream)}</span> ${code(column)}`;
}

function orNone(words: string): string | Markup {
  return words === '' ? html`<span class="zero">none</span>` : words;
}

/** Items that need no word of explanation: a line for each stream, its columns run on. */
function plainTable(title: string, lines: readonly DispositionLine[]): Markup {
  const streams = Map.groupBy(lines, ({ stream }) => stream);
  return dataTable<[string, DispositionLine[]]>({
    caption: `${title}: columns of each stream, with how many values they hold`,
    namedBy: 'Stream',
    columns: [
      { head: 'Stream', kind: 'account', cell: ([stream]) => code(stream) },
      { head: 'Rows', kind: 'number', cell: ([, items]) => rowsOf(items) },
      { head: 'Columns', kind: 'wide', cell: ([, items]) => runOn(items) },
    ],
    lines: [...streams],
  });
}

function rowsOf(items: readonly DispositionLine[]): string {
  const whole = items.find(({ column }) => column === '');
  return whole?.populated === undefined ? '' : count(whole.populated);
}

function runOn(items: readonly DispositionLine[]): Markup {
  const columns = items.filter(({ column }) => column !== '');
  if (columns.length === 0) return html`<span class="soft">the whole stream</span>`;
  return html`<ul class="run-on">
    ${columns.map(
      ({ column, populated }) =>
        html` <li>
          ${code(column)}${populated === undefined ? undefined : html` <span class="soft">${count(populated)}</span>`}
        </li>`,
    )}
  </ul>`;
}

/** Columns with values that no rule touched. */
export function unreadSection({ unread }: RunReport): Section {
  return {
    id: 'unread',
    title: 'Unread columns',
    tally: unread.length === 0 ? 'none' : counted(unread.length, 'column'),
    note: 'Columns that hold values and that no rule of a mapping touched.',
    body:
      unread.length === 0
        ? nothing('No populated column of the mapped streams is known to be unread.')
        : dataTable({
            caption: 'Unread columns, with how many values they hold',
            namedBy: 'Column',
            columns: [
              { head: 'Stream', kind: 'account', cell: ({ stream }) => code(stream) },
              { head: 'Column', kind: 'wide', cell: ({ column }) => code(column) },
              { head: 'Populated', kind: 'number', cell: ({ populated }) => count(populated) },
            ],
            lines: unread,
          }),
  };
}

/** Streams whose reading had to begin again under another snapshot. */
export function restartsSection({ restarts }: RunReport): Section {
  const times = total(restarts, (line) => line.restarts);
  return {
    id: 'restarts',
    title: 'Restarts',
    tally: times === 0 ? 'none' : counted(times, 'restart'),
    note: 'Streams read again from the beginning because their snapshot was lost.',
    body:
      restarts.length === 0
        ? nothing('Every stream was read under one snapshot.')
        : dataTable({
            caption: 'Restarted streams, with what had been read and was given up',
            namedBy: 'Stream',
            columns: [
              { head: 'Stream', kind: 'account', cell: ({ stream }) => code(stream) },
              { head: 'Restarts', kind: 'number', cell: (line) => count(line.restarts) },
              { head: 'Read and given up', kind: 'number', cell: ({ read }) => count(read) },
            ],
            lines: restarts,
          }),
  };
}
