import { choiceKey } from '../../../fhirpath/model.ts';
import type { FhirJson } from '../fhirJson.ts';
import type { Member, ObjectCheck } from '../objectCheck.ts';
import type { Walk } from '../walk.ts';
import { itemCheck } from './itemCheck.ts';
import {
  at,
  inTurn,
  type ContentCheck,
  type Item,
  type ItemCheck,
  type ProfileScope,
} from './scope.ts';
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
  return checks.length === 0 ? undefined : inTurn(checks);

  /** `valueQuantity` stands for the choice limited to that type. */
  function shorthand(child: ProfileNode): ContentCheck | undefined {
    const member = members.find(({ key }) => key === child.name);
    return member && elementCheck(child, [member], object, scope);
  }
}

/** An element of an object: how often it is there, of which types, and what each item must be. */
function elementCheck(
  node: ProfileNode,
  members: readonly Member[],
  object: ObjectCheck,
  scope: ProfileScope,
): ContentCheck | undefined {
  const [first] = members as [Member];
  const counts = countCheck(node, first, object, scope);
  const items = new Map<Member, ItemCheck | undefined>();
  for (const member of members) items.set(member, itemCheck(node, member, scope));
  const hasItems = [...items.values()].some((check) => check !== undefined);
  const slices = slicingCheck(node, members, scope);
  const allowed = allowedTypes(node, members);
  if (counts === undefined && !hasItems && slices === undefined && allowed === undefined) {
    return undefined;
  }
  return (value, walk) => {
    const found = itemsOf(value, members);
    counts?.(found.length, walk);
    if (found.length === 0 && slices === undefined) return;
    for (const item of found) {
      const check = items.get(item.member);
      if (allowed !== undefined && !allowed.has(item.member.key)) {
        walk.error('type-not-allowed', item.member.place, scope.canonical);
      } else if (check !== undefined) {
        at(item, walk, check);
      }
    }
    slices?.(found, walk);
  };
}

/** The items of an element, those of a primitive with what stands beside them. */
export function itemsOf(object: FhirJson, members: readonly Member[]): Item[] {
  const items: Item[] = [];
  for (const member of members) {
    const value = object[member.key];
    const extra = member.primitive === true ? object[`_${member.key}`] : undefined;
    if (value === undefined && extra === undefined) continue;
    if (!member.repeats) {
      items.push({ member, index: -1, value, extra });
      continue;
    }
    const values: readonly unknown[] = Array.isArray(value) ? value : [];
    const extras: readonly unknown[] = Array.isArray(extra) ? extra : [];
    for (let index = 0; index < Math.max(values.length, extras.length); index++) {
      const item = values[index] ?? undefined;
      items.push({ member, index, value: item, extra: extras[index] ?? undefined });
    }
  }
  return items;
}

function countCheck(
  { definition, name }: ProfileNode,
  member: Member,
  object: ObjectCheck,
  { canonical }: ProfileScope,
): ((count: number, walk: Walk) => void) | undefined {
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
