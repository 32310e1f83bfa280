import { basename } from 'node:path';
import { exitCodes, HandoverError, systemCode } from '../../base/errors.ts';

/** Say what the file system says of a file or folder in the words of a source. */
export function fileFailure(error: unknown, path: string): unknown {
  const code = systemCode(error);
  if (error instanceof HandoverError || code === undefined) return error;
  const what = `"${basename(path)}"`;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') {
    const missing =
      code === 'EISDIR' ? `${what} is a folder, not a file` : `the source has no ${what}`;
    return new HandoverError('source-file-missing', `${missing} (${code})`, {
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

/** There is no mark, but every second byte is zero. */
export function charsetUnmarked(path: string, said: string, found: string): HandoverError {
  return planned(
    'source-charset',
    `"${basename(path)}" cannot be ${said}: every second byte is zero, as in ${found}`,
    `Write charset: ${found} for it in the plan.`,
  );
}

export function charsetContradicted(path: string, said: string): HandoverError {
  return planned(
    'source-charset',
    `"${basename(path)}" is UTF-8 from end to end, and the plan says ${said}`,
    `Write charset: utf-8 for it in the plan: in ${said} its letters beyond ASCII would be others.`,
  );
}

export function fileCompressed(path: string, packing: string): HandoverError {
  return planned(
    'source-file-compressed',
    `"${basename(path)}" is packed (${packing})`,
    'Unpack it beside the other files; a workbook of Excel is read by kind: excel.',
  );
}

export function fileDamaged(path: string): HandoverError {
  return planned(
    'source-file-damaged',
    `"${basename(path)}" cannot be unpacked: it is damaged, or was cut`,
    'Have it sent again; `gzip -t` tells whether a file is whole. Nothing of it was read.',
  );
}

export function fileBomb(path: string): HandoverError {
  return planned(
    'source-file-bomb',
    `"${basename(path)}" grows more than two hundredfold when it is unpacked, as no table does`,
    'Ask who made it. If it is right, unpack it beside the other files.',
  );
}

export function fileEmpty(path: string): HandoverError {
  return planned(
    'source-file-empty',
    `"${basename(path)}" is empty: it has not even a header`,
    'Have it sent again; where nothing is to be sent, a file with its header alone says so.',
  );
}

export function headerUnreadable(path: string): HandoverError {
  return planned(
    'source-header-unreadable',
    `the header of "${basename(path)}" cannot be read: its bytes are no text, or a quote is open`,
    'Check `charset` and `quote` in the plan, or set header: false and name the `columns`.',
  );
}

/** @param names What the first line says, and `declared`: what the plan does. */
export function headerDiffers(
  path: string,
  names: readonly string[],
  declared: readonly string[],
): HandoverError {
  const said = isHeader(names, declared)
    ? `It says: ${names.slice(0, 40).join(', ')}. Declare these, or have the file sent again.`
    : unlike(names, declared);
  return planned(
    'source-header-differs',
    `the header of "${basename(path)}" names other columns than those declared for it`,
    said,
  );
}

/** @param declared Columns that the plan names, `name` among them. */
export function columnMissing(
  path: string,
  name: string,
  names: readonly string[],
  declared: readonly string[],
): HandoverError {
  const one = names.length === 1 ? delimiterHint(names[0] ?? '') : '';
  const said = isHeader(names, declared)
    ? `Columns it has: ${names.slice(0, 40).join(', ')}.`
    : unlike(names, declared);
  return planned(
    'source-column-missing',
    `"${basename(path)}" has no column "${name}", which the plan names`,
    `${said}${one}`,
  );
}

/** The first line holds what only records do. */
export function headerUnlike(path: string, fields: number, values: number): HandoverError {
  const few = values === 1 ? 'one is a value' : `${values} are values`;
  return planned(
    'source-header-unlike',
    `the first line of "${basename(path)}" does not look like a header: of its ${fields} fields ${few} (a number, a date, an id, an address)`,
    'If the file has none, set header: false and name the `columns` in the plan; if this is its header, set header: true.',
  );
}

/** Without a name that somebody declared the first line may be a patient: it is not repeated. */
function isHeader(names: readonly string[], declared: readonly string[]): boolean {
  return declared.some((name) => names.includes(name));
}

function unlike(names: readonly string[], declared: readonly string[]): string {
  const none =
    declared.length === 1 ? 'is not the column' : `is none of the ${declared.length} columns`;
  return `Its first line does not look like a header: among its ${names.length === 1 ? 'one field' : `${names.length} fields`} ${none} that the plan names. If it has no header, set header: false and name the \`columns\`.`;
}

function delimiterHint(header: string): string {
  const seen = Object.entries(delimiterNames).find(([text]) => header.includes(text));
  const right = seen === undefined ? '' : ` It holds ${seen[1]}.`;
  return ` There is only one: is \`delimiter\` right?${right}`;
}

const delimiterNames = { ';': '`;`', '\t': '`tab`', '|': '`|`', ',': '`,`' } as const;

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
