import { none, truth, type Code, type Frame } from './code.ts';
import { compileSyntax } from './compiler.ts';
import type { Environment, EvaluationContext, Input } from './environment.ts';
import { ExpressionError } from './expressionError.ts';
import { boxResource, FhirElement, unwrap, type Item } from './item.ts';
import { parseExpression } from './parser.ts';
import { inputType, rootScope } from './rootScope.ts';
import type { StaticType } from './staticType.ts';
import { typeInfoOf } from './typeTest.ts';
import type { FhirObject, TypedValue, Value } from './value.ts';

/**
 * An expression, checked and compiled to closures. Immutable and without state: it may be used by
 * any number of callers at once, and re-entered.
 */
export interface CompiledExpression {
  readonly text: string;
  /** What it yields, as far as the types of its input tell. */
  readonly type: StaticType;
  /** Whether it can never yield more than one item. */
  readonly singleton: boolean;
  /** Columns of the row that it reads, without repeats, in order of appearance. */
  readonly columns: readonly string[];
  /**
   * The only item, `undefined` if there is none.
   * @throws DataIssue `many-items` if there are several; others as the functions used say.
   */
  one(input: Input, context?: EvaluationContext): Value | undefined;
  many(input: Input, context?: EvaluationContext): readonly Value[];
  /**
   * The answer to a condition by the rule of singleton evaluation (FHIRPath N1 §4.5): a boolean is
   * itself, any other single item is true, and `undefined` is neither true nor false.
   */
  condition(input: Input, context?: EvaluationContext): boolean | undefined;
  /** As `many`, each item with its type; for tools, slower. */
  typed(input: Input, context?: EvaluationContext): readonly TypedValue[];
}

/**
 * Compile an expression of FHIRPath N1 (normative, with the R4 model) for one environment.
 * @throws ExpressionError with line, column and, where a name is nearly right, a suggestion.
 */
export function compileExpression(text: string, environment: Environment): CompiledExpression {
  const columnsRead = new Set<string>();
  const input = inputType(environment.input, columnsRead);
  const scope = rootScope(environment, input, compileSyntax);
  const code = scope.compile(parseExpression(text), scope);
  checkYield(code.type, environment);
  const start = frameMaker(input);
  const [one, many] = [valueOut(code), valuesOut(code)];
  const holds = truth(code);
  return {
    text,
    type: code.type,
    singleton: code.singleton,
    columns: [...columnsRead],
    one(given, context = noContext) {
      const frame = start(given, context);
      return one(frame.input, frame);
    },
    many(given, context = noContext) {
      const frame = start(given, context);
      return many(frame.input, frame);
    },
    condition(given, context = noContext) {
      const frame = start(given, context);
      return holds(frame.input, frame);
    },
    typed(given, context = noContext) {
      const frame = start(given, context);
      return code.many(frame.input, frame).map((item) => typedValue(item, code.type));
    },
  };
}

const noContext: EvaluationContext = {};

/**
 * A path as compiled code, to be put together with other code: its focus is of the type given and
 * is handed over with a frame of {@link frameFor}. For what is made of many paths, such as a view.
 * @throws ExpressionError as {@link compileExpression}.
 */
export function compilePath(text: string, environment: Environment, focus?: StaticType): Code {
  const input = focus ?? inputType(environment.input, new Set());
  const code = compileSyntax(parseExpression(text), rootScope(environment, input, compileSyntax));
  checkYield(code.type, environment);
  return code;
}

/** What paths of one resource are evaluated with. */
export function frameFor(resource: FhirObject, context: EvaluationContext): Frame {
  return { context, input: resource, index: 0, total: none };
}

function checkYield(type: StaticType, { yields }: Environment): void {
  if (yields === 'anything' || (type.kind === 'row') === (yields === 'rows')) return;
  const problem =
    yields === 'rows' ? 'rows are expected here, not values' : 'name a column of the row';
  throw new ExpressionError('type-clash', problem, { line: 1, column: 1 });
}

/** Items of a static type are JSON as it stands; an input of unknown type carries its own. */
function frameMaker(type: StaticType): (input: Input, context: EvaluationContext) => Frame {
  const wrap = type.kind === 'any' ? boxResource : undefined;
  return (input, context) => ({
    context,
    input: wrap === undefined ? (input as Item) : wrap(input),
    index: 0,
    total: none,
  });
}

function valueOut({ one, type }: Code): (focus: Item, frame: Frame) => Value | undefined {
  if (type.kind === 'system') return one as (focus: Item, frame: Frame) => Value | undefined;
  return (focus, frame) => {
    const item = one(focus, frame);
    return item === undefined ? undefined : unwrap(item);
  };
}

function valuesOut({ many, type }: Code): (focus: Item, frame: Frame) => readonly Value[] {
  if (type.kind === 'system') return many as (focus: Item, frame: Frame) => readonly Value[];
  return (focus, frame) => {
    const items = many(focus, frame);
    if (!items.some(isElement)) return items as readonly Value[];
    return items.map(unwrap).filter((value) => value !== undefined);
  };
}

function isElement(item: Item): boolean {
  return item instanceof FhirElement;
}

function typedValue(item: Item, type: StaticType): TypedValue {
  const info = typeInfoOf(item, type);
  const name = info === undefined ? '' : `${info.namespace}.${info.name}`;
  return { type: name, value: unwrap(item) };
}
