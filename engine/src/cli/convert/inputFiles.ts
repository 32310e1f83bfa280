import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { HandoverError, exitCodes, systemCode } from '../../base/errors.ts';
import { several, type Output } from '../output.ts';
import { plainName } from './inputStream.ts';

/** What a command reads of a folder. */
export interface InputKind {
  /** Names of its files, without `.gz`. */
  files: RegExp;
  /** What they are, in words: `HL7 v2 messages`. */
  summary: string;
  /** What to do where there is none; otherwise as a conversion has it. */
  next?: string;
}

/** What the system said of an input, as an error that says what to do; anything else as it is. */
export function inputFailure(
  input: string,
  error: unknown,
  next = 'Name the file or folder to read first, then the file to write.',
): unknown {
  const code = systemCode(error);
  if (code === undefined || error instanceof HandoverError) return error;
  const isMissing = code === 'ENOENT';
  const message = isMissing
    ? `There is no file or folder ${input}.`
    : `${input} cannot be read (${code}).`;
  return new HandoverError('input-missing', message, {
    cause: error,
    exitCode: exitCodes.usage,
    next: isMissing ? next : 'Name a file or folder that you may read.',
  });
}

/**
 * The files of a folder that are of a kind by their names, or the only one. How many others a folder
 * has is told: nobody may think that they were read.
 * @throws HandoverError `input-missing` where there is none, or none that can be read.
 */
export async function inputFiles(
  input: string,
  kind: InputKind,
  output: Output,
): Promise<string[]> {
  let entries: Dirent[];
  try {
    if (!(await stat(input)).isDirectory()) return [input];
    entries = await readdir(input, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw inputFailure(input, error, kind.next);
  }
  const all = entries.filter((entry) => !entry.isDirectory());
  const files = all
    .filter((entry) => entry.isFile() && kind.files.test(plainName(entry.name)))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
  const others = all.length - files.length;
  if (files.length > 0) {
    if (others > 0) {
      output.note(`Left out of ${input}: ${several(others, 'file')} not named as ${kind.summary}.`);
    }
    return files;
  }
  throw new HandoverError('input-missing', `No file in ${input} is named as ${kind.summary}.`, {
    exitCode: exitCodes.usage,
    next:
      kind.next ??
      'Name the folder that they are in, the format that they are of (--from), or one file.',
  });
}
