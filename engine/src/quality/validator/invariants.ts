import { compileExpression, type CompiledExpression } from '../../fhirpath/compile.ts';
import { DataIssue, ExpressionError } from '../../fhirpath/expressionError.ts';
import { fhirType } from '../../fhirpath/model.ts';
import type { Input } from '../../fhirpath/environment.ts';
import type { Constraint } from './definitions/elements.ts';
import { nativeInvariants } from './nativeInvariants.ts';
import { isObject } from './fhirJson.ts';
import type { Walk } from './walk.ts';

/** Judges the item that an invariant is about: JSON, or an element that carries its type. */
export interface InvariantCheck {
  (item: unknown, walk: Walk): void;
  readonly key: string;
}

/**
 * The invariants of an element of one type, but for those its type judges already. One whose
 * expression cannot be compiled says `invariant-not-judged` wherever it would be asked.
 */
export function invariantChecks(
  constraints: readonly Constraint[],
  type: string,
  except: ReadonlySet<string> = new Set(),
  about?: string,
): InvariantCheck[] {
  return constraints.flatMap((constraint) => {
    if (except.has(constraint.key) || constraint.expression === undefined) return [];
    return [invariantCheck(constraint, constraint.expression, type, about)];
  });
}

function invariantCheck(
  { key, severity }: Constraint,
  expression: string,
  type: string,
  about: string | undefined,
): InvariantCheck {
  const native = nativeInvariants.get(key);
  if (native !== undefined && native.expression.test(expression)) {
    const check = (item: unknown, walk: Walk): void => {
      if (isObject(item) && !native.holds(item, walk)) walk.tell(severity, key, undefined, about);
    };
    return Object.assign(check, { key });
  }
  const compiled = compiledFor(type, expression);
  const check = (item: unknown, walk: Walk): void => {
    const holds = compiled === undefined ? undefined : evaluate(compiled, item, walk);
    if (holds === undefined)
      return walk.tell('information', 'invariant-not-judged', undefined, key);
    if (!holds) walk.tell(severity, key, undefined, about);
  };
  return Object.assign(check, { key });
}

/**
 * An empty answer is no true one. Undefined for data that an expression cannot read: its elements
 * are not of their types, which other rules tell.
 */
function evaluate(expression: CompiledExpression, item: unknown, walk: Walk): boolean | undefined {
  try {
    return expression.condition(item as Input, walk.holder.context) === true;
  } catch (error) {
    const unreadable = error instanceof DataIssue || error instanceof TypeError;
    if (unreadable || error instanceof RangeError) return undefined;
    throw error;
  }
}

const expressions = new Map<string, CompiledExpression | undefined>();

function compiledFor(type: string, expression: string): CompiledExpression | undefined {
  const key = `${type} ${expression}`;
  if (expressions.has(key)) return expressions.get(key);
  const input = fhirType(type) === undefined ? {} : { type };
  let compiled: CompiledExpression | undefined;
  try {
    compiled = compileExpression(expression, { input: { kind: 'fhir', lenient: true, ...input } });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
  }
  expressions.set(key, compiled);
  return compiled;
}
