import type { SheetData } from 'write-excel-file/node';
import {
  codeMapColumns,
  elementColumns,
  exclusionColumns,
  factColumns,
  namedColumns,
  unmappedColumns,
  unreadColumns,
  type SheetColumn,
} from './sheets.ts';
import type { Specification, StreamSheet } from './specification.ts';

/** The specification as a workbook (XLSX) with the same content as the page, to filter and to comment. */
export async function specificationWorkbook(specification: Specification): Promise<Buffer> {
  const { streams, codeMaps, unmapped } = specification;
  const { default: writeExcelFile } = await import('write-excel-file/node');
  return writeExcelFile([
    sheet('Streams', streamColumns, streams),
    sheet(
      'Named',
      within(namedColumns),
      perStream(streams, (one) => one.named),
    ),
    sheet(
      'Exclusions',
      within(exclusionColumns),
      perStream(streams, (one) => one.exclusions),
    ),
    sheet(
      'Held',
      within(exclusionColumns),
      perStream(streams, (one) => one.holds),
    ),
    sheet('Elements', [resourceColumn, ...within(elementColumns)], elementLines(streams)),
    sheet(
      'Facts',
      [resourceColumn, ...within(factColumns)],
      perStream(streams, (one) => one.facts),
    ),
    sheet(
      'Not read',
      within(unreadColumns),
      perStream(streams, (one) => one.unread),
    ),
    sheet('Left behind', unmappedColumns, unmapped),
    sheet(
      'Code maps',
      [named('Map', ({ map }: { map: string }) => map), ...codeMapColumns],
      codeMaps.flatMap(({ name: map, rows }) => rows.map((row) => ({ map, ...row }))),
    ),
  ]).toBuffer();
}

type InStream<Line> = Line & { stream: string };

function named<Line>(head: string, text: (line: Line) => string): SheetColumn<Line> {
  return { head, kind: 'name', text };
}

const streamColumns: readonly SheetColumn<StreamSheet>[] = [
  named('Stream', ({ stream }) => stream),
  named('Key', ({ key }) => key.join(', ')),
  named('Becomes', ({ resources }) => resources.map(({ name }) => name).join(', ')),
  { head: 'What it is', kind: 'wide', text: ({ note }) => note },
  { head: 'How it takes part', kind: 'wide', text: ({ part }) => part },
  { head: 'Code maps', kind: 'wide', text: ({ codeMaps }) => codeMaps.join(', ') },
  { head: 'File', kind: 'code', text: ({ file }) => file },
];

const resourceColumn = named<{ resource: string }>('Resource', ({ resource }) => resource);

/** The same columns behind that of the stream. */
function within<Line>(columns: readonly SheetColumn<Line>[]): SheetColumn<InStream<Line>>[] {
  return [named('Stream', ({ stream }) => stream), ...columns];
}

function perStream<Line extends object>(
  streams: readonly StreamSheet[],
  of: (sheet: StreamSheet) => readonly Line[],
): InStream<Line>[] {
  return streams.flatMap((one) => of(one).map((line) => ({ stream: one.stream, ...line })));
}

function elementLines(streams: readonly StreamSheet[]) {
  return perStream(streams, ({ resources }) =>
    resources.flatMap(({ name, elements }) => elements.map((one) => ({ resource: name, ...one }))),
  );
}

const widths = { name: 22, code: 34, wide: 52 } as const;

function sheet<Line>(name: string, columns: readonly SheetColumn<Line>[], lines: readonly Line[]) {
  const head = columns.map((column) => ({ value: column.head, fontWeight: 'bold' as const }));
  // Every cell is a text, so that a code such as 007 or =x stays what it is.
  const rows = lines.map((line) =>
    columns.map(({ text }) => ({ value: text(line), type: String, wrap: true })),
  );
  const data: SheetData = [head, ...rows];
  const sizes = columns.map(({ kind }) => ({ width: widths[kind] }));
  return { sheet: name, data, columns: sizes, stickyRowsCount: 1 };
}
