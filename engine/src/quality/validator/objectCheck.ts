import { tellableName } from '../../formats/fhirElements.ts';
import type { ElementDefinition } from './definitions/elements.ts';
import type { InvariantCheck } from './invariants.ts';
import { hasBeside, isObject, type FhirJson } from './fhirJson.ts';
import { deepestElement, type ElementIdentity, type Walk } from './walk.ts';

/** Judges a value of one type; `extra` is what stands beside a primitive. */
export type ValueCheck = (value: unknown, extra: unknown, walk: Walk) => void;

/** An element as it stands in JSON: a choice has one for each of its types. */
export interface Member {
  key: string;
  /** The key of what stands beside a primitive: `_birthDate`. */
  extraKey: string;
  /** A bit for each choice of the type; 0 for an element that is none. */
  bit?: number;
  /** Its name in the definitions: `onset` for `onsetDateTime`. */
  name: string;
  /** Its name in a FHIRPath: `onset.ofType(dateTime)`. */
  place: string;
  repeats: boolean;
  primitive?: true;
  identity: ElementIdentity;
  /** Its type; for a backbone, `BackboneElement`. */
  type: string;
  /** What R4 itself says of it. */
  definition: ElementDefinition;
  /** What a complex type, but for a resource, is judged by. */
  object?: ObjectCheck;
  check: ValueCheck;
}

export interface ObjectParts {
  members: readonly Member[];
  /** Names of elements that must be there. */
  required: readonly string[];
  invariants: readonly InvariantCheck[];
  /** What the standard says in words of this type. */
  rules: readonly ((value: FhirJson, walk: Walk) => void)[];
}

interface Required {
  name: string;
  key: string;
  extraKey: string;
  bit: number;
}

/** The check of one complex type, resource or backbone; its parts are compiled when first used. */
export class ObjectCheck {
  readonly identity: ElementIdentity;
  /** Keys of the invariants of the type itself. */
  readonly constraintKeys: ReadonlySet<string>;
  readonly #isResource: boolean;
  readonly #compile: () => ObjectParts;
  #parts: ObjectParts | undefined;
  readonly #members = new Map<string, Member>();
  #required: readonly Required[] = [];

  constructor(
    identity: ElementIdentity,
    isResource: boolean,
    own: ElementDefinition | undefined,
    compile: () => ObjectParts,
  ) {
    this.identity = identity;
    this.constraintKeys = new Set((own?.constraint ?? []).map(({ key }) => key));
    this.#isResource = isResource;
    this.#compile = compile;
  }

  /** The elements of this type by their keys in JSON. */
  get members(): ReadonlyMap<string, Member> {
    this.#ready();
    return this.#members;
  }

  /** Elements that must be there. */
  get required(): readonly string[] {
    return this.#ready().required;
  }

  /** Judge a value; false where it is no object, or too deep, and nothing in it was looked at. */
  run(value: unknown, walk: Walk): value is FhirJson {
    if (!isObject(value)) {
      walk.error('object-expected');
      return false;
    }
    if (walk.depth > deepestElement) {
      walk.error('nested-too-deep');
      return false;
    }
    const { invariants, rules } = this.#ready();
    const beside = hasBeside(value);
    let empty = true;
    let seen = 0;
    for (const key in value) {
      if (key === 'resourceType' && this.#isResource) continue;
      empty = false;
      const bit = this.#property(value, key, value[key], beside, walk);
      if ((seen & bit) !== 0) walk.error('choice-repeated', this.#members.get(key)?.name);
      seen |= bit;
    }
    if (empty && !this.#isResource) walk.error('element-empty');
    if (!this.#isResource && value['id'] !== undefined) judgeId(value['id'], walk);
    for (const { name, key, extraKey, bit } of this.#required) {
      const isThere =
        bit === 0 ? value[key] !== undefined || value[extraKey] !== undefined : (seen & bit) !== 0;
      if (!isThere) walk.error('element-required', name);
    }
    for (const rule of rules) rule(value, walk);
    for (const invariant of invariants) invariant(value, walk);
    return true;
  }

  #ready(): ObjectParts {
    if (this.#parts !== undefined) return this.#parts;
    const parts = this.#compile();
    const required: Required[] = [];
    let choices = 0;
    for (const [name, members] of Map.groupBy(parts.members, (member) => member.name)) {
      const bit = members.length > 1 ? 1 << choices++ : 0;
      for (const member of members) this.#members.set(member.key, { ...member, bit });
      const [first] = members;
      if (first !== undefined && parts.required.includes(name)) {
        required.push({ name, key: first.key, extraKey: first.extraKey, bit });
      }
    }
    this.#required = required;
    this.#parts = parts;
    return parts;
  }

  /** Judge one property; the bit of the choice that it is of. */
  #property(object: FhirJson, key: string, value: unknown, beside: boolean, walk: Walk): number {
    const member = this.#members.get(key);
    if (member !== undefined) {
      const extra = beside && member.primitive === true ? object[member.extraKey] : undefined;
      judgeMember(member, value, extra, walk);
      return member.bit ?? 0;
    }
    const primitive = key.startsWith('_') ? this.#members.get(key.slice(1)) : undefined;
    if (primitive?.primitive !== true) {
      walk.error('element-unknown', tellableName(key));
      return 0;
    }
    if (object[primitive.key] !== undefined) return 0;
    judgeMember(primitive, undefined, value, walk);
    return primitive.bit ?? 0;
  }
}

/**
 * An id is of one element of a resource alone (R4 §2.26.3.1). Elements of a profile's snapshot and
 * differential are told apart by their own rule: an element of both has one id (R4 §5.3, id).
 */
function judgeId(id: unknown, walk: Walk): void {
  if (walk.holder.resource['resourceType'] === 'StructureDefinition') return;
  if (walk.holder.ids.has(id)) walk.error('id-repeated', 'id');
  else walk.holder.ids.add(id);
}

function judgeMember(member: Member, value: unknown, extra: unknown, walk: Walk): void {
  if (member.repeats) return judgeList(member, value, extra, walk);
  if (Array.isArray(value) || Array.isArray(extra))
    return walk.error('list-unexpected', member.place);
  walk.enter(member.place, -1, member.identity, value);
  if (value === null || extra === null) walk.error('null-unexpected');
  else member.check(value, extra, walk);
  walk.leave();
}

function judgeList(member: Member, value: unknown, extra: unknown, walk: Walk): void {
  if (value !== undefined && !Array.isArray(value))
    return walk.error('list-expected', member.place);
  if (extra !== undefined && !Array.isArray(extra))
    return walk.error('list-expected', member.place);
  const values: readonly unknown[] = value ?? [];
  const extras: readonly unknown[] = extra ?? [];
  const total = Math.max(values.length, extras.length);
  if (total === 0 || (Array.isArray(value) && values.length === 0)) {
    walk.error('element-empty', member.place);
  }
  for (let at = 0; at < total; at++) {
    // In a list of primitives `null` keeps the place of one that has only extensions (§2.6.2.3).
    const item = values[at] ?? undefined;
    const beside = extras[at] ?? undefined;
    walk.enter(member.place, at, member.identity, item);
    if (item === undefined && beside === undefined) walk.error('null-unexpected');
    else member.check(item, beside, walk);
    walk.leave();
  }
}
