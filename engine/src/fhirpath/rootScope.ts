import { builtIns } from './builtIns.ts';
import type { Environment, InputType } from './environment.ts';
import { fhirType, fhirTypeNames } from './model.ts';
import { unknownName, type Scope } from './scope.ts';
import { anyType, ofFhirType, type ColumnPlace, type StaticType } from './staticType.ts';
import type { ColumnType } from '../model/stream.ts';

/** The scope that an expression begins in. */
export function rootScope(
  environment: Environment,
  input: StaticType,
  compile: Scope['compile'],
): Scope {
  const { input: given, functions = [], relations = [] } = environment;
  return {
    environment,
    input,
    focus: input,
    iterates: false,
    aggregates: false,
    strict: given.kind === 'row' || given.lenient !== true,
    functions: definitionsByName(functions),
    relations: definitionsByName(relations),
    compile,
  };
}

/** @param reads is told of the columns of a row that are read. */
export function inputType(input: InputType, reads: Set<string>): StaticType {
  if (input.kind === 'row') {
    const of = input.of ?? 'the input';
    return { kind: 'row', columns: { of, places: placesOf(input.columns), reads } };
  }
  if (input.type === undefined) return anyType;
  const type = fhirType(input.type);
  if (type === undefined) {
    throw unknownName('type', input.type, fhirTypeNames(), { line: 1, column: 1 });
  }
  return ofFhirType(type);
}

function definitionsByName<Definition extends { name: string }>(
  definitions: readonly Definition[],
): ReadonlyMap<string, Definition> {
  for (const { name } of definitions) {
    if (builtIns.has(name)) throw new Error(`${name}() is a function of FHIRPath already`);
  }
  return new Map(definitions.map((definition) => [definition.name, definition]));
}

/** Columns as expressions find them. */
export function placesOf(
  columns: readonly { name: string; type: ColumnType }[],
): Map<string, ColumnPlace> {
  return new Map(columns.map(({ name, type }, index) => [name, { index, type }]));
}
