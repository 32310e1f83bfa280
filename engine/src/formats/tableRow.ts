import type { RecordBatch } from '../model/record.ts';
import type { CopyProblem, Row } from './copyText.ts';

/** Why a record cannot be read as a row. */
export type RowProblem =
  | CopyProblem
  /** A quoted field that does not end within the record. */
  | 'quote-unterminated'
  /** Text after a closing quote. */
  | 'quote-misplaced';

/** Reads rows of packed batches, whatever their media type. */
export interface RowReader {
  /** Populated values met so far in columns that are not wanted, by the position of the column. */
  readonly populated: Uint32Array;
  /** Turn to a batch. */
  open(batch: RecordBatch): void;
  /** Put record `ordinal` of the opened batch into `row`; the answer is the problem, if any. */
  read(ordinal: number, row: Row): RowProblem | undefined;
}
