import type { RecordBatch } from '../model/record.ts';

/** Pack records for a test or a sample; the first field of each is its key unless keys are given. */
export function packRecords(
  stream: string,
  records: readonly (string | Uint8Array)[],
  keys?: readonly string[],
): RecordBatch {
  const parts = records.map((record) => Buffer.from(record as string));
  const offsets = new Uint32Array(parts.length + 1);
  parts.forEach((part, at) => {
    offsets[at + 1] = (offsets[at] as number) + part.length;
  });
  return {
    stream,
    mediaType: 'text/x-copy',
    bytes: Buffer.concat(parts),
    offsets,
    keys: keys ?? parts.map((part) => part.toString('utf8').split('\t', 1)[0] as string),
    cursor: '',
  };
}
