import { operand, single, type Code, type Frame } from '../code.ts';
import { double, isNumeric, type Numeric } from '../decimal.ts';
import { DataIssue, ExpressionError, type Place } from '../expressionError.ts';
import { systemNameOfValue, type Item } from '../item.ts';
import type { SystemName } from '../model.ts';
import { Quantity } from '../quantity.ts';
import { argument, argumentSyntax, type BuiltIn, type Call } from '../scope.ts';
import {
  anyType,
  converts,
  fits,
  systemNameOf,
  systemOf,
  typeName,
  type StaticType,
} from '../staticType.ts';
import type { Temporal } from '../temporal.ts';
import type { Value } from '../value.ts';

/** How a function written in TypeScript sees each type. */
interface Native {
  String: string;
  Boolean: boolean;
  Integer: number;
  Decimal: Numeric;
  Date: Temporal;
  DateTime: Temporal;
  Time: Temporal;
  Quantity: Quantity;
  any: Value;
}

type Wanted = keyof Native;

type Natives<P extends readonly Wanted[]> = { [At in keyof P]: Native[P[At]] };

/** Position in the call, for issues, and the values themselves. */
type Apply<I extends Wanted, P extends readonly Wanted[]> = (
  input: Native[I],
  parameters: Partial<Natives<P>>,
  at: Place,
) => Value | undefined;

export type Get = (focus: Item, frame: Frame) => Value | undefined;

/**
 * A function of one value and single arguments that yields at most one value: empty if the input
 * or an argument that is given is empty (FHIRPath N1 §4.4, empty propagates).
 */
export function scalar<I extends Wanted, const P extends readonly Wanted[]>(
  input: I,
  parameters: P,
  result: SystemName | 'input',
  apply: Apply<I, P>,
  options: { optional?: number } = {},
): BuiltIn {
  const least = parameters.length - (options.optional ?? 0);
  return {
    arity: [least, parameters.length],
    compile(call) {
      const get = inputOf(call, input);
      const values = parameters
        .slice(0, call.arguments.length)
        .map((wanted, index) => argumentOf(call, index, wanted));
      const type = result === 'input' ? inputType(call.base) : systemOf(result);
      const run = apply as unknown as (
        input: Value,
        values: Value[],
        at: Place,
      ) => Value | undefined;
      return single(type, applied(get, values, run, call.at));
    },
  };
}

function inputType({ type }: Code): StaticType {
  const name = systemNameOf(type);
  return name === undefined ? anyType : systemOf(name);
}

/** Few arguments are the common case: no array is made for what never changes. */
function applied(
  get: Get,
  values: readonly { get: Get; fixed: Value | undefined }[],
  apply: (input: Value, values: Value[], at: Place) => Value | undefined,
  at: Place,
): Get {
  if (values.every(({ fixed }) => fixed !== undefined)) {
    const fixed = values.map((value) => value.fixed as Value);
    return (focus, frame) => {
      const input = get(focus, frame);
      return input === undefined ? undefined : apply(input, fixed, at);
    };
  }
  return (focus, frame) => {
    const input = get(focus, frame);
    if (input === undefined) return undefined;
    const given: Value[] = [];
    for (const value of values) {
      const next = value.get(focus, frame);
      if (next === undefined) return undefined;
      given.push(next);
    }
    return apply(input, given, at);
  };
}

/** The input of a call as a value of the type wanted. @throws ExpressionError `type-clash` */
export function inputOf(call: Call, wanted: Wanted): Get {
  return valueOf(call.base, wanted, call.at, () => `${call.name}() works on`);
}

/** An argument as a value of the type wanted, and the value itself if it is a literal. */
export function argumentOf(
  call: Call,
  index: number,
  wanted: Wanted,
): { get: Get; fixed: Value | undefined } {
  const code = argument(call, index);
  const { at } = argumentSyntax(call, index);
  const ordinal = call.arguments.length === 1 ? 'its argument' : `argument ${index + 1}`;
  const get = valueOf(code, wanted, at, () => `${call.name}() needs, as ${ordinal},`);
  if (code.literal === undefined) return { get, fixed: undefined };
  return { get, fixed: native(code.literal, wanted, at) };
}

function valueOf(code: Code, wanted: Wanted, at: Place, what: () => string): Get {
  const get = operand(code);
  if (wanted === 'any') return get;
  if (!fits(code.type, wanted)) {
    const problem = `${what()} ${wanted}, not ${typeName(code.type)}`;
    throw new ExpressionError('type-clash', problem, at, conversionHint(code.type, wanted));
  }
  if (wanted === 'String' && systemNameOf(code.type) === 'String') return get;
  return (focus, frame) => {
    const value = get(focus, frame);
    return value === undefined ? undefined : native(value, wanted, at);
  };
}

function conversionHint(type: StaticType, wanted: SystemName): string | undefined {
  return systemNameOf(type) === undefined ? undefined : `.to${wanted}()`;
}

/** @throws DataIssue `type-clash` for a value that only its record shows to be of another type. */
function native(value: Value, wanted: Wanted, at: Place): Value {
  const own = systemNameOfValue(value);
  if (wanted === 'any') return value;
  if (own === undefined || !converts(own, wanted)) {
    if (wanted === 'Integer' && isNumeric(value) && Number.isInteger(double(value))) {
      return double(value);
    }
    throw new DataIssue('type-clash', `a value is not of type ${wanted}`, at);
  }
  if (wanted === 'Integer' && isNumeric(value)) return double(value);
  if (wanted === 'Quantity' && isNumeric(value)) return new Quantity(value, '1');
  return value;
}
