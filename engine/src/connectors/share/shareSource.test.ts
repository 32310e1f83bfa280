import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { CopyReader, type Row } from '../../formats/copyText.ts';
import { objectOf, type ObjectSink } from '../../model/largeObject.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Stream } from '../../model/stream.ts';
import { readStream, sourceOf, streamNamed, testFolder } from '../csv/testFolder.ts';
import { shareConnector } from './shareConnector.ts';
import { isAfter } from './walk.ts';

const never = new AbortController().signal;
const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

interface Opened {
  source: Source;
  stream: Stream;
  at: (path: string) => string;
}

async function share(files: Readonly<Record<string, string | Buffer>>, before?: Before) {
  const folder = await testFolder();
  undo.push(folder.remove);
  const at = (path: string): string => join(folder.path, 'share', path);
  await mkdir(at(''));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), content);
  }
  await before?.(at);
  const source = sourceOf(shareConnector(folder.path), { folder: 'share', largestMiB: 1 });
  undo.push(() => source.close());
  await source.open(never);
  const opened: Opened = { source, stream: await streamNamed(source, 'files'), at };
  return opened;
}

type Before = (at: (path: string) => string) => Promise<unknown>;

/** Rows by path, by the names of their columns. */
function rowsIn({ stream }: Opened, batches: readonly RecordBatch[]) {
  const rows = new Map<string, Record<string, string | null>>();
  for (const batch of batches) {
    const reader = new CopyReader(stream.columns.map(() => true));
    reader.open(batch);
    batch.keys.forEach((key, ordinal) => {
      const row: Row = [];
      assert.equal(reader.read(ordinal, row), undefined);
      assert.equal(row[0], key);
      const named = stream.columns.map(({ name }, at) => [name, row[at] ?? null]);
      rows.set(key, Object.fromEntries(named));
    });
  }
  return rows;
}

async function read(opened: Opened, wanted: Partial<ReadRequest> = {}) {
  return rowsIn(opened, await readStream(opened.source, opened.stream, wanted));
}

const pdf = '%PDF-1.4\n% one\n%%EOF\n';

describe('share', () => {
  it('makes a record of every file, however deep, with kind, length and digests', async () => {
    const tiff = Buffer.from('II*\0\b\0\0\0scan', 'latin1');
    const opened = await share({ 'LAB/2019/a.pdf': pdf, 'b.tif': tiff, 'LAB/c.txt': 'words' });
    const rows = await read(opened);
    assert.deepEqual([...rows.keys()], ['LAB/2019/a.pdf', 'LAB/c.txt', 'b.tif']);
    assert.equal(opened.stream.count, 3);
    const row = rows.get('LAB/2019/a.pdf');
    assert.equal(row?.['bytes'], String(pdf.length));
    assert.equal(row?.['media'], 'application/pdf');
    assert.equal(row?.['sha1'], createHash('sha1').update(pdf).digest('base64'));
    assert.equal(row?.['problem'], null);
    const object = objectOf(row?.['content'] ?? '');
    assert.deepEqual(object, {
      sha256: createHash('sha256').update(pdf).digest('hex'),
      bytes: pdf.length,
    });
    assert.equal(rows.get('b.tif')?.['media'], 'image/tiff');
    assert.equal(rows.get('LAB/c.txt')?.['media'], 'application/octet-stream');
  });

  it('opens nothing that is no file, and says why what it cannot move is held', async () => {
    const secret = await testFolder({ 'outside.pdf': pdf });
    undo.push(secret.remove);
    const opened = await share(
      { 'a.pdf': pdf, 'empty.pdf': '', 'large.pdf': Buffer.alloc(1024 * 1024 + 1, 'x') },
      async (at) => {
        await symlink(join(secret.path, 'outside.pdf'), at('link.pdf'));
        await symlink(secret.path, at('folder'));
        await promisify(execFile)('mkfifo', [at('pipe')]);
      },
    );
    const rows = await read(opened);
    const problems = [...rows].map(([path, row]) => [path, row['problem']]);
    assert.deepEqual(problems, [
      ['a.pdf', null],
      ['empty.pdf', 'document-empty'],
      ['folder', 'document-not-a-file'],
      ['large.pdf', 'document-too-large'],
      ['link.pdf', 'document-not-a-file'],
      ['pipe', 'document-not-a-file'],
    ]);
    for (const [path, row] of rows) assert.equal(row['content'] === null, path !== 'a.pdf');
  });

  it('gives each file to the sink in frames, in a batch no larger than asked for', async () => {
    const contents = Object.fromEntries(
      Array.from({ length: 9 }, (_, at) => [`f${at}`, Buffer.alloc(300_000 + at, at + 1)]),
    );
    const opened = await share(contents);
    const kept: { ordinal: number; bytes: Buffer }[] = [];
    let largest = 0;
    const objects: ObjectSink = {
      async keep(ordinal, frames) {
        const parts: Buffer[] = [];
        for await (const frame of frames) parts.push(frame);
        largest = Math.max(largest, ...parts.map(({ length }) => length));
        kept.push({ ordinal, bytes: Buffer.concat(parts) });
      },
    };
    const [slice] = await opened.source.slices(opened.stream, 1);
    assert.ok(slice);
    const sizes: number[] = [];
    const request = { stream: opened.stream, slice, records: 100, bytes: 1_000_000, objects };
    for await (const batch of opened.source.read(request, never)) {
      const own = kept.splice(0);
      assert.deepEqual(
        own.map(({ ordinal }) => ordinal),
        [...batch.keys.keys()],
      );
      own.forEach(({ bytes }, at) => assert.deepEqual(bytes, contents[batch.keys[at] as string]));
      sizes.push(batch.keys.length);
    }
    assert.deepEqual(sizes, [3, 3, 3]);
    assert.equal(largest, 256 * 1024);
  });

  it('reads each file once in any number of slices, and goes on after any cursor', async () => {
    const names = ['a/1', 'a-b/2', 'a/b/3', 'a/b-c', 'b', 'b.c/4', 'z/y/x/5', 'é/6', 'Z'];
    const opened = await share(Object.fromEntries(names.map((name) => [name, name])));
    const { source, stream } = opened;
    const [whole] = await source.slices(stream, 1);
    assert.ok(whole);
    const limits = { stream, records: 1, bytes: 1 << 20 };
    const order: string[] = [];
    for await (const batch of source.read({ ...limits, slice: whole }, never)) {
      order.push(...batch.keys);
    }
    assert.deepEqual(order.toSorted(), names.toSorted());
    assert.ok(order.every((path, at) => at === 0 || isAfter(path, order[at - 1] as string)));
    for (const want of [2, 4, 20]) {
      const keys: string[] = [];
      for (const slice of await source.slices(stream, want)) {
        for await (const batch of source.read({ ...limits, slice }, never))
          keys.push(...batch.keys);
      }
      assert.deepEqual(keys, order);
    }
    for (const [at, after] of order.entries()) {
      const keys: string[] = [];
      for await (const batch of source.read({ ...limits, slice: whole, after }, never)) {
        keys.push(...batch.keys);
      }
      assert.deepEqual(keys, order.slice(at + 1));
    }
  });

  it('loses its snapshot when a file comes, goes or changes, and not when nothing does', async () => {
    const changes: Before[] = [
      (at) => appendFile(at('a/1'), 'more'),
      (at) => truncate(at('a/1'), 1),
      (at) => writeFile(at('new'), 'new'),
      (at) => rm(at('b')),
      (at) => rm(at('a'), { recursive: true }),
    ];
    for (const change of changes) {
      const opened = await share({ 'a/1': 'one', b: 'two' });
      const snapshot = opened.source.snapshot();
      assert.ok(snapshot);
      assert.equal((await read(opened, { snapshot })).size, 2);
      await change(opened.at);
      await assert.rejects(read(opened, { snapshot }), { code: 'snapshot-lost' });
      assert.notEqual(opened.source.snapshot(), snapshot);
      await read(opened, { snapshot: opened.source.snapshot() ?? '' });
    }
  });

  it('notices a file that changes while it is read', async () => {
    const opened = await share({ a: Buffer.alloc(900_000, 'a') });
    const objects: ObjectSink = {
      async keep(_ordinal, frames) {
        for await (const frame of frames) {
          assert.ok(frame.length > 0);
          await appendFile(opened.at('a'), 'more');
        }
      },
    };
    await assert.rejects(read(opened, { objects }), { code: 'snapshot-lost' });
  });

  it('opens only the files that are asked for, where their paths decide', async () => {
    const opened = await share({ 'a/1': 'one', b: 'two', c: 'three' });
    const where = { columns: ['path'], keys: new Set(['b', '../b', 'a']) };
    assert.deepEqual([...(await read(opened, { where })).keys()], ['b']);
  });

  it('names no file in what it throws', async () => {
    const source = sourceOf(shareConnector('/'), { folder: 'nowhere/Smith_John' });
    await assert.rejects(source.open(never), (error: Error) => {
      assert.equal('code' in error && error.code, 'source-file-missing');
      assert.doesNotMatch(`${error.message} ${error.stack}`, /Smith/);
      return true;
    });
  });
});
