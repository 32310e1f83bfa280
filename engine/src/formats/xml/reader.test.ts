import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { XmlElement } from './element.ts';
import { xmlText } from './encoding.ts';
import { readXml } from './reader.ts';
import type { XmlProblem } from './reader.ts';

const rules = {
  namespaces: new Map([
    ['urn:main', ''],
    ['urn:other', 'other'],
  ]),
  maxDepth: 20,
};

function read(text: string): XmlElement[] | XmlProblem {
  return readXml(text, rules);
}

/** An element with what is in it, in a form that can be compared. */
function shown(element: XmlElement): string {
  const inside = element.content.map((each) => (typeof each === 'string' ? each : shown(each)));
  return `${element.name}(${inside.join('')})`;
}

describe('XML as it is read', () => {
  const texts: readonly (readonly [what: string, text: string, read: string])[] = [
    ['an empty element', '<a/>', 'a()'],
    ['elements and words in their order', '<a>one<b>two</b>three</a>', 'a(oneb(two)three)'],
    ['layout left out', '<a>\n  <b/>\n</a>', 'a(b())'],
    ['a space between words kept', '<a><b>x</b> <b>y</b></a>', 'a(b(x) b(y))'],
    ['references resolved', '<a>&lt;&amp;&#65;&#x42;&quot;&apos;&gt;</a>', 'a(<&AB"\'>)'],
    ['CDATA as it stands', '<a><![CDATA[<b>&amp;]]></a>', 'a(<b>&amp;)'],
    [
      'comments and instructions passed over',
      '<?xml version="1.0"?><!-- <x> --><a><?p x?></a>',
      'a()',
    ],
    ['a default namespace', '<a xmlns="urn:main"><b/></a>', 'a(b())'],
    ['the main namespace under a prefix', '<m:a xmlns:m="urn:main"><m:b/></m:a>', 'a(b())'],
    ['another namespace under any prefix', '<a xmlns:z="urn:other"><z:b/></a>', 'a(other:b())'],
    [
      'a prefix bound inside, and no further',
      '<a><z:b xmlns:z="urn:other"/><z:c/></a>',
      'a(other:b()z:c())',
    ],
    ['a prefix that nothing binds', '<sdtc:a/>', 'sdtc:a()'],
    ['CRLF in a tag', '<a\r\n  x="1"\r\n/>', 'a()'],
  ];
  for (const [what, text, expected] of texts) {
    test(what, () => {
      const roots = read(text);
      assert.ok(!('code' in roots), 'it is read');
      assert.equal(roots.map(shown).join(''), expected);
    });
  }

  test('several elements at the top of a fragment', () => {
    const roots = read('<a/> <b/>');
    assert.ok(!('code' in roots));
    assert.deepEqual(roots.map(shown), ['a()', 'b()']);
  });

  test('attributes in either quotes, with their references', () => {
    const roots = read(`<a one="1 &gt; 0" two='say "so"' three = "3"/>`);
    assert.ok(!('code' in roots));
    const [a] = roots;
    assert.deepEqual(
      ['one', 'two', 'three'].map((name) => a?.attribute(name)),
      ['1 > 0', 'say "so"', '3'],
    );
  });
});

describe('XML that is refused, with its place', () => {
  const refused: readonly (readonly [what: string, text: string, code: string, offset: number])[] =
    [
      ['nothing', '', 'xml-not-well-formed', 0],
      ['words alone', 'hello', 'xml-not-well-formed', 0],
      ['an end without a beginning', '<a></a></b>', 'xml-not-well-formed', 7],
      ['a beginning without an end', '<a><b></b>', 'xml-not-well-formed', 10],
      ['another end than the beginning', '<a><b></a></b>', 'xml-not-well-formed', 6],
      ['an attribute twice', '<a x="1" x="2"/>', 'xml-not-well-formed', 14],
      ['an attribute without quotes', '<a x=1/>', 'xml-not-well-formed', 3],
      ['a tag cut short', '<a x="1"', 'xml-not-well-formed', 8],
      ['a comment without an end', '<a><!-- x</a>', 'xml-not-well-formed', 3],
      ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'xml-doctype', 0],
      ['an entity of its own', '<a>&x;</a>', 'xml-entity-unknown', 3],
      ['an ampersand alone', '<a>x & y</a>', 'xml-entity-unknown', 3],
      ['a character that is none', '<a>&#0;</a>', 'xml-entity-unknown', 3],
      ['more depth than is bounded', '<a>'.repeat(21) + '</a>'.repeat(21), 'xml-too-deep', 60],
    ];
  for (const [what, text, code, offset] of refused) {
    test(what, () => assert.deepEqual(read(text), { code, offset }));
  }

  test('R13 a million open tags take no time and no stack', () => {
    const started = process.cpuUsage();
    assert.equal((read('<a>'.repeat(1e6)) as XmlProblem).code, 'xml-too-deep');
    assert.equal((read(`<a ${'x="1" '.repeat(1e4)}/>`) as XmlProblem).code, 'xml-not-well-formed');
    assert.equal((read(`<a>${'&'.repeat(1e6)}</a>`) as XmlProblem).code, 'xml-entity-unknown');
    assert.equal((read(`<a ${' '.repeat(1e6)}`) as XmlProblem).code, 'xml-not-well-formed');
    assert.ok(process.cpuUsage(started).user < 5e6, 'less than five seconds');
  });

  test('R13 whatever the characters are, it is read or refused', () => {
    const pieces = fc.constantFrom(
      '<a',
      '>',
      '</a>',
      '/>',
      ' x="',
      '"',
      '<!--',
      '-->',
      '&amp;',
      '&',
      ']]>',
      '<![CDATA[',
      'é',
      '\u0000',
      '<?',
      '?>',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 40 }), (parts) => {
        const found = read(parts.join(''));
        assert.ok('code' in found || found.length > 0);
      }),
      { numRuns: Number(process.env['HANDOVER_FUZZ'] ?? 2000) },
    );
  });
});

describe('what was read of an element', () => {
  test('values that nobody took are named', () => {
    const roots = read('<a x="1" y="2">words<b z="3"/></a>');
    assert.ok(!('code' in roots));
    const [a] = roots as [XmlElement];
    assert.deepEqual([a.isRead, a.unread()], [false, ['x', 'y', '#text']]);
    a.attribute('y');
    assert.deepEqual(a.unread(), ['x', '#text']);
    assert.equal(a.text, 'words');
    a.attribute('x');
    assert.deepEqual([a.isRead, a.unread()], [true, []]);
    assert.deepEqual([a.wasReadWhole, a.child('b')?.isRead], [false, false]);
    a.readWhole();
    // Whoever asks what is unread need not look inside.
    assert.equal(a.wasReadWhole, true);
  });

  test('looking without taking leaves it unread', () => {
    const roots = read('<a x="1"/>') as XmlElement[];
    assert.equal(roots[0]?.peek('x'), '1');
    assert.equal(roots[0]?.isRead, false);
  });
});

describe('the characters of a document', () => {
  const declared = '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>';
  const encodings: readonly (readonly [
    what: string,
    bytes: Uint8Array,
    end: string | undefined,
  ])[] = [
    ['UTF-8 without a word', Buffer.from('<a>é</a>'), '<a>é</a>'],
    ['a byte order mark', Buffer.from('\ufeff<a>é</a>'), '<a>é</a>'],
    ['UTF-16 with its mark', Buffer.from('\ufeff<a>é</a>', 'utf16le'), '<a>é</a>'],
    ['UTF-16 without', Buffer.from('<a>é</a>', 'utf16le'), '<a>é</a>'],
    ['as declared', Buffer.from(declared, 'latin1'), declared],
    [
      'UTF-8 that says it is UTF-16',
      Buffer.from('<?xml version="1.0" encoding="utf-16"?><a/>'),
      '<?xml version="1.0" encoding="utf-16"?><a/>',
    ],
    ['bytes that are not UTF-8', Buffer.from('<a>é</a>', 'latin1'), undefined],
    [
      'an encoding nobody knows',
      Buffer.from('<?xml version="1.0" encoding="x-none"?><a/>'),
      undefined,
    ],
  ];
  for (const [what, bytes, text] of encodings) test(what, () => assert.equal(xmlText(bytes), text));
});
