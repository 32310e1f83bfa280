import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  claimBody,
  claimLoop,
  header,
  interchange,
  professional,
  readAll,
  remittance,
  remittanceBody,
  subscriber,
  transaction,
} from '../../../formats/x12/testing.ts';
import { X12Converter } from './convert.ts';
import type { ConvertedUnit } from './convert.ts';

function convert(text: string | Buffer): ConvertedUnit[] {
  const converter = new X12Converter({ identify: (key) => key.slice(0, 64), zone: undefined });
  return readAll(text, {}, 64 * 1024).flatMap((event) => [...converter.convert(event)]);
}

const set = transaction(professional, claimBody);
const claims = interchange(professional, set);
const payment = interchange(remittance, transaction(remittance, remittanceBody));
const swap = (from: string | RegExp, to: string): string => claims.replace(from, () => to);
const edited = (from: string, ...to: string[]): string =>
  interchange(
    professional,
    transaction(
      professional,
      claimBody.flatMap((each) => (each.startsWith(from) ? to : [each])),
    ),
  );
const within = (...more: string[]): string =>
  interchange(professional, transaction(professional, [...claimBody, ...more]));
const envelope = (body: string): string =>
  `${header}GS*HC*S*R*20260101*1200*1*X*005010X222A1~${body}GE*1*1~IEA*1*000000001~`;
const megabyte = 1024 * 1024;

/** What comes of it: claims or payments made, and whether anything is refused. */
type Outcome = readonly [made: number, refused: boolean];
const taken: Outcome = [1, false];
const refused: Outcome = [0, true];

const cases: readonly (readonly [what: string, text: string | Buffer, outcome: Outcome])[] = [
  ['a NUL in an element', swap('CLINIC', 'CLI\0NIC'), refused],
  ['a NUL between segments', swap('~NM1*85', '~\0NM1*85'), refused],
  ['nothing but NULs', Buffer.alloc(megabyte), refused],
  ['an escape sequence of a terminal', swap('CLINIC', '\x1b[2JCLINIC'), refused],
  [
    'bytes of a picture',
    Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) & 255)),
    refused,
  ],
  ['XML in place of X12', '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', refused],
  ['HL7 v2 in place of X12', 'MSH|^~\\&|A|B|||20260101||ADT^A01|1|P|2.5\rPID|1\r', refused],
  ['UTF-16', Buffer.from(claims, 'utf16le'), refused],
  ['a tilde alone', '~', refused],
  ['a million terminators', '~'.repeat(megabyte), refused],
  ['ISA and no more', 'ISA', refused],
  ['ISA* and no more', 'ISA*', refused],
  ['ten thousand times ISA*', 'ISA*'.repeat(10_000), refused],
  ['an ISA without its terminator', header.slice(0, 105), refused],
  ['an ISA and nothing after it', header, refused],
  ['a thousand ISAs and nothing between', header.repeat(1000), refused],
  ['a letter as element separator', claims.replaceAll('*', 'X'), refused],
  ['a space as element separator', claims.replaceAll('*', ' '), refused],
  ['the terminator is the element separator', swap(/~/g, '*'), refused],
  ['the component separator is the terminator', swap('*T*:~', '*T*~~'), refused],
  ['the repetition separator is the component separator', swap('*^*', '*:*'), refused],
  ['a digit as component separator', swap('*T*:~', '*T*1~'), refused],
  ['NUL as terminator', Buffer.from(claims.replaceAll('~', '\0'), 'latin1'), taken],
  ['0xFF as element separator', Buffer.from(claims.replaceAll('*', '\u00ff'), 'latin1'), taken],
  ['an element of 10 MB', swap('CLINIC', 'A'.repeat(10 * megabyte)), refused],
  ['a segment of 10 MB and no end', header + 'N'.repeat(10 * megabyte), refused],
  ['60,000 elements in a segment', edited('NM1*85', `NM1*85*2*C${'*'.repeat(60_000)}`), taken],
  ['60,000 components in an element', edited('HI', `HI*ABK:J45909${':'.repeat(60_000)}`), taken],
  ['60,000 repetitions', edited('HI', `HI*ABK:J45909${'^'.repeat(60_000)}`), taken],
  ['30,000 diagnoses in one HI', edited('HI', `HI${'*BF:1'.repeat(12_000)}`), taken],
  [
    'a file cut in the middle of a segment',
    claims.slice(0, claims.indexOf('DTP*472') + 4),
    refused,
  ],
  ['a file cut after a terminator', claims.slice(0, claims.indexOf('LX*2')), refused],
  ['a file cut in the trailer', claims.slice(0, -10), [1, true]],
  ['SE before ST', envelope('SE*1*1~'), refused],
  ['ST within ST', envelope(`ST*837*0009*005010X222A1~${set}`), [1, true]],
  ['a thousand STs and no SE', envelope('ST*837*1*005010X222A1~'.repeat(1000)), refused],
  [
    'GS within a transaction',
    swap('LX*2~', 'GS*HC*S*R*20260101*1200*1*X*005010X222A1~LX*2~'),
    refused,
  ],
  ['GE without GS', header + 'GE*1*1~IEA*0*000000001~', refused],
  ['IEA within a transaction', swap('LX*2~', 'IEA*1*000000001~LX*2~'), refused],
  ['ISA within a transaction', swap('LX*2~', `${header}LX*2~`), refused],
  ['a count of twenty digits', swap('SE*27', `SE*${'9'.repeat(20)}`), refused],
  ['a negative count', swap('SE*27', 'SE*-27'), refused],
  ['a count with an exponent', swap('SE*27', 'SE*2.7e1'), refused],
  ['a count of groups that is too high', swap('IEA*1', 'IEA*999999'), [1, true]],
  ['a segment before ST', swap('ST*837', 'HL*1**20*1~ST*837'), [1, true]],
  ['HL that is its own parent', edited('HL*2', 'HL*2*2*22*0'), taken],
  [
    'HLs that are each other’s parents',
    within(
      'HL*3*4*22*0',
      ...subscriber.slice(1),
      ...claimLoop,
      'HL*4*3*22*0',
      ...subscriber.slice(1),
      ...claimLoop,
    ),
    refused,
  ],
  ['HL of a level below itself', edited('HL*2', 'HL*2*1*23*0'), refused],
  [
    'a thousand HLs deep',
    within(...Array.from({ length: 1000 }, (_, at) => `HL*${at + 3}*${at + 2}*23*1`)),
    refused,
  ],
  ['HL without a level', edited('HL*2', 'HL*2*1'), refused],
  ['HL01 of a thousand digits', edited('HL*2', `HL*${'1'.repeat(1000)}*1*22*0`), taken],
  [
    'a thousand claims of one patient',
    within(...Array.from({ length: 1000 }, () => claimLoop).flat()),
    refused,
  ],
  [
    'a thousand lines of a claim',
    within(
      ...Array.from({ length: 1000 }, () => [
        'LX*1',
        'SV1*HC:1*1*UN*1',
        'DTP*472*D8*20260101',
      ]).flat(),
    ),
    refused,
  ],
  ['an amount of 30 digits', edited('CLM', `CLM*C*${'9'.repeat(30)}***11:B:1`), refused],
  ['an amount of NaN', edited('CLM', 'CLM*C*NaN***11:B:1'), refused],
  ['an amount of Infinity', edited('CLM', 'CLM*C*Infinity***11:B:1'), refused],
  ['an amount with commas', edited('CLM', 'CLM*C*1,000.00***11:B:1'), refused],
  ['an amount of a sign', edited('CLM', 'CLM*C*-***11:B:1'), refused],
  ['an amount of a point', edited('CLM', 'CLM*C*.***11:B:1'), refused],
  ['a date that never was', edited('DMG', 'DMG*D8*20260230*F'), taken],
  ['a date of letters', edited('DMG', 'DMG*D8*YYYYMMDD*F'), taken],
  ['a range of days with no end', edited('DTP*472*RD8', 'DTP*472*RD8*20260102-'), taken],
  [
    'a range of ten thousand days',
    edited('DTP*472*RD8', `DTP*472*RD8*${'20260102-'.repeat(6000)}`),
    taken,
  ],
  [
    'names of the prototype as codes',
    edited('NM1*85', 'NM1*85*2*CLINIC*****__proto__*constructor'),
    taken,
  ],
  [
    'names of the prototype as qualifiers',
    edited('HI', 'HI*ABK:J45909', 'HI*constructor:1', 'HI*__proto__:2'),
    taken,
  ],
  ['a set named by the prototype', envelope('ST*__proto__*1*constructor~SE*2*1~'), refused],
  ['a path in place of a name', edited('NM1*85', 'NM1*85*2*../../etc/passwd*****XX*1'), taken],
  [
    'a pointer to a diagnosis that is none',
    edited('SV1*HC:99213', 'SV1*HC:99213*60.00*UN*1***99:-1:x'),
    taken,
  ],
  ['an 835 whose adjustments are cut', payment.replace('CAS*CO*45*10.00', 'CAS*CO*45'), refused],
  [
    'an 835 with a thousand adjustments',
    payment.replace('CAS*CO*45*10.00', `CAS*CO*45*10.00${'*1**1*'.repeat(1000)}`),
    refused,
  ],
  ['half a UTF-8 character', Buffer.from(claims.replace('CLINIC', 'CLINI\u00c3'), 'latin1'), taken],
  ['a right-to-left mark in a name', Buffer.from(claims.replace('CLINIC', 'CLI\u202eNIC')), taken],
];

describe('x12: hostile input', () => {
  for (const [what, text, [made, isRefused]] of cases) {
    test(`x12: R13 ${what}`, () => {
      const started = process.memoryUsage().heapUsed;
      const at = performance.now();
      const units = convert(text);
      const claimed = units
        .flatMap(({ resources }) => resources)
        .filter(
          ({ resourceType }) => resourceType === 'Claim' || resourceType === 'ExplanationOfBenefit',
        );
      const written = JSON.stringify(units);
      assert.deepEqual(
        [claimed.length, units.some((unit) => unit.refused !== undefined)],
        [made, isRefused],
      );
      // Reports hold places and codes alone, however long what was sent.
      const told = units.flatMap(({ refused: reason = '', unread, issues }) => [
        reason,
        ...unread,
        ...issues.map(({ path }) => path),
      ]);
      assert.ok(told.every((each) => each.length < 100));
      assert.ok(written.length < 4 * megabyte);
      assert.ok(process.memoryUsage().heapUsed - started < 200 * megabyte);
      assert.ok(performance.now() - at < 20_000);
    });
  }

  test('x12: R13 bytes changed, left out and put in: nothing is thrown, and no claim is made twice', () => {
    const change = fc.record({
      at: fc.nat(),
      remove: fc.integer({ min: 0, max: 30 }),
      insert: fc.oneof(
        fc.constant(''),
        fc.string({ maxLength: 5 }),
        fc.constantFrom('~', '*', ':', '^', '0'),
      ),
    });
    const text = fc.constantFrom(claims, payment, claims + payment, within(...claimLoop));
    const runs = Number(process.env['HANDOVER_FUZZ_RUNS'] ?? 300);
    fc.assert(
      fc.property(text, fc.array(change, { minLength: 1, maxLength: 4 }), (whole, changes) => {
        const changed = changes.reduce((sofar, { at, remove, insert }) => {
          const from = at % (sofar.length + 1);
          return sofar.slice(0, from) + insert + sofar.slice(from + remove);
        }, whole);
        const ids = convert(changed)
          .flatMap(({ resources }) => resources)
          .filter(({ resourceType }) => resourceType === 'Claim')
          .map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
      }),
      { numRuns: runs },
    );
  });

  test('x12: R13 there are sixty cases and more', () => assert.ok(cases.length >= 60));
});
