import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { temporaryFolder } from '../../store/testing.ts';
import { NewFile } from './newFile.ts';

test('a new file has what was written, whatever the lengths of its parts', async () => {
  const folder = await temporaryFolder();
  const part = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc
      .tuple(fc.constantFrom('a', 'é', '€', '😀'), fc.integer({ min: 1, max: 70_000 }))
      .map(([character, times]) => character.repeat(times)),
    fc.uint8Array({ maxLength: 300 }),
  );
  let number = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const name = join(folder, String(number++));
        const file = await NewFile.create(name);
        await file.writeAll(parts);
        const place = await file.place();
        await file.write('taken back');
        await file.cutTo(place);
        await file.finish();
        const expected = Buffer.concat(parts.map((each) => Buffer.from(each as string)));
        assert.equal(place, expected.length);
        assert.ok((await readFile(name)).equals(expected));
      }),
      { numRuns: 60 },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a new file of characters that are bytes', async () => {
  const folder = await temporaryFolder();
  try {
    const name = join(folder, 'messages');
    const file = await NewFile.create(name, 'latin1');
    const text = '\u00ff\u0000é\r'.repeat(40_000);
    await file.write(text);
    await file.finish();
    assert.ok((await readFile(name)).equals(Buffer.from(text, 'latin1')));
  } finally {
    await rm(folder, { recursive: true });
  }
});
