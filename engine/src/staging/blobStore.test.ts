import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { systemClock } from '../base/clock.ts';
import { blobStoreConformance } from './blobStoreConformance.ts';
import { openFolderStore } from './folderStore.ts';
import { MemoryStore } from './memoryStore.ts';

blobStoreConformance('memory', async () => ({
  store: new MemoryStore(systemClock),
  close: async () => undefined,
}));

blobStoreConformance('folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'handover-blobs-'));
  return {
    store: await openFolderStore({ folder, clock: systemClock }),
    again: await openFolderStore({ folder, clock: systemClock }),
    close: () => rm(folder, { recursive: true }),
  };
});

describe('folder store', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'handover-blobs-'));
  });

  after(() => rm(folder, { recursive: true }));

  test('reports a full disk, and leaves nothing half written', async () => {
    // The largest file the shell allows stands in for the disk: 64 blocks.
    const program = `
      const { openFolderStore } = await import(${moduleUrl('folderStore.ts')});
      const { systemClock } = await import(${moduleUrl('../base/clock.ts')});
      const store = await openFolderStore({ folder: process.argv[1], clock: systemClock });
      const error = await store.put('run/a', Buffer.alloc(10_000_000)).catch((thrown) => thrown);
      console.log(error.code, error.failure, error.exitCode, (await store.get('run/a')) === undefined);
      console.log(await store.put('run/a', Buffer.alloc(1_000)));`;
    const { stdout } = await promisify(execFile)('/bin/sh', [
      '-c',
      'ulimit -f 64 && exec "$0" --input-type=module -e "$1" "$2"',
      process.execPath,
      program,
      folder,
    ]);
    assert.equal(stdout, 'disk-full transient 7 true\nstored\n');
    assert.deepEqual(await readdir(join(folder, '.unfinished')), []);
  });

  test('forgets what a program that died left on its way', async () => {
    const old = join(folder, '.unfinished', 'old');
    const young = join(folder, '.unfinished', 'young');
    await openFolderStore({ folder, clock: systemClock });
    await Promise.all([writeFile(old, 'x'), writeFile(young, 'x')]);
    await utimes(old, new Date(0), new Date(0));
    await openFolderStore({ folder, clock: systemClock });
    assert.deepEqual(await readdir(join(folder, '.unfinished')), ['young']);
  });

  test('says so when its folder cannot be used', async () => {
    const file = join(folder, 'file');
    await writeFile(file, 'x');
    const opening = openFolderStore({ folder: join(file, 'below'), clock: systemClock });
    const expected = { code: 'blob-store-unavailable', failure: 'transient', exitCode: 7 };
    await assert.rejects(opening, expected);
  });
});

function moduleUrl(path: string): string {
  return JSON.stringify(new URL(path, import.meta.url));
}
