import type { ElementSheet } from './elements.ts';
import type { FactSheet } from './facts.ts';
import type { CodeMapSheet, DispositionSheet, Specification } from './specification.ts';

/** A column of a table of the specification, on the page and in the workbook alike. */
export interface SheetColumn<Line> {
  head: string;
  /** `wide` holds sentences, `code` what stands in a file. */
  kind: 'name' | 'code' | 'wide';
  text: (line: Line) => string;
}

export const elementColumns: readonly SheetColumn<ElementSheet>[] = [
  { head: 'Element', kind: 'code', text: ({ path }) => path },
  { head: 'From', kind: 'code', text: ({ columns }) => columns.join(', ') },
  { head: 'Is', kind: 'wide', text: ({ says }) => says },
  { head: 'Expression', kind: 'code', text: ({ expression }) => expression },
  { head: 'Only', kind: 'wide', text: ({ condition }) => condition },
];

export const factColumns: readonly SheetColumn<FactSheet>[] = [
  { head: 'Fact', kind: 'code', text: ({ concept }) => concept },
  { head: 'From', kind: 'code', text: ({ columns }) => columns.join(', ') },
  { head: 'Read', kind: 'wide', text: ({ reading }) => reading },
  { head: 'System', kind: 'code', text: ({ system }) => system },
  { head: 'Only', kind: 'wide', text: ({ condition }) => condition },
];

export const exclusionColumns: readonly SheetColumn<{
  reason: string;
  says: string;
  expression: string;
}>[] = [
  { head: 'Reason', kind: 'name', text: ({ reason }) => reason },
  { head: 'If', kind: 'wide', text: ({ says }) => says },
  { head: 'Expression', kind: 'code', text: ({ expression }) => expression },
];

export const namedColumns: readonly SheetColumn<{
  name: string;
  says: string;
  expression: string;
}>[] = [
  { head: 'Name', kind: 'code', text: ({ name }) => name },
  { head: 'Is', kind: 'wide', text: ({ says }) => says },
  { head: 'Expression', kind: 'code', text: ({ expression }) => expression },
];

const dispositionColumns: readonly SheetColumn<DispositionSheet>[] = [
  { head: 'What becomes of it', kind: 'name', text: ({ fate }) => fate },
  { head: 'Why', kind: 'wide', text: ({ reason }) => reason },
  { head: 'Owner', kind: 'name', text: ({ owner }) => owner },
  { head: 'Approved by', kind: 'name', text: ({ approver }) => approver },
];

export const unreadColumns: readonly SheetColumn<DispositionSheet>[] = [
  { head: 'Column', kind: 'code', text: ({ item }) => item },
  { head: 'Type', kind: 'code', text: ({ type }) => type },
  ...dispositionColumns,
];

export const unmappedColumns: readonly SheetColumn<DispositionSheet>[] = [
  { head: 'Stream', kind: 'code', text: ({ item }) => item },
  ...dispositionColumns,
];

export const codeMapColumns: readonly SheetColumn<CodeMapSheet['rows'][number]>[] = [
  { head: 'Code', kind: 'code', text: ({ source }) => (source === '*' ? 'any other' : source) },
  { head: 'Becomes', kind: 'code', text: ({ target }) => target },
  { head: 'Words', kind: 'wide', text: ({ display }) => display },
  { head: 'System', kind: 'code', text: ({ system }) => system },
  { head: 'Equivalence', kind: 'name', text: ({ equivalence }) => equivalence },
  { head: 'Status', kind: 'name', text: ({ status }) => status },
  { head: 'Reviewer', kind: 'name', text: ({ reviewer }) => reviewer },
  { head: 'Note', kind: 'wide', text: ({ note }) => note },
];

/** Rows of code maps that are not approved: their codes are not used. */
export function notApproved({ codeMaps }: Specification): number {
  const rows = codeMaps.flatMap((map) => map.rows);
  return rows.filter(({ status }) => status !== 'approved').length;
}
