import type { Segment } from './segment.ts';
import type { Structure, StructureNode } from './structureSyntax.ts';

/** A group as it occurs in a message: what stands in it, in the order of the message. */
export interface SegmentGroup {
  /** `''` for the message itself. */
  name: string;
  items: (Segment | SegmentGroup)[];
}

export interface GroupedMessage extends SegmentGroup {
  /**
   * Names of segments at a place where the structure has none of them, each once; each segment stays
   * where it was found.
   */
  misplaced: ReadonlySet<string>;
}

interface Open {
  node: StructureNode;
  group: SegmentGroup;
  /** The child that the last segment was taken by. */
  at: number;
}

/** Segments that say more of what stands before them: they never stand in for what is missing. */
const attached: ReadonlySet<string> = new Set('NTE PRT ROL ARV OBX TQ1 TQ2 RXR RXC CTD'.split(' '));

/**
 * Put the segments of a message into the groups of its structure. A segment goes to the nearest
 * place that takes it: further on in the innermost open group, then in a new repetition of it, then
 * the same one group out. What has no place stays in the group that is open, and opens none.
 */
export function groupSegments(
  segments: readonly Segment[],
  structure: Structure | undefined,
): GroupedMessage {
  const misplaced = new Set<string>();
  const message: GroupedMessage = { name: '', items: [], misplaced };
  if (structure === undefined) {
    message.items.push(...segments);
    return message;
  }
  let open: readonly Open[] = [{ node: structure, group: message, at: 0 }];
  for (const segment of segments) {
    const placed = structure.holds.has(segment.name) ? place(open, segment.name) : undefined;
    if (placed === undefined) {
      // The header stands outside of the groups; a Z-segment has its place by what it follows.
      if (segment.name !== 'MSH' && !segment.name.startsWith('Z')) misplaced.add(segment.name);
    } else open = placed;
    (open.at(-1) as Open).group.items.push(segment);
  }
  return message;
}

function place(open: readonly Open[], name: string): readonly Open[] | undefined {
  for (let depth = open.length - 1; depth >= 0; depth--) {
    const { node, group, at } = open[depth] as Open;
    if (!node.holds.has(name)) continue;
    const outer = open.slice(0, depth);
    const later = childFrom(node, name, at);
    if (later !== undefined) return enter(outer, { node, group, at: later }, name);
    const children = node.children as readonly StructureNode[];
    const first = children.findIndex((each) => each.holds.has(name));
    // Late, and not there yet: it belongs to what is open rather than to one more of it.
    const late = first > 0 && first < at && !has(group, name) && depth === open.length - 1;
    if (late) return enter(outer, { node, group, at: first }, name);
    if (!node.repeats || depth === 0 || !opens(node, name)) continue;
    const parent = (open[depth - 1] as Open).group;
    const again = { name: group.name, items: [] };
    parent.items.push(again);
    return enter(outer, { node, group: again, at: first }, name);
  }
  return undefined;
}

/**
 * The child that takes the segment, from `at` on; in the innermost group the child at `at` takes it
 * again if it repeats. A group that is open below was asked before: it can only be repeated.
 */
function childFrom(node: StructureNode, name: string, at: number): number | undefined {
  const children = node.children as readonly StructureNode[];
  for (let index = at; index < children.length; index++) {
    const child = children[index] as StructureNode;
    const taken = index === at;
    if (child.holds.has(name) && (!taken || child.repeats)) {
      return opens(child, name) ? index : undefined;
    }
    if (!taken && child.required && attached.has(name)) return undefined;
  }
  return undefined;
}

/**
 * Whether the segment may open the group: an attached one not in place of a required one. An ORC may
 * begin prior results as well as the next order: those begin with whose they are (PID, PV1, AL1).
 */
function opens(child: StructureNode, name: string): boolean {
  if (name === 'ORC' && child.names[0] === 'PRIOR_RESULT') return false;
  if (child.children === undefined || !attached.has(name)) return true;
  for (const inner of child.children) {
    if (inner.holds.has(name)) return opens(inner, name);
    if (inner.required) return false;
  }
  return false;
}

function has({ items }: SegmentGroup, name: string): boolean {
  return items.some((item) => ('items' in item ? has(item, name) : item.name === name));
}

/** Open the groups between the last open one and the segment's own place. */
function enter(open: Open[], last: Open, name: string): Open[] {
  let { node, group, at } = last;
  open.push(last);
  for (;;) {
    const child = (node.children as readonly StructureNode[])[at] as StructureNode;
    if (child.children === undefined) return open;
    const inner: SegmentGroup = { name: child.names[0] as string, items: [] };
    group.items.push(inner);
    at = child.children.findIndex((each) => each.holds.has(name));
    node = child;
    group = inner;
    open.push({ node, group, at });
  }
}
