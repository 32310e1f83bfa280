import { single, type Code } from '../code.ts';
import type { EvaluationContext } from '../environment.ts';
import { ExpressionError } from '../expressionError.ts';
import { isObject, unwrap, type Item } from '../item.ts';
import { fhirType, fhirTypeNames } from '../model.ts';
import { argumentSyntax, unknownName, type BuiltIn, type Call } from '../scope.ts';
import { stringType } from '../staticType.ts';

/** The functions that SQL on FHIR v2 adds: keys by which the rows of two views are joined. */
export const keyFunctions: Readonly<Record<string, BuiltIn>> = {
  getResourceKey: { arity: [0, 0], compile: ({ base }) => keyCode(base, resourceKey) },
  getReferenceKey: { arity: [0, 1], compile: compileReferenceKey },
};

type KeyOf = (json: unknown, context: EvaluationContext) => string | undefined;

function keyCode(base: Code, keyOf: KeyOf): Code {
  const { one } = base;
  return single(stringType, (focus, frame) => {
    const item: Item | undefined = one(focus, frame);
    return item === undefined ? undefined : keyOf(unwrap(item), frame.context);
  });
}

/** `Type/id`: ids alone are unique only within a type. */
const resourceKey: KeyOf = (json) => {
  if (!isObject(json)) return undefined;
  const { resourceType, id } = json;
  return typeof resourceType === 'string' && typeof id === 'string'
    ? `${resourceType}/${id}`
    : undefined;
};

function compileReferenceKey(call: Call): Code {
  const wanted = call.arguments.length === 0 ? undefined : typeOf(call);
  return keyCode(call.base, (json, context) => {
    const key = referenceKey(json, context);
    return wanted === undefined || key?.startsWith(wanted) === true ? key : undefined;
  });
}

/** The type specifier, a name and no expression, as keys begin: `Patient/`. */
function typeOf(call: Call): string {
  const syntax = argumentSyntax(call, 0);
  if (syntax.kind !== 'name' || (syntax.base !== undefined && syntax.base.kind !== 'name')) {
    throw new ExpressionError('type-clash', 'getReferenceKey() takes a type name', syntax.at);
  }
  if (fhirType(syntax.name)?.kind !== 'resource') {
    throw unknownName('resource type', syntax.name, fhirTypeNames(), syntax.at);
  }
  return `${syntax.name}/`;
}

/** Relative or absolute, with or without a version (R4 §2.3.0.1). */
const typeAndId = /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/;

/** What `getResourceKey()` gives for the resource that is referred to; contained ones have none. */
const referenceKey: KeyOf = (json, context) => {
  if (!isObject(json)) return undefined;
  const { reference } = json;
  if (typeof reference !== 'string') return undefined;
  const found = typeAndId.exec(reference)?.[1];
  if (found !== undefined) return found;
  return reference.startsWith('urn:')
    ? resourceKey(context.resolve?.(reference), context)
    : undefined;
};
