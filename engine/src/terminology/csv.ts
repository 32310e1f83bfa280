/** One line of a CSV file: its fields, and the line of the file on which it begins (from 1). */
export interface CsvRow {
  line: number;
  fields: readonly string[];
}

export interface CsvProblem {
  line: number;
  message: string;
}

/**
 * Read a small table of comma-separated values (RFC 4180): fields in double quotes may hold commas, line ends and
 * doubled quotes; a byte order mark is dropped; empty lines are skipped. What is wrong is listed
 * beside the rows that could be read.
 */
export function parseCsv(text: string): { rows: CsvRow[]; problems: CsvProblem[] } {
  const reader = new CsvScanner(text.startsWith('\ufeff') ? text.slice(1) : text);
  while (!reader.atEnd()) reader.row();
  return { rows: reader.rows, problems: reader.problems };
}

class CsvScanner {
  readonly rows: CsvRow[] = [];
  readonly problems: CsvProblem[] = [];
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  row(): void {
    const line = this.#line;
    const fields = [this.#field()];
    while (this.#text[this.#at] === ',') {
      this.#at++;
      fields.push(this.#field());
    }
    this.#lineEnd();
    if (fields.length > 1 || fields[0] !== '') this.rows.push({ line, fields });
  }

  #field(): string {
    if (this.#text[this.#at] === '"') return this.#quoted();
    plainField.lastIndex = this.#at;
    const field = (plainField.exec(this.#text) as RegExpExecArray)[0];
    this.#at += field.length;
    if (field.includes('"')) this.#problem('a quote stands inside an unquoted field');
    return field;
  }

  #quoted(): string {
    quotedField.lastIndex = this.#at;
    const match = quotedField.exec(this.#text);
    if (match === null) {
      this.#problem('a quoted field is not closed');
      this.#at = this.#text.length;
      return '';
    }
    this.#at += match[0].length;
    const field = (match[1] as string).replaceAll('""', '"');
    const next = this.#text[this.#at];
    if (next !== undefined && !/[,\r\n]/.test(next)) {
      this.#problem('text follows a closed quote');
      this.#at += /^[^,\r\n]*/.exec(this.#text.slice(this.#at))?.[0].length ?? 0;
    }
    this.#line += field.split('\n').length - 1;
    return field;
  }

  #lineEnd(): void {
    if (this.#text[this.#at] === '\r') this.#at++;
    if (this.#text[this.#at] === '\n') this.#at++;
    this.#line++;
  }

  #problem(message: string): void {
    this.problems.push({ line: this.#line, message });
  }
}

const plainField = /[^,\r\n]*/y;
const quotedField = /"((?:[^"]|"")*)"/y;
