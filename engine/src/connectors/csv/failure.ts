import { basename } from 'node:path';
import { exitCodes, HandoverError, systemCode } from '../../base/errors.ts';

/** Say what the file system says of a file or folder in the words of a source. */
export function fileFailure(error: unknown, path: string): unknown {
  const code = systemCode(error);
  if (error instanceof HandoverError || code === undefined) return error;
  const what = `"${basename(path)}"`;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') {
    return new HandoverError('source-file-missing', `the source has no ${what} (${code})`, {
      next: 'Check `folder` and `file` in the plan, and that the share is mounted.',
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new HandoverError('source-denied', `the source does not let us read ${what}`, {
      next: 'Give the user that runs handover leave to read it. Nothing was read.',
      exitCode: exitCodes.unavailable,
      cause: error,
    });
  }
  return new HandoverError('source-unavailable', `${what} cannot be read (${code})`, {
    next: 'Check the disk or share it is on, then run: handover resume',
    failure: 'transient',
    exitCode: exitCodes.unavailable,
    cause: error,
  });
}

export function charsetDiffers(path: string, said: string, found: string): HandoverError {
  const problem = `"${basename(path)}" begins with the byte order mark of ${found}, not ${said}`;
  return planned(
    'source-charset',
    problem,
    `Write charset: ${found} in the plan, or leave it out.`,
  );
}

export function headerUnreadable(path: string): HandoverError {
  return planned(
    'source-header-unreadable',
    `the header of "${basename(path)}" cannot be read: its bytes are no text, or a quote is open`,
    'Check `charset` and `quote` in the plan, or set header: false and name the `columns`.',
  );
}

export function headerDiffers(path: string, names: readonly string[]): HandoverError {
  return planned(
    'source-header-differs',
    `the header of "${basename(path)}" names other columns than those declared for it`,
    `It says: ${names.slice(0, 40).join(', ')}. Declare these, or have the file sent again.`,
  );
}

export function columnMissing(path: string, name: string, names: readonly string[]): HandoverError {
  const one = names.length === 1 ? ' There is only one: is `delimiter` right?' : '';
  const listed = names.slice(0, 40).join(', ');
  return planned(
    'source-column-missing',
    `"${basename(path)}" has no column "${name}", which the plan names`,
    `Columns it has: ${listed}.${one}`,
  );
}

export function streamDoubled(name: string): HandoverError {
  return planned(
    'source-stream-doubled',
    `two files of the folder would be the stream "${name}"`,
    'Name one of them apart: streams: { other_name: { file: … } }.',
  );
}

function planned(code: string, message: string, next: string): HandoverError {
  return new HandoverError(code, message, { next, exitCode: exitCodes.planInvalid });
}
