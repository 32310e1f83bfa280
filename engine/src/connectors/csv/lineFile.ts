import { LineSplitter, type LineEnd } from '../../formats/lineSplitter.ts';
import { asUnits, unitBytes } from '../../formats/lineUnits.ts';
import { DelimitedReader } from '../../formats/delimited.ts';
import { packRecords } from '../../formats/packRecords.ts';
import { mediaTypeOf, type LineCharset, type LineLayout } from '../../model/recordLayout.ts';
import type { RecordMediaType } from '../../model/record.ts';
import type { Column, ColumnType } from '../../model/stream.ts';
import type { ByteFile } from './byteFile.ts';
import { charsetOf } from './byteOrderMark.ts';
import {
  columnMissing,
  fileEmpty,
  headerDiffers,
  headerUnlike,
  headerUnreadable,
} from './failure.ts';
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
  /** `likely`: nobody said so, and a first line of values is none. */
  header: boolean | 'likely';
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
 * `source-header-unreadable`, `source-header-unlike`, `source-header-differs`, `source-column-missing`.
 */
export async function readHead(file: ByteFile, plan: LineFilePlan): Promise<FileHead> {
  const bytes = await file.readAt(0, plan.longestRecord + 4);
  const { charset, length: mark } = charsetOf(bytes, plan);
  requireLines(plan.path, bytes, charset);
  const declared = [...plan.key, ...Object.keys(plan.types)];
  if (bytes.length === mark && plan.header && declared.length > 0) throw fileEmpty(plan.path);
  const layout = plan.layout(charset);
  const rest = bytes.subarray(mark);
  const header = plan.header
    ? headerOf(rest, plan, layout)
    : { names: undefined, next: 0, lines: 0 };
  const { names } = header;
  if (plan.columns !== undefined && names !== undefined && names.join() !== plan.columns.join()) {
    throw headerDiffers(plan.path, names, plan.columns);
  }
  if (plan.header === 'likely' && names !== undefined && plan.columns === undefined) {
    requireHeader(plan.path, names, declared);
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

/**
 * A file without a header would have its first record told to everybody, as names of columns.
 * @param declared Columns that the plan names: where one of them stands there, it is a header.
 * @throws HandoverError `source-header-unlike`.
 */
export function requireHeader(
  path: string,
  names: readonly string[],
  declared: readonly string[],
): void {
  if (declared.length > 0) return;
  const values = names.filter((name) => isValue.test(name)).length;
  if (values > 0) throw headerUnlike(path, names.length, values);
}

/** A number, date, time or UUID, or the address of a mailbox: nobody names a column so. */
const isValue =
  /^[-+($]{0,2}\d[\d.,:/ TZ+()-]*$|^\{?[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\}?$|^[^@\s]+@[^@\s]+\.[^@\s]+$/i;

function columnsOf(plan: LineFilePlan, names: readonly string[]): Column[] {
  const declared = [...plan.key, ...Object.keys(plan.types)];
  const missing = declared.find((name) => names.length > 0 && !names.includes(name));
  if (missing !== undefined) throw columnMissing(plan.path, missing, names, declared);
  return names.map((name) => {
    const type = plan.types[name] ?? 'text';
    return { name, sourceType: type, type, nullable: !plan.key.includes(name) };
  });
}
