import { nothing, several, single, type Code } from './code.ts';
import { ExpressionError, type Place } from './expressionError.ts';
import { FhirElement, systemNameOfValue, TypeInfo, unwrap, type Item } from './item.ts';
import {
  derivesFrom,
  fhirType,
  fhirTypeNames,
  systemType,
  systemTypeNames,
  type FhirType,
  type SystemName,
} from './model.ts';
import { unknownName, type Scope } from './scope.ts';
import { booleanType, ofFhirType, systemOf, type StaticType } from './staticType.ts';
import type { Syntax, TypeSyntax } from './syntax.ts';

/** What a type specifier names. Unqualified, `Quantity` is FHIR's and the System's. */
interface NamedType {
  readonly fhir: FhirType | undefined;
  readonly system: SystemName | undefined;
}

export function compileTypeTest(syntax: Syntax & { kind: 'typeTest' }, scope: Scope): Code {
  const base = scope.compile(syntax.operand, scope);
  const type = namedType(syntax.type);
  return syntax.operator === 'is' ? compileIs(base, type) : compileAs(base, type, syntax.at);
}

/** The type that the argument of `is(…)`, `as(…)` or `ofType(…)` names. */
export function typeArgument(syntax: Syntax): NamedType {
  if (syntax.kind !== 'name') {
    throw new ExpressionError('syntax', 'the name of a type was expected', syntax.at);
  }
  const { base, name, at } = syntax;
  if (base === undefined) return namedType({ name, at });
  if (base.kind === 'name' && base.base === undefined) {
    return namedType({ namespace: base.name, name, at });
  }
  throw new ExpressionError('syntax', 'a type is written Name or Namespace.Name', at);
}

function namedType({ namespace, name, at }: TypeSyntax): NamedType {
  const fhir = namespace === 'System' ? undefined : fhirType(name);
  const system = namespace === 'FHIR' ? undefined : systemType(name);
  const found = fhir !== undefined || system !== undefined || namespace === 'System';
  if (found && (namespace === undefined || namespace === 'FHIR' || namespace === 'System')) {
    return { fhir, system };
  }
  throw unknownName('type', name, [...systemTypeNames, ...fhirTypeNames()], at);
}

/** Whether the only item is of the type or of one that derives from it. */
export function compileIs(base: Code, named: NamedType): Code {
  const { one } = base;
  const answer = staticAnswer(base.type, (type) => isA(type, named), named);
  if (answer !== undefined) {
    return single(booleanType, (focus, frame) =>
      one(focus, frame) === undefined ? undefined : answer,
    );
  }
  return single(booleanType, (focus, frame) => {
    const item = one(focus, frame);
    if (item === undefined) return undefined;
    if (item instanceof FhirElement) return item.type !== undefined && isA(item.type, named);
    return isSystem(item, named);
  });
}

/** The only item if it is of the type; several items are a data issue. */
export function compileAs(base: Code, named: NamedType, at: Place): Code {
  return compileOfType(base.singleton ? base : single(base.type, base.one), named, at);
}

/** The items that are of the type. */
export function compileOfType(base: Code, named: NamedType, at: Place): Code {
  if (base.narrow !== undefined) return base.narrow((type) => casts(type, named));
  const answer = staticAnswer(base.type, (type) => casts(type, named), named);
  if (answer === true) return base;
  const [keep, type] = keeper(base.type, named);
  if (answer === false || base.type.kind === 'empty') return nothing(type);
  if (base.singleton) {
    const { one } = base;
    return single(type, (focus, frame) => {
      const item = one(focus, frame);
      return item === undefined ? undefined : keep(item);
    });
  }
  const { many } = base;
  return several(
    type,
    (focus, frame) => {
      const kept: Item[] = [];
      for (const item of many(focus, frame)) {
        const same = keep(item);
        if (same !== undefined) kept.push(same);
      }
      return kept;
    },
    at,
  );
}

/** The answer for every item of a static type, where it is the same for all. */
function staticAnswer(
  type: StaticType,
  holds: (type: FhirType) => boolean,
  named: NamedType,
): boolean | undefined {
  if (type.kind === 'fhir') return holds(type.type);
  if (type.kind === 'system') return type.name === named.system;
  return undefined;
}

function isA(type: FhirType, named: NamedType): boolean {
  return named.fhir !== undefined && derivesFrom(type, named.fhir);
}

/** A cast keeps subtypes, except of primitives: a `code` is no `string` (official R4 suite). */
function casts(type: FhirType, named: NamedType): boolean {
  return type.kind === 'primitive' ? type === named.fhir : isA(type, named);
}

function isSystem(item: Item, named: NamedType): boolean {
  return (
    named.system !== undefined &&
    !(item instanceof FhirElement) &&
    systemNameOfValue(item) === named.system
  );
}

/** Keeps an item of the type, in the form of the static type that is then known. */
function keeper(
  from: StaticType,
  named: NamedType,
): [(item: Item) => Item | undefined, StaticType] {
  const type =
    named.fhir === undefined ? systemOf(named.system ?? 'String') : ofFhirType(named.fhir);
  const both = named.fhir !== undefined && named.system !== undefined;
  const open: StaticType = both && from.kind !== 'choice' ? { kind: 'any' } : type;
  const keep = (item: Item): Item | undefined => {
    if (!(item instanceof FhirElement)) return isSystem(item, named) ? item : undefined;
    if (item.type === undefined || !casts(item.type, named)) return undefined;
    const plain = open.kind === 'fhir' && item.extra === undefined;
    return plain ? unwrap(item) : item;
  };
  return [keep, open];
}

/** `type()`: namespace and name of the only item's type. */
export function typeInfoOf(item: Item, type: StaticType): TypeInfo | undefined {
  if (type.kind === 'fhir') return new TypeInfo('FHIR', type.type.name);
  if (item instanceof FhirElement) {
    return item.type === undefined ? undefined : new TypeInfo('FHIR', item.type.name);
  }
  const system = type.kind === 'system' ? type.name : systemNameOfValue(item);
  return system === undefined ? undefined : new TypeInfo('System', system);
}
