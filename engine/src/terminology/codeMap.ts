import { sha256Hex } from '../base/digest.ts';
import type { Problem } from '../model/problem.ts';
import { parseCsv } from './csv.ts';
import type { CsvRow } from './csv.ts';

/**
 * What an approved row says of one source code. Without `target` there is none by decision
 * (equivalence `unmatched`): the source's text lands and no code does.
 */
export interface CodeMapping {
  target: string | undefined;
  display: string | undefined;
  system: string | undefined;
  equivalence: Equivalence;
}

/** ConceptMap equivalence (R4, http://hl7.org/fhir/concept-map-equivalence). */
export type Equivalence = (typeof equivalences)[number];

const equivalences = [
  ...(['relatedto', 'equivalent', 'equal', 'wider', 'subsumes', 'narrower'] as const),
  ...(['specializes', 'inexact', 'unmatched', 'disjoint'] as const),
] as const;

/** Only `approved` rows are used; the others are work in progress and their codes unmapped. */
const statuses = ['approved', 'proposed', 'draft', 'rejected'] as const;

/** Codes of a source and what they become. */
export interface CodeMap {
  name: string;
  /** SHA-256 of the file, hex: a changed map changes the digest of every mapping that uses it. */
  digest: string;
  /** What the source code becomes; undefined: no approved row, so the record is held. */
  find(source: string): CodeMapping | undefined;
  /** Every approved row but the one for all others, by source code. */
  approved: ReadonlyMap<string, CodeMapping>;
}

/** Stands in the source column of the row that speaks for every code without a row of its own. */
const everyOther = '*';

const columns = [
  ...(['source', 'target', 'display', 'system', 'equivalence'] as const),
  ...(['status', 'reviewer', 'note'] as const),
] as const;

type ColumnName = (typeof columns)[number];
type Cells = CodeMapRow;

const required: readonly ColumnName[] = ['source', 'target', 'status'];

/**
 * Read a code map from CSV with a header line; `source`, `target` and `status` are required columns.
 * Every problem is listed; the map holds the rows that are right.
 */
export function readCodeMap(
  name: string,
  file: string,
  text: string,
): { map: CodeMap; problems: Problem[] } {
  const { rows, problems: malformed } = parseCsv(text);
  const problems: Problem[] = malformed.map(({ line, message }) => ({
    file,
    line,
    column: 1,
    code: 'csv-malformed',
    message,
  }));
  const report = (line: number, code: string, message: string, suggestion?: string): void => {
    const fix = suggestion === undefined ? {} : { suggestion };
    problems.push({ file, line, column: 1, code, message, ...fix });
  };
  const approved = new Map<string, CodeMapping>();
  const cellsOf = readHeader(rows[0], report);
  if (cellsOf !== undefined) {
    for (const row of rows.slice(1)) addRow(row, cellsOf(row), approved, report);
  }
  return { map: createMap(name, sha256Hex(text), approved), problems };
}

/** One row of a code map, of whatever status, as it is written. */
export type CodeMapRow = Readonly<Record<ColumnName, string>>;

/** All rows of a code map, for people who look through it. */
export function codeMapRows(text: string): CodeMapRow[] {
  const [header, ...rows] = parseCsv(text).rows;
  const cellsOf = readHeader(header, () => undefined);
  return rows.flatMap((row) => {
    const cells = cellsOf?.(row);
    return typeof cells === 'object' ? [cells] : [];
  });
}

type Report = (line: number, code: string, message: string, suggestion?: string) => void;

function createMap(name: string, digest: string, all: Map<string, CodeMapping>): CodeMap {
  const fallback = all.get(everyOther);
  const approved = new Map(all);
  approved.delete(everyOther);
  return { name, digest, approved, find: (source) => approved.get(source) ?? fallback };
}

function readHeader(
  header: CsvRow | undefined,
  report: Report,
): ((row: CsvRow) => Cells | number) | undefined {
  if (header === undefined) {
    report(1, 'header-missing', 'the file is empty', `begin it with ${columns.join(',')}`);
    return undefined;
  }
  const names = header.fields.map((field) => field.trim());
  for (const name of names) {
    if (!columns.some((column) => column === name)) {
      report(header.line, 'column-unknown', `no column is called "${name}"`, columns.join(', '));
    }
  }
  const missing = required.filter((column) => !names.includes(column));
  for (const column of missing) {
    report(header.line, 'column-missing', `the column "${column}" is missing`);
  }
  if (missing.length > 0) return undefined;
  const places = columns.map((column) => names.indexOf(column));
  return (row) =>
    row.fields.length === names.length
      ? (Object.fromEntries(
          columns.map((column, at) => [column, row.fields[places[at] as number] ?? '']),
        ) as Cells)
      : names.length;
}

function addRow(
  { line, fields }: CsvRow,
  cells: Cells | number,
  approved: Map<string, CodeMapping>,
  report: Report,
): void {
  if (typeof cells === 'number') {
    report(line, 'field-count', `${fields.length} fields where the header has ${cells}`);
    return;
  }
  if (!isWord(statuses, cells.status)) {
    report(line, 'status-unknown', 'the status is not known', `one of ${statuses.join(', ')}`);
    return;
  }
  const equivalence = equivalenceOf(cells);
  if (equivalence === undefined) {
    const words = `one of ${equivalences.join(', ')}`;
    report(line, 'equivalence-unknown', 'the equivalence is not known', words);
    return;
  }
  if (!targetFits(line, cells, equivalence, report) || cells.status !== 'approved') return;
  if (approved.has(cells.source)) {
    report(line, 'source-repeated', 'an earlier approved row has the same source code');
    return;
  }
  approved.set(cells.source, {
    target: cells.target === '' ? undefined : cells.target,
    display: cells.display === '' ? undefined : cells.display,
    system: cells.system === '' ? undefined : cells.system,
    equivalence,
  });
}

function equivalenceOf(cells: Cells): Equivalence | undefined {
  if (cells.equivalence === '') return cells.target === '' ? 'unmatched' : 'equivalent';
  return isWord(equivalences, cells.equivalence) ? cells.equivalence : undefined;
}

/** A row without a target must say that this is meant, or a forgotten cell would drop codes. */
function targetFits(line: number, cells: Cells, equivalence: Equivalence, report: Report): boolean {
  if (cells.source === '') {
    report(line, 'source-missing', 'the row has no source code');
    return false;
  }
  const unmatched = equivalence === 'unmatched' || equivalence === 'disjoint';
  const said = cells.equivalence !== '';
  if (cells.target === '' && cells.status === 'approved' && !(unmatched && said)) {
    const fix = 'give a target, or equivalence unmatched so that only the text lands';
    report(line, 'target-missing', 'an approved row has no target', fix);
    return false;
  }
  if (cells.target !== '' && unmatched) {
    report(line, 'target-unexpected', `a row that is ${equivalence} cannot have a target`);
    return false;
  }
  return true;
}

function isWord<T extends string>(words: readonly T[], word: string): word is T {
  return words.some((each) => each === word);
}
