import assert from 'node:assert/strict';
import { readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { CopyReader, type Row } from '../../formats/copyText.ts';
import type { Source } from '../../model/source.ts';
import { sourceConformance } from '../conformance/source.ts';
import { readStream, recordsIn, sourceOf, streamNamed, testFolder } from '../csv/testFolder.ts';
import { excelConnector } from './excelConnector.ts';
import { writeWorkbook, zipOf, type TestCell, type TestWorkbook } from './testing.ts';

const never = new AbortController().signal;
const folders: Awaited<ReturnType<typeof testFolder>>[] = [];

after(async () => {
  for (const folder of folders) await folder.remove();
});

async function newFile(): Promise<string> {
  const folder = await testFolder();
  folders.push(folder);
  return join(folder.path, 'clinic.xlsx');
}

function sourceAt(file: string, streams: object = {}): Source {
  return sourceOf(excelConnector('/'), { file, streams });
}

sourceConformance('excel', {
  create: async (tables) => {
    const file = await newFile();
    await writeWorkbook(file, {
      strings: 'shared',
      sheets: tables.map(({ name, columns, rows }) => ({ name, rows: [columns, ...rows] })),
    });
    const keyed = tables.filter(({ key }) => key.length > 0);
    return sourceAt(file, Object.fromEntries(keyed.map(({ name, key }) => [name, { key }])));
  },
  capabilities: { snapshot: true, slices: false, counts: true, follow: false, deletions: false },
  dispose: async () => undefined,
});

const number = (written: string, style = 0): TestCell => ({ style, inner: `<v>${written}</v>` });

/** Values of the one column of a sheet; a problem stands as its code. */
async function valuesOf(cells: readonly TestCell[], more: Partial<TestWorkbook> = {}) {
  const file = await newFile();
  await writeWorkbook(file, {
    ...more,
    sheets: [{ name: 'one', rows: [['value', 'id'], ...cells.map((cell) => [cell, 'x'])] }],
  });
  const source = sourceAt(file);
  await source.open(never);
  const [batch] = await readStream(source, await streamNamed(source, 'one'));
  const reader = new CopyReader([true, true]);
  assert.ok(batch);
  reader.open(batch);
  const values = batch.keys.map((_, ordinal) => {
    const row: Row = [];
    return reader.read(ordinal, row) ?? row[0];
  });
  await source.close();
  return values;
}

describe('excel source', () => {
  it('keeps the digits of numbers as they are shown, and those of a double that people mean', async () => {
    const cells = [
      number('7', 1),
      number('1.1', 2),
      number('1.1000000000000001'),
      number('12345678901234567890'),
      '12345678901234567890',
      '007',
      number('1.10'),
      number('1.5E-3'),
      number('6.0221407599999999E+23'),
      number('-0.29999999999999999'),
      number('1234.5', 3),
      number('1.234', 2),
    ];
    assert.deepEqual(await valuesOf(cells, { formats: ['000', '0.00', '#,##0.00'] }), [
      '007',
      '1.10',
      '1.1',
      '12345678901234567890',
      '12345678901234567890',
      '007',
      '1.10',
      '0.0015',
      '602214076000000000000000',
      '-0.3',
      '1234.50',
      '1.234',
    ]);
  });

  it('reads serial numbers as days and times, in both calendars; what is no day is held', async () => {
    const formats = [
      'yyyy\\-mm\\-dd',
      'm/d/yy h:mm',
      'h:mm AM/PM',
      '[h]:mm',
      '"day" 0',
      '[$-409]d-mmm-yy;@',
    ];
    const cells = [
      number('45351', 1),
      number('45351.354166666664', 2),
      number('45351', 2),
      number('0.75', 3),
      number('1.5', 4),
      number('12', 5),
      number('59', 6),
      number('60', 1),
      number('61', 1),
      number('-1', 1),
      number('45351.5', 1),
      { type: 'd', inner: '<v>2024-02-29T08:30:00</v>' },
    ];
    assert.deepEqual(await valuesOf(cells, { formats }), [
      '2024-02-29',
      '2024-02-29 08:30:00',
      '2024-02-29 00:00:00',
      '18:00:00',
      '1.5',
      '12',
      '1900-02-28',
      'cell-error',
      '1900-03-01',
      'cell-error',
      '2024-02-29 12:00:00',
      '2024-02-29 08:30:00',
    ]);
    const [first, zero] = await valuesOf([number('43889', 1), number('0', 1)], {
      formats,
      date1904: true,
    });
    assert.deepEqual([first, zero], ['2024-02-29', '1904-01-01']);
  });

  it('takes the kept result of a formula, and holds errors and formulas without one', async () => {
    const cells: TestCell[] = [
      { inner: '<f>A1+1</f><v>3</v>' },
      { type: 'str', inner: '<f>A1&amp;"x"</f><v>3x</v>' },
      { type: 'str', inner: '<f>""</f><v></v>' },
      { inner: '<f>A1+1</f>' },
      { type: 'e', inner: '<v>#N/A</v>' },
      { type: 'b', inner: '<v>1</v>' },
      { type: 's', inner: '<v>99</v>' },
      {
        type: 'inlineStr',
        inner:
          '<is><r><t>Rich</t></r><r><t xml:space="preserve"> text</t></r><rPh><t>no</t></rPh></is>',
      },
      'a_x000D_b',
    ];
    assert.deepEqual(await valuesOf(cells), [
      '3',
      '3x',
      '',
      'cell-error',
      'cell-error',
      'true',
      'cell-error',
      'Rich text',
      'a_x000D_b',
    ]);
  });

  it('reads a sheet in the shape that LibreOffice gives it: every cell typed, rows skipped, 1904', async () => {
    const file = await newFile();
    const row = (at: number, cells: string): string =>
      `<row r="${at}" customFormat="false" ht="12.8" hidden="false" customHeight="false" outlineLevel="0" collapsed="false">${cells}</row>`;
    const cell = (at: string, type: string, value: string, style = 0, formula = ''): string =>
      `<c r="${at}" s="${style}" t="${type}">${formula}<v>${value}</v></c>`;
    const text = (at: string, value: string): string => cell(at, 'str', value);
    const rows = [
      row(1, `${text('A1', 'id')}${text('B1', 'day')}${text('C1', 'sum')}${text('D1', 'ok')}`),
      row(
        2,
        cell('A2', 'n', '1') +
          cell('B2', 'n', '43889', 1) +
          cell('C2', 'n', '1.1', 2, '<f aca="false">A2+0.1</f>') +
          cell('D2', 'b', '1'),
      ),
      row(3, cell('A3', 'n', '2') + cell('C3', 'e', '#DIV/0!', 0, '<f aca="false">1/0</f>')),
      // Rows without anything are left out, and the last cell has a number of its own.
      row(7, cell('A7', 'n', '3') + cell('D7', 'b', '0')),
    ];
    const sheet =
      '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' +
      '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' +
      '<sheetPr filterMode="false"><pageSetUpPr fitToPage="false"/></sheetPr><dimension ref="A1:D7"/>' +
      `<sheetData>${rows.join('')}</sheetData><printOptions headings="false"/></worksheet>`;
    await writeWorkbook(file, {
      date1904: true,
      formats: ['yyyy\\-mm\\-dd', '0.00'],
      sheets: [{ name: 'one', rows: [] }],
      parts: { 'xl/worksheets/sheet1.xml': sheet },
    });
    const source = sourceAt(file, { one: { key: ['id'] } });
    await source.open(never);
    const records = recordsIn(await readStream(source, await streamNamed(source, 'one')));
    await source.close();
    assert.deepEqual(records, [
      '1\t2024-02-29\t1.10\ttrue',
      '2\t\\N\t\\377#DIV/0!\t\\N',
      '3\t\\N\t\\N\tfalse',
    ]);
  });

  it('R26 lists hidden sheets and charts too; hidden rows are rows, and blank ones none', async () => {
    const file = await newFile();
    await writeWorkbook(file, {
      sheets: [
        {
          name: 'Patients 2024',
          rows: [
            ['Report of patients'],
            [],
            ['id', 'name'],
            ['1', 'a'],
            [],
            ['2', 'b'],
            ['3', 'c', 'd'],
          ],
          hiddenRows: [6],
        },
        { name: 'old', state: 'hidden', rows: [['id'], ['1']] },
        { name: 'older', state: 'veryHidden', rows: [] },
      ],
    });
    const source = sourceAt(file, { patients: { sheet: 'Patients 2024', header: 3, key: ['id'] } });
    await source.open(never);
    assert.deepEqual(
      (await source.streams()).map(({ name, count, columns }) => [name, count, columns.length]),
      [
        ['patients', 3, 2],
        ['old', 1, 1],
        ['older', 0, 0],
      ],
    );
    const [batch] = await readStream(source, await streamNamed(source, 'patients'));
    assert.deepEqual(recordsIn(batch ? [batch] : []), ['1\ta', '2\tb', '3\tc\td']);
    assert.deepEqual(batch?.lines, [
      [0, 4],
      [1, 6],
    ]);
    await source.close();
  });

  it('holds rows of which a cell is merged into another, and those alone', async () => {
    const file = await newFile();
    const rows = [
      ['id', 'ward'],
      ['1', 'east'],
      ['2', null],
      ['3', 'west'],
    ];
    await writeWorkbook(file, { sheets: [{ name: 'beds', rows, merges: ['B2:B3'] }] });
    const source = sourceAt(file, { beds: { key: ['id'] } });
    await source.open(never);
    const records = recordsIn(await readStream(source, await streamNamed(source, 'beds')));
    assert.deepEqual(records, ['1\teast', '2\t\\377merged with others', '3\twest']);
    await source.close();
  });

  it('R16 a workbook that changes while it is read loses the snapshot, and the next is named', async () => {
    const file = await newFile();
    const rows = (count: number) => Array.from({ length: count }, (_, at) => [String(at), 'a']);
    const write = (to: string, count: number): Promise<void> =>
      writeWorkbook(to, { sheets: [{ name: 'one', rows: [['id', 'x'], ...rows(count)] }] });
    await write(file, 900);
    const source = sourceAt(file);
    await source.open(never);
    const stream = await streamNamed(source, 'one');
    const before = source.snapshot() as string;
    await writeFile(file, await readFile(file));
    assert.equal((await readStream(source, stream, { snapshot: before })).length, 1);
    await write(`${file}.new`, 901);
    await rename(`${file}.new`, file);
    await assert.rejects(readStream(source, stream, { snapshot: before }), {
      code: 'snapshot-lost',
    });
    assert.notEqual(source.snapshot(), before);
    assert.equal((await readStream(source, stream)).flatMap(({ keys }) => keys).length, 901);
    await source.close();
  });
});

describe('R13 hostile workbooks', () => {
  const sheet = (inner: string): string =>
    `<worksheet xmlns="x"><sheetData>${inner}</sheetData></worksheet>`;
  const sheetPart = 'xl/worksheets/sheet1.xml';
  const workbook = { sheets: [{ name: 'one', rows: [['id'], ['1']] }] };

  const refusals: readonly [name: string, code: string, make: (file: string) => Promise<void>][] = [
    ['is not there', 'source-file-missing', async () => undefined],
    ['is no ZIP', 'source-file-damaged', (file) => writeFile(file, 'id,name\n1,a\n')],
    [
      'is a ZIP of something else',
      'source-file-damaged',
      (file) => writeFile(file, zipOf(new Map([['a', 'b']]))),
    ],
    [
      'was cut',
      'source-file-damaged',
      async (file) => {
        await writeWorkbook(file, workbook);
        await truncate(file, 900);
      },
    ],
    [
      'has a flipped byte',
      'source-file-damaged',
      async (file) => {
        await writeWorkbook(file, workbook);
        const bytes = await readFile(file);
        // The checksum of the last part, which is the sheet, in the directory at the end.
        const crc = bytes.lastIndexOf('PK\u0001\u0002') + 16;
        bytes.writeUInt32LE((bytes.readUInt32LE(crc) ^ 1) >>> 0, crc);
        await writeFile(file, bytes);
      },
    ],
    [
      'is protected by a password',
      'source-file-protected',
      (file) => writeFile(file, oleFile('EncryptedPackage')),
    ],
    ['is of the old format', 'source-file-damaged', (file) => writeFile(file, oleFile('Workbook'))],
    [
      'says a smaller size than a part has',
      'source-file-damaged',
      (file) =>
        writeFile(
          file,
          zipOf(new Map([['_rels/.rels', `<a>${' '.repeat(1e6)}</a>`]]), { '_rels/.rels': 10 }),
        ),
    ],
    [
      'is a bomb',
      'source-file-large',
      (file) => writeFile(file, zipOf(new Map([[sheetPart, Buffer.alloc(80 * 1024 ** 2)]]))),
    ],
    [
      'has a document type',
      'source-file-damaged',
      (file) =>
        writeWorkbook(file, {
          ...workbook,
          parts: { [sheetPart]: `<!DOCTYPE a [<!ENTITY b "c">]>${sheet('')}` },
        }),
    ],
    [
      'has a cell that does not end',
      'source-file-large',
      (file) =>
        writeWorkbook(file, {
          ...workbook,
          parts: { [sheetPart]: sheet(`<row r="1"><c><v>${noise(9 * 1024 ** 2)}</v></c></row>`) },
        }),
    ],
    [
      'has a column no sheet has',
      'source-file-large',
      (file) =>
        writeWorkbook(file, {
          ...workbook,
          parts: { [sheetPart]: sheet('<row r="1"><c r="ZZZZZ1"><v>1</v></c></row>') },
        }),
    ],
    [
      'has rows that go back',
      'source-file-large',
      (file) =>
        writeWorkbook(file, {
          ...workbook,
          parts: { [sheetPart]: sheet('<row r="2"></row><row r="1"></row>') },
        }),
    ],
    [
      'is no XML inside',
      'source-file-damaged',
      (file) => writeWorkbook(file, { ...workbook, parts: { [sheetPart]: sheet('<row></c>') } }),
    ],
  ];

  for (const [name, code, make] of refusals) {
    it(`R13 a file that ${name} is refused with its sentence: ${code}`, async () => {
      const file = await newFile();
      await make(file);
      await assert.rejects(sourceAt(file).open(never), (error: Error) => {
        assert.equal('code' in error && error.code, code, error.message);
        assert.match(error.message, /"clinic\.xlsx"/);
        return 'next' in error && String(error.next).length > 10;
      });
      await rm(file, { force: true });
    });
  }

  it('names sheets and columns that are not there, and every problem of its settings', async () => {
    const file = await newFile();
    await writeWorkbook(file, workbook);
    await assert.rejects(sourceAt(file, { two: {} }).open(never), {
      code: 'source-sheet-missing',
      message: /no sheet "two"/,
    });
    await assert.rejects(sourceAt(file, { one: { key: ['pt'] } }).open(never), {
      code: 'source-column-missing',
    });
    const parsed = excelConnector('/').configuration.parse({
      streams: { a: { key: [], header: 0 } },
    });
    assert.ok('problems' in parsed);
    assert.deepEqual(
      parsed.problems.map(({ path }) => path),
      ['file', 'streams.a.header', 'streams.a.key'],
    );
  });
});

/** Text that does not pack well. */
function noise(length: number): string {
  let state = 1;
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    bytes[at] = 0x30 + ((state >> 16) % 10);
  }
  return bytes.toString('latin1');
}

/** The front of an OLE file whose directory, in the sector after the header, names a stream. */
function oleFile(stream: string): Buffer {
  const bytes = Buffer.alloc(2048);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(bytes);
  bytes.writeUInt16LE(9, 30);
  bytes.write(stream, 512, 'utf16le');
  return bytes;
}
