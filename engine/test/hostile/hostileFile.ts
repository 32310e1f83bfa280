import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { ConvertedDocument, ConvertReader } from '../../src/cli/convert/reader.ts';

/** A file that wants to do harm, and what becomes of it. */
export interface HostileFile {
  what: string;
  bytes: string | Buffer | (() => string | Buffer);
  /**
   * `read`: something is made of it and nothing refused. `refused`: nothing is made. `both`: a part is
   * refused, the rest is made. A code: nothing is made, for that reason.
   */
  outcome: string;
}

const megabyte = 1024 * 1024;
const chunkBytes = 64 * 1024;

export const ofLength = (bytes: string | Buffer): Buffer =>
  typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;

/** All that a reader makes of bytes that come in chunks, as from a file. */
export async function readHostile(
  reader: ConvertReader,
  bytes: Buffer,
  size = chunkBytes,
): Promise<ConvertedDocument[]> {
  const documents: ConvertedDocument[] = [];
  const identify = (key: string): string => key.slice(0, 64);
  for await (const document of reader.read(chunksOf(bytes, size), { identify, zone: undefined })) {
    documents.push(document);
  }
  return documents;
}

function chunksOf(bytes: Buffer, size: number): AsyncIterable<Buffer> {
  const count = Math.ceil(bytes.length / size);
  return Readable.from(
    Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size)),
  );
}

const reason = /^[a-z0-9]+(-[a-z0-9]+)+( \S+)*$/;

/**
 * What holds of any bytes: every refusal has a code and a place in the file, no path is longer than a
 * path is, and what is written is no many times the file.
 */
export function assertBounded(documents: readonly ConvertedDocument[], bytes: Buffer): void {
  let written = 0;
  for (const { offset, resources, unread, issues, refused } of documents) {
    assert.ok(offset >= 0 && offset <= bytes.length, 'a place outside of the file');
    if (refused !== undefined) {
      assert.match(refused, reason);
      assert.ok(refused.length < 200);
      assert.equal(resources.length, 0);
    }
    for (const path of unread) assert.ok(path.length < 500, 'a path that is none');
    for (const { code, path } of issues) {
      assert.match(code, reason);
      assert.ok(path.length < 500);
    }
    for (const resource of resources) written += JSON.stringify(resource).length;
  }
  assert.ok(written < 16 * megabyte + 40 * bytes.length, 'much is made of little');
}

/** What became of a file, in one word and the reasons. */
export function outcomeOf(documents: readonly ConvertedDocument[]): {
  word: 'read' | 'refused' | 'both' | 'nothing';
  reasons: string[];
} {
  const reasons = documents.flatMap(({ refused }) => (refused === undefined ? [] : [refused]));
  const made = documents.some(({ resources }) => resources.length > 0);
  const word = made
    ? reasons.length > 0
      ? 'both'
      : 'read'
    : reasons.length > 0
      ? 'refused'
      : 'nothing';
  return { word, reasons };
}

/** Milliseconds of this thread's processor time. */
export async function costOf(work: () => Promise<unknown>): Promise<number> {
  const started = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(started);
  return (user + system) / 1000;
}
