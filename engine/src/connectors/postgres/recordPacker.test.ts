import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { encodeCopyRow } from '../../formats/copyText.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import { RecordPacker } from './recordPacker.ts';

const field = fc.string({
  unit: fc.constantFrom('a', 'é', '\t', '\n', '\\', '\u{1f9ec}'),
  maxLength: 9,
});
const rows = fc.array(fc.tuple(field, fc.option(field), field), { maxLength: 40 });
const cuts = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 20 });

/** Pack the rows after cutting their text into pieces of these sizes, over and over. */
function pack(
  lines: readonly string[],
  sizes: readonly number[],
  limits: { records: number; bytes: number },
): RecordBatch[] {
  const packer = new RecordPacker({
    stream: 's',
    ...limits,
    keyColumns: [2, 0],
    cursor: (key, passed) => JSON.stringify([key, passed]),
  });
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const batches: RecordBatch[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    batches.push(...packer.add(text.subarray(at, at + size)));
    at += size;
  }
  return [...batches, ...packer.finish()];
}

describe('record packer', () => {
  it('finds the same records wherever the text was cut', () => {
    const limits = fc.record({
      records: fc.integer({ min: 1, max: 9 }),
      bytes: fc.integer({ min: 1, max: 90 }),
    });
    fc.assert(
      fc.property(rows, cuts, limits, (wanted, sizes, bounds) => {
        const lines = wanted.map(encodeCopyRow);
        const batches = pack(lines, sizes, bounds);
        const found = batches.flatMap(({ bytes, offsets, keys }) =>
          keys.map((_, at) => bytes.toString('utf8', offsets[at], offsets[at + 1])),
        );
        assert.deepEqual(found, lines);
        assert.deepEqual(
          batches.flatMap(({ keys }) => keys),
          wanted.map(([first, , third]) => [third, first].join(keySeparator)),
        );
        let passed = 0;
        for (const { bytes, offsets, keys, cursor } of batches) {
          assert.ok(keys.length >= 1 && keys.length <= bounds.records);
          assert.ok(keys.length === 1 || bytes.length <= bounds.bytes);
          assert.equal(offsets.length, keys.length + 1);
          assert.equal(offsets.at(-1), bytes.length);
          passed += keys.length;
          const [first, , third] = wanted[passed - 1] as [string, string, string];
          assert.deepEqual(JSON.parse(cursor), [[third, first], passed]);
        }
      }),
    );
  });

  it('gives each batch memory of its own, to be handed to another thread', () => {
    const batches = pack(['1\t2\t3', '4\t5\t6', '7\t8\t9'], [4], { records: 1, bytes: 99 });
    assert.equal(new Set(batches.map(({ bytes }) => bytes.buffer)).size, 3);
    for (const { bytes, offsets } of batches) {
      assert.equal(bytes.byteOffset, 0);
      assert.equal(offsets.byteOffset, 0);
    }
  });
});
