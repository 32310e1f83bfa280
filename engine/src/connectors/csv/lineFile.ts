import { LineSplitter, type LineEnd } from '../../formats/lineSplitter.ts';
import { asUnits, unitBytes } from '../../formats/lineUnits.ts';
import { DelimitedReader } from '../../formats/delimited.ts';
import { packRecords } from '../../formats/packRecords.ts';
import { mediaTypeOf, type LineCharset, type LineLayout } from '../../model/recordLayout.ts';
import type { RecordMediaType } from '../../model/record.ts';
import type { Column, ColumnType } from '../../model/stream.ts';
import type { ByteFile } from './byteFile.ts';
import { charsetOf } from './byteOrderMark.ts';
import { columnMissing, fileEmpty, headerDiffers, headerUnreadable } from './failure.ts';
import { requireLines } from './foreignFile.ts';

/** What the plan says of one file, before anyone looked into it. */
export interface LineFilePlan {
  /** Of the stream. */
  name: string;
  path: string;
  charset: LineCharset | 'utf-16' | undefined;
  lineEnd: LineEnd;
  /** Bytes after which a record is cut. */
  longestRecord: number;
  header: boolean;
  /** Declared names of the columns; a header may name them instead. */
  columns: readonly string[] | undefined;
  key: readonly string[];
  types: Readonly<Record<string, ColumnType>>;
  layout(charset: LineCharset): LineLayout;
}

/** What the head of a file says. */
export interface FileHead {
  layout: LineLayout;
  mediaType: RecordMediaType;
  columns: readonly Column[];
  /** Offset in bytes of the first record, and its line. */
  start: number;
  line: number;
}

/**
 * Learn character set, columns and where the records begin.
 * @throws HandoverError `source-charset`, `source-file-compressed`, `source-file-empty`,
 * `source-header-unreadable`, `source-header-differs`, `source-column-missing`.
 */
export async function readHead(file: ByteFile, plan: LineFilePlan): Promise<FileHead> {
  const bytes = await file.readAt(0, plan.longestRecord + 4);
  const { charset, length: mark } = charsetOf(bytes, plan);
  requireLines(plan.path, bytes, charset);
  const declared = plan.key.length > 0 || Object.keys(plan.types).length > 0;
  if (bytes.length === mark && plan.header && declared) throw fileEmpty(plan.path);
  const layout = plan.layout(charset);
  const rest = bytes.subarray(mark);
  const header = plan.header
    ? headerOf(rest, plan, layout)
    : { names: undefined, next: 0, lines: 0 };
  const { names } = header;
  if (plan.columns !== undefined && names !== undefined && names.join() !== plan.columns.join()) {
    throw headerDiffers(plan.path, names);
  }
  const columns = columnsOf(plan, plan.columns ?? names ?? []);
  return {
    layout,
    mediaType: mediaTypeOf(layout),
    columns,
    start: mark + header.next,
    line: 1 + header.lines,
  };
}

export function splitterOf(plan: LineFilePlan, { layout }: Pick<FileHead, 'layout'>): LineSplitter {
  const longest = Math.ceil(plan.longestRecord / unitBytes(layout.charset));
  return new LineSplitter(layout, plan.lineEnd, longest);
}

function headerOf(
  bytes: Buffer,
  plan: LineFilePlan,
  layout: LineLayout,
): { names: string[] | undefined; next: number; lines: number } {
  if (bytes.length === 0) return { names: undefined, next: 0, lines: 0 };
  const size = unitBytes(layout.charset);
  const units = asUnits(bytes, layout.charset);
  const splitter = splitterOf(plan, { layout });
  splitter.find(units, 0, units.length);
  const place = { next: splitter.next * size, lines: splitter.lines };
  if (layout.kind === 'fixed-width') return { names: undefined, ...place };
  const reader = new DelimitedReader(layout, []);
  reader.open(
    packRecords(plan.name, [bytes.subarray(0, Math.min(splitter.end * size, bytes.length))], ['']),
  );
  const names = reader.header();
  if (names === undefined) throw headerUnreadable(plan.path);
  return { names: distinctNames(names.map((name) => name?.trim() ?? '')), ...place };
}

/** Columns need names of their own: one without becomes `column_3`, a second `note` `note_2`. */
export function distinctNames(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((given, at) => {
    const base = given === '' ? `column_${at + 1}` : given;
    let name = base;
    for (let time = 2; seen.has(name); time++) name = `${base}_${time}`;
    seen.add(name);
    return name;
  });
}

function columnsOf(plan: LineFilePlan, names: readonly string[]): Column[] {
  for (const name of [...plan.key, ...Object.keys(plan.types)]) {
    if (names.length > 0 && !names.includes(name)) throw columnMissing(plan.path, name, names);
  }
  return names.map((name) => {
    const type = plan.types[name] ?? 'text';
    return { name, sourceType: type, type, nullable: !plan.key.includes(name) };
  });
}
