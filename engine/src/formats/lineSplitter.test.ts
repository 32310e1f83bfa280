import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { DelimitedLayout } from '../model/recordLayout.ts';
import { encodeDelimitedRow } from './delimitedText.ts';
import { LineSplitter, type LineEnd } from './lineSplitter.ts';
import { asUnits, lineUnits } from './lineUnits.ts';

const csv: DelimitedLayout = {
  kind: 'delimited',
  charset: 'utf-8',
  delimiter: ',',
  quote: '"',
  escape: 'doubled',
  nullIs: '',
};

const lf: LineEnd = 'lf';

interface Split {
  record: string;
  lines: number;
}

function split(text: string, { layout = csv, ends = lf, longest = 1 << 20 } = {}): Split[] {
  const bytes = Buffer.from(text);
  const splitter = new LineSplitter(layout, ends, longest);
  const found: Split[] = [];
  for (let at = 0; at < bytes.length; at = splitter.next) {
    splitter.find(bytes, at, bytes.length);
    found.push({ record: bytes.toString('utf8', at, splitter.end), lines: splitter.lines });
  }
  return found;
}

const records = (text: string, options = {}): string[] =>
  split(text, options).map(({ record }) => record);

describe('line splitter', () => {
  it('ends records at line ends of every kind, but not inside quotes', () => {
    assert.deepEqual(records('a,b\nc,d\r\ne,f'), ['a,b', 'c,d', 'e,f']);
    assert.deepEqual(records('a,"x\ny"\nb,"""\r\n"\n'), ['a,"x\ny"', 'b,"""\r\n"']);
    assert.deepEqual(records('a\nb\r\nc\r\n', { ends: 'crlf' }), ['a\nb', 'c']);
    assert.deepEqual(records('a\rb\r"c\rd"\r', { ends: 'cr' }), ['a', 'b', '"c\rd"']);
    assert.deepEqual(records('\n\na\n'), ['', '', 'a']);
  });

  it('takes a quote for one only where a field begins', () => {
    assert.deepEqual(records('1,5" pipe\n2,O"Brien,"x"\n'), ['1,5" pipe', '2,O"Brien,"x"']);
    const pipes = { layout: { ...csv, delimiter: '||' } };
    assert.deepEqual(records('a||"x\ny"\nb|"z\n', pipes), ['a||"x\ny"', 'b|"z']);
    const none = { layout: { ...csv, quote: '' } };
    assert.deepEqual(records('"a\nb"\n', none), ['"a', 'b"']);
  });

  it('lets a backslash hide a quote where the file is written so', () => {
    const layout = { ...csv, escape: 'backslash' as const };
    assert.deepEqual(records('"a\\"\n",b\n"c\\\\"\nd', { layout }), ['"a\\"\n",b', '"c\\\\"', 'd']);
  });

  it('lets broken quotes cost one line, and goes on behind it', () => {
    assert.deepEqual(records('1,"open\n2,x\n3,y\n'), ['1,"open', '2,x', '3,y']);
    assert.deepEqual(records('1,"he said "hi" to\n2,"x\ny"\n'), ['1,"he said "hi" to', '2,"x\ny"']);
    const far = `1,"${'x\n'.repeat(200)}",2\n3,4\n`;
    assert.equal(records(far, { longest: 300 })[0], '1,"x');
    assert.deepEqual(records(far, { longest: 300 }).slice(-2), ['",2', '3,4']);
    assert.equal(records(far)[1], '3,4');
  });

  it('cuts what is longer than a record may be', () => {
    const pieces = records(`${'x'.repeat(250)}\nb\n`, { longest: 100 });
    assert.deepEqual(
      pieces.map(({ length }) => length),
      [100, 100, 50, 1],
    );
  });

  it('counts the lines that a record takes up', () => {
    const text = 'a,"1\n2\r\n3"\nb\n"open\nc\n';
    assert.deepEqual(
      split(text).map(({ lines }) => lines),
      [3, 1, 1, 1],
    );
  });

  it('finds what was written, wherever it begins', () => {
    const field = fc.option(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'é') }));
    const row = fc.tuple(field, field);
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
        const lines = rows.map((one) => encodeDelimitedRow(one));
        assert.deepEqual(records(lines.map((line) => `${line}\r\n`).join('')), lines);
      }),
    );
  });

  it('passes over no byte, and decides alike when it starts at any record', () => {
    const wild = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\\'),
      maxLength: 60,
    });
    const longest = fc.integer({ min: 3, max: 80 });
    fc.assert(
      fc.property(wild, longest, (text, bound) => {
        const bytes = Buffer.from(text);
        const ends: [number, number][] = [];
        const splitter = new LineSplitter(csv, 'lf', bound);
        for (let at = 0; at < bytes.length; at = splitter.next) {
          splitter.find(bytes, at, bytes.length);
          assert.ok(splitter.next > at && splitter.end <= splitter.next);
          assert.match(bytes.toString('utf8', splitter.end, splitter.next), /^(\r?\n)?$/);
          ends.push([at, splitter.next]);
        }
        for (const [start, next] of ends) {
          const again = new LineSplitter(csv, 'lf', bound);
          again.find(bytes, start, bytes.length);
          assert.equal(again.next, next);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('works on 16-bit units of either byte order', () => {
    for (const charset of ['utf-16le', 'utf-16be'] as const) {
      const bytes = Buffer.from('ā,"\n"\nĊ,b\n', 'utf16le');
      const units = asUnits(charset === 'utf-16be' ? bytes.swap16() : bytes, charset);
      const splitter = new LineSplitter({ ...csv, charset }, 'lf', 1_000);
      splitter.find(units, 0, units.length);
      assert.deepEqual([splitter.end, splitter.next], [5, 6]);
    }
  });

  it('knows how a delimiter is written in every character set', () => {
    assert.deepEqual([...lineUnits('¦', 'utf-8')], [0xc2, 0xa6]);
    assert.deepEqual([...lineUnits('¦', 'windows-1252')], [0xa6]);
    assert.deepEqual([...lineUnits('¦', 'utf-16be')], [0xa6]);
    assert.equal(lineUnits('→', 'windows-1252').length, 0);
  });
});
