import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { mostBytes } from '../convert/fhirPieces.ts';
import { inputFailure } from '../convert/inputFiles.ts';

/** Bytes that are read at once. */
const pieceBytes = 1 << 20;

export interface Line {
  /** Where it starts in its file, in bytes. */
  offset: number;
  /** The same as a number of lines, from 1. */
  line: number;
  /** Absent: it is refused. */
  text?: string;
  refused?: 'fhir-too-long' | 'json-encoding';
}

/**
 * Lines of a file, read as they are asked for and without waiting: what asks may be a callback of a
 * database that cannot wait either. Empty lines are left out.
 */
export function* linesOfFile(file: string): Generator<Line> {
  const handle = opened(file);
  try {
    let rest: Buffer[] = [];
    let held = 0;
    let offset = 0;
    let line = 1;
    for (;;) {
      const piece = Buffer.allocUnsafe(pieceBytes);
      const length = readSync(handle, piece, 0, pieceBytes, null);
      if (length === 0) break;
      let from = 0;
      for (let end = piece.indexOf(0x0a); end !== -1 && end < length;) {
        const own = piece.subarray(from, end);
        yield* lineOf(rest, own, held, { offset, line });
        line++;
        offset += held + own.length + 1;
        rest = [];
        held = 0;
        from = end + 1;
        end = piece.indexOf(0x0a, from);
      }
      held += length - from;
      if (held <= mostBytes) rest.push(piece.subarray(from, length));
      else rest = [];
    }
    yield* lineOf(rest, Buffer.alloc(0), held, { offset, line });
  } finally {
    closeSync(handle);
  }
}

function* lineOf(rest: Buffer[], end: Buffer, held: number, place: Line): Generator<Line> {
  if (held + end.length > mostBytes) {
    yield { ...place, refused: 'fhir-too-long' };
    return;
  }
  const bytes = rest.length === 0 ? end : Buffer.concat([...rest, end]);
  if (!isUtf8(bytes)) {
    yield { ...place, refused: 'json-encoding' };
    return;
  }
  const text = bytes.toString('utf8', place.offset === 0 && isMarked(bytes) ? 3 : 0);
  if (text.trim() !== '') yield { ...place, text };
}

function opened(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw inputFailure(file, error);
  }
}

/** With UTF-8's byte order mark. */
function isMarked(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
