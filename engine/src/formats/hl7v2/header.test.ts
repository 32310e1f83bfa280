import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { headerOf, identityOf, messageType } from './header.ts';
import { parseMessage } from './message.ts';

const long = 'x'.repeat(3_000);

/** Beginnings of messages that readers of a first line disagree about. */
const heads: readonly (readonly [what: string, text: string])[] = [
  ['the usual', 'MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\rPID|1\r'],
  ['a byte order mark and a blank line', '\xef\xbb\xbf\r\nMSH|^~\\&|A|B|||1||ADT|1\r\nPID|1'],
  ['other delimiters', 'MSH#*~\\&#A#B#C#D#1##ORU*R01#7\rPID#1\r'],
  ['delimiters that part nothing', 'MSH|^^^^|A|B|||1||ADT^A01|1\rPID|1\r'],
  ['letters for delimiters', 'MSHxABC\rPID|1\r'],
  ['a header over two lines', 'MSH|^~\\&|A|B\nC|D|20260101||ADT^A01|1|P|2.5\rPID|1\r'],
  ['a long header', `MSH|^~\\&|A|${long}|||1||ADT^A01|1\rPID|1\r`],
  ['a long line behind the header', `MSH|^~\\&|A|B|||1||ADT^A01|1\r${long}\rPID|1\r`],
  ['blanks around values', 'MSH|^~\\&| A |B |||1||ADT ^A01| 1 \rPID|1\r'],
  [
    'delimiters inside of characters',
    'MSH|^~\\&|\x83\x7c\x83\x5e|B|||1||ADT^A01|1|P|2.5||||||ISO IR14\rPID|1\r',
  ],
  ['an end block', 'MSH|^~\\&|A|B|||1||ADT^A01|1\x1c\rPID|1'],
  ['no name of a type', 'MSH|^~\\&|A|B|||1||SMITH JOHN|1\rPID|1\r'],
];

describe('HL7 v2 header', () => {
  for (const [what, text] of heads) {
    test(`is read as the whole message has it: ${what}`, () => same(Buffer.from(text, 'latin1')));
  }

  test('is read as the whole message has it, of any bytes', () => {
    const piece = fc.oneof(
      fc.constantFrom(...heads.map(([, text]) => text), 'MSH|^~\\&|', '\r', '\n', '|', 'ADT^A01'),
      fc.string({ maxLength: 8 }),
      fc.constantFrom('||||||||||||||', 'ISO IR87', 'UTF-8', '\x1b$B', '\x0b', '\x1c'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) =>
        same(Buffer.from(pieces.join(''), 'latin1')),
      ),
    );
  });

  test('names the type and tells messages apart', () => {
    const header = headerOf(Buffer.from(heads[8]?.[1] ?? '', 'latin1'));
    assert.ok(header);
    assert.equal(messageType(header), 'ADT');
    assert.deepEqual(identityOf(header), ['A', 'B', '1', '1']);
  });
});

function same(bytes: Buffer): void {
  const whole = parseMessage(bytes)?.segments[0];
  const header = headerOf(bytes);
  assert.equal(header === undefined, whole === undefined);
  assert.deepEqual(header?.segment.fields, whole?.fields);
  assert.deepEqual(
    [3, 9, 10, 18].map((field) => header?.segment.text(field)),
    [3, 9, 10, 18].map((field) => whole?.text(field)),
  );
}
