import { operand, single, type Code } from '../code.ts';
import { compareNumbers, isNumeric } from '../decimal.ts';
import { DataIssue, ExpressionError, type Place } from '../expressionError.ts';
import { Quantity } from '../quantity.ts';
import { compareQuantities } from '../quantityArithmetic.ts';
import { booleanType, isOpen, systemNameOf, typeName } from '../staticType.ts';
import { compareTemporals, Temporal } from '../temporal.ts';
import type { Value } from '../value.ts';
import { areRelated } from './equality.ts';

export type ComparisonOperator = '<' | '<=' | '>' | '>=';

const tests: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/**
 * Order of two single values (FHIRPath N1 §6.2): empty if a side is, or where precision or units
 * leave it open.
 */
export function compileComparison(
  operator: ComparisonOperator,
  left: Code,
  right: Code,
  at: Place,
): Code {
  checkOrdered(operator, left, right, at);
  const [a, b] = [operand(left), operand(right)];
  const holds = tests[operator];
  return single(booleanType, (focus, frame) => {
    const x = a(focus, frame);
    if (x === undefined) return undefined;
    const y = b(focus, frame);
    if (y === undefined) return undefined;
    const order = compareValues(x, y, at);
    return order === undefined ? undefined : holds(order);
  });
}

function checkOrdered(operator: string, left: Code, right: Code, at: Place): void {
  if (isOpen(left.type) || isOpen(right.type)) return;
  const [a, b] = [systemNameOf(left.type), systemNameOf(right.type)];
  const ordered = a !== undefined && b !== undefined && a !== 'Boolean';
  if (ordered && areRelated(a, b)) return;
  const problem = `${typeName(left.type)} ${operator} ${typeName(right.type)} has no meaning`;
  throw new ExpressionError('type-clash', problem, at);
}

/** Negative, zero, positive, or `undefined` where it is open. @throws DataIssue `type-clash` */
export function compareValues(left: Value, right: Value, at: Place): number | undefined {
  if (isNumeric(left) && isNumeric(right)) return compareNumbers(left, right);
  if (typeof left === 'string' && typeof right === 'string') {
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (left instanceof Temporal && right instanceof Temporal) {
    if ((left.kind === 'time') === (right.kind === 'time')) return compareTemporals(left, right);
  }
  const [a, b] = [asQuantity(left), asQuantity(right)];
  if (a !== undefined && b !== undefined) return compareQuantities(a, b);
  throw new DataIssue('type-clash', 'these values have no order', at);
}

function asQuantity(value: Value): Quantity | undefined {
  if (isNumeric(value)) return new Quantity(value, '1');
  return value instanceof Quantity ? value : undefined;
}
