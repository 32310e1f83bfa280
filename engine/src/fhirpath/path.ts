import { compileAnyMember } from './anyPath.ts';
import { compileChoice } from './choice.ts';
import { none, nothing, single, type Code } from './code.ts';
import { ExpressionError, type Place } from './expressionError.ts';
import { FhirElement, isObject, type Item } from './item.ts';
import { derivesFrom, fhirType, type FhirElementDefinition, type FhirType } from './model.ts';
import { readItem, readItems } from './reading.ts';
import { compileRowMember } from './rows.ts';
import { unknownName, type Scope } from './scope.ts';
import { emptyType, ofFhirType, typeName, type StaticType } from './staticType.ts';
import { compileMany, compileSingle } from './steps.ts';

/** `base.name`: the children of that name (FHIRPath N1 §5.1, path selection). */
export function compileMember(base: Code, name: string, scope: Scope, at: Place): Code {
  const { type } = base;
  switch (type.kind) {
    case 'fhir':
      return compileTyped(base, type.type, name, scope, at);
    case 'choice': {
      const owners = type.types.filter((each) => each.elements.has(name));
      if (owners.length === 0) return unknownElement(type, name, namesOf(type), scope, at);
      const narrowed = base.narrow?.((each) => owners.includes(each)) ?? base;
      return narrowed.type.kind === 'fhir'
        ? compileTyped(narrowed, narrowed.type.type, name, scope, at)
        : compileAnyMember(narrowed, name, at);
    }
    case 'any':
      return compileAnyMember(base, name, at);
    case 'empty':
      return nothing(emptyType);
    case 'row':
      return compileRowMember(base, type.columns, name, at);
    case 'system':
      return unknownElement(type, name, [], scope, at);
  }
}

function namesOf(type: StaticType): string[] {
  if (type.kind === 'choice') return type.types.flatMap(({ elements }) => [...elements.keys()]);
  return type.kind === 'fhir' ? [...type.type.elements.keys()] : [];
}

function unknownElement(
  type: StaticType,
  name: string,
  candidates: readonly string[],
  scope: Scope,
  at: Place,
): Code {
  if (!scope.strict) return nothing(emptyType);
  throw unknownName(`element of ${typeName(type)}:`, name, candidates, at);
}

/** A name that begins a path: an element of the focus, or its type (`Patient.name`). */
export function compileRootName(focus: Code, name: string, scope: Scope, at: Place): Code {
  const { type } = focus;
  const named = /^[A-Z]/.test(name) ? fhirType(name) : undefined;
  if (named === undefined) return compileMember(focus, name, scope, at);
  if (type.kind === 'fhir') {
    if (derivesFrom(type.type, named)) return focus;
    if (!scope.strict) return nothing(ofFhirType(named));
    const problem = `the input is of type ${typeName(type)}, never ${name}`;
    throw new ExpressionError('unknown-name', problem, at);
  }
  if (type.kind === 'system') return compileMember(focus, name, scope, at);
  const narrowed = ofFhirType(named);
  return single(narrowed, (item) => {
    if (!(item instanceof FhirElement) || item.type === undefined) return undefined;
    if (!derivesFrom(item.type, named)) return undefined;
    return narrowed.kind === 'fhir' ? (item.value as Item) : item;
  });
}

function compileTyped(base: Code, type: FhirType, name: string, scope: Scope, at: Place): Code {
  const element = type.elements.get(name);
  if (element === undefined) {
    return unknownElement({ kind: 'fhir', type }, name, [...type.elements.keys()], scope, at);
  }
  if (type.kind === 'primitive') return compileExtra(base, element, at);
  if (element.properties.length > 1) return compileChoice(base, element, at);
  const [property] = element.properties;
  if (property === undefined) return nothing(emptyType);
  const result = ofFhirType(property.type);
  return element.many
    ? compileMany(base, result, readItems(property.key, property.type), at)
    : compileSingle(base, result, readItem(property.key, property.type, at), at);
}

/** `id` and `extension` of a primitive, which JSON keeps in the property with the underscore. */
function compileExtra(base: Code, element: FhirElementDefinition, at: Place): Code {
  const [property] = element.properties;
  if (property === undefined) return nothing(emptyType);
  const result = ofFhirType(property.type);
  if (element.many) {
    const read = readItems(property.key, property.type);
    return compileMany(base, result, (item) => extraOf(item, read, none), at);
  }
  const read = readItem(property.key, property.type, at);
  return compileSingle(base, result, (item) => extraOf(item, read, undefined), at);
}

function extraOf<T>(item: Item, read: (item: Item) => T, otherwise: T): T {
  return item instanceof FhirElement && isObject(item.extra) ? read(item.extra) : otherwise;
}
