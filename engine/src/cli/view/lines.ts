import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes that are read at once. */
const pieceBytes = 1 << 20;
/** A resource is no longer than this. */
const longestLine = 1 << 28;

export interface Line {
  /** Where it starts in its file, in bytes. */
  offset: number;
  /** Absent: it is longer than any resource is. */
  text?: string;
}

/**
 * Lines of a file, read as they are asked for and without waiting: what asks may be a callback of a
 * database that cannot wait either. Empty lines are left out.
 */
export function* linesOfFile(file: string): Generator<Line> {
  const handle = openSync(file, 'r');
  try {
    let rest: Buffer[] = [];
    let held = 0;
    let offset = 0;
    for (;;) {
      const piece = Buffer.allocUnsafe(pieceBytes);
      const length = readSync(handle, piece, 0, pieceBytes, null);
      if (length === 0) break;
      let from = 0;
      for (let end = piece.indexOf(0x0a); end !== -1 && end < length;) {
        const own = piece.subarray(from, end);
        yield* lineOf(rest, own, held, offset);
        offset += held + own.length + 1;
        rest = [];
        held = 0;
        from = end + 1;
        end = piece.indexOf(0x0a, from);
      }
      held += length - from;
      if (held <= longestLine) rest.push(piece.subarray(from, length));
      else rest = [];
    }
    yield* lineOf(rest, Buffer.alloc(0), held, offset);
  } finally {
    closeSync(handle);
  }
}

function* lineOf(rest: Buffer[], end: Buffer, held: number, offset: number): Generator<Line> {
  if (held + end.length > longestLine) {
    yield { offset };
    return;
  }
  const bytes = rest.length === 0 ? end : Buffer.concat([...rest, end]);
  const start = offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const text = bytes.toString('utf8', start);
  if (text.trim() !== '') yield { offset, text };
}
