import { literal, nothing, operand, several, single, type Code, type Frame } from './code.ts';
import { compileCall } from './calls.ts';
import { compileConstant } from './constants.ts';
import { ExpressionError, DataIssue, type Place } from './expressionError.ts';
import { systemNameOfValue, type Item } from './item.ts';
import { compileArithmetic, compileSign } from './operators/arithmetic.ts';
import { compileConcatenation, compileMembership, compileUnion } from './operators/collections.ts';
import { compileComparison } from './operators/comparison.ts';
import { compileEquality } from './operators/equality.ts';
import { compileLogic } from './operators/logic.ts';
import { compileTypeTest } from './typeTest.ts';
import { compileMember, compileRootName } from './path.ts';
import { columnCode } from './rows.ts';
import { compileNamed } from './namedExpression.ts';
import { namedRows } from './relations.ts';
import { columnsInScope, focusCode, unknownName, type Scope } from './scope.ts';
import { anyType, emptyType, integerType, systemOf, fits, typeName } from './staticType.ts';
import type { RowColumns } from './staticType.ts';
import type { Syntax } from './syntax.ts';

/** Compile one part of an expression in the scope it stands in. */
export function compileSyntax(syntax: Syntax, scope: Scope): Code {
  switch (syntax.kind) {
    case 'literal':
      return literal(systemOf(systemNameOfValue(syntax.value) ?? 'String'), syntax.value);
    case 'empty':
      return nothing(emptyType);
    case 'special':
      return compileSpecial(syntax.name, scope, syntax.at);
    case 'constant':
      return compileConstant(syntax.name, scope, syntax.at);
    case 'name':
      return compileName(syntax, scope);
    case 'call':
      return compileCall(syntax, scope);
    case 'indexer':
      return compileIndexer(scope.compile(syntax.base, scope), syntax, scope);
    case 'unary':
      return compileUnary(syntax, scope);
    case 'binary':
      return compileBinary(syntax, scope);
    case 'typeTest':
      return compileTypeTest(syntax, scope);
  }
}

function compileSpecial(name: '$this' | '$index' | '$total', scope: Scope, at: Place): Code {
  if (name === '$this') return focusCode(scope);
  const defined = name === '$index' ? scope.iterates : scope.aggregates;
  if (!defined) {
    const where = name === '$index' ? 'a criterion' : 'aggregate()';
    throw new ExpressionError('unknown-name', `${name} means something only inside ${where}`, at);
  }
  if (name === '$index') return single(integerType, (_, frame) => frame.index);
  return several(anyType, (_, frame) => frame.total, at);
}

function compileName(syntax: Syntax & { kind: 'name' }, scope: Scope): Code {
  const { name, base, at } = syntax;
  if (base !== undefined) return compileMember(scope.compile(base, scope), name, scope, at);
  const columns = columnsInScope(scope);
  if (columns !== undefined) return compileColumn(name, columns, scope, at);
  return compileRootName(focusCode(scope), name, scope, at);
}

function compileColumn(name: string, columns: RowColumns, scope: Scope, at: Place): Code {
  const column = columns.places.get(name);
  if (column === undefined) {
    const { rows, named } = scope.environment;
    const own = rows?.get(name);
    if (own !== undefined) return namedRows(own, at);
    const expression = named?.get(name);
    if (expression !== undefined) return compileNamed(name, expression, scope, at);
    const known = [...columns.places.keys(), ...(rows?.keys() ?? []), ...(named?.keys() ?? [])];
    throw unknownName('column', name, known, at);
  }
  columns.reads.add(name);
  return columnCode(column, scope.focus.kind === 'row', at);
}

function compileUnary(syntax: Syntax & { kind: 'unary' }, scope: Scope): Code {
  const inner = scope.compile(syntax.operand, scope);
  const code = compileSign(syntax.operator, inner, syntax.at);
  if (inner.literal === undefined) return code;
  const value = code.one('', constantFrame) as Exclude<Code['literal'], undefined>;
  return literal(code.type, value);
}

/** For what is evaluated when compiling: literals read nothing from it. */
const constantFrame: Frame = { context: {}, input: '', index: 0, total: [] };

function compileIndexer(base: Code, syntax: Syntax & { kind: 'indexer' }, scope: Scope): Code {
  const index = scope.compile(syntax.index, scope);
  if (!fits(index.type, 'Integer')) {
    const problem = `an index is an Integer, not ${typeName(index.type)}`;
    throw new ExpressionError('type-clash', problem, syntax.at);
  }
  if (index.literal === 0 && base.first !== undefined) return single(base.type, base.first);
  const position = operand(index);
  const { many } = base;
  return single(base.type, (focus, frame): Item | undefined => {
    const at = position(focus, frame);
    if (at === undefined) return undefined;
    if (typeof at !== 'number') throw new DataIssue('type-clash', 'not an index', syntax.at);
    return many(focus, frame)[at];
  });
}

function compileBinary(syntax: Syntax & { kind: 'binary' }, scope: Scope): Code {
  const { operator, at } = syntax;
  const left = scope.compile(syntax.left, scope);
  const right = scope.compile(syntax.right, scope);
  switch (operator) {
    case 'and':
    case 'or':
    case 'xor':
    case 'implies':
      return compileLogic(operator, left, right, scope, at);
    case '=':
    case '!=':
    case '~':
    case '!~':
      return compileEquality(operator, left, right, scope, at);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compileComparison(operator, left, right, at);
    case '|':
      return compileUnion(left, right, at);
    case 'in':
      return compileMembership(left, right);
    case 'contains':
      return compileMembership(right, left);
    case '&':
      return compileConcatenation(left, right, at);
    case '+':
    case '-':
    case '*':
    case '/':
    case 'div':
    case 'mod':
      return compileArithmetic(operator, left, right, at);
  }
}
