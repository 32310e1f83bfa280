import { single, type Code } from './code.ts';
import type { Environment, FunctionDefinition, RelationDefinition } from './environment.ts';
import { ExpressionError, nearestName, type Place } from './expressionError.ts';
import type { RowColumns, StaticType } from './staticType.ts';
import type { CallSyntax, Syntax } from './syntax.ts';

/** What the names in a part of an expression mean. */
export interface Scope {
  readonly environment: Environment;
  /** Type of the input; of `%context`. */
  readonly input: StaticType;
  /** Type of `$this`. */
  readonly focus: StaticType;
  /** Whether `$index` and `$total` mean something here. */
  readonly iterates: boolean;
  readonly aggregates: boolean;
  /** An unknown element of a known type is an error. */
  readonly strict: boolean;
  readonly functions: ReadonlyMap<string, FunctionDefinition>;
  readonly relations: ReadonlyMap<string, RelationDefinition>;
  compile(syntax: Syntax, scope: Scope): Code;
}

/** `$this`: the focus. */
export function focusCode(scope: Scope): Code {
  return single(scope.focus, (focus) => focus, { isFocus: true });
}

/** The columns that a bare name may mean: those of the focus, else those of the input. */
export function columnsInScope({ focus, input }: Scope): RowColumns | undefined {
  if (focus.kind === 'row') return focus.columns;
  return input.kind === 'row' ? input.columns : undefined;
}

/** The scope of a criterion that is applied to each item of a collection. */
export function itemScope(scope: Scope, item: StaticType): Scope {
  return { ...scope, focus: item, iterates: true };
}

/** A call of a function: `base` is its input, and arguments are compiled as it needs them. */
export interface Call {
  readonly name: string;
  readonly base: Code;
  readonly arguments: readonly Syntax[];
  readonly scope: Scope;
  readonly at: Place;
  readonly syntax: CallSyntax;
}

/** Compiles calls of one function. */
export interface BuiltIn {
  /** How many arguments it takes, at least and at most. */
  readonly arity: readonly [number, number];
  compile(call: Call): Code;
}

/** The argument, evaluated once with the focus of the whole call. */
export function argument(call: Call, index: number): Code {
  return call.scope.compile(argumentSyntax(call, index), call.scope);
}

/** The argument, to be evaluated for each item of the input. */
export function criterion(call: Call, index: number): Code {
  return call.scope.compile(argumentSyntax(call, index), itemScope(call.scope, call.base.type));
}

export function argumentSyntax(call: Call, index: number): Syntax {
  const syntax = call.arguments[index];
  if (syntax === undefined) throw new ExpressionError('argument-count', 'too few', call.at);
  return syntax;
}

export function checkArity(call: Call, [least, most]: readonly [number, number]): void {
  const given = call.arguments.length;
  if (given >= least && given <= most) return;
  const wanted = least === most ? `${least}` : most === Infinity ? `at least ${least}` : range();
  const noun = wanted === '1' ? 'argument' : 'arguments';
  const problem = `${call.name}() takes ${wanted} ${noun}, not ${given}`;
  throw new ExpressionError('argument-count', problem, call.at);

  function range(): string {
    return `${least} to ${most}`;
  }
}

export function unknownName(
  what: string,
  name: string,
  candidates: Iterable<string>,
  at: Place,
): ExpressionError {
  const problem = `there is no ${what} '${name}'`;
  return new ExpressionError('unknown-name', problem, at, nearestName(name, candidates));
}
