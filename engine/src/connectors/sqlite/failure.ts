import { basename } from 'node:path';
import { exitCodes, HandoverError } from '../../base/errors.ts';

/** SQLite's result codes (sqlite.org/rescode.html); the lower byte is the primary one. */
const resultCodes = { busy: 5, locked: 6, corrupt: 11, cannotOpen: 14, notADatabase: 26 };

/** Say what SQLite says in the words of a source. Carries no value. */
export function sqliteFailure(error: unknown, file: string): unknown {
  const code = resultCodeOf(error);
  if (code === undefined) return error;
  const name = `"${basename(file)}"`;
  if (code === resultCodes.cannotOpen) {
    return failure(
      'source-file-missing',
      `the source has no database ${name}, or it is closed to us`,
      {
        next: 'Check `file` in the plan, and that we may read it and its folder.',
        cause: error,
      },
    );
  }
  if (code === resultCodes.busy || code === resultCodes.locked) {
    return failure('source-unavailable', `${name} is locked by a program that writes to it`, {
      next: 'Wait until it is done, or read from a copy. Then run: handover resume',
      failure: 'transient',
      cause: error,
    });
  }
  if (code === resultCodes.notADatabase || code === resultCodes.corrupt) {
    return failure('source-file-damaged', `${name} is no SQLite database, or it is damaged`, {
      next: 'Get it again from where it came, and check it with: pragma integrity_check',
      cause: error,
    });
  }
  return failure('source-refused', `the source refused a statement (SQLite ${code})`, {
    next: 'Check that every table and view of it can be read.',
    cause: error,
  });
}

function failure(
  code: string,
  message: string,
  details: { next: string; failure?: 'transient'; cause?: unknown },
): HandoverError {
  return new HandoverError(code, message, { exitCode: exitCodes.unavailable, ...details });
}

function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
