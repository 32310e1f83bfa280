import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { packRecords } from './packRecords.ts';
import { CopyReader, encodeCopyRow } from './copyText.ts';
import type { Row } from './copyText.ts';

function readAll(records: readonly (string | Buffer)[], wanted: readonly boolean[]): unknown[] {
  const batch = packRecords('clinic.any', records);
  const reader = new CopyReader(wanted);
  reader.open(batch);
  return records.map((_, ordinal) => {
    const row: Row = wanted.map(() => undefined);
    return reader.read(ordinal, row) ?? row;
  });
}

const field = fc.option(fc.string({ unit: 'binary', maxLength: 20 }));

test('whatever is encoded is read back, in ASCII batches and others', () => {
  const rows = fc.array(fc.array(field, { minLength: 3, maxLength: 3 }), { maxLength: 8 });
  fc.assert(
    fc.property(rows, (written) => {
      const read = readAll(written.map(encodeCopyRow), [true, true, true]);
      assert.deepEqual(read, written);
    }),
  );
});

test('fields keep NULL, empty text and the escapes apart', () => {
  const [row] = readAll(
    [String.raw`\N` + '\t\t' + String.raw`a\tb\\N\x41\101\q`],
    [true, true, true],
  );
  assert.deepEqual(row, [null, '', 'a\tb\\NAAq']);
});

test('only wanted columns become text, of the others populated values are counted', () => {
  const batch = packRecords('clinic.any', ['1\tx\t', '2\t\\N\ty', '3\t\t\\N']);
  const reader = new CopyReader([true, false, false]);
  reader.open(batch);
  const row: Row = [undefined, undefined, undefined];
  for (let ordinal = 0; ordinal < 3; ordinal++) assert.equal(reader.read(ordinal, row), undefined);
  assert.deepEqual(row, ['3', undefined, undefined]);
  assert.deepEqual([...reader.populated], [0, 1, 1]);
});

test('a wrong number of fields is a problem in both directions', () => {
  const [short, long, right] = readAll(['1\t2', '1\t2\t3\t4', '1\t2\t3'], [true, true, true]);
  assert.equal(short, 'field-count');
  assert.equal(long, 'field-count');
  assert.deepEqual(right, ['1', '2', '3']);
});

test('bytes that are not UTF-8 are a problem of their record alone, never a replacement', () => {
  const latin = Buffer.from('1\tM\u00fcller', 'latin1');
  const [bad, good] = readAll([latin, '2\tMüller'], [true, true]);
  assert.equal(bad, 'encoding-invalid');
  assert.deepEqual(good, ['2', 'Müller']);
});

test('a character cut between two records spoils both, though the batch is valid', () => {
  const cut = Buffer.from('é', 'utf8');
  const [first, second] = readAll([cut.subarray(0, 1), cut.subarray(1)], [true]);
  assert.equal(first, 'encoding-invalid');
  assert.equal(second, 'encoding-invalid');
});

test('an escape that makes half a character is a problem', () => {
  assert.deepEqual(readAll([String.raw`\xc3`, String.raw`\303\251`], [true]), [
    'escape-invalid',
    ['é'],
  ]);
});

test('empty text is read as NULL where the source says so', () => {
  const batch = packRecords('clinic.any', ['\t\\N']);
  const reader = new CopyReader([true, true], null);
  reader.open(batch);
  const row: Row = [undefined, undefined];
  reader.read(0, row);
  assert.deepEqual(row, [null, null]);
});
