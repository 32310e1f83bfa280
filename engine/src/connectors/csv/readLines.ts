import { asUnits, unitBytes } from '../../formats/lineUnits.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { ReadRequest } from '../../model/source.ts';
import { snapshotLost } from '../sourceFailure.ts';
import type { ByteFile } from './byteFile.ts';
import { isRecord, type Block, type FileIndex } from './fileIndex.ts';
import { splitterOf, type FileHead, type LineFilePlan } from './lineFile.ts';
import { LinePacker } from './linePacker.ts';

/** A file that was walked over, and is still open. */
export interface OpenedFile {
  plan: LineFilePlan;
  head: FileHead;
  file: ByteFile;
  index: FileIndex;
  digest: (data: Uint8Array) => string;
}

/** Offsets in bytes: records from `start` on, up to `end`, both at the start of a block. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Batches of the records in a range, after the cursor (the offset behind the last one had). What is
 * read is compared with what was walked over when the file was opened, block by block.
 * @throws HandoverError `snapshot-lost` when the file has changed.
 */
export async function* readLines(
  file: OpenedFile,
  range: ByteRange,
  request: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch> {
  const from = request.after === undefined ? range.start : Number(request.after);
  const packer = new LinePacker(request, file.head);
  let cursor = from;
  for (const block of file.index.blocks) {
    if (block.end <= from || block.start < range.start || block.start >= range.end) continue;
    signal.throwIfAborted();
    const bytes = await readBlock(file, block);
    for (const record of recordsOf(file, block, bytes)) {
      if (record.next <= from) continue;
      if (packer.isFullFor(record.end - record.start)) {
        yield packer.take(String(cursor));
        signal.throwIfAborted();
      }
      packer.add(bytes, record.start, record.end, record.line);
      cursor = record.next;
    }
  }
  if (packer.count > 0) yield packer.take(String(cursor));
}

async function readBlock({ file, digest }: OpenedFile, block: Block): Promise<Buffer> {
  const bytes = await file.readAt(block.start, block.end - block.start);
  if (digest(bytes) !== block.digest) throw snapshotLost();
  return bytes;
}

/** Place of a record in its block, the offset behind it in the file, and its line. */
interface RecordPlace {
  start: number;
  end: number;
  next: number;
  line: number;
}

/** One object is handed out again and again: a million small ones would cost more than the reading. */
function* recordsOf(file: OpenedFile, block: Block, bytes: Buffer): Generator<RecordPlace> {
  const { charset } = file.head.layout;
  const size = unitBytes(charset);
  const units = asUnits(bytes, charset);
  const splitter = splitterOf(file.plan, file.head);
  const place = { start: 0, end: 0, next: 0, line: block.line };
  let lines = block.line;
  for (let at = 0; at < units.length; at = splitter.next) {
    splitter.find(units, at, units.length);
    place.start = at * size;
    place.end = Math.min(splitter.end * size, bytes.length);
    place.next = block.start + Math.min(splitter.next * size, bytes.length);
    place.line = lines;
    lines += splitter.lines;
    if (isRecord(at, splitter.end, file.head.columns.length)) yield place;
  }
}
