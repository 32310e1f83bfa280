import { operand, operands, single, type Code, type Truth } from '../code.ts';
import {
  equalCollections,
  equalValues,
  equivalentCollections,
  equivalentValues,
} from '../equality.ts';
import { ExpressionError, type Place } from '../expressionError.ts';
import type { SystemName } from '../model.ts';
import type { Scope } from '../scope.ts';
import { booleanType, converts, systemNameOf, typeName } from '../staticType.ts';

export type EqualityOperator = '=' | '!=' | '~' | '!~';

/** `=` and `!=` are empty if a side is; `~` and `!~` never are (FHIRPath N1 §6.1). */
export function compileEquality(
  operator: EqualityOperator,
  left: Code,
  right: Code,
  scope: Scope,
  at: Place,
): Code {
  if (scope.input.kind === 'row') checkComparable(operator, left, right, at);
  const equal = operator.endsWith('=') ? compileEqual(left, right) : compileEquivalent(left, right);
  return single(booleanType, operator.startsWith('!') ? negated(equal) : equal);
}

function negated(equal: Truth): Truth {
  return (focus, frame) => {
    const result = equal(focus, frame);
    return result === undefined ? undefined : !result;
  };
}

/** For rows, values whose types can never be equal are a mistake: the answer is always false. */
function checkComparable(operator: string, left: Code, right: Code, at: Place): void {
  const [a, b] = [systemNameOf(left.type), systemNameOf(right.type)];
  const rows = left.type.kind === 'row' || right.type.kind === 'row';
  if (rows) throw new ExpressionError('type-clash', 'compare a column of the rows', at);
  if (a === undefined || b === undefined || areRelated(a, b)) return;
  const problem = `${typeName(left.type)} ${operator} ${typeName(right.type)}: these never match`;
  throw new ExpressionError('type-clash', problem, at);
}

export function areRelated(left: SystemName, right: SystemName): boolean {
  return converts(left, right) || converts(right, left);
}

function compileEqual(left: Code, right: Code): Truth {
  if (!left.singleton || !right.singleton) {
    const [a, b] = [operands(left), operands(right)];
    return (focus, frame) => equalCollections(a(focus, frame), b(focus, frame));
  }
  const a = operand(left);
  if (typeof right.literal === 'string' || typeof right.literal === 'boolean') {
    return equalToLiteral(a, right.literal);
  }
  const b = operand(right);
  return (focus, frame) => {
    const x = a(focus, frame);
    if (x === undefined) return undefined;
    const y = b(focus, frame);
    return y === undefined ? undefined : equalValues(x, y);
  };
}

function equalToLiteral(value: ReturnType<typeof operand>, literal: string | boolean): Truth {
  return (focus, frame) => {
    const x = value(focus, frame);
    return x === undefined ? undefined : x === literal;
  };
}

function compileEquivalent(left: Code, right: Code): Truth {
  if (!left.singleton || !right.singleton) {
    const [a, b] = [operands(left), operands(right)];
    return (focus, frame) => equivalentCollections(a(focus, frame), b(focus, frame));
  }
  const [a, b] = [operand(left), operand(right)];
  return (focus, frame) => {
    const [x, y] = [a(focus, frame), b(focus, frame)];
    if (x === undefined || y === undefined) return x === y;
    return equivalentValues(x, y);
  };
}
