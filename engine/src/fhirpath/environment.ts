import type { Place } from './expressionError.ts';
import type { RowColumns } from './staticType.ts';
import type { FhirObject, Value } from './value.ts';
import type { ColumnType } from '../model/stream.ts';

/**
 * What an expression is evaluated on. `row`: an array of texts by column index, see {@link Row}.
 * `fhir`: FHIR JSON of the type named; without a type it is read from `resourceType` at run time
 * and names cannot be checked when compiling. With `lenient`, a name that the type does not have
 * yields nothing instead of an error.
 */
export type InputType =
  | { kind: 'row'; columns: readonly { name: string; type: ColumnType }[]; of?: string }
  | { kind: 'fhir'; type?: string; lenient?: boolean };

/** One row: text by column index; `null` is SQL NULL, `''` is a text, `undefined` is absent. */
export type Row = readonly (string | null | undefined)[];

export type Input = Row | FhirObject;

/** Names that an expression may use, and what it is evaluated on. */
export interface Environment {
  input: InputType;
  /** Functions beside those of the language. A name of the language cannot be taken. */
  functions?: readonly FunctionDefinition[];
  /** `%name`, without the sign. Strings, numbers and booleans stand for themselves. */
  constants?: ReadonlyMap<string, Value>;
  /** `%name` whose value is known only when the expression is evaluated. */
  variables?: ReadonlyMap<string, VariableDefinition>;
  /** `join()` of nothing is an empty text, as SQL on FHIR v2 has it, and not nothing. */
  emptyJoin?: boolean;
  /** Functions that yield rows. */
  relations?: readonly RelationDefinition[];
  /** Rows that a name stands for; with `%` before it, a constant. A column of that name comes first. */
  rows?: ReadonlyMap<string, NamedRows>;
  /** Expressions that were written once, by name. A column, or rows, of that name come first. */
  named?: ReadonlyMap<string, NamedExpression>;
  /** The expression must yield rows, and not values of them; or either, where it is only judged. */
  yields?: 'rows' | 'anything';
  /** Refuse `first()`, `skip()` and their like on a collection without an order. */
  checkOrder?: boolean;
}

/**
 * A System type by its FHIRPath name (`String`, `Integer`, `Decimal`, `Boolean`, `Date`,
 * `DateTime`, `Time`, `Quantity`), a FHIR type (`Reference`, `HumanName`), or `any`.
 */
export type TypeName = string;

export interface ParameterDefinition {
  name: string;
  /** One sentence for the reference page. */
  summary?: string;
  type: TypeName;
  /** Must be a literal: it is handed to `prepare`, once, and not to the prepared function. */
  literal?: boolean;
  optional?: boolean;
  /** Only on the last parameter: it may be given any number of times. */
  repeated?: boolean;
}

/**
 * What a prepared function does for one record: the input, the evaluation's context, and the
 * arguments that are not literals, in order. `undefined` is the empty collection, both ways.
 * Throws {@link DataIssue} for a value that it cannot read.
 */
export type PreparedFunction = (
  input: Value | undefined,
  context: EvaluationContext,
  ...values: (Value | undefined)[]
) => Value | undefined;

/** A function added to the language. Its documentation is generated from these fields. */
export interface FunctionDefinition {
  name: string;
  /** One sentence for the reference page. */
  summary: string;
  example?: string;
  /** Types of the input that it accepts; `none`: it is called without one, `name(…)`. */
  input: TypeName | readonly TypeName[];
  /** Called for an empty input too; otherwise empty yields empty without a call. */
  acceptsEmpty?: boolean;
  parameters: readonly ParameterDefinition[];
  result: TypeName;
  /**
   * Called once when the expression is compiled, with the literal arguments in order (absent
   * optional ones are `undefined`). What it throws as {@link ExpressionError} is given to the
   * author of the expression, so it can refuse an unknown format or map with its place.
   */
  prepare(literals: readonly (Value | undefined)[], at: Place): PreparedFunction;
}

export interface VariableDefinition {
  type: TypeName;
  read(context: EvaluationContext): Value | undefined;
}

export interface NamedRows {
  columns: RowColumns;
  /** Whether there may be more than one. */
  many: boolean;
  read(context: EvaluationContext): readonly Row[];
}

/** An expression with a name. It may use what it was defined with, and is about the row of its definition. */
export interface NamedExpression {
  text: string;
  names: Omit<Environment, 'input' | 'yields'>;
  /** The row that it is about, where that is not the input. */
  outer?: { columns: RowColumns; read(context: EvaluationContext): Row };
  /** It is wrong itself, which has been told. */
  broken: boolean;
}

/** A function from a key to rows, typed by their columns: `fac_cd.lookup('clinic.facility').name`. */
export interface RelationDefinition {
  name: string;
  /** One sentence for the reference page. */
  summary: string;
  example?: string;
  /** All of them literals. */
  parameters: readonly ParameterDefinition[];
  /** Whether it may yield more than one row. */
  many: boolean;
  /** As {@link FunctionDefinition.prepare}; `read` throws {@link DataIssue} where a key is no use. */
  prepare(
    literals: readonly (Value | undefined)[],
    at: Place,
  ): { columns: RowColumns; read(key: Value, context: EvaluationContext): readonly Row[] };
}

/** What the evaluator knows beside its input. Hooks are values in, values out: no I/O. */
export interface EvaluationContext {
  /** The instant of `now()`, `today()`, `timeOfDay()`; without it they are a data issue. */
  readonly now?: Date;
  /** Offset of `now()` from UTC in minutes; 0 if absent. */
  readonly offsetMinutes?: number;
  /** `%resource`; if absent, the input. */
  readonly resource?: FhirObject;
  /** `%rootResource`; if absent, `%resource`. */
  readonly rootResource?: FhirObject;
  /** The resource behind a reference or canonical, for `resolve()`. */
  resolve?(reference: string): FhirObject | undefined;
  /** Whether a code (or `system|code`) is in a value set, `undefined` if it is not known. */
  memberOf?(coded: unknown, valueSet: string): boolean | undefined;
  /** Whether an item conforms to a profile, `undefined` if the profile is not known. */
  conformsTo?(item: unknown, profile: string): boolean | undefined;
  /** Called by `trace(name)`. */
  trace?(name: string, items: readonly Value[]): void;
  /** Whatever the functions of the environment need per record or per batch. */
  readonly services?: unknown;
}
