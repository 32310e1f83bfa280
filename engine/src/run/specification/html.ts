import { dataTable, type Column } from '../report/page/dataTable.ts';
import { code, count, counted, html, type Markup, type Part } from '../report/page/markup.ts';
import { contentsOf, sectionOf, type Section } from '../report/page/section.ts';
import { standAlonePage } from '../report/page/standAlone.ts';
import { styleSheet } from '../report/page/style.ts';
import {
  codeMapColumns,
  elementColumns,
  exclusionColumns,
  namedColumns,
  factColumns,
  notApproved,
  unmappedColumns,
  unreadColumns,
  type SheetColumn,
} from './sheets.ts';
import type { ElementSheet } from './elements.ts';
import type { CodeMapSheet, Specification, StreamSheet } from './specification.ts';

/** The specification as one page for a reviewer: no script, no other file, no patient's value. */
export function renderSpecification(specification: Specification): string {
  const { project, revision } = specification;
  const sections = sectionsOf(specification);
  const title = `Mapping specification · ${project}`;
  const body = html`<header>
      <p class="notice">
        What each source item becomes, and what of it stays behind. Written from the mappings
        themselves; it holds no patient's value.
      </p>
      <div class="title">
        <h1>${project}</h1>
        <p>Mapping specification, revision ${code(revision.slice(0, 12))}</p>
      </div>
    </header>
    <main>${figures(specification)} ${contentsOf(sections)}${sections.map(sectionOf)}</main>`;
  return standAlonePage(title, styleSheet(title) + specificationStyle, body);
}

/** Columns as wide as what they hold; headings stand above their tables, captions are read aloud. */
const specificationStyle = `
.data { table-layout: auto; }
.data col[class] { width: auto; }
.data caption { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); }
.data td, .data th { min-width: 84px; }
td .expression { display: block; color: var(--soft); font-size: 12px; }
.body h3 { scroll-margin-top: 16px; }
@media screen and (max-width: 720px) { .data td:empty { display: none; } }
`;

function figures(specification: Specification): Markup {
  const { streams, codeMaps } = specification;
  const elements = streams.flatMap(({ resources }) => resources.flatMap((one) => one.elements));
  const facts = streams.flatMap((stream) => stream.facts);
  const open = [...streams.flatMap(({ unread }) => unread), ...specification.unmapped];
  const undecided = open.filter(({ fate }) => fate === 'undecided').length;
  const shown: [string, number, string][] = [
    ['streams mapped', streams.length, `${count(specification.unmapped.length)} are not`],
    ['elements', elements.length, 'that something is written to'],
    ['facts', facts.length, 'declared apart, and compared'],
    ['code maps', codeMaps.length, `${count(notApproved(specification))} rows not approved`],
    ['not read', open.length, `columns and streams; ${count(undecided)} undecided`],
  ];
  return html`<dl class="figures">
    ${shown.map(
      ([word, value, remark]) =>
        html` <div>
          <dt>${word}</dt>
          <dd><b>${count(value)}</b> <small>${remark}</small></dd>
        </div>`,
    )}
  </dl>`;
}

function sectionsOf({ streams, unmapped, codeMaps }: Specification): Section[] {
  return [
    ...streams.map(streamSection),
    {
      id: 'unmapped',
      title: 'Streams left behind',
      tally: counted(unmapped.length, 'stream'),
      note: 'What no mapping is for, and by whose decision.',
      body:
        unmapped.length === 0
          ? 'Every stream of the sources has a mapping.'
          : table('Streams without a mapping', unmappedColumns, unmapped),
    },
    codeMapSection(codeMaps),
  ];
}

function streamSection(sheet: StreamSheet): Section {
  const { stream, file, note, key, part, resources } = sheet;
  const names = resources.map(({ name }) => name);
  const about = [note, part].filter((text) => text !== '').join(' ');
  return {
    id: stream,
    title: stream,
    tally: names.join(', ') || tallyOf(part),
    note: about === '' ? 'Nothing is said of it.' : about,
    body: html`<p>Key: ${key.length === 0 ? 'none' : code(key.join(', '))} · ${code(file)}</p>
      ${titled('Named expressions', namedColumns, sheet.named, 'No expression has a name.')}
      ${titled('Exclusions', exclusionColumns, sheet.exclusions, 'Every source item is mapped.')}
      ${titled('Held', exclusionColumns, sheet.holds, 'No rule of its own holds a source item.')}
      ${resources.map((resource) => elementsOf(resource))}
      ${titled('Facts', factColumns, sheet.facts, 'No fact is declared.')}
      ${titled('Columns that nothing reads', unreadColumns, sheet.unread, 'Every column is read.')}
      ${mapsOf(sheet)}`,
  };
}

function mapsOf({ codeMaps }: StreamSheet): Markup | undefined {
  if (codeMaps.length === 0) return undefined;
  const links = codeMaps.map((name) => html`<li><a href="#map-${name}">${name}</a></li> `);
  return html`<h3>Code maps</h3>
    <ul class="run-on">
      ${links}
    </ul>`;
}

/** Words with the expression below them; a literal says itself. */
function elementsOf({ name, elements }: StreamSheet['resources'][number]): Markup {
  const heading = html`<h3>${name} <span class="tally">${count(elements.length)}</span></h3>`;
  const lines = elements.map((one) => ({ ...one, path: one.path.replace(/^\w+\./, '') }));
  const shown = columnsOf(elementColumns, lines).filter(({ head }) => head !== 'Expression');
  const columns = shown.map((column) =>
    column.head === 'Is' ? { ...column, cell: (line: ElementSheet) => meaning(line) } : column,
  );
  const shape = { caption: name, namedBy: 'Element', whole: true, columns, lines };
  return html`${heading} ${dataTable(shape)}`;
}

function meaning({ says, expression, columns }: ElementSheet): Part {
  if (expression.startsWith('=') || (says === expression && columns.length === 1)) return says;
  if (says === '') return code(expression);
  return html`${says} <span class="expression">${code(expression)}</span>`;
}

function codeMapSection(maps: readonly CodeMapSheet[]): Section {
  return {
    id: 'code-maps',
    title: 'Code maps',
    tally: counted(maps.length, 'map'),
    note: 'What each code of the source becomes. Only approved rows are used.',
    body:
      maps.length === 0 ? 'The project has no code map.' : html`${maps.map((map) => codeMap(map))}`,
  };
}

function codeMap({ name, rows, usedBy }: CodeMapSheet): Markup {
  const users = usedBy.length === 0 ? 'No mapping reads it.' : `Read by ${usedBy.join(', ')}.`;
  return html`<h3 id="map-${name}">${name} <span class="tally">${count(rows.length)}</span></h3>
    <p class="soft">${users}</p>
    ${table(name, codeMapColumns, rows)}`;
}

function titled<Line>(
  title: string,
  columns: readonly SheetColumn<Line>[],
  lines: readonly Line[],
  none: string,
): Markup {
  const heading = html`<h3>${title} <span class="tally">${count(lines.length)}</span></h3>`;
  if (lines.length === 0)
    return html`${heading}
      <p class="soft">${none}</p>`;
  return html`${heading} ${table(title, columns, lines)}`;
}

function table<Line>(
  caption: string,
  columns: readonly SheetColumn<Line>[],
  lines: readonly Line[],
): Markup {
  const shown = columnsOf(columns, lines);
  const namedBy = shown[0]?.head ?? '';
  return dataTable({ caption, namedBy, whole: true, columns: shown, lines });
}

/** A column in which no line has anything is left out. */
function columnsOf<Line>(
  columns: readonly SheetColumn<Line>[],
  lines: readonly Line[],
): Column<Line>[] {
  const filled = columns.filter(({ text }) => lines.some((line) => text(line) !== ''));
  return filled.map(({ head, kind, text }) => ({
    head,
    kind,
    cell: (line) => (kind === 'code' && text(line) !== '' ? code(text(line)) : text(line)),
  }));
}

/** What a stream without resources of its own is there for, in two words. */
function tallyOf(part: string): string {
  if (part.startsWith('Mapped by')) return 'by standard';
  return part.startsWith('Only looked') ? 'looked up' : 'no resource';
}
