import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Loop } from './loop.ts';
import type { X12Segment } from './segment.ts';
import {
  claimBody,
  interchange,
  professional,
  readAll,
  remittance,
  remittanceBody,
  transaction,
  transactionsOf,
} from './testing.ts';
import { rewriteSegment, writeSegment } from './writer.ts';

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
