import { operand, single, type Code } from '../code.ts';
import {
  compareNumbers,
  double,
  fromDouble,
  isInteger,
  isNumeric,
  multiply,
  negate,
  numberText,
  rescale,
  toInteger,
  type Numeric,
} from '../decimal.ts';
import { DataIssue, ExpressionError } from '../expressionError.ts';
import type { BuiltIn, Call } from '../scope.ts';
import { anyType, isOpen, systemNameOf, systemOf, typeName } from '../staticType.ts';
import { Quantity } from '../quantity.ts';
import { withValue } from '../quantityArithmetic.ts';
import { scalar } from './scalar.ts';

/** Math (FHIRPath N1 §5.7). Exact where the result is; roots and logarithms as doubles. */
export const mathFunctions: Readonly<Record<string, BuiltIn>> = {
  abs: { arity: [0, 0], compile: compileAbs },
  ceiling: scalar('Decimal', [], 'Integer', (value) => toInteger(value, 'ceiling')),
  floor: scalar('Decimal', [], 'Integer', (value) => toInteger(value, 'floor')),
  truncate: scalar('Decimal', [], 'Integer', (value) => toInteger(value, 'truncate')),
  round: scalar('Decimal', ['Integer'], 'Decimal', round, { optional: 1 }),
  exp: scalar('Decimal', [], 'Decimal', (value) => fromDouble(Math.exp(double(value)))),
  ln: scalar('Decimal', [], 'Decimal', (value) => fromDouble(Math.log(double(value)))),
  log: scalar('Decimal', ['Decimal'], 'Decimal', (value, [base = 10]) => logarithm(value, base)),
  power: scalar('Decimal', ['Decimal'], 'input', (value, [exponent = 1]) => power(value, exponent)),
  sqrt: scalar('Decimal', [], 'Decimal', (value) => fromDouble(Math.sqrt(double(value)))),
};

function compileAbs({ base, at }: Call): Code {
  const name = systemNameOf(base.type);
  if (!isOpen(base.type) && name !== 'Integer' && name !== 'Decimal' && name !== 'Quantity') {
    const problem = `abs() works on numbers and quantities, not ${typeName(base.type)}`;
    throw new ExpressionError('type-clash', problem, at);
  }
  const get = operand(base);
  return single(name === undefined ? anyType : systemOf(name), (focus, frame) => {
    const value = get(focus, frame);
    if (value === undefined) return undefined;
    if (isNumeric(value)) return absolute(value);
    if (value instanceof Quantity) return withValue(value, absolute(value.value));
    throw new DataIssue('type-clash', 'not a number or quantity', at);
  });
}

function absolute(value: Numeric): Numeric {
  return compareNumbers(value, 0) < 0 ? negate(value) : value;
}

/** Halves go away from zero. Fewer than no digits are empty. */
function round(value: Numeric, [digits = 0]: readonly [number?]): Numeric | undefined {
  return digits < 0 ? undefined : rescale(value, digits, 'half-up');
}

function logarithm(value: Numeric, base: Numeric): Numeric | undefined {
  const [x, b] = [double(value), double(base)];
  if (b === 10) return fromDouble(Math.log10(x));
  return fromDouble(b === 2 ? Math.log2(x) : Math.log(x) / Math.log(b));
}

/** Digits that an exact power may have; a larger one is beyond any measurement and empty. */
const mostPowerDigits = 400;

function power(value: Numeric, exponent: Numeric): Numeric | undefined {
  const times = double(exponent);
  const digits = numberText(value).length * times;
  if (isInteger(exponent) && times >= 0 && digits <= mostPowerDigits) {
    let result: Numeric = 1;
    for (let time = 0; time < times; time++) result = multiply(result, value);
    return result;
  }
  return fromDouble(double(value) ** times);
}
