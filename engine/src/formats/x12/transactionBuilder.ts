import { elementRuleOf, isNumber } from './elements.ts';
import { Loop } from './loop.ts';
import { idOf, qualifierOf } from './loopSyntax.ts';
import type { Guide, LoopRule, Place } from './loopSyntax.ts';
import type { X12Problem } from './problem.ts';
import type { X12Segment } from './segment.ts';

/** Problems of one transaction that are told; more say nothing new. */
export const mostProblems = 100;

/** Numbers of levels that are remembered. */
const mostLevels = 10_000;

/** Characters of HL01. */
const longestNumber = 12;

/** A loop that is being filled. */
interface Frame {
  rule: LoopRule;
  loop: Loop;
  /** How often each slot or loop of it was filled. */
  counts: number[];
  /** The order of the last thing that came. */
  order: number;
  /** The next of its musts that was not passed yet. */
  must: number;
  /** Of a loop that an HL opened: how many levels came before it. */
  level: number | undefined;
}

/** A place that a segment would have had, and why it is too late or too much. */
interface NearMiss {
  frame: Frame;
  place: Place;
  code: X12Problem['code'];
}

/** Puts the segments of one transaction into its loops, and tells what does not belong. */
export class TransactionBuilder {
  readonly root: Loop;
  readonly problems: X12Problem[] = [];
  /** Units that were closed, oldest first, until somebody takes them. */
  closed: Loop[] = [];
  readonly #guide: Guide;
  readonly #frames: Frame[];
  /** HL01 of the levels that came last, with how many came before each. */
  readonly #levels = new Map<string, number>();
  #levelCount = 0;
  /** Closed loops that hold units are let go: there are too many to keep. */
  #forgets = false;

  constructor(guide: Guide, header: X12Segment) {
    this.#guide = guide;
    this.root = new Loop(guide.root, undefined);
    this.root.segments.push(header);
    this.#frames = [frameOf(guide.root, this.root)];
    this.#judge(header, guide.root.id);
  }

  add(segment: X12Segment): void {
    const frames = this.#frames;
    let missed: NearMiss | undefined;
    for (let depth = frames.length - 1; depth >= 0; depth--) {
      const frame = frames[depth] as Frame;
      const places = frame.rule.byId.get(segment.id);
      if (places === undefined) continue;
      const found = choose(frame, places, segment);
      if (found === undefined) continue;
      if (found.code !== undefined) {
        const near = { frame, place: found.place, code: found.code };
        if (missed === undefined) missed = near;
        else if (missed.code === 'x12-code-unknown' && found.code !== 'x12-code-unknown') {
          missed = near;
        }
        continue;
      }
      this.#closeTo(depth, segment);
      this.#take(frame, found.place, segment);
      return;
    }
    this.#refuse(segment, missed);
  }

  /** The end: every open loop must have what it must have. */
  finish(trailer: X12Segment): void {
    this.#closeTo(0, trailer);
    this.#passMusts(this.#frames[0] as Frame, Infinity, trailer);
  }

  /** From now on closed loops with units are not kept in the tree. */
  forget(): void {
    this.#forgets = true;
    const open = new Set(this.#frames.map(({ loop }) => loop));
    for (const loop of open) {
      const kept = loop.loops.filter((each) => open.has(each) || !each.holdsUnits);
      loop.loops.splice(0, loop.loops.length, ...kept);
    }
  }

  tell(problem: X12Problem): void {
    if (this.problems.length < mostProblems) this.problems.push(problem);
  }

  #take(frame: Frame, place: Place, segment: X12Segment): void {
    if (place.order > frame.order) {
      this.#passMusts(frame, place.order, segment);
      frame.order = place.order;
    }
    frame.counts[place.index] = (frame.counts[place.index] as number) + 1;
    if (place.kind === 'segment') {
      frame.loop.segments.push(segment);
      this.#judge(segment, frame.loop.id);
      return;
    }
    const loop = new Loop(place, frame.loop);
    loop.segments.push(segment);
    frame.loop.loops.push(loop);
    this.#frames.push(frameOf(place, loop));
    this.#judge(segment, loop.id);
    if (segment.id === 'HL') this.#hierarchy(segment, loop);
  }

  #closeTo(depth: number, segment: X12Segment): void {
    const frames = this.#frames;
    while (frames.length > depth + 1) {
      const frame = frames.pop() as Frame;
      this.#passMusts(frame, Infinity, segment);
      if (frame.loop.unit) this.closed.push(frame.loop);
      if (this.#forgets && frame.rule.holdsUnits) frame.loop.parent?.loops.pop();
    }
  }

  /** What must stand before `order` and did not come is missing here. */
  #passMusts(frame: Frame, order: number, segment: X12Segment): void {
    const { musts } = frame.rule;
    for (; frame.must < musts.length; frame.must++) {
      const place = musts[frame.must] as Place;
      if (place.order >= order) return;
      if (frame.counts[place.index] !== 0) continue;
      const isLoop = place.kind === 'loop';
      this.tell({
        code: isLoop ? 'x12-loop-missing' : 'x12-segment-missing',
        refuses: true,
        segment: idOf(place),
        position: segment.position,
        loop: isLoop ? place.id : frame.loop.id,
      });
    }
  }

  #refuse(segment: X12Segment, missed: NearMiss | undefined): void {
    const { id, position } = segment;
    const inside = (this.#frames.at(-1) as Frame).loop.id;
    if (missed !== undefined) {
      const { frame, place, code } = missed;
      const loop = place.kind === 'loop' ? place.id : frame.loop.id;
      const element = code === 'x12-code-unknown' ? { element: qualifierOf(id) } : {};
      this.tell({ code, refuses: true, segment: id, position, loop, ...element });
      // It is there, if in the wrong place: it is not missing too.
      if (code === 'x12-segment-misplaced') frame.counts[place.index] = 1;
      // What follows belongs to it, and is not wrong for that.
      else if (place.kind === 'loop' && place.order >= frame.order) {
        this.#closeTo(this.#frames.indexOf(frame), segment);
        this.#take(frame, place, segment);
      }
      return;
    }
    const code = !/^[A-Z][A-Z0-9]{1,2}$/.test(id)
      ? 'x12-segment-unreadable'
      : this.#guide.ids.has(id)
        ? 'x12-segment-unexpected'
        : 'x12-segment-unknown';
    this.tell({ code, refuses: true, segment: id.slice(0, 3), position, loop: inside });
  }

  #judge(segment: X12Segment, loop: string): void {
    const rule = elementRuleOf(segment.id);
    if (rule === undefined || segment.passes(rule)) return;
    const { id, position } = segment;
    for (const element of rule.required) {
      if (segment.has(element)) continue;
      const code = 'x12-element-missing';
      this.tell({ code, refuses: true, segment: id, position, loop, element });
    }
    for (const element of rule.numbers) {
      const written = segment.peek(element);
      if (written === '' || isNumber(written.trim())) continue;
      const code = 'x12-number-unreadable';
      this.tell({ code, refuses: true, segment: id, position, loop, element });
    }
  }

  /**
   * HL01 counts and HL02 names the level above. Where the number leads to another level than the one
   * it stands in, nobody can tell whose it is; a number that leads nowhere only counts wrong.
   */
  #hierarchy(segment: X12Segment, loop: Loop): void {
    const { position } = segment;
    const own = segment.glance(1);
    const above = segment.glance(2);
    const place = { segment: 'HL', position, loop: loop.id };
    const frames = this.#frames;
    const outer = frames.findLast((each, at) => at < frames.length - 1 && each.level !== undefined);
    const named = above === '' ? undefined : this.#levels.get(above);
    if (named !== outer?.level) {
      const elsewhere = named !== undefined;
      const code = elsewhere ? 'x12-hierarchy-wrong' : 'x12-hierarchy-number';
      this.tell({ code, refuses: elsewhere, ...place, element: 2 });
    }
    if (this.#levels.delete(own)) {
      this.tell({ code: 'x12-hierarchy-number', refuses: false, ...place, element: 1 });
    }
    const level = this.#levelCount++;
    (frames.at(-1) as Frame).level = level;
    if (own.length <= longestNumber) this.#remember(own, level);
    const isFull = this.#levels.size >= mostLevels;
    if (named !== undefined && isFull) this.#remember(above, named);
  }

  /** The levels named last are kept: what is above stays as long as there is something below it. */
  #remember(number: string, level: number): void {
    this.#levels.delete(number);
    this.#levels.set(number, level);
    if (this.#levels.size <= mostLevels) return;
    for (const oldest of this.#levels.keys()) {
      this.#levels.delete(oldest);
      break;
    }
  }
}

function frameOf(rule: LoopRule, loop: Loop): Frame {
  return { rule, loop, counts: rule.blank.slice(), order: 0, must: 0, level: undefined };
}

/**
 * Where a segment goes in a loop: to a place that names its qualifier before one that takes any.
 * With a code it has no place: it comes too late, too often, or with a qualifier that none has.
 */
function choose(
  frame: Frame,
  places: readonly Place[],
  segment: X12Segment,
): { place: Place; code: X12Problem['code'] | undefined } | undefined {
  const qualifier = segment.glance(qualifierOf(segment.id));
  let missed: { place: Place; code: X12Problem['code'] } | undefined;
  for (const place of places) {
    const { codes } = place.kind === 'loop' ? place.trigger : place;
    if (codes !== undefined && !codes.has(qualifier)) {
      missed ??= { place, code: 'x12-code-unknown' };
      continue;
    }
    const isFull = (frame.counts[place.index] as number) >= place.max;
    if (!isFull && place.order >= frame.order) return { place, code: undefined };
    const repeated = place.kind === 'loop' ? 'x12-loop-repeated' : 'x12-segment-repeated';
    missed = { place, code: isFull ? repeated : 'x12-segment-misplaced' };
    // A qualifier with a place of its own goes nowhere else.
    if (codes !== undefined) return missed;
  }
  return missed;
}
