import type { LineSplitter } from '../../formats/lineSplitter.ts';
import { asUnits, unitBytes } from '../../formats/lineUnits.ts';
import type { ByteFile } from './byteFile.ts';
import { CharsetEvidence } from './foreignFile.ts';
import { splitterOf, type FileHead, type LineFilePlan } from './lineFile.ts';

/**
 * Where the records of a file are. Whether a line end ends a record can only be told from the front
 * (a quote may be open), so the file is walked once, when it is opened; from then on any block of it
 * can be read alone.
 */
export interface FileIndex {
  blocks: readonly Block[];
  records: number;
  /** Keyed digest of all blocks. */
  digest: string;
}

/** Whole records that follow each other. */
export interface Block {
  /** Offset in bytes of its first record, and of what comes after its last. */
  start: number;
  end: number;
  records: number;
  /** Line in which it begins. */
  line: number;
  /** Keyed digest of its bytes: tells whether they are still what was walked over. */
  digest: string;
}

/** A line without characters says nothing, unless lines have but one field, which can be empty. */
export function isRecord(start: number, end: number, columns: number): boolean {
  return end > start || columns === 1;
}

/**
 * Walk over a file. Memory: one block and one record.
 * @throws HandoverError `source-charset` when its bytes say another than the plan.
 */
export async function indexFile(
  file: ByteFile,
  plan: LineFilePlan,
  head: FileHead,
  options: { blockBytes: number; digest: (data: Uint8Array) => string },
  signal: AbortSignal,
): Promise<FileIndex> {
  const splitter = splitterOf(plan, head);
  const window = options.blockBytes + plan.longestRecord * 2;
  const evidence = new CharsetEvidence(head.layout.charset);
  const blocks: Block[] = [];
  let { start, line } = head;
  let ahead = Buffer.alloc(0);
  for (;;) {
    signal.throwIfAborted();
    const more = await file.readAt(start + ahead.length, window - ahead.length);
    const bytes = Buffer.concat([ahead, more]);
    if (bytes.length === 0) break;
    const walked = walkBlock(splitter, bytes, head, options.blockBytes);
    const end = start + walked.bytes;
    evidence.add(bytes.subarray(0, walked.bytes));
    const digest = options.digest(bytes.subarray(0, walked.bytes));
    blocks.push({ start, end, records: walked.records, line, digest });
    ahead = bytes.subarray(walked.bytes);
    start = end;
    line += walked.lines;
  }
  evidence.requireDeclared(plan.path);
  const digests = Buffer.from(blocks.map((block) => block.digest).join());
  const records = blocks.reduce((sum, block) => sum + block.records, 0);
  return { blocks, records, digest: options.digest(digests) };
}

/** Take whole records from the front until they fill a block. */
function walkBlock(
  splitter: LineSplitter,
  bytes: Buffer,
  head: FileHead,
  blockBytes: number,
): { bytes: number; records: number; lines: number } {
  const size = unitBytes(head.layout.charset);
  const units = asUnits(bytes, head.layout.charset);
  const full = Math.min(units.length, Math.ceil(blockBytes / size));
  const walked = { records: 0, lines: 0 };
  let at = 0;
  while (at < full) {
    splitter.find(units, at, units.length);
    if (isRecord(at, splitter.end, head.columns.length)) walked.records++;
    walked.lines += splitter.lines;
    at = splitter.next;
  }
  return { ...walked, bytes: Math.min(at * size, bytes.length) };
}
