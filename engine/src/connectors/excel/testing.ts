import { writeFile } from 'node:fs/promises';
import { crc32, deflateRawSync } from 'node:zlib';

/** A cell as a test writes it: text, nothing, or its XML without the reference (`<c t="e">…`). */
export type TestCell = string | null | { type?: string; style?: number; inner: string };

export interface TestSheet {
  name: string;
  rows: readonly (readonly TestCell[])[];
  /** More attributes of the sheet in the workbook (`state="hidden"`). */
  state?: 'hidden' | 'veryHidden';
  merges?: readonly string[];
  /** Rows, from 1, that are not shown. */
  hiddenRows?: readonly number[];
}

export interface TestWorkbook {
  sheets: readonly TestSheet[];
  date1904?: boolean;
  /** Codes of number formats; a cell of style `n` has the `n`-th, from 1. */
  formats?: readonly string[];
  /** Texts as shared strings, or in their cells. */
  strings?: 'shared' | 'inline';
  /** Parts on top of, or instead of, those of a sound workbook. */
  parts?: Readonly<Record<string, string>>;
}

const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const types = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packageRelations = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"';

/** Write a workbook as a spreadsheet program would, part by part. */
export async function writeWorkbook(path: string, workbook: TestWorkbook): Promise<void> {
  await writeFile(path, zipOf(partsOf(workbook)));
}

function partsOf(workbook: TestWorkbook): Map<string, string> {
  const { sheets, date1904 = false, formats = [], strings = 'inline', parts = {} } = workbook;
  const shared: string[] = [];
  const known = new Map<string, number>();
  const refer = (text: string): number => {
    const at = known.get(text) ?? shared.push(escapeXml(text)) - 1;
    known.set(text, at);
    return at;
  };
  const own = sheets.map((sheet, at): [string, string] => [
    `xl/worksheets/sheet${at + 1}.xml`,
    sheetXml(sheet, strings === 'shared' ? refer : undefined),
  ]);
  const relations = sheets.map((_, at) =>
    relation(`s${at}`, 'worksheet', `worksheets/sheet${at + 1}.xml`),
  );
  relations.push(relation('st', 'styles', 'styles.xml'));
  relations.push(relation('sh', 'sharedStrings', '/xl/sharedStrings.xml'));
  const listed = sheets.map(
    ({ name, state }, at) =>
      `<sheet name="${escapeXml(name)}" sheetId="${at + 1}" r:id="s${at}"${state ? ` state="${state}"` : ''}/>`,
  );
  return new Map([
    [
      '_rels/.rels',
      `${head}<Relationships ${packageRelations}>${relation('w', 'officeDocument', 'xl/workbook.xml')}</Relationships>`,
    ],
    [
      'xl/workbook.xml',
      `${head}<workbook ${main} xmlns:r="${types}"><workbookPr date1904="${date1904 ? 1 : 0}"/><sheets>${listed.join('')}</sheets></workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `${head}<Relationships ${packageRelations}>${relations.join('')}</Relationships>`,
    ],
    ['xl/styles.xml', stylesXml(formats)],
    [
      'xl/sharedStrings.xml',
      `${head}<sst ${main}>${shared.map((text) => `<si><t xml:space="preserve">${text}</t></si>`).join('')}</sst>`,
    ],
    ...own,
    ...Object.entries(parts),
  ]);
}

function relation(id: string, type: string, target: string): string {
  return `<Relationship Id="${id}" Type="${types}/${type}" Target="${target}"/>`;
}

function stylesXml(formats: readonly string[]): string {
  const codes = formats.map(
    (code, at) => `<numFmt numFmtId="${164 + at}" formatCode="${escapeXml(code)}"/>`,
  );
  const cells = ['<xf numFmtId="0"/>', ...formats.map((_, at) => `<xf numFmtId="${164 + at}"/>`)];
  return `${head}<styleSheet ${main}><numFmts>${codes.join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${cells.join('')}</cellXfs></styleSheet>`;
}

function sheetXml(sheet: TestSheet, refer?: (text: string) => number): string {
  const rows = sheet.rows.map((row, at) => {
    const cells = row.map((cell, column) => cellXml(cell, `${letters(column)}${at + 1}`, refer));
    const hidden = sheet.hiddenRows?.includes(at + 1) === true ? ' hidden="1"' : '';
    return `<row r="${at + 1}"${hidden}>${cells.join('')}</row>`;
  });
  const merges = (sheet.merges ?? []).map((ref) => `<mergeCell ref="${ref}"/>`).join('');
  const merged = merges === '' ? '' : `<mergeCells>${merges}</mergeCells>`;
  return `${head}<worksheet ${main}><sheetData>${rows.join('')}</sheetData>${merged}</worksheet>`;
}

function cellXml(cell: TestCell, place: string, refer?: (text: string) => number): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') {
    const { type, style, inner } = cell;
    return `<c r="${place}"${type ? ` t="${type}"` : ''}${style ? ` s="${style}"` : ''}>${inner}</c>`;
  }
  if (refer !== undefined) return `<c r="${place}" t="s"><v>${refer(cell)}</v></c>`;
  return `<c r="${place}" t="inlineStr"><is><t xml:space="preserve">${escapeXml(cell)}</t></is></c>`;
}

function letters(column: number): string {
  const last = String.fromCharCode(65 + (column % 26));
  return column < 26 ? last : letters(Math.floor(column / 26) - 1) + last;
}

// oxlint-disable-next-line no-control-regex -- these are the characters that are meant
const unwritable = /[\x00-\x08\x0b-\x1f]/g;

/** As spreadsheet programs write what XML cannot hold, and what looks like that. */
function escapeXml(text: string): string {
  return text
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`)
    .replace(unwritable, (one) => `_x${one.charCodeAt(0).toString(16).padStart(4, '0')}_`);
}

/** A ZIP file (PKWARE's APPNOTE, section 4.3) of parts; `sizes` may lie about them. */
export function zipOf(
  parts: ReadonlyMap<string, string | Buffer>,
  sizes: Readonly<Record<string, number>> = {},
): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of parts) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(sizes[name] ?? bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = [Buffer.from('PK\u0003\u0004'), fields, Buffer.from(name), packed];
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(offset, 10);
    central.push(
      Buffer.from('PK\u0001\u0002'),
      Buffer.from([20, 0]),
      fields,
      entry,
      Buffer.from(name),
    );
    locals.push(...local);
    offset += local.reduce((sum, { length }) => sum + length, 0);
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006');
  end.writeUInt16LE(parts.size, 8);
  end.writeUInt16LE(parts.size, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
