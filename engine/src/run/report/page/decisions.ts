import type { DispositionLine, RunReport } from '../../../contract/report.ts';
import { dataTable, type Column } from './dataTable.ts';
import { code, count, counted, html, total, type Markup } from './markup.ts';
import type { Section } from './section.ts';
import { told } from './symbols.ts';

interface Fate {
  fate: string;
  title: string;
  caption: string;
}

/** Fates in the order of what a reader has to decide; any other one follows. */
const fates: readonly Fate[] = [
  {
    fate: 'undecided',
    title: 'Undecided',
    caption: 'Undecided: somebody has to say what becomes of these',
  },
  { fate: 'not moved', title: 'Not moved', caption: 'Not moved: left behind on purpose' },
  { fate: 'archived', title: 'Archived', caption: 'Archived: kept, but not moved to a target' },
  {
    fate: 'moved',
    title: 'Moved',
    caption: 'Moved: a mapping, a fact or the key reads these, each with how many values it holds',
  },
];

/** What becomes of every table and populated column of the source, and by whose decision. */
export function dispositionsSection({ dispositions }: RunReport): Section {
  const undecided = dispositions.filter(({ fate }) => fate === 'undecided').length;
  const byFate = Map.groupBy(dispositions, ({ fate }) => fate);
  const known = fates.filter(({ fate }) => byFate.has(fate));
  const others = [...byFate.keys()].filter((one) => !known.some(({ fate }) => fate === one));
  const groups = [...known, ...others.map((fate) => ({ fate, title: fate, caption: fate }))];
  return {
    id: 'dispositions',
    title: 'Dispositions',
    tally: undecided > 0 ? `${count(undecided)} undecided` : counted(dispositions.length, 'item'),
    ...(undecided > 0 && { sign: 'red' as const }),
    note: `What becomes of every table and every populated column of the source, and by whose
      decision.`,
    body:
      dispositions.length === 0
        ? 'The source was not assessed: nothing has a disposition.'
        : html`${groups.map((group) => fateGroup(group, byFate.get(group.fate) ?? []))}`,
  };
}

/** Only what moves may go unexplained: it is listed column after column. */
function fateGroup(group: Fate, lines: readonly DispositionLine[]): Markup {
  const { fate, title } = group;
  const explained = lines.filter((line) => fate !== 'moved' || isExplained(line));
  const plain = lines.filter((line) => fate === 'moved' && !isExplained(line));
  const heading = fate === 'undecided' ? told('red', title) : title;
  return html` <h3>${heading} <span class="tally">${counted(lines.length, 'item')}</span></h3>
    ${explained.length > 0 ? decisionTable(group, explained) : undefined}
    ${plain.length > 0 ? plainTable(group, plain) : undefined}`;
}

function isExplained({ reason, owner, approver }: DispositionLine): boolean {
  return [reason, owner, approver].some((words) => words !== '');
}

function decisionTable({ fate, caption }: Fate, lines: readonly DispositionLine[]): Markup {
  return dataTable<DispositionLine>({
    caption,
    namedBy: 'Item',
    ...(fate === 'undecided' && { mark: () => 'red' as const }),
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
function plainTable({ caption }: Fate, lines: readonly DispositionLine[]): Markup {
  const streams = Map.groupBy(lines, ({ stream }) => stream);
  return dataTable<[string, DispositionLine[]]>({
    caption,
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
        html`<li>${code(column)} <span class="soft">${populatedOf(populated)}</span></li>`,
    )}
  </ul>`;
}

function populatedOf(populated: number | undefined): string {
  return populated === undefined ? '' : count(populated);
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
        ? 'No unread column is recorded.'
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

/** What drafts were not judged by, because it is not loaded. */
export function notLoadedSection({ notLoaded }: RunReport): Section {
  return {
    id: 'not-loaded',
    title: 'Not judged',
    tally: notLoaded.length === 0 ? 'none' : counted(notLoaded.length, 'definition'),
    note: 'Profiles, extensions, value sets and code systems that drafts name and that are not loaded.',
    body:
      notLoaded.length === 0
        ? 'Everything that drafts asked for is loaded.'
        : dataTable({
            caption: 'Definitions that are not loaded, with how many drafts asked for each',
            namedBy: 'Definition',
            columns: [
              { head: 'Definition', kind: 'wide', cell: ({ canonical }) => code(canonical) },
              { head: 'Why', kind: 'account', cell: ({ code: why }) => code(why) },
              { head: 'Drafts', kind: 'number', cell: ({ drafts }) => count(drafts) },
            ],
            lines: notLoaded,
          }),
  };
}

/** Codes that no code map has, left as text by the word of a mapping. */
export function codesAsTextSection({ codesAsText }: RunReport): Section {
  const drafts = total(codesAsText, (line) => line.drafts);
  return {
    id: 'codes-as-text',
    title: 'Codes left as text',
    tally: drafts === 0 ? 'none' : counted(drafts, 'draft'),
    note: `Codes that their code map does not have and that arrived as words alone, because a mapping
      says so. Decision support, search by code and statistics do not see them.`,
    body:
      codesAsText.length === 0
        ? 'Every code was mapped, or its source item is held.'
        : dataTable({
            caption: 'Drafts with a text where the code map has no code',
            namedBy: 'Code map',
            columns: [
              { head: 'Stream', kind: 'account', cell: ({ stream }) => code(stream) },
              { head: 'Code map', kind: 'wide', cell: ({ codeMap }) => code(codeMap) },
              { head: 'Drafts', kind: 'number', cell: (line) => count(line.drafts) },
            ],
            lines: codesAsText,
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
        ? 'No stream had to be read again.'
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
