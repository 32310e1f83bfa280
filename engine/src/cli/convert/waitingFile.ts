import { stat } from 'node:fs/promises';
import type { DatabaseSync } from 'node:sqlite';
import { exitCodes, HandoverError } from '../../base/errors.ts';
import { outputFailure } from './outputFailure.ts';

/**
 * A new file of SQLite, for its owner's eyes only, in which a conversion keeps what does not fit into memory.
 * @throws HandoverError `output-exists` where a file of that name waits already, `output-unwritable`.
 */
export async function waitingFile(file: string): Promise<DatabaseSync> {
  if ((await stat(file).catch(() => undefined)) !== undefined) {
    throw new HandoverError(
      'output-exists',
      `${file} is there already, of a conversion that broke off.`,
      {
        exitCode: exitCodes.usage,
        next: 'Remove it, unless another conversion is writing it now.',
      },
    );
  }
  const { DatabaseSync } = await import('node:sqlite');
  const mask = process.umask(0o077);
  try {
    return new DatabaseSync(file);
  } catch (error) {
    throw outputFailure(file, error);
  } finally {
    process.umask(mask);
  }
}
