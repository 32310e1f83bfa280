import { basename } from 'node:path';
import { exitCodes, HandoverError } from '../../base/errors.ts';

/** DuckDB's words for an error begin with its class; whatever follows may hold a value. */
const classes = /^(IO|Permission|Out of Memory|Interrupt) Error/;

/** Say what DuckDB says of a file in the words of a source. Carries no value. */
export function parquetFailure(error: unknown, path: string): unknown {
  if (error instanceof HandoverError || !(error instanceof Error)) return error;
  const name = `"${basename(path)}"`;
  const [, what] = classes.exec(error.message) ?? [];
  if (what === 'Out of Memory') {
    return new HandoverError('source-file-large', `a row group of ${name} takes more than 1 GB`, {
      next: 'Have it written again with row groups of at most 100,000 rows. Nothing was lost.',
      exitCode: exitCodes.unavailable,
    });
  }
  if (what === 'IO' && !/magic|footer|metadata|parquet/i.test(error.message)) {
    return new HandoverError('source-unavailable', `${name} cannot be read`, {
      next: 'Check the disk or share it is on, then run: handover resume',
      failure: 'transient',
      exitCode: exitCodes.unavailable,
    });
  }
  return damaged(path);
}

/** The file gave fewer rows than it says it has. */
export function rowsMissing(path: string): HandoverError {
  return damaged(path);
}

function damaged(path: string): HandoverError {
  const problem = `"${basename(path)}" is no Parquet file, or it is damaged`;
  return new HandoverError('source-file-damaged', problem, {
    next: 'Have it sent again; a file that is still being written has no end yet.',
    exitCode: exitCodes.unavailable,
  });
}
