import { JsonNumber, type Json } from '../base/json.ts';
import { frameFor } from '../fhirpath/compile.ts';
import { Decimal } from '../fhirpath/decimal.ts';
import { DataIssue } from '../fhirpath/expressionError.ts';
import { fhirType, fhirTypeNames } from '../fhirpath/model.ts';
import { nearestName } from '../fhirpath/expressionError.ts';
import { isSame, booleanType, ofFhirType, systemNameOf, typeName } from '../fhirpath/staticType.ts';
import { Temporal } from '../fhirpath/temporal.ts';
import type { Code } from '../fhirpath/code.ts';
import type { Item } from '../fhirpath/item.ts';
import type { FhirObject, Value } from '../fhirpath/value.ts';
import {
  readDefinition,
  type ConstantDefinition,
  type PathDefinition,
  type ViewDefinition,
} from './definition.ts';
import { ViewProblems, type ViewProblem } from './problems.ts';
import { SelectCompiler, type ViewColumn } from './selects.ts';
import {
  condition,
  rowIndexOf,
  type ViewServices,
  type ViewState,
  type ViewValue,
} from './steps.ts';

/** A view, checked and compiled. It is used by one caller at a time: the row is its own. */
export interface CompiledView {
  name: string | undefined;
  /** Type of the resources that it reads; others yield nothing. */
  resource: string;
  columns: readonly ViewColumn[];
  /** Elements that R4 does not have, and keys that mean nothing: they yield nothing. */
  warnings: readonly ViewProblem[];
  /**
   * Calls `emit` for each row; the array is the same one each time and must be copied. What was
   * emitted before an issue is of that resource and does not hold.
   * @param resolve the resource behind a `urn:` reference, for `getReferenceKey()` and `resolve()`
   * @throws ViewIssue for a resource that the view cannot be made of
   */
  rows(
    resource: FhirObject,
    emit: (row: readonly ViewValue[]) => void,
    resolve?: (reference: string) => FhirObject | undefined,
  ): void;
}

/** A resource that a view cannot be made of: code and column, no value. */
export class ViewIssue extends Error {
  readonly code: string;
  /** Name of the column, or `where`. */
  readonly column: string;

  constructor(code: string, column: string, problem: string) {
    super(`${column}: ${problem}`);
    this.name = 'ViewIssue';
    this.code = code;
    this.column = column;
  }
}

/**
 * Compile a ViewDefinition (SQL on FHIR v2) to closures.
 * @param json as `parseJson` gives it, so that numbers of constants keep their digits
 * @throws HandoverError `view-invalid` that tells every mistake with its place
 */
export function compileView(json: Json): CompiledView {
  const problems = new ViewProblems();
  const definition = readDefinition(json, problems);
  if (definition === undefined || definition.resource === '') problems.check();
  const view = compile(definition as ViewDefinition, problems);
  problems.check();
  return view;
}

function compile(definition: ViewDefinition, problems: ViewProblems): CompiledView {
  const { name, resource, selects } = definition;
  const type = fhirType(resource);
  if (type === undefined || type.kind !== 'resource') {
    const near = nearestName(resource, fhirTypeNames());
    const hint = near === undefined ? '' : `; did you mean '${near}'?`;
    problems.add('resource', `there is no resource '${resource}' in R4${hint}`);
    problems.check();
  }
  const compiler = new SelectCompiler(
    resource,
    {
      constants: new Map(
        definition.constants.map((each) => [each.name, constantOf(each, problems)]),
      ),
      variables: new Map([['rowIndex', { type: 'Integer', read: rowIndexOf }]]),
      emptyJoin: true,
    },
    problems,
  );
  const wheres = definition.where.flatMap((where) => whereOf(where, compiler, problems) ?? []);
  const part = compiler.list(selects, ofFhirType(type as NonNullable<typeof type>), 0);
  const columns = compiler.columns.slice(0, part.columns.length);
  checkNames(part.columns, problems);
  const state: ViewState = {
    frame: frameFor({}, {}),
    row: columns.map(() => undefined),
    rowIndex: 0,
    column: 0,
    focuses: Array.from({ length: compiler.levels }, () => ''),
    indexes: Array.from({ length: compiler.levels }, () => 0),
  };
  const services: ViewServices = { state };
  let emit: (row: readonly ViewValue[]) => void = () => undefined;
  const step = part.make(() => emit(state.row));
  return {
    name,
    resource,
    columns,
    warnings: problems.warnings,
    rows(given, emitRow, resolve) {
      if (given['resourceType'] !== resource) return;
      emit = emitRow;
      state.frame = frameFor(given, {
        resource: given,
        services,
        ...(resolve !== undefined && { resolve }),
      });
      state.rowIndex = 0;
      state.column = -1;
      try {
        for (const holds of wheres) if (!holds(given, state.frame)) return;
        step(given, state);
      } catch (error) {
        throw issueOf(error, columns[state.column]?.name ?? 'where');
      }
    },
  };
}

function issueOf(error: unknown, column: string): unknown {
  if (error instanceof DataIssue) return new ViewIssue(error.code, column, error.message);
  return error;
}

function whereOf(
  where: PathDefinition,
  compiler: SelectCompiler,
  problems: ViewProblems,
): ((focus: Item, frame: ViewState['frame']) => boolean) | undefined {
  const code = compiler.path(where);
  if (code === undefined) return undefined;
  if (!mayBeBoolean(code)) {
    problems.add(where.place, `is a condition, but yields ${typeName(code.type)}`);
  }
  return condition(code);
}

function mayBeBoolean({ type }: Code): boolean {
  if (type.kind === 'system') return isSame(type, booleanType);
  return type.kind !== 'fhir' || systemNameOf(type) === 'Boolean';
}

function checkNames(
  columns: readonly { name: string; place: string }[],
  problems: ViewProblems,
): void {
  const taken = new Set<string>();
  for (const { name, place } of columns) {
    if (taken.has(name)) problems.add(`${place}.name`, `there is a column '${name}' before it`);
    taken.add(name);
  }
}

const temporals: Readonly<Record<string, 'date' | 'dateTime' | 'time'>> = {
  Date: 'date',
  DateTime: 'dateTime',
  Instant: 'dateTime',
  Time: 'time',
};
const numbers = new Set(['Integer', 'Integer64', 'PositiveInt', 'UnsignedInt', 'Decimal']);

/** A constant as expressions use it: a System value of the type that `value[x]` names. */
function constantOf({ type, value, place }: ConstantDefinition, problems: ViewProblems): Value {
  const kind = temporals[type];
  const fits = numbers.has(type)
    ? value instanceof JsonNumber
    : type === 'Boolean'
      ? typeof value === 'boolean'
      : typeof value === 'string';
  if (!fits) problems.add(`${place}.value${type}`, 'is not of that type');
  if (typeof value === 'string' && kind !== undefined) {
    const temporal = new Temporal(kind, value);
    if (temporal.fields === undefined) problems.add(`${place}.value${type}`, 'cannot be read');
    return temporal;
  }
  if (!(value instanceof JsonNumber)) return value;
  const number = Number(value.text);
  return type !== 'Decimal' && Number.isSafeInteger(number) ? number : new Decimal(value.text);
}
