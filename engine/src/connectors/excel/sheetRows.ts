import { tooLarge } from './failure.ts';
import { numberText } from './numberText.ts';
import { TextGatherer, unescapeText } from './sharedStrings.ts';
import { formatAt, type Workbook } from './workbook.ts';
import { tellXml, type XmlHandler } from './xml.ts';

/** What a cell holds: text, nothing, or what no value can be made of, with the reason. */
export type Cell = string | null | { error: string };

/** A row that holds a cell at least. */
export interface SheetRow {
  /** As the sheet counts, from 1. */
  number: number;
  cells: Cell[];
}

/** Cells that are shown as one, from 1, both ends included; only the first holds a value. */
export interface Merge {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

/** The bounds of a worksheet: columns, and rows. */
export const widest = 16_384;
const longest = 1_048_576;
/** Characters of a row. */
const rowCharacters = 16 * 1024 ** 2;

/**
 * Rows of a sheet (ECMA-376 part 1, section 18.3.1.73) in their order, some at a time, hidden ones
 * among them. `merges` is told of merged cells, which stand behind the rows.
 * @throws HandoverError `source-file-damaged`, `source-file-large`.
 */
export async function* sheetRows(
  workbook: Workbook,
  part: string,
  merges: (merge: Merge) => void = () => undefined,
): AsyncGenerator<SheetRow[]> {
  const parser = new SheetParser(workbook, merges);
  for await (const _ of tellXml(workbook.archive, part, parser)) {
    const taken = parser.take();
    if (taken.length > 0) yield taken;
  }
}

class SheetParser implements XmlHandler {
  readonly #workbook: Workbook;
  readonly #merges: (merge: Merge) => void;
  readonly #inline: TextGatherer;
  #rows: SheetRow[] = [];
  #row: SheetRow = { number: 0, cells: [] };
  #characters = 0;
  /** Of the cell at hand. */
  #column = 0;
  #type = 'n';
  #style: string | undefined;
  #value: string | undefined;
  #inlined: string | undefined;
  #formula = false;
  #inValue = false;

  constructor(workbook: Workbook, merges: (merge: Merge) => void) {
    this.#workbook = workbook;
    this.#merges = merges;
    this.#inline = new TextGatherer('is', (text) => (this.#inlined = text));
  }

  take(): SheetRow[] {
    const taken = this.#rows;
    this.#rows = [];
    return taken;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'c') this.#openCell(attributes);
    else if (name === 'v') {
      this.#value = '';
      this.#inValue = true;
    } else if (name === 'f') this.#formula = true;
    else if (name === 'row') this.#openRow(attributes['r']);
    else if (name === 'mergeCell') this.#merge(attributes['ref'] ?? '');
    else this.#inline.open(name);
  }

  text(text: string): void {
    if (this.#inValue) this.#value += text;
    else this.#inline.text(text);
  }

  close(name: string): void {
    if (name === 'c') this.#closeCell();
    else if (name === 'v') this.#inValue = false;
    else if (name === 'row') this.#closeRow();
    else this.#inline.close(name);
  }

  #openRow(number: string | undefined): void {
    const before = this.#row.number;
    this.#row = { number: number === undefined ? before + 1 : Number(number), cells: [] };
    this.#characters = 0;
    this.#column = 0;
    // The order of rows is the order of records, and a cursor: it only rises.
    if (!(this.#row.number > before && this.#row.number <= longest)) {
      throw tooLarge(this.#path, 'has rows that no worksheet can have');
    }
  }

  #closeRow(): void {
    if (this.#row.cells.some((cell) => cell !== null)) this.#rows.push(this.#row);
  }

  #openCell({ r, t = 'n', s }: Readonly<Record<string, string>>): void {
    this.#column = r === undefined ? this.#column + 1 : columnOf(r);
    this.#type = t;
    this.#style = s;
    this.#value = undefined;
    this.#inlined = undefined;
    this.#formula = false;
    if (!(this.#column >= 1 && this.#column <= widest)) {
      throw tooLarge(this.#path, 'has columns that no worksheet can have');
    }
  }

  #closeCell(): void {
    const cell = this.#cell();
    this.#characters += typeof cell === 'string' ? cell.length : 0;
    if (this.#characters > rowCharacters)
      throw tooLarge(this.#path, 'has a row of more than 16 MiB');
    if (cell === null) return;
    const { cells } = this.#row;
    while (cells.length < this.#column) cells.push(null);
    cells[this.#column - 1] = cell;
  }

  /** By the type of the cell (section 18.18.11); of a formula the result that was kept. */
  #cell(): Cell {
    const value = this.#value;
    if (this.#type === 'inlineStr') return this.#inlined ?? null;
    if (value === undefined) return this.#formula ? { error: 'formula without a result' } : null;
    switch (this.#type) {
      case 's':
        return this.#workbook.strings.at(Number(value)) ?? { error: 'no such shared string' };
      case 'str':
        return unescapeText(value);
      case 'b':
        return value === '1' || value === 'true' ? 'true' : 'false';
      case 'e':
        return { error: value };
      case 'd':
        return value.replace('T', ' ');
      default:
        return this.#number(value);
    }
  }

  #number(value: string): Cell {
    if (value === '') return null;
    const text = numberText(value, formatAt(this.#workbook, this.#style), this.#workbook.date1904);
    return text ?? { error: 'no number or day' };
  }

  #merge(reference: string): void {
    const [, first = '', top = '', last = first, bottom = top] =
      /^\$?([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)\$?(\d+))?$/.exec(reference) ?? [];
    this.#merges({
      top: Number(top),
      left: columnOf(first),
      bottom: Number(bottom),
      right: columnOf(last),
    });
  }

  get #path(): string {
    return this.#workbook.archive.path;
  }
}

/** Number of the column of a cell, from 1: `AB12` is in 28. */
function columnOf(reference: string): number {
  let column = 0;
  for (let at = 0; at < reference.length; at++) {
    const letter = reference.charCodeAt(at) - 64;
    if (letter < 1 || letter > 26) break;
    column = column * 26 + letter;
  }
  return column;
}
