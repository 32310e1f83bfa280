import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { seededRandom } from '../../base/random.ts';
import { temporaryFolder } from '../../store/testing.ts';
import { openFile } from './openFile.ts';

test('what gzip has packed is read from any place, backwards too, and by many at once', async (context) => {
  const folder = await temporaryFolder();
  context.after(() => rm(folder, { recursive: true, force: true }));
  const random = seededRandom('unpacked');
  const text = Buffer.from(random.bytes(600_000).toString('hex'));
  const path = join(folder, 'table.csv.gz');
  await writeFile(path, gzipSync(text));
  const file = await openFile(path);
  const places = Array.from({ length: 40 }, () => random.integer(text.length));
  const [first, ...others] = places as [number, ...number[]];
  assert.deepEqual(await file.readAt(first, 5_000), text.subarray(first, first + 5_000));
  await Promise.all(
    others.map(async (from) => {
      assert.ok((await file.readAt(from, 70_000)).equals(text.subarray(from, from + 70_000)));
    }),
  );
  assert.equal((await file.readAt(text.length - 10, 100)).length, 10);
  assert.equal((await file.readAt(text.length + 10, 100)).length, 0);
  await file.close();
});
