import { builtIns } from './builtIns.ts';
import { compileDefinition } from './definitions.ts';
import { compileRelation } from './relations.ts';
import type { Code } from './code.ts';
import { ExpressionError } from './expressionError.ts';
import { checkArity, focusCode, unknownName, type Call, type Scope } from './scope.ts';
import type { CallSyntax } from './syntax.ts';

/** Functions that mean something without an input: a row itself is no value. */
const standalone = new Set(['iif', 'coalesce', 'now', 'today', 'timeOfDay']);

/** A call of a function of the language or of the environment. */
export function compileCall(syntax: CallSyntax, scope: Scope): Code {
  const { name, at } = syntax;
  const builtIn = builtIns.get(name);
  const definition = scope.functions.get(name);
  const relation = scope.relations.get(name);
  if (builtIn === undefined && definition === undefined && relation === undefined) {
    const own = [...scope.functions.keys(), ...scope.relations.keys()];
    throw unknownName('function', name, [...builtIns.keys(), ...own], at);
  }
  const base = syntax.base === undefined ? focusCode(scope) : scope.compile(syntax.base, scope);
  const call: Call = { name, base, arguments: syntax.arguments, scope, at, syntax };
  if (relation !== undefined) return compileRelation(call, relation);
  if (builtIn === undefined)
    return compileDefinition(call, definition as NonNullable<typeof definition>);
  checkArity(call, builtIn.arity);
  if (base.type.kind === 'row' && !standalone.has(name)) checkRows(call);
  return builtIn.compile(call);
}

/** What can be asked of rows without naming a column of them. */
const rowwise = new Set(
  'where select exists empty all count first last single tail skip take sort'.split(' '),
);

function checkRows({ base, name, syntax, at }: Call): void {
  if (syntax.base !== undefined && !base.isFocus && rowwise.has(name)) return;
  const problem = `${name}() needs a value before it: column.${name}(…)`;
  throw new ExpressionError('type-clash', problem, at);
}
