import { exitCodes, HandoverError, systemCode } from '../../base/errors.ts';

/** What the system said of an output, as an error that says what to do; anything else as it is. */
export function outputFailure(name: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new HandoverError('output-unwritable', `${name} cannot be written (${code}).`, {
    cause: error,
    exitCode: isFull ? exitCodes.unavailable : exitCodes.usage,
    next: isFull
      ? 'Nothing of it was kept. Make room on its disk, or name a place on another one.'
      : 'Name one in a folder that is there and that you may write in. Nothing was written.',
  });
}
