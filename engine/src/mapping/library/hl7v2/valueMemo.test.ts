import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseMessage } from '../../../formats/hl7v2/message.ts';
import type { Segment } from '../../../formats/hl7v2/segment.ts';
import { ValueMemo } from './valueMemo.ts';

function segmentOf(field: string, marks = '^~\\&'): Segment {
  const message = parseMessage(Buffer.from(`MSH|${marks}|A\rZZZ|${field}`));
  const segment = message?.segments[1];
  assert.ok(segment !== undefined);
  return segment;
}

/** Reads the first and the third component, and counts how often it did. */
function counting(): { memo: ValueMemo<{ own: string; third: string }>; reads: () => number } {
  let reads = 0;
  const memo = new ValueMemo((value) => {
    reads++;
    return { own: value.text(1), third: value.text(3) };
  });
  return { memo, reads: () => reads };
}

describe('values remembered by their text', () => {
  test('what is recalled marks what reading it marked', () => {
    const { memo, reads } = counting();
    for (let turn = 0; turn < 3; turn++) {
      const segment = segmentOf('A^B^C');
      assert.deepEqual(memo.of(segment.value(1)), { own: 'A', third: 'C' });
      assert.deepEqual(segment.unread(), ['ZZZ-1.2']);
    }
    assert.equal(reads(), 1);
  });

  test('a component marks itself, wherever it stands', () => {
    const { memo } = counting();
    const first = segmentOf('X^A&B&C');
    assert.deepEqual(memo.of(first.value(1).component(2)), { own: 'A', third: 'C' });
    const second = segmentOf('X^Y^A&B&C');
    assert.deepEqual(memo.of(second.value(1).component(3)), { own: 'A', third: 'C' });
    assert.deepEqual(second.unread(), ['ZZZ-1.1', 'ZZZ-1.2']);
  });

  test('text that does not stand for itself is read each time', () => {
    const { memo, reads } = counting();
    assert.equal(memo.of(segmentOf('A^B^C', '$~\\&').value(1)).own, 'A^B^C');
    assert.equal(memo.of(segmentOf('A\\S\\^B^C').value(1)).own, 'A^');
    assert.equal(memo.of(segmentOf('\u00c4^B^C').value(1)).own, '\u00c4');
    assert.equal(memo.of(segmentOf('A^B^C').value(1)).own, 'A');
    assert.equal(reads(), 4);
    memo.of(segmentOf('A\\S\\^B^C').value(1));
    assert.equal(reads(), 5);
  });

  test('what is shared cannot be changed', () => {
    const { memo } = counting();
    const made = memo.of(segmentOf('A^B^C').value(1));
    assert.throws(() => (made.own = 'B'), TypeError);
  });
});
