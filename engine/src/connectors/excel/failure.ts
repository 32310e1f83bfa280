import { basename } from 'node:path';
import { exitCodes, HandoverError } from '../../base/errors.ts';
import { fileFailure } from '../csv/failure.ts';

/** Say what the readers of ZIP and XML say in the words of a source. Carries no value. */
export function workbookFailure(error: unknown, path: string): unknown {
  const told = fileFailure(error, path);
  return told instanceof HandoverError || !(told instanceof Error) ? told : damaged(path);
}

/** Neither a package of parts nor anything else that holds worksheets. */
export function damaged(path: string): HandoverError {
  return refused(
    'source-file-damaged',
    `"${basename(path)}" is no Excel workbook (.xlsx, .xlsm), or it is damaged`,
    'Have it sent again, or open it in a spreadsheet program and save it as .xlsx.',
  );
}

/** An OLE file with an `EncryptedPackage` (MS-OFFCRYPTO, section 2.3.4.4). */
export function isProtected(path: string): HandoverError {
  return refused(
    'source-file-protected',
    `"${basename(path)}" is protected by a password`,
    'Open it with its password, save a copy without one where only we can read it, and name that.',
  );
}

export function isOldFormat(path: string): HandoverError {
  return refused(
    'source-file-damaged',
    `"${basename(path)}" is a workbook of the old format (.xls)`,
    'Open it in a spreadsheet program and save it as .xlsx.',
  );
}

/** More than any workbook needs: a bomb, or no table for a spreadsheet. */
export function tooLarge(path: string, what: string): HandoverError {
  return refused(
    'source-file-large',
    `"${basename(path)}" ${what}`,
    'If it is what the old system wrote, have it sent as CSV. Nothing was lost.',
  );
}

export function sheetMissing(
  path: string,
  sheet: string,
  sheets: readonly string[],
): HandoverError {
  return refused(
    'source-sheet-missing',
    `"${basename(path)}" has no sheet "${sheet}", which the plan names`,
    `Sheets it has: ${sheets.slice(0, 40).join(', ')}. Correct \`streams\` in the plan.`,
  );
}

function refused(code: string, message: string, next: string): HandoverError {
  return new HandoverError(code, message, { next, exitCode: exitCodes.planInvalid });
}
