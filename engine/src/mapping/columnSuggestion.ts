import { nearestName } from '../fhirpath/expressionError.ts';
import type { Stream } from '../model/stream.ts';

/**
 * Whether the columns of a stream are known to be names: by a key that stands among them, or a name that
 * somebody wrote down. The first line of a file without a header is a record, which is told to nobody.
 */
export function hasKnownNames(
  { key, columns }: Pick<Stream, 'key' | 'columns'>,
  written: Iterable<string>,
): boolean {
  if (key.length > 0) return true;
  const names = new Set(columns.map(({ name }) => name));
  return [...written].some((name) => names.has(name));
}

/** The column that `name` may have meant, where columns may be told. */
export function nearestColumn(
  stream: Pick<Stream, 'key' | 'columns'>,
  name: string,
  written: Iterable<string>,
): string | undefined {
  if (!hasKnownNames(stream, written)) return undefined;
  return nearestName(
    name,
    stream.columns.map((column) => column.name),
  );
}
