import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchCount } from './batchCount.ts';
import { FrameSplitter } from './frames.ts';

/** The trailers of a file that count something else than came. */
function wrong(...lines: string[]): string[] {
  const splitter = new FrameSplitter();
  const bytes = Buffer.from(lines.map((line) => `${line}\r`).join(''));
  const count = new BatchCount();
  const frames = [...splitter.push(bytes), ...splitter.finish()];
  return frames
    .filter((frame) => count.differs(frame))
    .map((frame) => frame.bytes.toString().trim());
}

const message = 'MSH|^~\\&|A|B|C|D|2024||ADT^A01|1|P|2.5';

test('a trailer is held against what came', () => {
  const batch = ['BHS|^~\\&', message, message];
  assert.deepEqual(wrong('FHS|^~\\&', ...batch, 'BTS|2', ...batch, 'BTS|2', 'FTS|2'), []);
  assert.deepEqual(wrong(...batch, 'BTS|3', ...batch, 'BTS|1'), ['BTS|3', 'BTS|1']);
  assert.deepEqual(wrong('FHS|^~\\&', ...batch, 'BTS|2', 'FTS|2'), ['FTS|2']);
  assert.deepEqual(wrong(...batch, 'BTS', 'FTS|'), []);
  assert.deepEqual(wrong(...batch, 'BTS|two'), ['BTS|two']);
});

test('without batches a file counts itself or its messages', () => {
  assert.deepEqual(wrong('FHS|^~\\&', message, message, 'FTS|2'), []);
  assert.deepEqual(wrong('FHS|^~\\&', message, message, 'FTS|1'), []);
  assert.deepEqual(wrong('FHS|^~\\&', message, message, 'FTS|3'), ['FTS|3']);
});

test('other separators part a trailer too', () => {
  assert.deepEqual(wrong('BHS#^~\\&', message, 'BTS#1#done'), []);
});

test('a file or batch that no trailer ends is told by its header', () => {
  const unended = (...lines: string[]): string | undefined => {
    const count = new BatchCount();
    const splitter = new FrameSplitter();
    const bytes = Buffer.from(lines.join('\r'));
    for (const frame of [...splitter.push(bytes), ...splitter.finish()]) count.differs(frame);
    return count.unended?.bytes.toString().trim();
  };
  assert.equal(unended('FHS|^~\\&|A', 'BHS|^~\\&|B', message, message.slice(0, 30)), 'FHS|^~\\&|A');
  assert.equal(unended('BHS|^~\\&|B', message), 'BHS|^~\\&|B');
  assert.equal(unended('FHS|^~\\&|A', 'BHS|^~\\&|B', message, 'BTS|1'), 'FHS|^~\\&|A');
  assert.equal(unended('FHS|^~\\&|A', 'BHS|^~\\&|B', message, 'BTS|1', 'FTS|1'), undefined);
  assert.equal(unended('BHS|^~\\&|B', message, 'BTS'), undefined);
  assert.equal(unended(message, message), undefined);
});
