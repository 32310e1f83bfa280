import type { Member } from '../objectCheck.ts';
import type { Walk } from '../walk.ts';
import { sliceMatcher, type Matcher } from './discriminators.ts';
import { itemCheck } from './itemCheck.ts';
import { at as stepInto, type Item, type ItemCheck, type ProfileScope } from './scope.ts';
import type { ProfileNode } from './tree.ts';

interface Slice {
  name: string;
  /** The profile and the slice, as issues name it. */
  about: string;
  matches: Matcher;
  /** What it asks of the items of each member of the element. */
  checks: readonly (ItemCheck | undefined)[];
  least: number;
  most: number;
  /** Slices of this slice. */
  inner: SlicesCheck | undefined;
}

type SlicesCheck = (items: readonly Item[], walk: Walk) => void;

/**
 * Slicing (R4 §5.1.0.9): each item belongs to the first slice that its discriminators say; how many
 * belong to each, in which order, and whether others may stand there too.
 */
export function slicingCheck(
  node: ProfileNode,
  members: readonly Member[],
  scope: ProfileScope,
): SlicesCheck | undefined {
  if (node.slices.length === 0) return undefined;
  let slices: Slice[] | undefined;
  const { rules = 'open', ordered = false } = node.definition.slicing ?? {};
  return (items, walk) => {
    slices ??= node.slices.map((slice) => compileSlice(slice, node, members, scope));
    const found: number[] = [];
    for (const item of items) found.push(sliceOf(item, slices, walk));
    for (const [at, slice] of slices.entries()) {
      judgeSlice(slice, found.length === 0 ? items : ofSlice(at, items, found), members, walk);
    }
    judgeOrder(found, items, { rules, ordered }, walk, scope);
  };
}

function ofSlice(own: number, items: readonly Item[], found: readonly number[]): readonly Item[] {
  return found.includes(own) ? items.filter((_, index) => found[index] === own) : noItems;
}

const noItems: readonly Item[] = [];

function compileSlice(
  node: ProfileNode,
  parent: ProfileNode,
  members: readonly Member[],
  scope: ProfileScope,
): Slice {
  const { min = 0, max = '*' } = node.definition;
  return {
    name: node.name,
    about: `${scope.canonical}#${node.name}:${node.sliceName ?? ''}`,
    matches: sliceMatcher(node, parent, scope),
    checks: members.map((member) => itemCheck(node, member, scope)),
    least: min,
    most: max === '*' ? Infinity : Number(max),
    inner: slicingCheck(node, members, scope),
  };
}

function sliceOf(item: Item, slices: readonly Slice[], walk: Walk): number {
  for (let at = 0; at < slices.length; at++) {
    if (slices[at]?.matches(item, walk) === true) return at;
  }
  return -1;
}

function judgeSlice(
  { name, about, checks, least, most, inner }: Slice,
  mine: readonly Item[],
  members: readonly Member[],
  walk: Walk,
): void {
  if (mine.length < least) walk.error('slice-required', name, about);
  if (mine.length > most) walk.error('slice-too-many', name, about);
  for (const item of mine) {
    const check = checks[members.indexOf(item.member)];
    if (check !== undefined) stepInto(item, walk, check);
  }
  inner?.(mine, walk);
}

function judgeOrder(
  found: readonly number[],
  items: readonly Item[],
  { rules, ordered }: { rules: string; ordered: boolean },
  walk: Walk,
  { canonical }: ProfileScope,
): void {
  let last = -1;
  let open = false;
  for (const [index, slice] of found.entries()) {
    const item = items[index];
    if (item === undefined) continue;
    if (slice < 0) {
      open = true;
      if (rules === 'closed')
        stepInto(item, walk, () => walk.error('slice-closed', undefined, canonical));
      continue;
    }
    if ((ordered && slice < last) || (rules === 'openAtEnd' && open)) {
      stepInto(item, walk, () => walk.error('slice-order', undefined, canonical));
    }
    last = Math.max(last, slice);
  }
}
