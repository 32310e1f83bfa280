import { count, html, type Markup, type Part } from './markup.ts';

/** A column of a table. Its kind decides how wide it is and how it is set. */
export interface Column<Line> {
  head: string;
  kind: 'account' | 'number' | 'word' | 'name' | 'code' | 'kind' | 'wide' | 'ids';
  cell: (line: Line) => Part;
}

export interface DataTable<Line> {
  /** Says what a line is; read aloud and printed. */
  caption: string;
  columns: readonly Column<Line>[];
  /** Set where the cells are short counts that may follow one another on a narrow screen. */
  flowing?: boolean;
  /** Set where every row must be seen and printed. */
  whole?: boolean;
  /** Which column names the line: its cells head their rows. */
  namedBy: string;
  /** How a line is marked, where it is. */
  mark?: (line: Line) => 'red' | undefined;
  lines: readonly Line[];
}

/** Rows shown at once; what follows is folded. */
export const shownRows = 50;

/** A table whose first rows are shown and the rest folded under them, in the same columns. */
export function dataTable<Line>(table: DataTable<Line>): Markup {
  const shown = table.whole ? table.lines.length : shownRows;
  const rest = table.lines.slice(shown);
  const first = tableOf(table, table.caption, table.lines.slice(0, shown));
  if (rest.length === 0) return first;
  return html`${first} ${fold(rest.length, tableOf(table, `${table.caption}, continued`, rest))}`;
}

/** The rest of a long table, under a line that opens it. */
export function fold(rows: number, rest: Markup): Markup {
  const more = `${count(rows)} more ${rows === 1 ? 'row' : 'rows'}`;
  return html`<details class="rest">
    <summary>
      <span class="on-screen">Show ${more}</span
      ><span class="on-paper">${more} in the electronic report</span>
    </summary>
    ${rest}
  </details>`;
}

function tableOf<Line>(table: DataTable<Line>, caption: string, lines: readonly Line[]): Markup {
  const { columns } = table;
  return html`<table class="data${table.flowing ? ' flowing' : ''}">
    <caption>
      ${caption}
    </caption>
    <colgroup>
      ${columns.map(({ kind }) => html`<col class="${kind}" />`)}
    </colgroup>
    <thead>
      <tr>
        ${columns.map(({ head, kind }) => html`<th scope="col" class="${kind}">${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${lines.map(
        (line) => html`
<tr${markOf(table, line)}>${columns.map((column) => cellOf(table, column, line))}</tr>`,
      )}
    </tbody>
  </table>`;
}

function markOf<Line>(table: DataTable<Line>, line: Line): Markup | undefined {
  const mark = table.mark?.(line);
  return mark && html` class="${mark}"`;
}

function cellOf<Line>(table: DataTable<Line>, column: Column<Line>, line: Line): Markup {
  const { head, kind, cell } = column;
  if (head === table.namedBy) {
    return html`<th scope="row" class="${kind}" data-label="${head}">${cell(line)}</th>`;
  }
  return html`<td class="${kind}" data-label="${head}">${cell(line)}</td>`;
}
