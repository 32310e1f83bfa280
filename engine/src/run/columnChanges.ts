import type { Stream } from '../model/stream.ts';

export type Schema = Pick<Stream, 'columns' | 'key'>;

/** What became of a column between two states of its stream. */
export type ColumnChange =
  | { change: 'added'; column: string }
  | { change: 'removed'; column: string }
  | { change: 'renamed'; column: string; from: string }
  | { change: 'retyped'; column: string; from: string; to: string };

/**
 * Which columns came, went, or changed their name or type. A column counts as renamed where another
 * stands in its place with the same type, and neither name is in both states.
 */
export function columnChanges(before: Schema, now: Schema): ColumnChange[] {
  const changes: ColumnChange[] = [];
  const types = new Map(before.columns.map(({ name, sourceType }) => [name, sourceType]));
  for (const [at, { name: column, sourceType }] of now.columns.entries()) {
    const former = types.get(column);
    types.delete(column);
    const from = renamedFrom(before, now, at);
    if (from !== undefined) {
      types.delete(from);
      changes.push({ change: 'renamed', column, from });
    } else if (former === undefined) changes.push({ change: 'added', column });
    else if (former !== sourceType) {
      changes.push({ change: 'retyped', column, from: former, to: sourceType });
    }
  }
  for (const column of types.keys()) changes.push({ change: 'removed', column });
  return changes;
}

/** The former name of the column at a place, where it is another there and its type the same. */
function renamedFrom(before: Schema, now: Schema, at: number): string | undefined {
  const [former, column] = [before.columns[at], now.columns[at]];
  const has = ({ columns }: Schema, name = ''): boolean => columns.some((one) => one.name === name);
  if (former === undefined || former.sourceType !== column?.sourceType) return undefined;
  return has(now, former.name) || has(before, column.name) ? undefined : former.name;
}

/** A change in words. */
export function columnChangeWords(one: ColumnChange): string {
  switch (one.change) {
    case 'added':
      return `column ${one.column} was added`;
    case 'removed':
      return `column ${one.column} was removed`;
    case 'renamed':
      return `column ${one.from} is now ${one.column}`;
    case 'retyped':
      return `column ${one.column} was ${one.from}, is ${one.to}`;
  }
}
