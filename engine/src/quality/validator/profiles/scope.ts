import type { FhirJson } from '../fhirJson.ts';
import type { Member, ObjectCheck } from '../objectCheck.ts';
import type { Services } from '../services.ts';
import type { Walk } from '../walk.ts';
import type { ProfileNode } from './tree.ts';

/** What is compiled, and for which profile. */
export interface ProfileScope {
  services: Services;
  canonical: string;
  /** What a node asks of the elements inside an object; undefined where that is nothing. */
  content(node: ProfileNode, object: ObjectCheck, scope: ProfileScope): ContentCheck | undefined;
}

export type ContentCheck = (object: FhirJson, walk: Walk) => void;

/** One item of an element. */
export interface Item {
  member: Member;
  /** -1 where the element does not repeat. */
  index: number;
  value: unknown;
  /** What stands beside a primitive. */
  extra: unknown;
}

export type ItemCheck = (item: Item, walk: Walk) => void;

/** Run a check at the place of an item. */
export function at(item: Item, walk: Walk, check: ItemCheck): void {
  const { member, index } = item;
  walk.enter(member.place, index, member.identity, item.value);
  check(item, walk);
  walk.leave();
}

export function inTurn<V>(
  checks: readonly ((value: V, walk: Walk) => void)[],
): (value: V, walk: Walk) => void {
  const [one, two] = checks;
  if (one !== undefined && checks.length === 1) return one;
  if (one !== undefined && two !== undefined && checks.length === 2) {
    return (value, walk) => {
      one(value, walk);
      two(value, walk);
    };
  }
  return (value, walk) => {
    for (const check of checks) check(value, walk);
  };
}
