import { exitCodes, HandoverError, systemCode } from '../../base/errors.ts';

/** Say what the file system says in the words of a source. Names of files are PHI and left out. */
export function shareFailure(error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof HandoverError || code === undefined) return error;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new HandoverError('source-file-missing', `the share is not there (${code})`, {
      next: 'Check `folder` in the plan, and that the share is mounted.',
      failure: 'transient',
      exitCode: exitCodes.unavailable,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new HandoverError('source-denied', 'the source does not let us read the share', {
      next: 'Give the user that runs handover leave to read it. Nothing was read.',
      exitCode: exitCodes.unavailable,
    });
  }
  return new HandoverError('source-unavailable', `a file of the share cannot be read (${code})`, {
    next: 'Check the disk or share it is on, then run: handover resume',
    failure: 'transient',
    exitCode: exitCodes.unavailable,
  });
}
