import { basename } from 'node:path';
import { dataTable, type Column } from '../report/page/dataTable.ts';
import { count, counted, html, type Markup } from '../report/page/markup.ts';
import { contentsOf, sectionOf, type Section } from '../report/page/section.ts';
import { standAlonePage } from '../report/page/standAlone.ts';
import { styleSheet } from '../report/page/style.ts';
import type { ShownCount } from '../../privacy/smallCells.ts';
import type { ShownLinkageReport } from './reportCells.ts';

/** The report as a page that stands on its own; it has figures and names of columns, no value. */
export function renderLinkageReport(report: ShownLinkageReport): string {
  const title = 'Linkage';
  const sections = [
    duplicates(report),
    questions(report),
    weights(report),
    thresholds(report),
    sizes(report),
    blocking(report),
    files(report),
  ];
  const { records, persons, questions: asked } = report;
  const body = html`<header>
      <h1>Linkage</h1>
      <p>
        ${counted(records, 'record')} of ${told(persons, 'person', 'persons')};
        ${told(asked, 'question')} for a human.
      </p>
    </header>
    ${contentsOf(sections)} ${sections.map(sectionOf)}`;
  return standAlonePage(title, styleSheet(title) + chartStyle, body);
}

const chartStyle = `
svg.weights { display: block; width: 100%; height: 18px; }
svg.weights .for { fill: var(--green); }
svg.weights .against { fill: var(--red); }
svg.weights line { stroke: var(--soft); stroke-width: 1; }`;

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

/** A count that may be hidden, as it is read. */
const shown = (of: ShownCount): string => (typeof of === 'number' ? count(of) : of);
const told = (of: ShownCount, one: string, many = `${one}s`): string =>
  typeof of === 'number' ? counted(of, one, many) : `${of} ${many}`;
const shownShare = (of: ShownCount): string => (typeof of === 'number' ? percent(of) : of);

function duplicates({ duplicatesBefore, duplicatesAfter }: ShownLinkageReport): Section {
  const lines = [
    ...duplicatesBefore.map(({ file, rate }) => ({
      name: `${basename(file)}, as it was read`,
      rate,
    })),
    { name: 'persons, if every question were a duplicate', rate: duplicatesAfter },
  ];
  return {
    id: 'duplicates',
    title: 'Duplicate rate',
    tally: shownShare(duplicatesAfter),
    note: 'Records beyond the first of their person, as a share (AHIMA), before and after.',
    body: dataTable({
      caption: 'Duplicate rate before and after',
      namedBy: 'Of',
      lines,
      columns: [
        { head: 'Of', kind: 'name', cell: ({ name }) => name },
        { head: 'Rate', kind: 'number', cell: ({ rate }) => shownShare(rate) },
      ],
    }),
  };
}

function questions({ alarms, reasons, questions: asked }: ShownLinkageReport): Section {
  const lines = [
    ...alarms.map(({ alarm, questions: n }) => ({ what: alarm, how: 'question', n })),
    ...reasons.map(({ reason, links }) => ({ what: reason, how: 'link', n: links })),
  ];
  return {
    id: 'questions',
    title: 'Links and questions',
    tally: told(asked, 'question'),
    note: 'Why pairs were linked, and what kept others from it. A question may have several alarms.',
    body:
      lines.length === 0
        ? 'Nothing was linked, and nothing is asked.'
        : dataTable({
            caption: 'Reasons of links, alarms of questions',
            namedBy: 'Reason or alarm',
            lines,
            columns: [
              { head: 'Reason or alarm', kind: 'code', cell: ({ what }) => what },
              { head: 'Of a', kind: 'word', cell: ({ how }) => how },
              { head: 'Pairs', kind: 'number', cell: ({ n }) => shown(n) },
            ],
          }),
  };
}

type Weight = ShownLinkageReport['weights'][number];

function weights({ weights: all }: ShownLinkageReport): Section {
  const most = Math.max(1, ...all.map(({ weight }) => Math.abs(weight)));
  const columns: Column<Weight>[] = [
    { head: 'Level', kind: 'name', cell: ({ comparison, level }) => `${comparison}: ${level}` },
    { head: 'm', kind: 'number', cell: ({ m }) => m.toPrecision(3) },
    { head: 'u', kind: 'number', cell: ({ u }) => u.toPrecision(3) },
    { head: 'Weight', kind: 'number', cell: ({ weight }) => weight.toFixed(2) },
    { head: 'Against and for', kind: 'wide', cell: ({ weight }) => bar(weight, most) },
  ];
  return {
    id: 'weights',
    title: 'Match weights',
    tally: counted(all.length, 'level'),
    note: 'Base-2 logarithm of m over u: what agreement at a level says for one person, or against.',
    body: dataTable({
      caption: 'Match weights',
      namedBy: 'Level',
      columns,
      lines: all,
      whole: true,
    }),
  };
}

/** From the middle to the right what speaks for one person, to the left what speaks against. */
function bar(weight: number, most: number): Markup {
  const length = (Math.abs(weight) / most) * 100;
  const from = weight < 0 ? 100 - length : 100;
  const kind = weight < 0 ? 'against' : 'for';
  return html`<svg
    class="weights"
    viewBox="0 0 200 18"
    preserveAspectRatio="none"
    role="img"
    aria-label="${weight.toFixed(2)}"
  >
    <line x1="100" y1="0" x2="100" y2="18" />
    <rect class="${kind}" x="${from.toFixed(1)}" y="4" width="${length.toFixed(1)}" height="10" />
  </svg>`;
}

function thresholds({ thresholds: all }: ShownLinkageReport): Section {
  const known = all.some(({ trueRecall }) => trueRecall !== undefined);
  type Line = ShownLinkageReport['thresholds'][number];
  const share = (head: string, of: (line: Line) => number | undefined): Column<Line> => ({
    head,
    kind: 'number',
    cell: (line) => percent(of(line) ?? 0),
  });
  const columns: Column<Line>[] = [
    { head: 'Match weight', kind: 'number', cell: ({ weight }) => String(weight) },
    { head: 'Pairs', kind: 'number', cell: ({ pairs }) => count(pairs) },
    share('Expected precision', (line) => line.expectedPrecision),
    share('Expected recall', (line) => line.expectedRecall),
    ...(known
      ? [
          share('True precision', (line) => line.truePrecision),
          share('True recall', (line) => line.trueRecall),
        ]
      : []),
  ];
  return {
    id: 'thresholds',
    title: 'Thresholds',
    tally: counted(all.length, 'threshold'),
    note: 'What every threshold would link by weight alone, without alarms. Expected is by the model itself.',
    body:
      all.length === 0
        ? 'No pair was likely enough to be kept.'
        : dataTable({ caption: 'Thresholds', namedBy: 'Match weight', columns, lines: all }),
  };
}

function sizes({ sizes: all, persons }: ShownLinkageReport): Section {
  return {
    id: 'sizes',
    title: 'Records of a person',
    tally: told(persons, 'person', 'persons'),
    note: 'A person of very many records is rather a number or a name that nobody has.',
    body: dataTable({
      caption: 'Persons by their number of records',
      namedBy: 'Records',
      lines: all,
      columns: [
        {
          head: 'Records',
          kind: 'number',
          cell: ({ size, andMore }) => `${count(size)}${andMore ? ' and more' : ''}`,
        },
        { head: 'Persons', kind: 'number', cell: ({ persons: n }) => shown(n) },
      ],
    }),
  };
}

function blocking({ blocking: all }: ShownLinkageReport): Section {
  return {
    id: 'blocking',
    title: 'Blocking',
    tally: counted(all.length, 'rule'),
    note: 'Pairs that each rule makes, also those of rules before it. Skewed records have a value that too many have.',
    body: dataTable({
      caption: 'Blocking rules and their cost',
      namedBy: 'Rule',
      lines: all,
      columns: [
        { head: 'Rule', kind: 'name', cell: ({ rule }) => rule },
        { head: 'Pairs', kind: 'number', cell: ({ pairs }) => shown(pairs) },
        { head: 'Skewed', kind: 'number', cell: ({ skewed }) => shown(skewed) },
      ],
    }),
  };
}

function files({ files: all }: ShownLinkageReport): Section {
  return {
    id: 'files',
    title: 'Files',
    tally: counted(all.length, 'file'),
    note: 'How each column was read. What is not named here was not compared.',
    body: dataTable({
      caption: 'Files and how they were read',
      namedBy: 'File',
      lines: all,
      columns: [
        { head: 'File', kind: 'name', cell: ({ file }) => basename(file) },
        { head: 'Records', kind: 'number', cell: ({ records }) => count(records) },
        { head: 'Read', kind: 'wide', cell: ({ read }) => read.join(', ') },
      ],
    }),
  };
}
