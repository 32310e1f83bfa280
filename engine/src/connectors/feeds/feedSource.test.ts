import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { hmacSha256Hex } from '../../base/digest.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { Stream } from '../../model/stream.ts';
import { FeedSource } from './feedSource.ts';
import { hl7v2Feed } from './hl7v2Feed.ts';
import { testFeed, type TestFeed } from './testFeed.ts';

const digest = hmacSha256Hex(Buffer.from('key'));
const never = new AbortController().signal;
const message = (type: string, control: string): string =>
  `MSH|^~\\&|REG|RIVER|||20240105||${type}|${control}|P|2.5\rPID|1||1001\r`;

async function opened(context: TestContext): Promise<{ feed: TestFeed; source: FeedSource }> {
  const feed = await testFeed();
  context.after(() => feed.dispose());
  return { feed, source: new FeedSource(feed.folder, hl7v2Feed, digest) };
}

async function readStream(source: FeedSource, name: string): Promise<RecordBatch[]> {
  const streams = await source.streams();
  const stream = streams.find((one) => one.name === name) as Stream;
  const batches: RecordBatch[] = [];
  for (const slice of await source.slices(stream, 3)) {
    for await (const batch of source.read({ stream, slice, records: 9, bytes: 1e6 }, never)) {
      batches.push(batch);
    }
  }
  return batches;
}

test('every byte of a folder is a record of some stream, or stands around one', async (context) => {
  const { feed, source } = await opened(context);
  await feed.write('a/1.hl7', `stray words\r${message('ADT^A01', '1')}${message('ORU^R01', '2')}`);
  await feed.write('b.dat', `FHS|^~\\&\rBHS|^~\\&\r${message('ADT^A08', '3')}BTS|1\rFTS|1\r`);
  await feed.write('c.hl7', message('', '4'));
  await feed.write('empty.hl7', '');
  await symlink(join(feed.folder, 'b.dat'), join(feed.folder, 'link.hl7'));
  await source.open(never);
  const streams = await source.streams();
  assert.deepEqual(
    streams.map(({ name, count }) => [name, count]),
    [
      ['ADT', 2],
      ['ORU', 1],
      ['unreadable', 3],
    ],
  );
  const unreadable = (await readStream(source, 'unreadable')).flatMap(({ keys, bytes, offsets }) =>
    keys.map((key, at) => [key, bytes.toString('latin1', offsets[at], offsets[at + 1])]),
  );
  assert.deepEqual(unreadable, [
    ['a/1.hl7\u001f0', 'stray words\r'],
    ['c.hl7\u001f0', message('', '4')],
    ['link.hl7\u001f0', ''],
  ]);
  const [first] = await readStream(source, 'ORU');
  assert.equal(first?.bytes.toString(), message('ORU^R01', '2'));
});

test('a folder that changes is another snapshot', async (context) => {
  const { feed, source } = await opened(context);
  await feed.write('a.hl7', message('ADT^A01', '1'));
  await source.open(never);
  const before = source.snapshot();
  const [stream] = (await source.streams()) as [Stream];
  const [slice] = await source.slices(stream, 1);
  assert.ok(slice && before);
  await feed.write('b.hl7', message('ADT^A01', '2'));
  const request = { stream, slice, snapshot: before, records: 9, bytes: 1e6 };
  const read = async (): Promise<void> => {
    for await (const batch of source.read(request, never)) assert.ok(batch.keys.length > 0);
  };
  await assert.rejects(read, { code: 'snapshot-lost' });
  assert.notEqual(source.snapshot(), before);
  await assert.rejects(read, { code: 'snapshot-lost' });
});

test('a folder that is not there is told without its name', async () => {
  const source = new FeedSource('/nowhere/at-all', hl7v2Feed, digest);
  await assert.rejects(source.open(never), { code: 'source-file-missing' });
});
