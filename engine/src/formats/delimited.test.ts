import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DelimitedLayout, FixedWidthLayout } from '../model/recordLayout.ts';
import { layoutOf, mediaTypeOf } from '../model/recordLayout.ts';
import type { Row } from './copyText.ts';
import { packRecords } from './packRecords.ts';
import { openLineReader, openRowReader } from './rowReader.ts';

const csv: DelimitedLayout = {
  kind: 'delimited',
  charset: 'utf-8',
  delimiter: ',',
  quote: '"',
  escape: 'doubled',
  nullIs: '',
};

/** What becomes of each record: its row, or the problem with it. */
function read(
  layout: DelimitedLayout | FixedWidthLayout,
  columns: number,
  records: readonly (string | Uint8Array)[],
): (Row | string)[] {
  const reader = openLineReader(layout, Array(columns).fill(true));
  reader.open(packRecords('s', records, records.map(String)));
  return records.map((_, at) => {
    const row: Row = [];
    return reader.read(at, row) ?? row;
  });
}

describe('delimited reader', () => {
  it('tells NULL from empty, keeps digits and undoes quotes', () => {
    assert.deepEqual(read(csv, 3, ['a,,""', '"x, ""y""\n",1.10,00000000000000000001']), [
      ['a', null, ''],
      ['x, "y"\n', '1.10', '00000000000000000001'],
    ]);
    assert.deepEqual(read({ ...csv, nullIs: '\\N' }, 3, ['\\N,"\\N",']), [[null, '\\N', '']]);
    assert.deepEqual(read({ ...csv, escape: 'backslash' }, 2, ['"a\\"b","c\\\\"']), [
      ['a"b', 'c\\'],
    ]);
    assert.deepEqual(read({ ...csv, delimiter: '~|~' }, 2, ['a~b|~~|~"c"']), [['a~b|~', 'c']]);
    assert.deepEqual(read({ ...csv, quote: '' }, 2, ['"a,b"']), [['"a', 'b"']]);
  });

  it('says what is wrong with a record, and reads the next', () => {
    assert.deepEqual(
      read(csv, 2, [
        'a',
        'a,b,c',
        '"a,b',
        'a,"b"c',
        '"a"b,c',
        Buffer.from([0x61, 0x2c, 0xff]),
        'é,b',
      ]),
      [
        'field-count',
        'field-count',
        'quote-unterminated',
        'quote-misplaced',
        'quote-misplaced',
        'encoding-invalid',
        ['é', 'b'],
      ],
    );
  });

  it('reads one-byte sets as they are meant, and holds bytes that stand for nothing', () => {
    const layout = { ...csv, charset: 'windows-1252' } as const;
    const quote = Buffer.from([0x4f, 0x92, 0x42, 0x2c, 0x80]);
    const nothing = Buffer.from([0x81, 0x2c, 0x61]);
    assert.deepEqual(read(layout, 2, [quote, nothing, 'a,b']), [
      ['O’B', '€'],
      'encoding-invalid',
      ['a', 'b'],
    ]);
  });

  it('reads UTF-16, and holds half a character', () => {
    const layout = { ...csv, charset: 'utf-16le' } as const;
    const whole = Buffer.from('Ł,\u{1f9ec}', 'utf16le');
    const rows = read(layout, 2, [whole, whole.subarray(0, -1), whole.subarray(0, -2)]);
    assert.deepEqual(rows, [['Ł', '\u{1f9ec}'], 'encoding-invalid', 'encoding-invalid']);
  });

  it('counts what is populated in columns that nobody reads', () => {
    const reader = openRowReader(mediaTypeOf(csv), [false, false, true]);
    assert.ok(reader);
    reader.open(packRecords('s', ['a,,x', '"","b",y', 'c,d,z']));
    for (let at = 0; at < 3; at++) reader.read(at, []);
    assert.deepEqual([...reader.populated], [2, 2, 0]);
  });

  it('says all of its layout in the media type', () => {
    const odd: DelimitedLayout = { ...csv, delimiter: ';=%', quote: "'", nullIs: 'NULL; or so' };
    assert.deepEqual(layoutOf(mediaTypeOf(odd)), odd);
    assert.equal(layoutOf('text/x-copy'), undefined);
  });
});

describe('fixed-width reader', () => {
  const layout: FixedWidthLayout = {
    kind: 'fixed-width',
    charset: 'utf-8',
    fields: [
      [0, 4],
      [4, 9],
      [10, 12],
    ],
    shortLines: 'hold',
  };

  it('cuts by characters and takes blanks for nothing', () => {
    assert.deepEqual(read(layout, 3, ['0001Núñez MA', '2        !B ', '3']), [
      ['0001', 'Núñez', 'MA'],
      ['2', null, 'B'],
      'field-count',
    ]);
    assert.deepEqual(read(layout, 3, ['0001Smith MA   ', '0001Smith MAx']), [
      ['0001', 'Smith', 'MA'],
      'field-count',
    ]);
    assert.deepEqual(read({ ...layout, shortLines: 'blank' }, 3, ['3']), [['3', null, null]]);
  });

  it('says all of its layout in the media type', () => {
    assert.deepEqual(layoutOf(mediaTypeOf(layout)), layout);
  });
});
