import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ccdaReader } from '../../src/cli/convert/ccdaReader.ts';
import { hl7v2Reader } from '../../src/cli/convert/hl7v2Reader.ts';
import type { ConvertReader } from '../../src/cli/convert/reader.ts';
import { ccdaFiles } from './ccdaFiles.ts';
import { hl7v2Files } from './hl7v2Files.ts';
import { assertBounded, costOf, ofLength, outcomeOf, readHostile } from './hostileFile.ts';
import type { HostileFile } from './hostileFile.ts';

/** Of processor time, so that a busy machine is no reason. */
const longestMs = 10_000;

const suites: readonly (readonly [string, ConvertReader, readonly HostileFile[]])[] = [
  ['hl7v2', hl7v2Reader, hl7v2Files],
  ['ccda', ccdaReader, ccdaFiles],
];

for (const [format, reader, files] of suites) {
  describe(`${format}: hostile files`, () => {
    for (const { what, bytes: given, outcome } of files) {
      test(`${format}: R13 ${what}`, async () => {
        const bytes = ofLength(typeof given === 'function' ? given() : given);
        const spent = await costOf(async () => {
          const documents = await readHostile(reader, bytes);
          assertBounded(documents, bytes);
          const { word, reasons } = outcomeOf(documents);
          const isReason = outcome.includes('-');
          assert.equal(isReason ? reasons[0]?.split(' ')[0] : word, outcome, reasons.join());
          if (isReason) assert.equal(word, 'refused');
        });
        assert.ok(spent < longestMs, `${spent} ms`);
      });
    }

    test(`${format}: R13 there are sixty files and more`, () => assert.ok(files.length >= 60));
  });
}
