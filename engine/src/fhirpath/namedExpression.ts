import { none, type Code, type Frame } from './code.ts';
import type { NamedExpression } from './environment.ts';
import { ExpressionError, type Place } from './expressionError.ts';
import type { Item } from './item.ts';
import { parseExpression } from './parser.ts';
import { rootScope } from './rootScope.ts';
import type { Scope } from './scope.ts';

/**
 * The name of an expression that was written once: it is compiled anew wherever it is used, so that its
 * type, and what it reads, are known there. It is about the row of its definition, whatever the focus.
 * @throws ExpressionError `named-broken`: what is wrong with it was told where it stands.
 */
export function compileNamed(name: string, named: NamedExpression, scope: Scope, at: Place): Code {
  if (named.broken) throw new ExpressionError('named-broken', `'${name}' is wrong itself`, at);
  const { outer } = named;
  const input = outer === undefined ? scope.input : ({ kind: 'row', ...outer } as const);
  const environment = { ...named.names, input: scope.environment.input };
  const root = rootScope(environment, input, (syntax, within) => scope.compile(syntax, within));
  const code = scope.compile(parseExpression(named.text), root);
  const rowOf = (frame: Frame): Item =>
    outer === undefined ? frame.input : (outer.read(frame.context) as unknown as Item);
  const startAt = (frame: Frame, row: Item): Frame => ({
    context: frame.context,
    input: row,
    index: 0,
    total: none,
  });
  const { type, singleton, unordered } = code;
  return {
    type,
    singleton,
    ...(unordered && { unordered }),
    one(_, frame) {
      const row = rowOf(frame);
      return code.one(row, startAt(frame, row));
    },
    many(_, frame) {
      const row = rowOf(frame);
      return code.many(row, startAt(frame, row));
    },
  };
}
