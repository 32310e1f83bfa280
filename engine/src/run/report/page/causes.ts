import type {
  CauseLine,
  FindingLine,
  GoalLine,
  NotCompared,
  RunReport,
  TargetReport,
} from '../../../contract/report.ts';
import { screenWords } from '../../../contract/words.ts';
import { dataTable, type Column } from './dataTable.ts';
import { code, count, counted, html, total, type Markup, type Part } from './markup.ts';
import type { Section } from './section.ts';
import { told, type Sign } from './symbols.ts';

const causeColumns: readonly Column<CauseLine>[] = [
  { head: 'Count', kind: 'number', cell: (line) => count(line.count) },
  { head: 'Reason', kind: 'code', cell: (line) => code(line.code) },
  { head: 'Stream', kind: 'name', cell: ({ stream }) => code(stream) },
  {
    head: 'Path',
    kind: 'wide',
    cell: ({ path }) => (path === '' ? absent('whole item') : code(path)),
  },
  { head: 'Phase', kind: 'word', cell: ({ phase }) => phase },
  { head: 'Target', kind: 'word', cell: ({ target }) => (target === '' ? absent('any') : target) },
];

const ownedColumns: readonly Column<CauseLine>[] = [
  ...causeColumns,
  { head: 'Owner', kind: 'name', cell: ({ owner }) => owner || absent('nobody') },
];

function absent(words: string): Markup {
  return html`<span class="zero">${words}</span>`;
}

/** What was left out, by reason. */
export function exclusionsSection({ exclusions }: RunReport): Section {
  return causesSection(exclusions, ownedColumns, {
    id: 'exclusions',
    title: 'Excluded',
    note: 'Left out by a rule of the plan, each with its reason and whose decision it is.',
    caption: 'Exclusions by reason, the most frequent first',
    empty: 'Nothing was excluded.',
  });
}

/** What waits for a person, by cause. */
export function heldSection({ held }: RunReport): Section {
  const owned = held.some(({ owner }) => owner !== undefined);
  return causesSection(held, owned ? ownedColumns : causeColumns, {
    id: 'held',
    title: 'Held for review',
    ...(held.length > 0 && { sign: 'amber' as const }),
    note: 'No rule accepts these. Nothing of them is lost: each waits for a person’s decision.',
    caption: `Items ${screenWords.quarantined}, by cause, the most frequent first`,
    empty: `Nothing is ${screenWords.quarantined}.`,
  });
}

function causesSection<Line extends CauseLine>(
  lines: readonly Line[],
  columns: readonly Column<Line>[],
  words: Pick<Section, 'id' | 'title' | 'note' | 'sign'> & { caption: string; empty: string },
): Section {
  const { caption, empty, ...section } = words;
  const items = total(lines, (line) => line.count);
  return {
    ...section,
    tally: items === 0 ? 'none' : counted(items, 'item'),
    body:
      lines.length === 0
        ? empty
        : dataTable({
            caption,
            namedBy: 'Reason',
            flowing: true,
            columns,
            lines: lines.toSorted((one, other) => other.count - one.count),
          }),
  };
}

/** Kinds of difference, the gravest first, in the reader's words. */
const kinds: readonly { kind: string; words: string; sign: Sign }[] = [
  { kind: 'missing', words: 'missing', sign: 'red' },
  { kind: 'different', words: 'different', sign: 'red' },
  { kind: 'extra', words: 'extra', sign: 'red' },
  { kind: 'unverifiable', words: 'could not compare', sign: 'amber' },
];

/** What differs between target, drafts and facts, and what could not be compared. */
export function differencesSection({ findings, targets }: RunReport): Section {
  const { grave, unsure } = differencesOf(findings);
  const compared = total(targets, (line) => line.compared);
  const rank = ({ kind }: FindingLine): number => kinds.findIndex((one) => one.kind === kind);
  return {
    id: 'differences',
    title: 'Differences',
    tally: differenceTally(grave, unsure, compared),
    ...(findings.length > 0 && { sign: grave > 0 ? ('red' as const) : ('amber' as const) }),
    note: `The target beside the draft (delivery), beside the facts of the source (facts), and the
      closing count of what is there (scan).`,
    body:
      findings.length === 0
        ? noDifference(targets)
        : dataTable({
            caption: 'Differences by cause, with up to three of the resources to look at',
            namedBy: 'Cause',
            columns: differenceColumns,
            lines: findings.toSorted((one, other) => rank(one) - rank(other)),
          }),
  };
}

/** How much differs, and how much could not be compared. */
export function differencesOf(findings: readonly FindingLine[]): { grave: number; unsure: number } {
  const unsure = findings.filter(({ kind }) => kind === 'unverifiable');
  const all = total(findings, (line) => line.count);
  const open = total(unsure, (line) => line.count);
  return { grave: all - open, unsure: open };
}

function differenceTally(grave: number, unsure: number, compared: number): string {
  if (grave + unsure === 0) return compared === 0 ? 'nothing compared' : 'none';
  if (unsure === 0) return counted(grave, screenWords.finding);
  if (grave === 0) return `${count(unsure)} could not be compared`;
  return `${counted(grave, screenWords.finding)}, ${count(unsure)} could not be compared`;
}

/** Said without findings; the counts of the batches have to agree that there are none. */
function noDifference(targets: readonly TargetReport[]): string {
  const compared = total(targets, (line) => line.compared);
  const unexplained = total(
    targets,
    (line) => line.missing + line.extra + line.different + line.unverifiable,
  );
  if (unexplained > 0) {
    const differences = counted(unexplained, screenWords.finding);
    return `The batches count ${differences}, but no cause is recorded.`;
  }
  if (compared === 0) return 'Nothing was read back, so no difference can be ruled out.';
  return `No difference in ${counted(compared, 'resource')} read back and compared.`;
}

const differenceColumns: readonly Column<FindingLine>[] = [
  { head: 'Count', kind: 'number', cell: (line) => count(line.count) },
  { head: 'Kind', kind: 'kind', cell: ({ kind }) => kindOf(kind) },
  { head: 'Cause', kind: 'wide', cell: causeOf },
  {
    head: 'Stream, target',
    kind: 'name',
    cell: ({ stream, target }) =>
      html`${stream === '' ? absent('no stream') : code(stream)}<br />
        <span class="soft">${target}</span>`,
  },
  { head: 'Seen by', kind: 'word', cell: ({ verifier }) => verifier },
  { head: 'Look at', kind: 'ids', cell: ({ samples }) => samplesOf(samples) },
];

function kindOf(kind: string): Markup {
  const known = kinds.find((one) => one.kind === kind);
  return told(known?.sign ?? 'red', known?.words ?? kind);
}

/** The path, led by its type where it does not name it already, over the code. */
function causeOf({ type, path, code: cause }: FindingLine): Part {
  const place = path === type || path.startsWith(`${type}.`) ? path : `${type} ${path}`;
  return html`${code(place)}<br /><span class="soft">${code(cause)}</span>`;
}

function samplesOf(samples: readonly string[]): Markup {
  if (samples.length === 0) return absent('none');
  return html`<ul class="ids">
    ${samples.map((id) => html`<li>${code(id)}</li>`)}
  </ul>`;
}

/** What the plan demands, and what was found. */
export function goalsSection({ goals }: RunReport): Section {
  const unmet = goals.filter(({ met }) => !met).length;
  return {
    id: 'goals',
    title: 'Goals',
    tally:
      goals.length === 0
        ? 'none set'
        : unmet === 0
          ? `all ${count(goals.length)} met`
          : `${count(unmet)} of ${count(goals.length)} not met`,
    ...(goals.length > 0 && { sign: unmet > 0 ? ('red' as const) : ('green' as const) }),
    note: 'What the plan allows at the most, and what was found.',
    body:
      goals.length === 0
        ? 'The plan sets no goals.'
        : dataTable({
            caption: 'Goals of the plan, those that are not met first',
            namedBy: 'Domain',
            flowing: true,
            columns: goalColumns,
            lines: goals.toSorted((one, other) => Number(one.met) - Number(other.met)),
          }),
  };
}

const goalColumns: readonly Column<GoalLine>[] = [
  {
    head: 'Result',
    kind: 'kind',
    cell: ({ met }) => (met ? told('green', 'met') : told('red', 'not met')),
  },
  { head: 'Domain', kind: 'wide', cell: ({ domain }) => domain },
  { head: 'Measure', kind: 'wide', cell: ({ measure }) => measureOf(measure) },
  { head: 'At most', kind: 'number', cell: ({ goal }) => count(goal) },
  { head: 'Found', kind: 'number', cell: ({ found }) => count(found) },
];

function measureOf(measure: string): string {
  if (measure === 'quarantined') return screenWords.quarantined;
  return kinds.find(({ kind }) => kind === measure)?.words ?? measure;
}

/** What no comparison looked at: the honest part of the evidence. */
export function notComparedSection({ notCompared }: RunReport): Section {
  return {
    id: 'not-compared',
    title: 'Not compared',
    tally: counted(notCompared.length, 'limit'),
    note: 'What this report says nothing about, and who or what has to look instead.',
    body:
      notCompared.length === 0
        ? 'No limit of the comparisons is recorded.'
        : dataTable<NotCompared>({
            caption: 'What was not compared, and why',
            namedBy: 'What',
            columns: [
              { head: 'What', kind: 'wide', cell: ({ what }) => what },
              { head: 'Why, or what sees it', kind: 'wide', cell: ({ why }) => why },
            ],
            lines: notCompared,
          }),
  };
}
