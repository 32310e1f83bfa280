import { exitCodes, HandoverError } from '../../base/errors.ts';

/** How a file is not what the manifest says. */
export interface FileDifference {
  file: string;
  what: 'missing' | 'digest' | 'records';
}

const words = {
  missing: 'is missing',
  digest: 'has another digest',
  records: 'has another number of records',
} as const;

export function deliveryDiffers(differences: readonly FileDifference[]): HandoverError {
  const listed = differences.map(({ file, what }) => `${file} ${words[what]}`).join(', ');
  return failure(
    'export-differs',
    `the delivery is not what its manifest says: ${listed}`,
    'Fetch the delivery again from its sender; do not mend it here. Nothing was read.',
  );
}

export function manifestInvalid(file: string, problem: string): HandoverError {
  return failure(
    'export-manifest-invalid',
    `"${file}" is no manifest (${problem})`,
    'It needs `delivery` (a number) and `files`, each with file, sha256 and, if known, records.',
  );
}

export function dictionaryInvalid(file: string, problem: string): HandoverError {
  return failure(
    'export-dictionary-invalid',
    `"${file}" is no dictionary (${problem})`,
    'It needs a row for every column of every table, under the heads table, column, type, key.',
  );
}

export function deliveryUnexpected(said: number, found: number): HandoverError {
  return failure(
    'export-delivery',
    `the plan expects delivery ${said}, and the folder holds delivery ${found}`,
    'Name the right folder, or decide on the new delivery and write its number.',
  );
}

function failure(code: string, message: string, next: string): HandoverError {
  return new HandoverError(code, message, { next, exitCode: exitCodes.planInvalid });
}
