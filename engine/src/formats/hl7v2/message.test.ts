import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { FrameSplitter } from './frames.ts';
import { parseMessage } from './message.ts';
import type { Hl7Message } from './message.ts';
import { writeMessage, writeSegments } from './writer.ts';

const header = 'MSH|^~\\&|APP|FAC|||20240102||ADT^A01|1|P|2.5';

function parsed(text: string | Buffer): Hl7Message {
  const message = parseMessage(Buffer.isBuffer(text) ? text : Buffer.from(text, 'latin1'));
  assert.ok(message !== undefined);
  return message;
}

/** `OBX-5`, `OBX-5[2]`, `OBX-5.2`, `OBX-5.2.1`, `OBX(2)-5`: a place in a message, as text. */
function read(message: Hl7Message, path: string): string {
  const [, name, which, field, repetition, component, part] =
    /^(\w{3})(?:\((\d)\))?-(\d+)(?:\[(\d)\])?(?:\.(\d+))?(?:\.(\d+))?$/.exec(path) ?? [];
  const segment = message.segments.filter((each) => each.name === name)[Number(which ?? 1) - 1];
  const value = segment?.values(Number(field))[Number(repetition ?? 1) - 1];
  if (value === undefined) return '(absent)';
  if (component === undefined) return value.isNull ? '(null)' : value.whole();
  if (part === undefined) return value.text(Number(component));
  return value.component(Number(component)).text(Number(part));
}

interface ReadingCase {
  what: string;
  /** Lines after the usual header, joined by CR; or a whole message. */
  lines?: string;
  message?: string | Buffer;
  path: string;
  gives: string;
}

const escaped = (name: string): string => `OBX|1|ST|c||a\\${name}\\b`;

const reading: readonly ReadingCase[] = [
  { what: 'escape F: the field separator', lines: escaped('F'), path: 'OBX-5', gives: 'a|b' },
  { what: 'escape S: the component separator', lines: escaped('S'), path: 'OBX-5.1', gives: 'a^b' },
  {
    what: 'escape T: the subcomponent separator',
    lines: escaped('T'),
    path: 'OBX-5.1',
    gives: 'a&b',
  },
  { what: 'escape R: the repetition separator', lines: escaped('R'), path: 'OBX-5', gives: 'a~b' },
  { what: 'escape E: the escape itself', lines: escaped('E'), path: 'OBX-5', gives: 'a\\b' },
  {
    what: 'escape E then letters that look like one',
    lines: 'OBX|1|ST|c||\\E\\F\\E\\',
    path: 'OBX-5',
    gives: '\\F\\',
  },
  { what: 'escape X: one byte', lines: escaped('X41'), path: 'OBX-5', gives: 'aAb' },
  {
    what: 'escape X: several bytes, line end',
    lines: escaped('X0D0A'),
    path: 'OBX-5',
    gives: 'a\r\nb',
  },
  { what: 'escape X: small letters', lines: escaped('X7c'), path: 'OBX-5', gives: 'a|b' },
  {
    what: 'escape X: half a byte stays as written',
    lines: escaped('X4'),
    path: 'OBX-5',
    gives: 'a\\X4\\b',
  },
  { what: 'escape .br: a line end', lines: escaped('.br'), path: 'OBX-5', gives: 'a\nb' },
  { what: 'escape .sp with a count', lines: escaped('.sp2'), path: 'OBX-5', gives: 'a\n\nb' },
  { what: 'escape .sk with a count', lines: escaped('.sk3'), path: 'OBX-5', gives: 'a   b' },
  {
    what: 'escape .in: an indent leaves no trace',
    lines: escaped('.in+4'),
    path: 'OBX-5',
    gives: 'ab',
  },
  { what: 'escape .ce: begins a line', lines: escaped('.ce'), path: 'OBX-5', gives: 'a\nb' },
  {
    what: 'escape .sp of a million is bounded',
    lines: escaped('.sp1000000'),
    path: 'OBX-5',
    gives: `a${'\n'.repeat(99)}b`,
  },
  {
    what: 'escapes H and N: colour only',
    lines: 'OBX|1|ST|c||a\\H\\b\\N\\c',
    path: 'OBX-5',
    gives: 'abc',
  },
  {
    what: 'escape Z: local, stays as written',
    lines: escaped('Z99'),
    path: 'OBX-5',
    gives: 'a\\Z99\\b',
  },
  {
    what: 'escape that is not closed stays',
    lines: 'OBX|1|ST|c||a\\Fb',
    path: 'OBX-5',
    gives: 'a\\Fb',
  },
  {
    what: 'escape in a subcomponent',
    lines: 'OBX|1|ST|c||x^a&b\\T\\c',
    path: 'OBX-5.2.2',
    gives: 'b&c',
  },
  { what: 'repetition 2', lines: 'PID|1||11^^^A~22^^^B', path: 'PID-3[2].1', gives: '22' },
  { what: 'repetition that is not there', lines: 'PID|1||11', path: 'PID-3[2]', gives: '(absent)' },
  { what: 'an empty repetition before one', lines: 'PID|1||~22', path: 'PID-3[2].1', gives: '22' },
  { what: 'component 4, part 2', lines: 'PID|1||11^^^A&1.2&ISO', path: 'PID-3.4.2', gives: '1.2' },
  {
    what: 'a component asked for whole gives its first part',
    lines: 'PID|1||11^^^A&1.2',
    path: 'PID-3.4',
    gives: 'A',
  },
  { what: 'null', lines: 'PID|1||11|""', path: 'PID-4', gives: '(null)' },
  { what: 'absent is not null', lines: 'PID|1||11||', path: 'PID-4', gives: '(absent)' },
  { what: 'null component reads as nothing', lines: 'PID|1||11^""^x', path: 'PID-3.2', gives: '' },
  { what: 'fields beyond the last are absent', lines: 'PID|1', path: 'PID-30', gives: '(absent)' },
  { what: 'MSH-1 is the separator', lines: '', path: 'MSH-1', gives: '|' },
  { what: 'MSH-2 is not parted', lines: '', path: 'MSH-2', gives: '^~\\&' },
  { what: 'MSH-9 counts from the separator', lines: '', path: 'MSH-9.2', gives: 'A01' },
  {
    what: 'odd separators',
    message: 'MSH*!@%$*APP\rPID*1**11!!!A$1.2$ISO@22',
    path: 'PID-3.4.2',
    gives: '1.2',
  },
  {
    what: 'odd separators: escapes follow them',
    message: 'MSH*!@%$*APP\rPID*1**a%S%b',
    path: 'PID-3',
    gives: 'a!b',
  },
  {
    what: 'odd separators: the usual ones are text',
    message: 'MSH*!@%$*APP\rPID*1**a^b|c',
    path: 'PID-3',
    gives: 'a^b|c',
  },
  {
    what: 'only component and repetition named',
    message: 'MSH|^~|APP\rPID|1||a&b^c\\T\\d',
    path: 'PID-3.2',
    gives: 'c\\T\\d',
  },
  {
    what: 'truncation mark of v2.7',
    message: 'MSH|^~\\&#|APP\rOBX|1|ST|||a\\P\\b#',
    path: 'OBX-5',
    gives: 'a#b#',
  },
  {
    what: 'byte order mark',
    message: `\xef\xbb\xbf${header}\rPID|1||7`,
    path: 'PID-3',
    gives: '7',
  },
  { what: 'LF line ends', message: `${header}\nPID|1||7\nPV1|1|I\n`, path: 'PV1-2', gives: 'I' },
  {
    what: 'CRLF line ends',
    message: `${header}\r\nPID|1||7\r\nPV1|1|I\r\n`,
    path: 'PID-3',
    gives: '7',
  },
  {
    what: 'mixed line ends',
    message: `${header}\rPID|1||7\nPV1|1|I\r\nOBX|1|NM|c||5`,
    path: 'OBX-5',
    gives: '5',
  },
  {
    what: 'blank lines between and before',
    message: `\r\n\r\n${header}\r\r\rPID|1||7\r\r`,
    path: 'PID-3',
    gives: '7',
  },
  {
    what: 'MLLP marks around',
    message: `\x0b${header}\rPID|1||7\r\x1c\r`,
    path: 'PID-3',
    gives: '7',
  },
  { what: 'no line end at the end', message: `${header}\rPID|1||7`, path: 'PID-3', gives: '7' },
  { what: 'a segment that is missing', lines: 'PV1|1|I', path: 'PID-3', gives: '(absent)' },
  { what: 'a segment that repeats', lines: 'NK1|1|A\rNK1|2|B', path: 'NK1(2)-2', gives: 'B' },
  { what: 'a Z-segment', lines: 'ZPI|1|x^y', path: 'ZPI-2.2', gives: 'y' },
  { what: 'a segment with no fields', lines: 'PID\rPV1|1|I', path: 'PV1-2', gives: 'I' },
  {
    what: 'a line end inside a value',
    message: `${header}\rOBX|1|TX|c||one\ntwo\rPV1|1`,
    path: 'OBX-5',
    gives: 'one\ntwo',
  },
  { what: 'digits are kept', lines: 'OBX|1|NM|c||0.50', path: 'OBX-5', gives: '0.50' },
  { what: 'blanks are kept', lines: 'OBX|1|ST|c|| a  b ', path: 'OBX-5', gives: ' a  b ' },
];

const charsetCases: readonly { set: string; bytes: Buffer; gives: string }[] = [
  { set: '', bytes: Buffer.from('Müller'), gives: 'Müller' },
  { set: '', bytes: Buffer.from('M\xfcller', 'latin1'), gives: 'Müller' },
  { set: 'ASCII', bytes: Buffer.from('Ren\xe9', 'latin1'), gives: 'René' },
  { set: '8859/1', bytes: Buffer.from('M\xfcller', 'latin1'), gives: 'Müller' },
  { set: '8859/15', bytes: Buffer.from('\xa4', 'latin1'), gives: '€' },
  { set: '8859/2', bytes: Buffer.from([0xb3]), gives: 'ł' },
  { set: '8859/5', bytes: Buffer.from([0xd6]), gives: 'ж' },
  { set: 'UNICODE UTF-8', bytes: Buffer.from('山田^太郎'), gives: '山田' },
  { set: 'UTF-8', bytes: Buffer.from('Ω'), gives: 'Ω' },
  { set: 'UNICODE UTF-8', bytes: Buffer.from('Ren\xe9', 'latin1'), gives: 'René' },
  // ISO 2022: the second byte of a character may be a delimiter (0x5e, 0x7c, 0x7e, 0x26).
  { set: '~ISO IR87', bytes: Buffer.from('\x1b$B;3ED\x1b(B^x', 'latin1'), gives: '山田' },
  { set: 'ASCII~ISO IR87', bytes: Buffer.from('\x1b$B3|\x1b(B', 'latin1'), gives: '栢' },
  { set: 'GB 18030-2000', bytes: Buffer.from([0x81, 0x5e, 0x41]), gives: '乛A' },
  { set: 'BIG-5', bytes: Buffer.from([0xa5, 0x5c]), gives: '功' },
  { set: 'KS X 1001', bytes: Buffer.from([0xb1, 0xe8]), gives: '김' },
];

describe('HL7 v2 reading', () => {
  for (const { what, lines, message, path, gives } of reading) {
    test(what, () => {
      assert.equal(read(parsed(message ?? `${header}\r${lines ?? ''}`), path), gives);
    });
  }
  for (const { set, bytes, gives } of charsetCases) {
    test(`character set ${set || '(none)'}: ${gives}`, () => {
      const front = `MSH|^~\\&|A||||||ADT^A01|1|P|2.5||||||${set}\rPID|1||1||`;
      const message = parsed(Buffer.concat([Buffer.from(front, 'latin1'), bytes]));
      assert.equal(read(message, 'PID-5.1'), gives);
      assert.ok(writeMessage(message).equals(message.bytes));
    });
  }

  test('what cannot be right is told', () => {
    const problems = (text: string): readonly string[] => parsed(text).problems;
    assert.deepEqual(problems('MSH|ABCD|x\rPID|1'), ['delimiters-unusable']);
    assert.deepEqual(problems('MSH|^^\\&|x\rPID|1'), ['delimiters-unusable']);
    assert.deepEqual(problems(`${header}||||||KLINGON\rPID|1||||\xe9`), ['charset-unknown']);
    assert.deepEqual(problems(`${header}||||||UNICODE UTF-8\rPID|1||||\xe9`), ['charset-broken']);
    assert.deepEqual(problems(`${header}\rPID|1\nsecond line`), ['line-continued']);
    assert.equal(parseMessage(Buffer.from('PID|1||7')), undefined);
    assert.equal(parseMessage(Buffer.alloc(0)), undefined);
  });

  test('what was read is told apart from what was not', () => {
    const message = parsed(`${header}\rPID|1||11^^^A||Doe^Jo`);
    const pid = message.segments[1];
    assert.ok(pid !== undefined);
    assert.deepEqual(pid.unread(), ['PID-1', 'PID-3', 'PID-5']);
    pid.text(3);
    pid.value(5).whole();
    assert.deepEqual(pid.unread(), ['PID-1', 'PID-3.4']);
  });
});

describe('HL7 v2 framing', () => {
  const one = `${header}\rPID|1||1\r`;
  const two = `${header}\nPID|1||2\n`;
  const feed = Buffer.from(
    `\xef\xbb\xbfFHS|^~\\&|A\rBHS|^~\\&|A\r${one}\x1c\r\x0b${two}BTS|2\rFTS|1\r`,
    'latin1',
  );

  test('a batch comes apart into envelope and messages', () => {
    const splitter = new FrameSplitter();
    const frames = [...splitter.push(feed), ...splitter.finish()];
    assert.deepEqual(
      frames.map(({ kind }) => kind),
      ['envelope', 'envelope', 'message', 'message', 'envelope', 'envelope'],
    );
    assert.equal(frames[2]?.bytes.toString(), one);
    assert.equal(frames[3]?.bytes.toString(), two);
    for (const { bytes, offset } of frames) {
      assert.ok(feed.subarray(offset, offset + bytes.length).equals(bytes));
    }
  });

  test('chunks of any size give the same pieces', () => {
    const whole = framesOf(feed, [feed.length]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        assert.deepEqual(framesOf(feed, sizes), whole);
      }),
    );
  });

  test('stray bytes and a message that is too long are told, and the next one is whole', () => {
    const long = `${header}\rOBX|1|ST|||${'x'.repeat(500)}\r`;
    const text = Buffer.from(`stray\r${long}${one}`);
    for (const size of [7, 100, text.length]) {
      const frames = framesOf(text, [size], 200);
      assert.deepEqual(
        frames.map(({ kind, cut }) => (cut ? 'cut' : kind)),
        ['stray', 'cut', 'message'],
      );
      assert.equal(frames[2]?.text, one);
    }
  });

  test('text between the segments of an envelope and its messages is told, with its place', () => {
    const text = `BHS|^~\\&|A\r\nPID|1||lost\rOBX|1\r\n${one}BTS|1\rFTSuffix\r\rFTS|1\rend`;
    const whole = framesOf(Buffer.from(text), [text.length]);
    assert.deepEqual(
      whole.map(({ kind, text: piece }) => [kind, piece]),
      [
        ['envelope', 'BHS|^~\\&|A\r\n'],
        ['stray', 'PID|1||lost\rOBX|1\r\n'],
        ['message', one],
        ['envelope', 'BTS|1\r'],
        ['stray', 'FTSuffix\r'],
        ['envelope', 'FTS|1\r'],
        ['stray', 'end'],
      ],
    );
    for (const { offset, text: piece } of whole) assert.equal(text.indexOf(piece), offset);
    for (const size of [1, 2, 3, 5, 11]) {
      assert.deepEqual(framesOf(Buffer.from(text), [size]), whole);
    }
  });

  test('files with byte order marks that were joined come apart', () => {
    const mark = '\xef\xbb\xbf';
    const text = `${mark}BHS|^~\\&|A\r${mark}${one}${mark}\r${one}BTS|2\r${mark}FTS|1\r${mark}end`;
    const bytes = Buffer.from(text, 'latin1');
    const whole = framesOf(bytes, [bytes.length]);
    assert.deepEqual(
      whole.map(({ kind }) => kind),
      ['envelope', 'message', 'message', 'envelope', 'envelope', 'stray'],
    );
    for (const size of [1, 2, 3, 4, 5, 6, 7, 11]) assert.deepEqual(framesOf(bytes, [size]), whole);
  });

  test('what is cut off behind an envelope segment is told as cut, in chunks of any size', () => {
    const text = Buffer.from(`BHS|^~\\&|A\r${'x'.repeat(500)}\rBTS|${'y'.repeat(500)}\r${one}`);
    for (const size of [1, 7, 100, text.length]) {
      assert.deepEqual(
        framesOf(text, [size], 200).map(({ kind, cut, text: piece }) => [kind, cut, piece.length]),
        [
          ['envelope', false, 11],
          ['stray', true, 200],
          ['stray', true, 200],
          ['message', false, one.length],
        ],
      );
    }
  });

  function framesOf(bytes: Buffer, sizes: readonly number[], longest?: number) {
    const splitter = new FrameSplitter(longest);
    const frames = [];
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] as number;
      frames.push(...splitter.push(bytes.subarray(at, at + size)));
      at += size;
    }
    frames.push(...splitter.finish());
    return frames.map(({ kind, bytes: piece, offset, cut }) => ({
      kind,
      offset,
      cut,
      text: piece.toString('latin1'),
    }));
  }
});

describe('HL7 v2 writing', () => {
  const msh = { name: 'MSH', fields: ['APP'] };

  test('every delimiter is escaped, null and absence are told apart', () => {
    const bytes = writeSegments([
      msh,
      {
        name: 'PID',
        fields: ['1', undefined, { repeat: [['1', null, undefined, ['A', '1.2']], '2'] }],
      },
      { name: 'OBX', fields: ['a|b^c~d\\e&f\rg', null, '', ''] },
    ]);
    assert.equal(
      bytes.toString(),
      'MSH|^~\\&|APP\rPID|1||1^""^^A&1.2~2\rOBX|a\\F\\b\\S\\c\\R\\d\\E\\e\\T\\f\\X0D\\g|""\r',
    );
  });

  test('other delimiters and sets', () => {
    const marks = {
      field: '*',
      component: '!',
      repetition: '@',
      escape: '%',
      subcomponent: '$',
      truncation: '',
    };
    const bytes = writeSegments([msh, { name: 'PID', fields: [['a*b', 'ł']] }], {
      marks,
      charset: '8859/2',
    });
    assert.equal(bytes.toString('latin1'), 'MSH*!@%$*APP\rPID*a%F%b!\xb3\r');
  });

  test('a character that the set lacks is refused, not replaced', () => {
    assert.throws(
      () => writeSegments([msh, { name: 'PID', fields: ['Ω'] }], { charset: '8859/1' }),
      { code: 'hl7-charset-unsupported' },
    );
    assert.throws(() => writeSegments([msh], { charset: 'KLINGON' }), {
      code: 'hl7-charset-unsupported',
    });
  });

  test('whatever text is written is read again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        if (!text.isWellFormed() || text === '""') return;
        const front = { name: 'MSH', fields: [...Array<string>(15).fill(''), 'UNICODE UTF-8'] };
        const bytes = writeSegments([front, { name: 'OBX', fields: ['x', [text, 'end']] }]);
        assert.equal(parsed(bytes).segments[1]?.value(2).text(1), text);
      }),
    );
  });
});

describe('R13 HL7 v2 hostile input is bounded', () => {
  const anyBytes = fc.uint8Array({ maxLength: 400 });
  const likely = fc
    .array(fc.constantFrom(...'|^~\\&\r\n"X.4MSHPIDOBX\x1b\x0b\x1c\xe9 '.split('')), {
      maxLength: 300,
    })
    .map((letters) => Buffer.from(`MSH|^~\\&|${letters.join('')}`, 'latin1'));

  test('any bytes: no crash, no loss, the same bytes again', () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, likely), (bytes) => {
        const message = parseMessage(Buffer.from(bytes));
        if (message === undefined) return;
        for (const segment of message.segments) {
          segment.fields.forEach((_, at) => segment.values(at).forEach((value) => value.whole()));
          assert.deepEqual(segment.unread(), []);
        }
        assert.ok(writeMessage(message).equals(message.bytes));
      }),
      { numRuns: 2000 },
    );
  });

  for (const mark of ['|', '~', '^', '&']) {
    test(`more parts than are told apart (${mark}) are not lost`, () => {
      const bytes = Buffer.from(`MSH|^~\\&|A\rOBX|1|ST|a${`${mark}b`.repeat(50_000)}|end\r`);
      const message = parseMessage(bytes);
      assert.ok(message !== undefined);
      const obx = message.segments[1];
      obx?.values(3).forEach((value) => value.text(1));
      const unread = obx?.unread() ?? [];
      assert.ok(unread.includes(mark === '|' ? 'OBX-19999' : 'OBX-4'));
      assert.equal(unread.includes('OBX-3.30'), mark === '^');
      assert.ok(writeMessage(message).equals(bytes));
    });
  }

  test('any bytes in any chunks: every piece is told', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anyBytes, likely)), (chunks) => {
        const splitter = new FrameSplitter(256);
        const feed = Buffer.concat(chunks);
        const frames = chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk)));
        for (const { bytes, offset } of [...frames, ...splitter.finish()]) {
          assert.ok(
            bytes.length <= 256 && feed.subarray(offset, offset + bytes.length).equals(bytes),
          );
        }
      }),
    );
  });

  for (const [what, body] of [
    ['separators', '|^~&'.repeat(500_000)],
    ['escapes', '\\X'.repeat(500_000)],
    ['line ends', '\r\n'.repeat(500_000)],
    ['continued lines', '\rxx'.repeat(200_000)],
    ['segments', '\rPID|1'.repeat(300_000)],
    ['shifts', '\x1b$B'.repeat(300_000)],
  ] as const) {
    test(`two megabytes of ${what} are read in linear time`, () => {
      const front = 'MSH|^~\\&|A||||||ADT^A01|1|P|2.5||||||~ISO IR87\rOBX|1|ST|||';
      const started = performance.now();
      const message = parseMessage(Buffer.from(`${front}${body}`, 'latin1'));
      message?.segments.forEach((segment) => segment.text(5));
      assert.ok(performance.now() - started < 5000);
    });
  }
});
