import { single, type Code, type Frame } from './code.ts';
import type { FunctionDefinition, ParameterDefinition, PreparedFunction } from './environment.ts';
import { ExpressionError } from './expressionError.ts';
import type { Item } from './item.ts';
import { argument, argumentSyntax, checkArity, type Call } from './scope.ts';
import { fits, isOpen, systemNameOf, typeName, typeNamed, type StaticType } from './staticType.ts';
import { systemType } from './model.ts';
import { operand } from './code.ts';
import type { Value } from './value.ts';

type Get = (focus: Item, frame: Frame) => Value | undefined;

/** A call of a function that the environment defines. */
export function compileDefinition(call: Call, definition: FunctionDefinition): Code {
  checkArity(call, arityOf(definition));
  const input = inputOf(call, definition);
  const { literals, values } = argumentsOf(call, definition.parameters);
  const run = definition.prepare(literals, call.at);
  const type = typeNamed(definition.result);
  return single(type, callable(run, input, values, definition.acceptsEmpty === true));
}

function argumentsOf(
  call: Call,
  parameters: readonly ParameterDefinition[],
): { literals: (Value | undefined)[]; values: Get[] } {
  const literals: (Value | undefined)[] = [];
  const values: Get[] = [];
  for (const [index, parameter] of parameters.entries()) {
    if (parameter.literal === true) literals.push(literalOf(call, index, parameter));
    else if (index < call.arguments.length) values.push(valueOf(call, index, parameter));
  }
  const last = parameters.at(-1);
  if (last?.repeated === true) {
    for (let index = parameters.length; index < call.arguments.length; index++) {
      if (last.literal === true) literals.push(literalOf(call, index, last));
      else values.push(valueOf(call, index, last));
    }
  }
  return { literals, values };
}

/** The arguments of a call that takes literals alone. */
export function literalArguments(
  call: Call,
  parameters: readonly ParameterDefinition[],
): (Value | undefined)[] {
  checkArity(call, arityOf({ parameters }));
  return argumentsOf(call, parameters).literals;
}

function arityOf({ parameters }: Pick<FunctionDefinition, 'parameters'>): [number, number] {
  const needed = parameters.filter(({ optional, repeated }) => !optional && !repeated).length;
  return [needed, parameters.at(-1)?.repeated === true ? Infinity : parameters.length];
}

/** Calls without an array for up to two arguments, which is nearly all of them. */
function callable(
  run: PreparedFunction,
  input: Get | undefined,
  values: readonly Get[],
  acceptsEmpty: boolean,
): Get {
  const [first, second] = values;
  if (input === undefined) {
    return (focus, frame) =>
      run(undefined, frame.context, ...values.map((value) => value(focus, frame)));
  }
  const guarded =
    (each: (item: Value | undefined, focus: Item, frame: Frame) => Value | undefined): Get =>
    (focus, frame) => {
      const item = input(focus, frame);
      return item === undefined && !acceptsEmpty ? undefined : each(item, focus, frame);
    };
  if (first === undefined) return guarded((item, _, frame) => run(item, frame.context));
  if (second === undefined) {
    return guarded((item, focus, frame) => run(item, frame.context, first(focus, frame)));
  }
  return guarded((item, focus, frame) =>
    run(item, frame.context, ...values.map((value) => value(focus, frame))),
  );
}

function inputOf(call: Call, { name, input }: FunctionDefinition): Get | undefined {
  const accepted = typeof input === 'string' ? [input] : input;
  if (accepted.includes('none')) return undefined;
  const { type } = call.base;
  if (type.kind === 'row') {
    const problem = `${name}() needs a value before it: column.${name}(…)`;
    throw new ExpressionError('type-clash', problem, call.at);
  }
  if (!accepted.some((wanted) => accepts(wanted, type))) {
    const problem = `${name}() works on ${accepted.join(' or ')}, not ${typeName(type)}`;
    throw new ExpressionError('type-clash', problem, call.at);
  }
  return operand(call.base);
}

function accepts(wanted: string, type: StaticType): boolean {
  if (wanted === 'any' || isOpen(type)) return true;
  const system = systemType(wanted);
  if (system !== undefined) return fits(type, system);
  return type.kind === 'fhir' && type.type.name === wanted;
}

function literalOf(
  call: Call,
  index: number,
  { name, type }: ParameterDefinition,
): Value | undefined {
  if (index >= call.arguments.length) return undefined;
  const code = argument(call, index);
  const { at } = argumentSyntax(call, index);
  if (code.literal === undefined) {
    const problem = `${call.name}() needs a literal as ${name}, because it is prepared once`;
    throw new ExpressionError('literal-needed', problem, at);
  }
  checkParameter(call, code.type, type, name, at);
  return code.literal;
}

function valueOf(call: Call, index: number, { name, type }: ParameterDefinition): Get {
  const code = argument(call, index);
  checkParameter(call, code.type, type, name, argumentSyntax(call, index).at);
  return operand(code);
}

function checkParameter(
  call: Call,
  given: StaticType,
  wanted: string,
  name: string,
  at: Call['at'],
): void {
  if (accepts(wanted, given)) return;
  const hint = systemNameOf(given) === undefined ? undefined : `.to${wanted}()`;
  const problem = `${call.name}() needs ${wanted} as ${name}, not ${typeName(given)}`;
  throw new ExpressionError('type-clash', problem, at, hint);
}
