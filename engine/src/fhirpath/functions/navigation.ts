import { several, single, truth, type Code } from '../code.ts';
import { childrenOf } from '../anyPath.ts';
import { DataIssue, ExpressionError, type Place } from '../expressionError.ts';
import { boxing, boxResource, FhirElement, isObject, unwrap, type Item } from '../item.ts';
import { boxed } from '../operators/collections.ts';
import { compileMember } from '../path.ts';
import { derivesFrom, fhirType, type FhirType } from '../model.ts';
import type { BuiltIn, Call } from '../scope.ts';
import { anyType, booleanType, isOpen, systemNameOf, typeName } from '../staticType.ts';
import { compileMany, compileSingle } from '../steps.ts';
import { textOf } from '../value.ts';
import type { EvaluationContext } from '../environment.ts';
import { argumentOf } from './scalar.ts';
import { isSoundHtml } from './narrative.ts';

/** Tree navigation (FHIRPath N1 §5.8) and the functions that FHIR adds (R4 §2.1.23.4). */
export const navigationFunctions: Readonly<Record<string, BuiltIn>> = {
  children: { arity: [0, 0], compile: compileChildren },
  descendants: { arity: [0, 0], compile: compileDescendants },
  extension: { arity: [1, 1], compile: compileExtension },
  hasValue: { arity: [0, 0], compile: compileHasValue },
  getValue: { arity: [0, 0], compile: compileGetValue },
  resolve: { arity: [0, 0], compile: compileResolve },
  memberOf: { arity: [1, 1], compile: (call) => compileHook(call, memberOf) },
  conformsTo: { arity: [1, 1], compile: (call) => compileHook(call, conformsTo) },
  htmlChecks: { arity: [0, 0], compile: compileHtmlChecks },
};

function compileChildren({ base, at }: Call): Code {
  const many = boxed(base);
  return several(
    anyType,
    (focus, frame) => many(focus, frame).flatMap((item) => childrenOf(item, at)),
    at,
    { unordered: true },
  );
}

function compileDescendants({ base, at }: Call): Code {
  const many = boxed(base);
  return several(
    anyType,
    (focus, frame) => {
      const found: Item[] = [];
      for (const item of many(focus, frame)) addDescendants(item, found, at);
      return found;
    },
    at,
    { unordered: true },
  );
}

function addDescendants(item: Item, found: Item[], at: Place): void {
  for (const child of childrenOf(item, at)) {
    found.push(child);
    addDescendants(child, found, at);
  }
}

/** `extension(url)`: short for `extension.where(url = …)`. */
function compileExtension(call: Call): Code {
  const { base, scope, at } = call;
  const all = compileMember(base, 'extension', { ...scope, strict: false }, at);
  const { get, fixed } = argumentOf(call, 0, 'String');
  const { many } = all;
  return several(
    all.type,
    (focus, frame) => {
      const extensions = many(focus, frame);
      if (extensions.length === 0) return extensions;
      const url = fixed ?? get(focus, frame);
      return extensions.filter((item) => urlOf(item) === url);
    },
    at,
  );
}

function urlOf(item: Item): unknown {
  const json = unwrap(item);
  return isObject(json) ? json['url'] : undefined;
}

/** Whether the input is one primitive that has a value. */
function compileHasValue({ base }: Call): Code {
  const { many } = base;
  return single(booleanType, (focus, frame) => {
    const items = many(focus, frame);
    const [item] = items;
    return items.length === 1 && item !== undefined && isPrimitive(item, base);
  });
}

function isPrimitive(item: Item, { type }: Code): boolean {
  if (unwrap(item) === undefined) return false;
  const fhir =
    item instanceof FhirElement ? item.type : type.kind === 'fhir' ? type.type : undefined;
  return fhir?.kind === 'primitive' || (fhir === undefined && type.kind === 'system');
}

function compileGetValue({ base, at }: Call): Code {
  const get = compileSingle(base, anyType, (item) => unwrap(item), at);
  return { ...get, type: systemNameOf(base.type) === undefined ? anyType : base.type };
}

/** The resource that a Reference, or a canonical or uri, leads to; unknown ones are left out. */
function compileResolve({ base, at }: Call): Code {
  const wrap = boxing(base.type);
  const { many } = base;
  return several(
    anyType,
    (focus, frame) => {
      const found: Item[] = [];
      for (const item of many(focus, frame)) {
        const resource = resolved(
          wrap === undefined ? item : wrap(item),
          frame.context,
          frame.input,
        );
        if (resource !== undefined) found.push(resource);
      }
      return found;
    },
    at,
  );
}

function resolved(item: Item, context: EvaluationContext, input: Item): Item | undefined {
  const json = unwrap(item);
  const target = isObject(json) ? json['reference'] : json;
  if (typeof target !== 'string') return undefined;
  const found = target.startsWith('#')
    ? containedIn(context.rootResource ?? context.resource ?? unwrap(input), target.slice(1))
    : context.resolve?.(target);
  return found === undefined ? undefined : boxResource(found);
}

function containedIn(resource: unknown, id: string): unknown {
  if (!isObject(resource)) return undefined;
  const { contained } = resource;
  if (!Array.isArray(contained)) return undefined;
  return contained.find((each: unknown) => isObject(each) && each['id'] === id);
}

type Hook = (
  item: Item,
  parameter: string,
  context: EvaluationContext,
  at: Place,
) => boolean | undefined;

function compileHook(call: Call, hook: Hook): Code {
  const { at } = call;
  const wrap = boxing(call.base.type);
  const { get } = argumentOf(call, 0, 'String');
  const { one } = call.base;
  return single(booleanType, (focus, frame) => {
    const item = one(focus, frame);
    const parameter = get(focus, frame);
    if (item === undefined || typeof parameter !== 'string') return undefined;
    return hook(wrap === undefined ? item : wrap(item), parameter, frame.context, at);
  });
}

const memberOf: Hook = (item, valueSet, context) => context.memberOf?.(unwrap(item), valueSet);

const coreProfile = /^http:\/\/hl7\.org\/fhir\/StructureDefinition\/([A-Za-z]+)$/;

/** Without a hook only the types of R4 itself are known, and being of the type is the answer. */
const conformsTo: Hook = (item, profile, context, at) => {
  const answer = context.conformsTo?.(unwrap(item), profile);
  if (answer !== undefined) return answer;
  const type = fhirType(coreProfile.exec(profile)?.[1] ?? '');
  if (type === undefined || !(item instanceof FhirElement)) throw unknownProfile(at);
  return isOf(item.type, type);
};

function isOf(own: FhirType | undefined, type: FhirType): boolean {
  return own !== undefined && derivesFrom(own, type);
}

function unknownProfile(at: Place): Error {
  return new DataIssue('profile-unknown', 'the profile is not known here', at);
}

function compileHtmlChecks({ base, at }: Call): Code {
  const name = systemNameOf(base.type);
  if (!isOpen(base.type) && name !== 'String') {
    const problem = `htmlChecks() works on xhtml, not ${typeName(base.type)}`;
    throw new ExpressionError('type-clash', problem, at);
  }
  const holds = truth(
    compileMany(base, booleanType, (item) => [isSoundHtml(textOf(unwrap(item) ?? '') ?? '')], at),
  );
  return single(booleanType, holds);
}
