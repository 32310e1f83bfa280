import { FhirElement } from '../../../fhirpath/item.ts';
import { fhirType } from '../../../fhirpath/model.ts';
import { bindingCheck } from '../bindings.ts';
import type { ElementDefinition, TypeReference } from '../definitions/elements.ts';
import { invariantChecks } from '../invariants.ts';
import { fitsPattern, isFixed } from '../matching.ts';
import type { Member } from '../objectCheck.ts';
import { limitCheck } from '../primitiveMember.ts';
import { referenceTargets } from '../references.ts';
import { isObject, type FhirJson } from '../fhirJson.ts';
import { inTurn, type ItemCheck, type ProfileScope } from './scope.ts';
import type { ProfileNode } from './tree.ts';

/** What a node asks of each item beyond its type; undefined where that is nothing. */
export function itemCheck(
  node: ProfileNode,
  member: Member,
  scope: ProfileScope,
): ItemCheck | undefined {
  const { definition } = node;
  const types = (definition.type ?? []).filter(({ code }) => fits(code, member));
  if (definition.type !== undefined && types.length === 0 && member.type !== 'Resource') {
    return undefined;
  }
  const checks = [
    ...valueChecks(definition, member, scope),
    ...invariants(definition, member, scope),
    ...types.flatMap((type) => targets(type, member, scope)),
    ...profiles(member.type === 'Resource' ? (definition.type ?? []) : types, member, scope),
    ...content(node, member, scope),
  ];
  return checks.length === 0 ? undefined : inTurn(checks);
}

function fits(code: string, member: Member): boolean {
  return code === member.type || (member.identity.types.includes(code) && code !== 'Element');
}

function valueChecks(
  definition: ElementDefinition,
  { type, definition: base }: Member,
  { services, canonical }: ProfileScope,
): ItemCheck[] {
  const { fixed, pattern, binding } = definition;
  const checks: ItemCheck[] = [];
  if (fixed !== undefined && base.fixed === undefined) {
    checks.push(({ value }, walk) => {
      if (value !== undefined && !isFixed(value, fixed))
        walk.error('value-fixed', undefined, canonical);
    });
  }
  if (pattern !== undefined) {
    checks.push(({ value }, walk) => {
      if (value !== undefined && !fitsPattern(value, pattern)) {
        walk.error('value-pattern', undefined, canonical);
      }
    });
  }
  const same =
    binding?.valueSet === base.binding?.valueSet &&
    binding?.strength === base.binding?.strength &&
    binding?.maxValueSet === base.binding?.maxValueSet;
  const asked =
    binding && leftOpen(definition) ? { ...binding, strength: 'extensible' as const } : binding;
  const bound =
    same || !binding ? undefined : bindingCheck(asked, type, services, binding.valueSet);
  if (bound !== undefined) {
    checks.push(({ value }, walk) => {
      if (value !== undefined) bound(value as FhirJson, walk);
    });
  }
  const limits = limitCheck(definition);
  if (limits !== undefined && limits !== limitCheck(base)) {
    checks.push(({ value }, walk) => limits(value, walk));
  }
  return checks;
}

const codable = new Set(['CodeableConcept', 'Coding', 'Quantity', 'code']);

/**
 * A binding of a choice that is left with several types that have codes was meant for one of them:
 * units for a Quantity, of a component that may also be a concept. It cannot refuse the others.
 */
function leftOpen({ binding, type = [] }: ElementDefinition): boolean {
  return (
    binding?.strength === 'required' && type.filter(({ code }) => codable.has(code)).length > 1
  );
}

function invariants(
  { constraint = [] }: ElementDefinition,
  member: Member,
  { canonical }: ProfileScope,
): ItemCheck[] {
  const { object, type, identity, definition: base } = member;
  const known = new Set(object?.constraintKeys);
  for (const { key } of base.constraint ?? []) known.add(key);
  const hasParts = type === 'BackboneElement' || type === 'Element';
  const name = hasParts ? identity.path : type;
  const model = fhirType(name);
  return invariantChecks(constraint, name, known, canonical).map(
    (check) =>
      ({ value, extra }, walk) => {
        const beside = isObject(extra) && member.primitive === true;
        if (value === undefined && !beside) return;
        check(beside ? new FhirElement(model, value, extra) : value, walk);
      },
  );
}

function targets(
  type: TypeReference,
  { definition }: Member,
  { services, canonical }: ProfileScope,
): ItemCheck[] {
  const base = definition.type?.find(({ code }) => code === type.code)?.targetProfile ?? [];
  const own = type.targetProfile ?? [];
  if (own.length === base.length && own.every((each) => base.includes(each))) return [];
  const check = referenceTargets(type, services, canonical);
  if (check === undefined) return [];
  return [
    ({ value }, walk) => {
      if (isObject(value)) check(value, walk);
    },
  ];
}

/** Profiles that the type of an element, or the resource in it, has to conform to. */
function profiles(
  types: readonly TypeReference[],
  member: Member,
  { services, canonical }: ProfileScope,
): ItemCheck[] {
  if (member.type === 'Resource') return resourceProfiles(types, { services, canonical });
  const own = types.flatMap(({ profile = [] }) => profile);
  const base = member.definition.type?.flatMap(({ profile = [] }) => profile) ?? [];
  // An extension is judged by the definition that its url names.
  if (own.every((each) => base.includes(each)) || member.type === 'Extension') {
    return [];
  }
  return [({ value }, walk) => services.profiles.anyOf(own, value, walk)];
}

function resourceProfiles(
  types: readonly TypeReference[],
  { services, canonical }: Omit<ProfileScope, 'content'>,
): ItemCheck[] {
  if (types.length === 0 || types.some(({ code, profile }) => code === 'Resource' && !profile))
    return [];
  const codes = new Set(types.map(({ code }) => code));
  const own = types.flatMap(({ profile = [] }) => profile);
  return [
    ({ value }, walk) => {
      if (!isObject(value)) return;
      const type = value['resourceType'];
      if (
        typeof type === 'string' &&
        !services.types.ancestors(type).some((each) => codes.has(each))
      ) {
        return walk.error('type-not-allowed', undefined, canonical);
      }
      if (own.length > 0) services.profiles.anyOf(own, value, walk);
    },
  ];
}

function content(node: ProfileNode, member: Member, scope: ProfileScope): ItemCheck[] {
  if (node.children.size === 0) return [];
  const { types } = scope.services;
  if (member.primitive === true) {
    const beside = types.object('Element');
    const check = beside && scope.content(node, beside, scope);
    if (check === undefined) return [];
    return [({ extra }, walk) => check(isObject(extra) ? extra : {}, walk)];
  }
  const named = node.definition.type?.[0]?.code;
  const object =
    member.object ??
    (named === undefined || named === 'Resource' ? undefined : types.object(named));
  const check = object && scope.content(node, object, scope);
  if (check === undefined) return [];
  return [
    ({ value }, walk) => {
      if (isObject(value)) check(value, walk);
    },
  ];
}
