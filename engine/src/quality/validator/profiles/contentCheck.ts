import { choiceKey } from '../../../fhirpath/model.ts';
import { hasBeside, type FhirJson } from '../fhirJson.ts';
import type { Member, ObjectCheck } from '../objectCheck.ts';
import type { Walk } from '../walk.ts';
import { itemCheck } from './itemCheck.ts';
import { at, type ContentCheck, type Item, type ProfileScope } from './scope.ts';
import { slicingCheck } from './slicing.ts';
import type { ProfileNode } from './tree.ts';

/** What a node asks of the elements inside an object; undefined where that is nothing. */
export function contentCheck(
  node: ProfileNode,
  object: ObjectCheck,
  scope: ProfileScope,
): ContentCheck | undefined {
  const members = [...object.members.values()];
  const checks = [...node.children.values()].flatMap((child) => {
    const own = members.filter(({ name }) => name === child.name);
    const check = own.length > 0 ? elementCheck(child, own, object, scope) : shorthand(child);
    return check ?? [];
  });
  if (checks.length === 0) return undefined;
  return (value, walk) => {
    const beside = hasBeside(value);
    for (const check of checks) check(value, beside, walk);
  };

  /** `valueQuantity` stands for the choice limited to that type. */
  function shorthand(child: ProfileNode): ElementCheck | undefined {
    const member = members.find(({ key }) => key === child.name);
    return member && elementCheck(child, [member], object, scope);
  }
}

/** @param beside whether anything stands beside a primitive in the object */
type ElementCheck = (object: FhirJson, beside: boolean, walk: Walk) => void;

/** An element of an object: how often it is there, of which types, and what each item must be. */
function elementCheck(
  node: ProfileNode,
  members: readonly Member[],
  object: ObjectCheck,
  scope: ProfileScope,
): ElementCheck | undefined {
  const [first] = members as [Member];
  const counts = countCheck(node, first, object, scope);
  const checks = members.map((member) => itemCheck(node, member, scope));
  const slices = slicingCheck(node, members, scope);
  const allowed = allowedTypes(node, members);
  const asksOfItems = slices !== undefined || checks.some((check) => check !== undefined);
  if (allowed === undefined && !asksOfItems) return counts && counted(counts, members);
  return (value, beside, walk) => {
    const found = itemsOf(value, members, beside);
    counts?.(found.length, walk);
    for (const item of found) {
      const { member } = item;
      const check = checks[members.length === 1 ? 0 : members.indexOf(member)];
      if (allowed !== undefined && !allowed.has(member.key)) {
        walk.error('type-not-allowed', member.place, scope.canonical);
      } else if (check !== undefined) {
        at(item, walk, check);
      }
    }
    slices?.(found, walk);
  };
}

/** Where it is only asked how many items there are, none is made. */
function counted(counts: CountCheck, members: readonly Member[]): ElementCheck {
  return (object, beside, walk) => {
    let count = 0;
    for (const member of members) count += countOf(object, member, beside);
    counts(count, walk);
  };
}

function countOf(object: FhirJson, member: Member, beside: boolean): number {
  const value = object[member.key];
  const extra = beside && member.primitive === true ? object[member.extraKey] : undefined;
  if (value === undefined && extra === undefined) return 0;
  return member.repeats ? Math.max(lengthOf(value), lengthOf(extra)) : 1;
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

/** The items of an element, those of a primitive with what stands beside them. */
function itemsOf(object: FhirJson, members: readonly Member[], beside: boolean): readonly Item[] {
  let items: Item[] | undefined;
  for (const member of members) {
    const value = object[member.key];
    const extra = beside && member.primitive === true ? object[member.extraKey] : undefined;
    if (value === undefined && extra === undefined) continue;
    items ??= [];
    if (!member.repeats) {
      items.push({ member, index: -1, value, extra });
      continue;
    }
    const values: readonly unknown[] = Array.isArray(value) ? value : noItems;
    const extras: readonly unknown[] = Array.isArray(extra) ? extra : noItems;
    const total = Math.max(values.length, extras.length);
    for (let index = 0; index < total; index++) {
      const item = values[index] ?? undefined;
      items.push({ member, index, value: item, extra: extras[index] ?? undefined });
    }
  }
  return items ?? noItems;
}

const noItems: readonly never[] = [];

type CountCheck = (count: number, walk: Walk) => void;

function countCheck(
  { definition, name }: ProfileNode,
  member: Member,
  object: ObjectCheck,
  { canonical }: ProfileScope,
): CountCheck | undefined {
  const { min = 0, max = '*' } = definition;
  const least = min === 1 && object.required.includes(name) ? 0 : min;
  const most = max === '*' || (max === '1' && !member.repeats) ? Infinity : Number(max);
  if (least === 0 && most === Infinity) return undefined;
  return (count, walk) => {
    if (count < least) walk.error('element-required', name, canonical);
    if (count > most) walk.error('element-too-many', name, canonical);
  };
}

/** Keys of the types that a profile leaves to a choice; undefined where it leaves all. */
function allowedTypes(
  { definition: { type }, name }: ProfileNode,
  members: readonly Member[],
): ReadonlySet<string> | undefined {
  if (type === undefined || members.length < 2) return undefined;
  const keys = new Set(type.map(({ code }) => choiceKey(name, code)));
  return members.every(({ key }) => keys.has(key)) ? undefined : keys;
}
