import { exitCodes, HandoverError } from '../base/errors.ts';

/** Asked of a source before `open` or after `close`. */
export function sourceClosed(): HandoverError {
  return new HandoverError('source-closed', 'the source is not open', {
    next: 'This is a defect of Handover: please report it.',
  });
}

/** @param what a stream is in this kind of source: a table, a file, a sheet. */
export function streamMissing(what: string, name: string): HandoverError {
  return new HandoverError('source-stream-missing', `the source has no ${what} "${name}"`, {
    next: `Assess the source again: its ${what}s have changed.`,
  });
}

/** What is there now is another instant: what is left must not be joined to what was read. */
export function snapshotLost(): HandoverError {
  const problem = 'the snapshot that the stream is read under is gone: the source has changed';
  return new HandoverError('snapshot-lost', problem, {
    next: 'Read the stream again from its start, under a new snapshot.',
    exitCode: exitCodes.unavailable,
  });
}
