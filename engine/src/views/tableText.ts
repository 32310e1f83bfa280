import { cellJson, type Cell, type ColumnKind } from './columnType.ts';
import type { ViewColumn } from './selects.ts';
import type { TableBatch, TableCell } from './table.ts';

/** A batch as text in one format. */
export interface TableText {
  head(columns: readonly ViewColumn[]): string;
  rows(columns: readonly ViewColumn[], batch: TableBatch): string;
}

/** CSV (RFC 4180): nothing is an empty field, an empty text is `""`; a collection is a JSON list. */
export const csvText: TableText = {
  head: (columns) => `${columns.map(({ name }) => name).join(',')}\r\n`,
  rows: (columns, batch) => joined(columns, batch, csvField, ',', '\r\n'),
};

/** A JSON object to a line; nothing is null. */
export const ndjsonText: TableText = {
  head: () => '',
  rows(columns, { rows, columns: cells }) {
    const keys = columns.map(({ name }) => `${JSON.stringify(name)}:`);
    let text = '';
    for (let row = 0; row < rows; row++) {
      let line = '';
      for (let at = 0; at < keys.length; at++) {
        const { type } = columns[at] as ViewColumn;
        const cell = (cells[at] as TableCell[])[row] as TableCell;
        line += `${line === '' ? '' : ','}${keys[at]}${jsonOf(cell, type)}`;
      }
      text += `{${line}}\n`;
    }
    return text;
  },
};

/** PostgreSQL's COPY in text format; a collection is an array literal. */
export const copyText: TableText = {
  head: () => '',
  rows: (columns, batch) => joined(columns, batch, copyField, '\t', '\n'),
};

function joined(
  columns: readonly ViewColumn[],
  { rows, columns: cells }: TableBatch,
  field: (cell: TableCell, type: ColumnKind) => string,
  between: string,
  end: string,
): string {
  let text = '';
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < columns.length; at++) {
      const { type } = columns[at] as ViewColumn;
      if (at > 0) text += between;
      text += field((cells[at] as TableCell[])[row] as TableCell, type);
    }
    text += end;
  }
  return text;
}

function jsonOf(cell: TableCell, type: ColumnKind): string {
  return isList(cell)
    ? `[${cell.map((each) => cellJson(each, type)).join(',')}]`
    : cellJson(cell, type);
}

function csvField(cell: TableCell, type: ColumnKind): string {
  if (cell === null) return '';
  const text = isList(cell) ? jsonOf(cell, type) : String(cell);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function copyField(cell: TableCell): string {
  if (cell === null) return '\\N';
  const text = isList(cell) ? `{${cell.map(arrayElement).join(',')}}` : plain(cell);
  return /[\\\t\n\r]/.test(text)
    ? text.replace(/[\\\t\n\r]/g, (each) => escapes[each] as string)
    : text;
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

function arrayElement(cell: Cell): string {
  if (typeof cell !== 'string') return plain(cell);
  return `"${plain(cell).replace(/["\\]/g, (each) => `\\${each}`)}"`;
}

/** PostgreSQL's texts hold no NUL, and JSON may: it becomes U+FFFD, which is said in the guide. */
function plain(cell: Cell): string {
  return String(cell).replaceAll('\u0000', '\ufffd');
}

function isList(cell: TableCell): cell is readonly Cell[] {
  return Array.isArray(cell);
}
