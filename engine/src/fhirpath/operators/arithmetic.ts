import { operand, single, type Code } from '../code.ts';
import {
  add,
  divide,
  double,
  integerQuotient,
  isNumeric,
  multiply,
  negate,
  remainder,
  subtract,
  type Numeric,
} from '../decimal.ts';
import { DataIssue, ExpressionError, type Place } from '../expressionError.ts';
import type { SystemName } from '../model.ts';
import { movingUnit, Quantity } from '../quantity.ts';
import {
  addQuantities,
  divideQuantities,
  multiplyQuantities,
  withValue,
} from '../quantityArithmetic.ts';
import {
  anyType,
  isOpen,
  systemNameOf,
  systemOf,
  typeName,
  type StaticType,
} from '../staticType.ts';
import { addToTemporal, Temporal } from '../temporal.ts';
import type { Value } from '../value.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | 'div' | 'mod';

type Calculation = (left: Value, right: Value, at: Place) => Value | undefined;

/** Arithmetic on single values (FHIRPath N1 §6.6), exact; empty if a side is. */
export function compileArithmetic(
  operator: ArithmeticOperator,
  left: Code,
  right: Code,
  at: Place,
): Code {
  const type = resultType(operator, left.type, right.type, at);
  const [a, b] = [operand(left), operand(right)];
  const calculate = calculations[operator];
  return single(type, (focus, frame) => {
    const x = a(focus, frame);
    if (x === undefined) return undefined;
    const y = b(focus, frame);
    return y === undefined ? undefined : calculate(x, y, at);
  });
}

function resultType(
  operator: ArithmeticOperator,
  left: StaticType,
  right: StaticType,
  at: Place,
): StaticType {
  if (isOpen(left) || isOpen(right)) return anyType;
  const [a, b] = [systemNameOf(left), systemNameOf(right)];
  const result = a === undefined || b === undefined ? undefined : results(operator, a, b);
  if (result !== undefined) return systemOf(result);
  const problem = `${typeName(left)} ${operator} ${typeName(right)} has no meaning`;
  throw new ExpressionError('type-clash', problem, at);
}

function results(
  operator: ArithmeticOperator,
  left: SystemName,
  right: SystemName,
): SystemName | undefined {
  if (isNumber(left) && isNumber(right)) {
    if (operator === 'div') return 'Integer';
    return operator === '/' || left === 'Decimal' || right === 'Decimal' ? 'Decimal' : 'Integer';
  }
  if (left === 'String' && right === 'String') return operator === '+' ? 'String' : undefined;
  if (isMoment(left) && right === 'Quantity') {
    return operator === '+' || operator === '-' ? left : undefined;
  }
  const measured =
    (left === 'Quantity' || isNumber(left)) && (right === 'Quantity' || isNumber(right));
  return measured && operator !== 'div' && operator !== 'mod' ? 'Quantity' : undefined;
}

function isNumber(name: SystemName): boolean {
  return name === 'Integer' || name === 'Decimal';
}

function isMoment(name: SystemName): boolean {
  return name === 'Date' || name === 'DateTime' || name === 'Time';
}

const calculations: Readonly<Record<ArithmeticOperator, Calculation>> = {
  '+': (left, right, at) => {
    if (isNumeric(left) && isNumeric(right)) return add(left, right);
    if (typeof left === 'string' && typeof right === 'string') return left + right;
    if (left instanceof Temporal) return moved(left, right, 1, at);
    return ofQuantities(left, right, at, (a, b) => addQuantities(a, b, add));
  },
  '-': (left, right, at) => {
    if (isNumeric(left) && isNumeric(right)) return subtract(left, right);
    if (left instanceof Temporal) return moved(left, right, -1, at);
    return ofQuantities(left, right, at, (a, b) => addQuantities(a, b, subtract));
  },
  '*': (left, right, at) =>
    isNumeric(left) && isNumeric(right)
      ? multiply(left, right)
      : ofQuantities(left, right, at, multiplyQuantities),
  '/': (left, right, at) =>
    isNumeric(left) && isNumeric(right)
      ? divide(left, right)
      : ofQuantities(left, right, at, divideQuantities),
  div: (left, right, at) => ofNumbers(left, right, at, integerQuotient),
  mod: (left, right, at) => ofNumbers(left, right, at, remainder),
};

function ofNumbers(
  left: Value,
  right: Value,
  at: Place,
  calculate: (left: Numeric, right: Numeric) => Value | undefined,
): Value | undefined {
  if (isNumeric(left) && isNumeric(right)) return calculate(left, right);
  throw clash(at);
}

function ofQuantities(
  left: Value,
  right: Value,
  at: Place,
  calculate: (left: Quantity, right: Quantity) => Quantity | undefined,
): Value | undefined {
  const a = isNumeric(left) ? new Quantity(left, '1') : left;
  const b = isNumeric(right) ? new Quantity(right, '1') : right;
  if (a instanceof Quantity && b instanceof Quantity) return calculate(a, b);
  throw clash(at);
}

/** @throws DataIssue for a quantity that is no span of the calendar. */
function moved(from: Temporal, by: Value, sign: 1 | -1, at: Place): Temporal | undefined {
  if (!(by instanceof Quantity)) throw clash(at);
  const unit = movingUnit(by);
  if (unit === undefined) {
    throw new DataIssue('unit-not-of-time', 'a date moves by years, months, days …', at);
  }
  return addToTemporal(from, sign * double(by.value), unit);
}

function clash(at: Place): DataIssue {
  return new DataIssue('type-clash', 'the operator does not work on these values', at);
}

/** `-x` and `+x`. */
export function compileSign(operator: '+' | '-', inner: Code, at: Place): Code {
  const name = systemNameOf(inner.type);
  const signed = name !== undefined && (isNumber(name) || name === 'Quantity');
  if (!signed && !isOpen(inner.type)) {
    const problem = `${operator} does not work on ${typeName(inner.type)}`;
    throw new ExpressionError('type-clash', problem, at);
  }
  const value = operand(inner);
  const type = name === undefined ? anyType : systemOf(name);
  return single(type, (focus, frame) => {
    const item = value(focus, frame);
    return item === undefined || operator === '+' ? item : negated(item, at);
  });
}

function negated(value: Value, at: Place): Value {
  if (isNumeric(value)) return negate(value);
  if (value instanceof Quantity) return withValue(value, negate(value.value));
  throw clash(at);
}
