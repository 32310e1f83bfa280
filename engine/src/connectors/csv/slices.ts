import type { Slice } from '../../model/stream.ts';
import type { FileIndex } from './fileIndex.ts';
import type { ByteRange } from './readLines.ts';

/** Cut a file at the starts of blocks, so that the pieces have about the same number of bytes. */
export function cutSlices(stream: string, { blocks }: FileIndex, want: number): Slice[] {
  const pieces = Math.max(1, Math.min(want, blocks.length));
  return Array.from({ length: pieces }, (_, at) => {
    const first = blocks[Math.floor((at * blocks.length) / pieces)];
    const last = blocks[Math.floor(((at + 1) * blocks.length) / pieces) - 1];
    const range: ByteRange = { start: first?.start ?? 0, end: last?.end ?? 0 };
    return { stream, id: String(at + 1).padStart(4, '0'), range: JSON.stringify(range) };
  });
}
