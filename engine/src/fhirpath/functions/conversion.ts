import { nothing, operand, several, single, truth, type Code } from '../code.ts';
import { compareNumbers, Decimal, isInteger, isNumeric, parseDecimal } from '../decimal.ts';
import { ExpressionError } from '../expressionError.ts';
import type { Item } from '../item.ts';
import { boxed, together } from '../operators/collections.ts';
import { Quantity, calendarUnit } from '../quantity.ts';
import { inUnit } from '../quantityArithmetic.ts';
import { argument, argumentSyntax, itemScope, type BuiltIn, type Call } from '../scope.ts';
import type { SystemName } from '../model.ts';
import { booleanType, emptyType, fits, isOpen, joined, systemOf, typeName } from '../staticType.ts';
import { parseTemporal, precisions, Temporal, temporalOf } from '../temporal.ts';
import { textOf, type Value } from '../value.ts';
import { argumentOf, type Get } from './scalar.ts';

type Convert = (value: Value) => Value | undefined;

const conversions: Readonly<Record<SystemName, Convert>> = {
  Boolean: toBoolean,
  Integer: toIntegerValue,
  Decimal: toDecimal,
  String: textOf,
  Date: toDate,
  DateTime: toDateTime,
  Time: toTime,
  Quantity: toQuantity,
};

/** Conversions (FHIRPath N1 §5.5), `iif` and `coalesce`. */
export const conversionFunctions: Readonly<Record<string, BuiltIn>> = {
  iif: { arity: [2, 3], compile: compileIif },
  coalesce: { arity: [1, Infinity], compile: compileCoalesce },
  ...Object.fromEntries(
    Object.entries(conversions).flatMap(([name, convert]) => [
      [`to${name}`, converting(name as SystemName, convert)],
      [`convertsTo${name}`, testing(name as SystemName, convert)],
    ]),
  ),
};

function converting(name: SystemName, convert: Convert): BuiltIn {
  return {
    arity: [0, name === 'Quantity' ? 1 : 0],
    compile: (call) => single(systemOf(name), converted(call, convert)),
  };
}

function testing(name: SystemName, convert: Convert): BuiltIn {
  return {
    arity: [0, name === 'Quantity' ? 1 : 0],
    compile(call) {
      const get = operand(call.base);
      const result = converted(call, convert);
      return single(booleanType, (focus, frame) =>
        get(focus, frame) === undefined ? undefined : result(focus, frame) !== undefined,
      );
    },
  };
}

/** The converted input; `toQuantity(unit)` also converts to the unit. */
function converted(call: Call, convert: Convert): Get {
  const get = operand(call.base);
  const unit = call.arguments.length === 0 ? undefined : argumentOf(call, 0, 'String').get;
  return (focus, frame) => {
    const value = get(focus, frame);
    const result = value === undefined ? undefined : convert(value);
    if (unit === undefined || !(result instanceof Quantity)) return result;
    const code = unit(focus, frame);
    return typeof code === 'string' ? inUnit(result, code) : undefined;
  };
}

const truths = new Set(['true', 't', 'yes', 'y', '1', '1.0']);
const falsehoods = new Set(['false', 'f', 'no', 'n', '0', '0.0']);

function toBoolean(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (isNumeric(value)) {
    if (compareNumbers(value, 1) === 0) return true;
    return compareNumbers(value, 0) === 0 ? false : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const word = value.toLowerCase();
  return truths.has(word) ? true : falsehoods.has(word) ? false : undefined;
}

function toIntegerValue(value: Value): Value | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (isNumeric(value)) return isInteger(value) ? value : undefined;
  if (typeof value !== 'string' || !/^[+-]?\d+$/.test(value)) return undefined;
  const integer = Number(value);
  return Number.isSafeInteger(integer) ? integer : parseDecimal(value, true);
}

function toDecimal(value: Value): Value | undefined {
  if (typeof value === 'boolean') return new Decimal(value ? '1.0' : '0.0');
  if (isNumeric(value)) return new Decimal(String(value));
  if (typeof value !== 'string' || !/^[+-]?\d+(\.\d+)?$/.test(value)) return undefined;
  return parseDecimal(value);
}

function toDate(value: Value): Temporal | undefined {
  if (typeof value === 'string') {
    return parseTemporal('date', value) ?? dateOf(parseTemporal('dateTime', value));
  }
  return value instanceof Temporal ? dateOf(value) : undefined;
}

function dateOf(moment: Temporal | undefined): Temporal | undefined {
  if (moment?.kind !== 'dateTime') return moment?.kind === 'date' ? moment : undefined;
  const { fields } = moment;
  if (fields === undefined) return undefined;
  return temporalOf('date', { ...fields, precision: Math.min(fields.precision, precisions.day) });
}

function toDateTime(value: Value): Temporal | undefined {
  if (typeof value === 'string') return parseTemporal('dateTime', value);
  if (!(value instanceof Temporal) || value.kind === 'time') return undefined;
  return value.kind === 'date' ? parseTemporal('dateTime', value.text) : value;
}

function toTime(value: Value): Temporal | undefined {
  if (typeof value === 'string') return parseTemporal('time', value.replace(/^T/, ''));
  return value instanceof Temporal && value.kind === 'time' ? value : undefined;
}

const quantityText = /^([+-]?\d+(?:\.\d+)?)\s*(?:'([^']+)'|([a-z]+))?$/;

function toQuantity(value: Value): Quantity | undefined {
  if (value instanceof Quantity) return value;
  if (typeof value === 'boolean') return new Quantity(new Decimal(value ? '1.0' : '0.0'), '1');
  if (isNumeric(value)) return new Quantity(value, '1');
  const match = typeof value === 'string' ? quantityText.exec(value) : null;
  if (match === null) return undefined;
  const [, digits = '', code, word] = match;
  const amount = toIntegerValue(digits) ?? parseDecimal(digits);
  if (amount === undefined || !isNumeric(amount)) return undefined;
  if (word === undefined) return new Quantity(amount, code ?? '1');
  const unit = calendarUnit(word);
  return unit === undefined ? undefined : new Quantity(amount, unit, word);
}

/** Only the branch that is chosen is evaluated. The input, if any, is `$this`. */
function compileIif(call: Call): Code {
  const { base, at } = call;
  const explicit = call.syntax.base !== undefined;
  const scope = explicit ? itemScope(call.scope, base.type) : call.scope;
  const [test, yes, no] = [0, 1, 2].map((index) =>
    index < call.arguments.length
      ? call.scope.compile(argumentSyntax(call, index), scope)
      : nothing(emptyType),
  ) as [Code, Code, Code];
  checkCriterion(call, test);
  const holds = truth(test);
  const refocus = explicit
    ? (focus: Item, frame: Parameters<Code['one']>[1]) => base.one(focus, frame) ?? focus
    : undefined;
  const type = joined(yes.type, no.type);
  const [one, two] = type.kind === 'any' ? [boxedOne(yes), boxedOne(no)] : [yes.one, no.one];
  if (yes.singleton && no.singleton) {
    return single(type, (outer, frame) => {
      const focus = refocus === undefined ? outer : refocus(outer, frame);
      return holds(focus, frame) === true ? one(focus, frame) : two(focus, frame);
    });
  }
  const [, first, second] = together(yes, no);
  return several(
    type,
    (outer, frame) => {
      const focus = refocus === undefined ? outer : refocus(outer, frame);
      return holds(focus, frame) === true ? first(focus, frame) : second(focus, frame);
    },
    at,
  );
}

function boxedOne(code: Code): Code['one'] {
  if (code.type.kind !== 'fhir') return code.one;
  const many = boxed(code);
  return (focus, frame) => many(focus, frame)[0];
}

function checkCriterion(call: Call, test: Code): void {
  const known = !isOpen(test.type);
  if (known && !fits(test.type, 'Boolean')) {
    const problem = `the criterion of iif() is true or false, not ${typeName(test.type)}`;
    throw new ExpressionError('type-clash', problem, argumentSyntax(call, 0).at);
  }
}

/** The first of its arguments that is not empty. */
function compileCoalesce(call: Call): Code {
  const codes = call.arguments.map((_, index) => argument(call, index));
  const type = codes.map((code) => code.type).reduce(joined);
  const singles = codes.every((code) => code.singleton);
  const wrapped = type.kind === 'any';
  if (singles) {
    const ones = codes.map((code) => (wrapped ? boxedOne(code) : code.one));
    return single(type, (focus, frame) => {
      for (const one of ones) {
        const item = one(focus, frame);
        if (item !== undefined) return item;
      }
      return undefined;
    });
  }
  const all = codes.map((code) => (wrapped ? boxed(code) : code.many));
  return several(
    type,
    (focus, frame) => {
      for (const many of all) {
        const items = many(focus, frame);
        if (items.length > 0) return items;
      }
      return [];
    },
    call.at,
  );
}
