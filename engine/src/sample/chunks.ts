import type { Row } from './table.ts';
import { count, type TableTally } from './tally.ts';

/** Bytes are handed on in pieces of about this many characters: few calls, little memory. */
const chunkCharacters = 256 * 1024;

export interface Chunk {
  /** Text of some rows, each with its line end. */
  rows: string;
  /** NDJSON of their truths. */
  truths: string;
  /** Truths of the planted defects among them, NDJSON with the table's name. */
  defects: string;
}

/** Rows as text, counted into `tally` as they pass. */
export function* chunksOf(
  table: string,
  rows: Iterable<Row>,
  tally: TableTally,
  want: { truths: boolean; encode: (values: Row['values']) => string },
): Generator<Chunk> {
  let chunk = { rows: '', truths: '', defects: '' };
  for (const { values, truth } of rows) {
    count(tally, truth);
    chunk.rows += `${want.encode(values)}\n`;
    if (want.truths) {
      chunk.truths += `${JSON.stringify(truth)}\n`;
      if ('defect' in truth) {
        chunk.defects += `${JSON.stringify({ table, ...truth })}\n`;
      }
    }
    if (chunk.rows.length < chunkCharacters) continue;
    yield chunk;
    chunk = { rows: '', truths: '', defects: '' };
  }
  yield chunk;
}
