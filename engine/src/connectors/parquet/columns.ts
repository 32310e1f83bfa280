import { basename } from 'node:path';
import { exitCodes, HandoverError } from '../../base/errors.ts';
import type { ParquetPlan } from './discover.ts';
import type { FileColumn } from './parquetFile.ts';

/** @throws HandoverError `source-column-missing` when the plan names a column that is not there. */
export function columnMissing(
  { name: stream, key, types }: ParquetPlan,
  columns: readonly FileColumn[],
): void {
  const names = columns.map(({ name }) => name);
  const missing = [...key, ...Object.keys(types)].find((name) => !names.includes(name));
  if (missing === undefined) return;
  throw new HandoverError('source-column-missing', `"${stream}" has no column "${missing}"`, {
    next: `Columns it has: ${names.slice(0, 40).join(', ')}. Correct \`streams\` in the plan.`,
    exitCode: exitCodes.planInvalid,
  });
}

/** @throws HandoverError `source-parts-differ` when a part of a stream has other columns. */
export function columnsDiffer(
  path: string,
  first: readonly FileColumn[],
  own: readonly FileColumn[],
): void {
  const words = (columns: readonly FileColumn[]): string[] =>
    columns.map(({ name, type }) => `${name} ${type}`);
  const other = words(own).find((word, at) => word !== words(first)[at]);
  if (other === undefined && own.length === first.length) return;
  throw new HandoverError(
    'source-parts-differ',
    `"${basename(path)}" has other columns than the parts before it`,
    {
      next: 'Have the parts written with one schema, or name each as a stream of its own.',
      exitCode: exitCodes.planInvalid,
    },
  );
}
