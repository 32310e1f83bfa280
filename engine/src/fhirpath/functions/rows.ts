import type { Code } from '../code.ts';
import { ExpressionError } from '../expressionError.ts';
import { columnLacks } from '../rows.ts';
import { columnsInScope, unknownName, type BuiltIn, type Call } from '../scope.ts';

/** What a row alone can be asked: FHIRPath calls NULL and absent both empty. */
export const rowFunctions: Readonly<Record<string, BuiltIn>> = {
  isNull: { arity: [0, 0], compile: (call) => compileLack(call, null) },
  isAbsent: { arity: [0, 0], compile: (call) => compileLack(call, undefined) },
};

function compileLack(call: Call, what: null | undefined): Code {
  const { scope, at, name } = call;
  const column = call.syntax.base;
  const columns = columnsInScope(scope);
  if (columns === undefined || column?.kind !== 'name' || column.base !== undefined) {
    throw new ExpressionError('type-clash', `${name}() works on a column: column.${name}()`, at);
  }
  const place = columns.places.get(column.name);
  if (place === undefined) throw unknownName('column', column.name, columns.places.keys(), at);
  columns.reads.add(column.name);
  return columnLacks(place, scope.focus.kind === 'row', what);
}
