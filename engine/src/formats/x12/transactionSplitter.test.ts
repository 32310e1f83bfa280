import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { claimBody, interchange, professional, transaction } from './testing.ts';
import { TransactionSplitter } from './transactionSplitter.ts';

describe('X12 transactions', () => {
  const usual = transaction(professional, claimBody);

  test('one that is too long is told with its place, longer than is looked at; the next is whole', () => {
    const longest = 2 * usual.length;
    const notes = Array.from({ length: 400 }, () => `NTE*ADD*${'x'.repeat(70)}`);
    for (const more of [notes, [`NTE*ADD*${'x'.repeat(3 * longest)}`]]) {
      const long = transaction(professional, [...claimBody, ...more]);
      const file = Buffer.from(interchange(professional, long) + interchange(professional, usual));
      for (const size of [100, file.length]) {
        const splitter = new TransactionSplitter(longest);
        const pieces = [];
        for (let at = 0; at < file.length; at += size) {
          pieces.push(...splitter.push(file.subarray(at, at + size)));
        }
        pieces.push(...splitter.finish());
        const [first, second] = pieces;
        assert.deepEqual(
          pieces.map(({ kind }) => kind),
          ['stray', 'transaction'],
        );
        assert.equal(first?.offset, file.indexOf('ST*'));
        assert.ok((first?.bytes.length ?? 0) > longest);
        assert.equal(second?.offset, file.lastIndexOf('ST*'));
      }
    }
  });
});
