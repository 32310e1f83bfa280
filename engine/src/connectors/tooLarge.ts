import { z } from 'zod';
import { encodeCopyError, valueTooLarge } from '../formats/copyText.ts';

/** A value of a column that is larger is not read: the records of such a row say so in its place. */
export const largestMiB = z
  .int()
  .min(1)
  .max(200)
  .default(64)
  .describe('Bytes of one column of a row, in mebibytes: a row with more in it is held.');

/**
 * A line of COPY text, with NULL for values that were too large to be read, with what whoever reads
 * such a column is told. @param columns their positions as the source lists them: `1,4`.
 */
export function withTooLarge(line: string | Buffer, columns: string): string | Buffer {
  if (columns === '') return line;
  const isText = typeof line === 'string';
  // A tab in a value is escaped, so each one parts two fields.
  const fields = (isText ? line : line.toString('latin1')).split('\t');
  for (const at of columns.split(',')) fields[Number(at)] = encodeCopyError(valueTooLarge);
  const marked = fields.join('\t');
  return isText ? marked : Buffer.from(marked, 'latin1');
}
