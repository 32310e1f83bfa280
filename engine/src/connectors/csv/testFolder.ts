import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hmacSha256Hex } from '../../base/digest.ts';
import { systemClock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import type { Connector, ConnectorServices } from '../../model/connector.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';

/** A folder of a test's own, with these files in it. */
export async function testFolder(
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'handover-files-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export const testServices: ConnectorServices = {
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  digest: hmacSha256Hex(Buffer.alloc(32, 7)),
  secret: () => Buffer.alloc(32, 7),
};

/** A source of these settings, which must be sound. */
export function sourceOf<C>(connector: Connector<C>, settings: unknown): Source {
  const parsed = connector.configuration.parse(settings);
  if ('problems' in parsed) throw new RangeError(JSON.stringify(parsed.problems));
  if (connector.source === undefined) throw new RangeError('the connector is no source');
  return connector.source.create(parsed.value, testServices);
}

/** Everything of a stream, in one slice unless told otherwise. */
export async function readStream(
  source: Source,
  stream: Stream,
  wanted: Partial<ReadRequest> = {},
): Promise<RecordBatch[]> {
  const [slice] = await source.slices(stream, 1);
  const request = { stream, slice: slice as Slice, records: 1_000, bytes: 1 << 20, ...wanted };
  const batches: RecordBatch[] = [];
  for await (const batch of source.read(request, new AbortController().signal)) batches.push(batch);
  return batches;
}

export async function streamNamed(source: Source, name: string): Promise<Stream> {
  const found = (await source.streams()).find((stream) => stream.name === name);
  if (found === undefined) throw new RangeError(`there is no stream ${name}`);
  return found;
}

/** Records as text, without an opinion on what they mean. */
export function recordsIn(batches: readonly RecordBatch[]): string[] {
  return batches.flatMap(({ bytes, offsets, keys }) =>
    keys.map((_, at) => bytes.toString('latin1', offsets[at], offsets[at + 1])),
  );
}
