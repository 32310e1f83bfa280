import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { Loop } from './loop.ts';
import type { X12Segment } from './segment.ts';
import {
  billingProvider,
  claimBody,
  claimLoop,
  header,
  interchange,
  problemsOf,
  professional,
  readAll,
  remittance,
  remittanceBody,
  submitter,
  subscriber,
  transaction,
  transactionsOf,
} from './testing.ts';
import { rewriteSegment, writeSegment } from './writer.ts';

const claims = interchange(professional, transaction(professional, claimBody));

/** An interchange whose only claim is changed by hand. */
function changed(change: (segments: string[]) => string[]): string {
  return interchange(professional, transaction(professional, change([...claimBody])));
}

const replace =
  (from: string, ...to: string[]) =>
  (segments: string[]): string[] =>
    segments.flatMap((each) => (each.startsWith(from) ? to : [each]));

interface ReadingCase {
  what: string;
  text: string;
  segment?: string;
  gives: (segment: X12Segment) => unknown;
  is: unknown;
}

function firstSegment(text: string, id: string): X12Segment {
  const find = (loop: Loop): X12Segment | undefined =>
    loop.segment(id) ?? loop.loops.map(find).find((each) => each !== undefined);
  const [first] = transactionsOf(readAll(text));
  const found = first?.root === undefined ? undefined : find(first.root);
  assert.ok(found !== undefined, `no segment ${id}`);
  return found;
}

const withNote = (note: string): string => changed(replace('HI', note, 'HI*ABK:J45909'));

const reading: readonly ReadingCase[] = [
  { what: 'an element', text: claims, segment: 'CLM', gives: (s) => s.text(1), is: 'CLAIM1' },
  { what: 'an empty element', text: claims, segment: 'CLM', gives: (s) => s.text(3), is: '' },
  {
    what: 'an element past the end',
    text: claims,
    segment: 'CLM',
    gives: (s) => s.text(40),
    is: '',
  },
  { what: 'a component', text: claims, segment: 'CLM', gives: (s) => s.part(5, 2), is: 'B' },
  {
    what: 'a component past the end',
    text: claims,
    segment: 'CLM',
    gives: (s) => s.part(5, 9),
    is: '',
  },
  {
    what: 'an element with one component',
    text: claims,
    segment: 'CLM',
    gives: (s) => s.part(1, 1),
    is: 'CLAIM1',
  },
  { what: 'how many components', text: claims, segment: 'SV1', gives: (s) => s.parts(7), is: 2 },
  {
    what: 'a line end inside of a segment, as of a wrapped file',
    text: claims.replace('BILLING SERVICE', 'BILLING\r\n SERVICE'),
    segment: 'NM1',
    gives: (s) => s.text(3),
    is: 'BILLING SERVICE',
  },
  {
    what: 'bytes that are UTF-8',
    text: claims.replace('BILLING', Buffer.from('Büro').toString('latin1')),
    segment: 'NM1',
    gives: (s) => s.text(3),
    is: 'Büro SERVICE',
  },
  {
    what: 'bytes that are ISO 8859-1',
    text: claims.replace('BILLING', 'B\u00fcro'),
    segment: 'NM1',
    gives: (s) => s.text(3),
    is: 'Büro SERVICE',
  },
  {
    what: 'unread places: whole elements and components',
    text: claims,
    segment: 'CLM',
    gives: (s) => (s.text(1), s.part(5, 1), s.unread()),
    is: ['CLM-2', 'CLM-5.2', 'CLM-5.3', 'CLM-6', 'CLM-7', 'CLM-8', 'CLM-9'],
  },
  {
    what: 'looking at an element does not read it',
    text: withNote('NTE*ADD*WORDS'),
    segment: 'NTE',
    gives: (s) => (s.peek(2), s.unread()),
    is: ['NTE-1', 'NTE-2'],
  },
  {
    what: 'spaces around a value',
    text: withNote('NTE*ADD* WORDS '),
    segment: 'NTE',
    gives: (s) => s.text(2),
    is: 'WORDS',
  },
  {
    what: 'its place in the transaction',
    text: claims,
    segment: 'BHT',
    gives: (s) => s.position,
    is: 2,
  },
  {
    what: 'its place in the file',
    text: claims,
    segment: 'BHT',
    gives: (s) => s.offset,
    is: claims.indexOf('BHT'),
  },
];

describe('x12: reading', () => {
  for (const { what, text, segment = 'NM1', gives, is } of reading) {
    test(`x12: reads ${what}`, () => assert.deepEqual(gives(firstSegment(text, segment)), is));
  }

  test('x12: repetitions of an element', () => {
    const body = [
      'BHT*0022*11*REF*20260101*1200',
      ...['HL*1**20*1', 'NM1*PR*2*PAYER*****PI*P', 'HL*2*1*21*1', 'NM1*1P*2*CLINIC*****XX*1'],
      ...['HL*3*2*22*0', 'NM1*IL*1*DOE*JO****MI*M', 'EB*1**30^33^35'],
    ];
    const text = interchange('271 005010X279A1', transaction('271 005010X279A1', body));
    assert.deepEqual(problemsOf(readAll(text)), []);
    assert.deepEqual(firstSegment(text, 'EB').repetitions(3), ['30', '33', '35']);
  });
});

interface Case {
  what: string;
  text: string;
  /** `code place`; `!` before it where it refuses. */
  problems: readonly string[];
}

const isa = (from: string, to: string): string => claims.replace(from, to);
const two = `${claims}${claims}`;
const set = transaction(professional, claimBody);

const envelopes: readonly Case[] = [
  { what: 'one interchange', text: claims, problems: [] },
  { what: 'two interchanges', text: two, problems: [] },
  { what: 'a line end after each terminator', text: claims.replaceAll('~', '~\n'), problems: [] },
  { what: 'CRLF after each terminator', text: claims.replaceAll('~', '~\r\n'), problems: [] },
  { what: 'a space and a line end after each', text: claims.replaceAll('~', '~ \n'), problems: [] },
  { what: 'a line end as the terminator', text: claims.replaceAll('~', '\n'), problems: [] },
  {
    what: 'control characters as delimiters',
    text: claims
      .replaceAll('*', '\x1d')
      .replaceAll(':', '\x1f')
      .replaceAll('~', '\x1c')
      .replace('^', '\x1e'),
    problems: [],
  },
  {
    what: 'odd delimiters',
    text: claims.replaceAll('*', '|').replaceAll(':', '>').replaceAll('~', '!'),
    problems: [],
  },
  { what: 'a byte order mark', text: `\u00ef\u00bb\u00bf${claims}`, problems: [] },
  { what: 'blank lines before and after', text: `\r\n\n${claims}\n\n  `, problems: [] },
  { what: 'U as ISA11', text: isa('*^*', '*U*'), problems: [] },
  { what: 'nothing', text: '', problems: [] },
  { what: 'blanks alone', text: ' \r\n', problems: [] },
  {
    what: 'two groups',
    text: claims.replace('IEA*1', `GS*HC*S*R*20260101*1200*2*X*005010X222A1~${set}GE*1*2~IEA*2`),
    problems: [],
  },
  {
    what: 'two transactions',
    text: interchange(professional, set, transaction(professional, claimBody, '0002')),
    problems: [],
  },
  {
    what: 'TA1 before the group',
    text: claims.replace('GS*', 'TA1*000000005*260101*1200*A*000~GS*'),
    problems: [],
  },
  { what: 'no ISA', text: claims.slice(106), problems: ['!x12-no-interchange ISA'] },
  {
    what: 'words before the ISA',
    text: `mail from a clearinghouse\n${claims}`,
    problems: ['!x12-no-interchange ISA'],
  },
  { what: 'words after the IEA', text: `${claims}and more`, problems: ['!x12-no-interchange ISA'] },
  {
    what: 'an ISA that is too short',
    text: isa('ISA*00*          *', 'ISA*00*         *'),
    problems: ['!x12-header-unreadable ISA'],
  },
  {
    what: 'an ISA that is too long',
    text: isa('ISA*00*          *', 'ISA*00*           *'),
    problems: ['!x12-header-unreadable ISA'],
  },
  {
    what: 'an ISA that is cut',
    text: claims.slice(0, 60),
    problems: ['!x12-header-unreadable ISA'],
  },
  {
    what: 'an ISA whose separators are the same',
    text: isa('*T*:~', '*T**~'),
    problems: ['!x12-header-unreadable ISA'],
  },
  {
    what: 'an ISA with a letter as component separator',
    text: isa('*T*:~', '*T*A~'),
    problems: ['!x12-header-unreadable ISA'],
  },
  {
    what: 'SE01 above what came',
    text: isa('SE*27*', 'SE*28*'),
    problems: ['!x12-count-short SE-1@27'],
  },
  {
    what: 'SE01 below what came',
    text: isa('SE*27*', 'SE*26*'),
    problems: ['x12-count-over SE-1@27'],
  },
  {
    what: 'SE01 that is no number',
    text: isa('SE*27*', 'SE*X*'),
    problems: ['!x12-count-unreadable SE-1@27'],
  },
  {
    what: 'SE01 that is missing',
    text: isa('SE*27*', 'SE**'),
    problems: ['!x12-count-unreadable SE-1@27'],
  },
  {
    what: 'SE02 of another',
    text: isa('SE*27*0001', 'SE*27*0002'),
    problems: ['!x12-control-number SE-2@27'],
  },
  {
    what: 'SE02 with other zeros',
    text: isa('SE*27*0001', 'SE*27*1'),
    problems: ['x12-control-number SE-2@27'],
  },
  {
    what: 'GE01 above what came',
    text: isa('GE*1*', 'GE*2*'),
    problems: ['!x12-count-short GE-1'],
  },
  { what: 'GE01 below what came', text: isa('GE*1*', 'GE*0*'), problems: ['x12-count-over GE-1'] },
  {
    what: 'GE02 of another',
    text: isa('GE*1*1', 'GE*1*2'),
    problems: ['!x12-control-number GE-2'],
  },
  {
    what: 'IEA01 above what came',
    text: isa('IEA*1*', 'IEA*3*'),
    problems: ['!x12-count-short IEA-1'],
  },
  {
    what: 'IEA01 below what came',
    text: isa('IEA*1*', 'IEA*0*'),
    problems: ['x12-count-over IEA-1'],
  },
  {
    what: 'IEA02 of another',
    text: isa('IEA*1*000000001', 'IEA*1*000000002'),
    problems: ['x12-control-number IEA-2'],
  },
  {
    what: 'no SE',
    text: claims.replace(/SE\*27\*0001~/, ''),
    problems: ['!x12-trailer-missing SE@27'],
  },
  { what: 'no GE', text: isa('GE*1*1~', ''), problems: ['!x12-trailer-missing GE'] },
  { what: 'no IEA', text: isa('IEA*1*000000001~', ''), problems: ['!x12-trailer-missing IEA'] },
  {
    what: 'no IEA before the next ISA',
    text: two.replace('IEA*1*000000001~', ''),
    problems: ['!x12-trailer-missing IEA'],
  },
  {
    what: 'no GS',
    text: claims
      .replace(/GS\*[^~]*~/, '')
      .replace('GE*1*1~', '')
      .replace('IEA*1', 'IEA*0'),
    problems: ['!x12-no-group GS'],
  },
  {
    what: 'no ST',
    text: claims.replace(/ST\*837[^~]*~/, '').slice(0, 400),
    problems: [
      '!x12-envelope-segment BHT',
      '!x12-envelope-segment NM1',
      '!x12-envelope-segment PER',
      '!x12-envelope-segment NM1',
      '!x12-envelope-segment HL',
      '!x12-trailer-missing GE',
      '!x12-trailer-missing IEA',
    ].slice(0),
  },
  {
    what: 'a set that nobody reads',
    text: interchange(professional, transaction('850 004010', ['BEG*00*NE*1'])),
    problems: ['!x12-set-unsupported ST@1'],
  },
  {
    what: 'a guide that nobody knows',
    text: interchange(professional, transaction('837 005010X999', ['BHT*0019*00'])),
    problems: ['!x12-guide-unknown ST@1'],
  },
  {
    what: 'ST03 of another guide than GS08',
    text: isa('*X*005010X222A1', '*X*005010X223A2'),
    problems: ['x12-guide-differs ST@1'],
  },
  {
    what: 'no ST03, as in 4010',
    text: isa('ST*837*0001*005010X222A1', 'ST*837*0001'),
    problems: [],
  },
];

describe('x12: envelopes', () => {
  for (const { what, text, problems } of envelopes) {
    test(`x12: ${what}`, () => {
      const found = problemsOf(readAll(text));
      if (what === 'no ST') assert.deepEqual(found.slice(0, 2), problems.slice(0, 2));
      else assert.deepEqual(found, problems);
    });
  }

  test('x12: the same is read whatever pieces it comes in', () => {
    const text = `noise\r\n${two}${claims.replace('CLM*', '*')}tail`;
    const whole = JSON.stringify(problemsOf(readAll(text)));
    for (const size of [1, 2, 3, 7, 105, 106, 107, 1000]) {
      assert.equal(JSON.stringify(problemsOf(readAll(text, {}, size))), whole, `pieces of ${size}`);
    }
  });
});

const loops: readonly Case[] = [
  {
    what: 'a segment id that is none',
    text: changed(replace('PER*IC', '*IC*OFFICE*TE*1')),
    problems: ['!x12-segment-unreadable 1000A/@4', '!x12-segment-missing 1000A/PER@5'],
  },
  {
    what: 'a segment that stands in no 837',
    text: changed(replace('HI', 'HI*ABK:J45909', 'BPR*I*1')),
    problems: ['!x12-segment-unknown 2300/BPR@21'],
  },
  {
    what: 'a segment that has no place there',
    text: changed(replace('N3*1', 'N3*1 MAIN ST', 'LX*9')),
    problems: ['!x12-segment-unexpected 2010AA/LX@10'],
  },
  {
    what: 'a required segment that is missing',
    text: changed(replace('N3*1')),
    problems: ['!x12-segment-missing 2010AA/N3@9'],
  },
  {
    what: 'a required segment missing at a loop’s end',
    text: changed(replace('REF*EI')),
    problems: ['!x12-segment-missing 2010AA/REF@11'],
  },
  {
    what: 'segments out of order',
    text: changed(replace('N3*1', 'N4*TOWN*IL*60601', 'N3*1 MAIN ST'))
      .replace('N4*TOWN*IL*60601~REF', 'REF')
      .replace('SE*28', 'SE*27'),
    problems: ['!x12-segment-missing 2010AA/N3@9', '!x12-segment-misplaced 2010AA/N3@10'],
  },
  {
    what: 'a segment too often',
    text: changed(replace('REF*EI', 'REF*EI*1', 'REF*EI*2')),
    problems: ['!x12-segment-repeated 2010AA/REF@12'],
  },
  {
    what: 'a loop that is missing',
    text: changed(replace('NM1*PR')),
    problems: ['!x12-loop-missing 2010BB/NM1@18'],
  },
  {
    what: 'a loop too often',
    text: changed(replace('NM1*PR', 'NM1*PR*2*PAYER*****PI*1', 'NM1*PR*2*OTHER*****PI*2')),
    problems: ['!x12-loop-repeated 2010BB/NM1@19'],
  },
  {
    what: 'a claim without lines',
    text: changed((all) => all.slice(0, -6)),
    problems: ['!x12-loop-missing 2400/LX@21'],
  },
  {
    what: 'a qualifier that none has',
    text: changed(replace('NM1*85', 'NM1*117*2*CLINIC*****XX*1')),
    problems: ['!x12-code-unknown 2010AA/NM1-1@8'],
  },
  {
    what: 'a level that none has',
    text: changed(replace('HL*2', 'HL*2*1*99*0')),
    problems: ['!x12-code-unknown 2000B/HL-3@12'],
  },
  {
    what: 'an element that is missing',
    text: changed(replace('CLM', 'CLM*CLAIM1*100.00****Y*A*Y*Y')),
    problems: ['!x12-element-missing 2300/CLM-5@19'],
  },
  {
    what: 'an amount that is none',
    text: changed(replace('CLM', 'CLM*CLAIM1*1OO.00***11:B:1')),
    problems: ['!x12-number-unreadable 2300/CLM-2@19'],
  },
  {
    what: 'an amount with an exponent',
    text: changed(replace('CLM', 'CLM*CLAIM1*1E2***11:B:1')),
    problems: ['!x12-number-unreadable 2300/CLM-2@19'],
  },
  {
    what: 'HL02 that leads nowhere',
    text: changed(replace('HL*2', 'HL*2*7*22*0')),
    problems: ['x12-hierarchy-number 2000B/HL-2@12'],
  },
  {
    what: 'HL01 twice',
    text: changed(replace('HL*2', 'HL*1*1*22*0')),
    problems: ['x12-hierarchy-number 2000B/HL-1@12'],
  },
  {
    what: 'HL02 that leads to another than it stands in',
    text: changed((all) => [
      ...all,
      'HL*3*1*22*0',
      ...subscriber.slice(1),
      ...claimLoop,
      'HL*4*2*23*0',
      'PAT*19',
      'NM1*QC*1*DOE*AL',
      'N3*1',
      'N4*T*IL*60601',
      'DMG*D8*20100101*M',
      ...claimLoop,
    ]),
    problems: ['!x12-hierarchy-wrong 2000C/HL-2@42'],
  },
  {
    what: 'a control character',
    text: changed(replace('NM1*85', 'NM1*85*2*CLI\0NIC*****XX*1234567893')),
    problems: ['!x12-character-control NM1@8'],
  },
  {
    what: 'NM1*82 of a line and not of the claim',
    text: changed((all) => [...all, 'NM1*82*1*ROE*ANN****XX*1', 'PRV*PE*PXC*1']),
    problems: [],
  },
];

describe('x12: loops', () => {
  for (const { what, text, problems } of loops) {
    test(`x12: ${what}`, () => assert.deepEqual(problemsOf(readAll(text)), problems));
  }

  test('x12: each segment stands in its loop', () => {
    const dependent = ['HL*3*2*23*0', 'PAT*19', 'NM1*QC*1*DOE*AL', 'N3*1', 'N4*T*IL*60601'];
    const body = [
      ...submitter,
      ...billingProvider,
      ...['NM1*87*2', 'N3*PO BOX', 'N4*T*IL*60601'],
      ...subscriber.map((each) => each.replace('HL*2*1*22*0', 'HL*2*1*22*1')),
      ...claimLoop,
      ...dependent,
      'DMG*D8*20100101*M',
      'CLM*CLAIM2*1***11:B:1',
      'HI*ABK:J45909',
      'NM1*82*1*ROE*ANN****XX*1',
      'SBR*S*18*******CI',
      'OI***Y***Y',
      'NM1*IL*1*DOE*AL****MI*M',
      'NM1*PR*2*OTHER*****PI*2',
      'LX*1',
      'SV1*HC:99213*1*UN*1***1',
      'DTP*472*D8*20260102',
      'NM1*82*1*POE*BOB****XX*2',
      'SVD*2*1*HC:99213**1',
      'DTP*573*D8*20260105',
    ];
    const [read] = transactionsOf(
      readAll(interchange(professional, transaction(professional, body))),
    );
    assert.deepEqual(read?.problems, []);
    const outline = (loop: Loop): string =>
      `${loop.id}[${loop.segments.map(({ id }) => id).join(' ')}]${loop.loops.length === 0 ? '' : `(${loop.loops.map(outline).join(' ')})`}`;
    assert.equal(
      outline(read?.root as Loop),
      'HEADER[ST BHT](1000A[NM1 PER] 1000B[NM1] 2000A[HL PRV](2010AA[NM1 N3 N4 REF] 2010AB[NM1 N3 N4] ' +
        '2000B[HL SBR](2010BA[NM1 N3 N4 DMG] 2010BB[NM1] ' +
        '2300[CLM HI](2400[LX SV1 DTP] 2400[LX SV1 DTP]) ' +
        '2000C[HL PAT](2010CA[NM1 N3 N4 DMG] 2300[CLM HI](2310B[NM1] ' +
        '2320[SBR OI](2330A[NM1] 2330B[NM1]) 2400[LX SV1 DTP](2420A[NM1] 2430[SVD DTP]))))))',
    );
  });

  test('x12: a long transaction is given unit by unit, and judged at its end', () => {
    const many = Array.from({ length: 300 }, (_, at) => [
      `HL*${at + 2}*1*22*0`,
      ...subscriber.slice(1),
      ...claimLoop,
    ]);
    const body = [...submitter, ...billingProvider, ...many.flat()];
    const text = interchange(professional, transaction(professional, body));
    const events = readAll(text, { mostHeld: 2000 }, 1000);
    const before = events.filter(({ kind }) => kind === 'units');
    assert.ok(before.length > 10);
    const units = events.flatMap((event) => ('units' in event ? event.units : []));
    // Every claim once, in order; those given are no longer held.
    assert.equal(units.length, 300);
    assert.equal(new Set(units).size, 300);
    const [read] = transactionsOf(events);
    assert.equal(read?.streamed, true);
    assert.ok((units[0]?.around('2000A')?.loops.length ?? 999) < 20);
    const [cut] = transactionsOf(
      readAll(text.replace(/SE\*\d+/, 'SE*9999'), { mostHeld: 2000 }, 1000),
    );
    assert.equal(cut?.verdict, 'refused');
  });

  test('x12: a unit that grows without end is refused', () => {
    const notes = Array.from({ length: 200 }, (_, n) => ['LQ*UT*1', `FRM*${n}*Y`]).flat();
    const text = changed((all) => [...all, ...notes]);
    const [read] = transactionsOf(readAll(text, { mostHeld: 1000 }));
    assert.deepEqual(
      read?.problems.map(({ code }) => code),
      ['x12-unit-too-large'],
    );
  });
});

describe('x12: writing', () => {
  const by = { element: '*', component: ':', repetition: '^', terminator: '~' };
  const cases: readonly [what: string, written: () => string, is: string][] = [
    ['elements', () => writeSegment('REF', ['EI', '1'], by), 'REF*EI*1~'],
    ['an empty element between', () => writeSegment('CLM', ['1', '', '2'], by), 'CLM*1**2~'],
    ['no empty elements at the end', () => writeSegment('CLM', ['1', '', ''], by), 'CLM*1~'],
    ['components', () => writeSegment('HI', [[['BK', '1']]], by), 'HI*BK:1~'],
    [
      'no empty components at the end',
      () => writeSegment('HI', [[['BK', '1', '']]], by),
      'HI*BK:1~',
    ],
    ['repetitions', () => writeSegment('EB', ['1', '', ['30', '33']], by), 'EB*1**30^33~'],
    [
      'other delimiters',
      () => writeSegment('REF', ['EI', '1'], { ...by, element: '|', terminator: '\n' }),
      'REF|EI|1\n',
    ],
  ];
  for (const [what, written, is] of cases) {
    test(`x12: writes ${what}`, () => assert.equal(written(), is));
  }

  test('x12: a value that holds a delimiter is not written', () => {
    for (const value of ['a*b', 'a:b', 'a^b', 'a~b']) {
      assert.throws(() => writeSegment('REF', ['EI', value], by), { code: 'x12-write-delimiter' });
    }
    const plain = { ...by, repetition: undefined };
    assert.throws(() => writeSegment('EB', [['1', '2']], plain), { code: 'x12-write-delimiter' });
  });

  test('x12: a transaction is written again byte for byte from its smallest parts', () => {
    for (const guide of [professional, remittance]) {
      const body = guide === remittance ? remittanceBody : claimBody;
      const text = interchange(guide, transaction(guide, body)).replaceAll('~', '~\r\n ');
      const [read] = transactionsOf(readAll(text));
      const segments: X12Segment[] = [];
      const walk = (loop: Loop): void => {
        segments.push(...loop.segments);
        loop.loops.forEach(walk);
      };
      walk(read?.root as Loop);
      segments.sort((one, other) => one.position - other.position);
      const again = segments.map((each) => rewriteSegment(each, by)).join('');
      const from = text.indexOf('ST*');
      assert.equal(again.trimStart(), text.slice(from, text.indexOf('SE*')).trimEnd());
    }
  });
});

test('x12: whatever is read, nothing is thrown and every claim is told once', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      header,
      claims,
      set,
      'GE*1*1~',
      'IEA*1*000000001~',
      'GS*HC*S*R*20260101*1200*1*X*005010X222A1~',
    ),
    fc.constantFrom(
      ...claimBody.map((each) => `${each}~`),
      'SE*27*0001~',
      'ST*837*0001*005010X222A1~',
    ),
    fc.string({ maxLength: 40 }),
    fc.constantFrom('ISA', 'ISA*', '~', '*', ':', '\0', '\n', 'HL*1*1*20*1~', 'HL*2*2*22*1~'),
  );
  const runs = Number(process.env['HANDOVER_FUZZ_RUNS'] ?? 150);
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 60 }),
      fc.integer({ min: 1, max: 200 }),
      (pieces, size) => {
        const text = pieces.join('');
        const whole = readAll(text);
        const parted = readAll(text, {}, size);
        assert.deepEqual(problemsOf(parted), problemsOf(whole));
        for (const { segments, verdict, problems } of transactionsOf(whole)) {
          assert.ok(segments > 0 && (verdict === 'accepted') === (problems.length === 0));
        }
        // What is no blank and no interchange is told.
        if (text.trim() !== '' && !text.includes('ISA')) assert.ok(whole.length > 0);
      },
    ),
    { numRuns: runs },
  );
});
