import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Row } from '../formats/copyText.ts';
import { packRecords } from '../formats/packRecords.ts';
import { openRowReader } from '../formats/rowReader.ts';
import { lineCharsets, mediaTypeOf, type LineLayout } from '../model/recordLayout.ts';
import { openRecordFields } from './facts/recordFields.ts';

const columns = 3;

const charset = fc.constantFrom(...lineCharsets);

const layouts: fc.Arbitrary<LineLayout> = fc.oneof(
  fc.record({
    kind: fc.constant('delimited' as const),
    charset,
    delimiter: fc.constantFrom(',', '\t', '||', '~|~'),
    quote: fc.constantFrom('"', "'", ''),
    escape: fc.constantFrom('doubled' as const, 'backslash' as const),
    nullIs: fc.constantFrom('', '\\N', 'NULL'),
  }),
  fc.record({
    kind: fc.constant('fixed-width' as const),
    charset,
    fields: fc.constant([
      [0, 2],
      [2, 5],
      [6, 7],
    ] as const),
    shortLines: fc.constantFrom('blank' as const, 'hold' as const),
  }),
);

const text = fc.string({
  unit: fc.constantFrom('a', '"', "'", ',', '\t', '|', '~', '\\', 'N', ' ', '\n', 'é', '€', 'NULL'),
  maxLength: 14,
});

const record = fc.oneof(
  { weight: 4, arbitrary: text.map((one) => Buffer.from(one)) },
  { weight: 2, arbitrary: text.map((one) => Buffer.from(one, 'utf16le')) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 9 }).map((one) => Buffer.from(one)) },
);

/**
 * Mapping and facts read lines by code of their own. Neither is the judge of the other: where they
 * differ, a wrong mapping could verify green or a right one red.
 */
describe('the two readers of lines', () => {
  it('agree on every record, whole or damaged', () => {
    fc.assert(
      fc.property(layouts, fc.array(record, { minLength: 1, maxLength: 5 }), (layout, records) => {
        const mediaType = mediaTypeOf(layout);
        const reader = openRowReader(mediaType, Array(columns).fill(true));
        const fields = openRecordFields(mediaType, columns);
        assert.ok(reader);
        reader.open(packRecords('s', records));
        for (const [at, bytes] of records.entries()) {
          const row: Row = [];
          const mapped = reader.read(at, row);
          const split = fields.split(bytes);
          // Of a record with several faults either may be named.
          const seen =
            typeof split === 'string' ? 'held' : split.map((one) => fields.unescape(one));
          assert.deepEqual(mapped === undefined ? row : 'held', seen);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
