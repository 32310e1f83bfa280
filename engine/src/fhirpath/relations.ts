import { operand, several, single, type Code } from './code.ts';
import type { NamedRows, RelationDefinition, Row } from './environment.ts';
import { literalArguments } from './definitions.ts';
import { ExpressionError, type Place } from './expressionError.ts';
import type { Item } from './item.ts';
import type { Call } from './scope.ts';
import { fits, typeName } from './staticType.ts';

/** A call of a function that yields rows; see {@link RelationDefinition}. */
export function compileRelation(call: Call, definition: RelationDefinition): Code {
  const { base, at, name } = call;
  const literals = literalArguments(call, definition.parameters);
  if (!['String', 'Integer', 'Decimal'].some((type) => fits(base.type, type as 'String'))) {
    const problem = `${name}() works on a key (text or number), not ${typeName(base.type)}`;
    throw new ExpressionError('type-clash', problem, at);
  }
  const relation = definition.prepare(literals, at);
  const keyOf = operand(base);
  const type = { kind: 'row', columns: relation.columns } as const;
  if (definition.many) {
    return several(
      type,
      (focus, frame) => {
        const key = keyOf(focus, frame);
        return key === undefined ? [] : asItems(relation.read(key, frame.context));
      },
      at,
    );
  }
  return single(type, (focus, frame) => {
    const key = keyOf(focus, frame);
    return key === undefined ? undefined : asItems(relation.read(key, frame.context))[0];
  });
}

/** Rows that a name stands for. */
export function namedRows(rows: NamedRows, at: Place): Code {
  const type = { kind: 'row', columns: rows.columns } as const;
  if (rows.many) return several(type, (_, frame) => asItems(rows.read(frame.context)), at);
  return single(type, (_, frame) => asItems(rows.read(frame.context))[0]);
}

/** A row is an item as it stands; only what knows its columns ever looks into it. */
function asItems(rows: readonly Row[]): readonly Item[] {
  return rows as unknown as readonly Item[];
}
