import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Loop } from './loop.ts';
import {
  billingProvider,
  claimBody,
  claimLoop,
  interchange,
  problemsOf,
  professional,
  readAll,
  submitter,
  subscriber,
  transaction,
  transactionsOf,
} from './testing.ts';

/** An interchange whose only claim is changed by hand. */
function changed(change: (segments: string[]) => string[]): string {
  return interchange(professional, transaction(professional, change([...claimBody])));
}

const replace =
  (from: string, ...to: string[]) =>
  (segments: string[]): string[] =>
    segments.flatMap((each) => (each.startsWith(from) ? to : [each]));

interface Case {
  what: string;
  text: string;
  /** `code place`; `!` before it where it refuses. */
  problems: readonly string[];
}

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
      'NM1*87*2',
      'N3*PO BOX',
      'N4*T*IL*60601',
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
    const [read] = transactionsOf(readAll(text, { mostHeld: 500, longestUnit: 1000 }));
    assert.deepEqual(
      read?.problems.map(({ code }) => code),
      ['x12-unit-too-large'],
    );
  });
});
