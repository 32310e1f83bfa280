/** A segment at its place in a loop. */
export interface SlotRule {
  kind: 'segment';
  id: string;
  /** Codes of the qualifier that a segment must have to stand here; absent: any. */
  codes: ReadonlySet<string> | undefined;
  required: boolean;
  max: number;
  /** Slots and loops of the same order come in any sequence. */
  order: number;
  /** Place among the slots and loops of its loop. */
  index: number;
}

/** A loop: the segment that opens it, what else stands in it, and the loops inside. */
export interface LoopRule {
  kind: 'loop';
  id: string;
  required: boolean;
  max: number;
  order: number;
  index: number;
  /** The segment that opens it. */
  trigger: SlotRule;
  /** What a segment of that id can be in this loop, its trigger left out. */
  byId: ReadonlyMap<string, readonly Place[]>;
  /** What must be there, in order. */
  musts: readonly Place[];
  /** A nought for each slot and loop in it, to be copied: how often each was filled at first. */
  blank: readonly number[];
  /** One thing of the many that a transaction may hold: a claim, a payment, a member. */
  unit: boolean;
  /** It or a loop in it is a unit. */
  holdsUnits: boolean;
  /** HL03 of a loop that an HL opens. */
  level: string | undefined;
}

export type Place = SlotRule | LoopRule;

/** A transaction set by a guide, ready to follow. */
export interface Guide {
  root: LoopRule;
  /** Every segment id that stands somewhere in it. */
  ids: ReadonlySet<string>;
}

/** The element that says which of its kind a segment is; the first unless named here. */
const qualifiers: Readonly<Record<string, number>> = { HL: 3 };

export const qualifierOf = (id: string): number => qualifiers[id] ?? 1;

interface Line {
  depth: number;
  text: string;
}

/**
 * Compile a declaration. A line is a loop and what stands in it, loops inside are indented:
 *
 *     2010AA!: NM1=85! N3! N4! REF=EI,SY!5+REF*8 PER*2
 *
 * `!` must be there, `!5` in 5010 and not before; `*2` at most twice, `*>` any number of times;
 * `=A,B` the codes of its qualifier; `+` joins segments that come in any sequence; `#` after a loop's
 * name makes it a unit. The first segment opens the loop. Loops side by side that the same kind of
 * segment opens come in any sequence.
 */
export function compileGuide(text: string, version: '4010' | '5010'): Guide {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): Line => ({ depth: line.search(/\S/), text: line.trim() }));
  const ids = new Set<string>();
  let at = 0;
  const root = loop(0, 0);
  return { root, ids };

  function loop(order: number, index: number): LoopRule {
    const { depth, text: line } = lines[at++] as Line;
    const [, head = '', body = ''] = /^([^:]+):(.*)$/.exec(line) ?? [];
    const [, id = '', unit, mark, max] =
      /^([A-Z0-9]+)(#?)(!5?)?(?:\*(\d+|>))?$/.exec(head.trim()) ?? [];
    if (id === '') throw new Error(`a loop of a guide is not understood: ${line}`);
    const places = slotsOf(body);
    let next = (places.at(-1)?.order ?? 0) + 1;
    let before = '';
    while (at < lines.length && (lines[at] as Line).depth > depth) {
      const child = loop(next, places.length);
      if (child.trigger.id === before) child.order = next - 1;
      else next++;
      before = child.trigger.id;
      places.push(child);
    }
    const trigger = places[0] as SlotRule;
    return {
      kind: 'loop',
      id,
      required: isRequired(mark),
      max: maxOf(max),
      order,
      index,
      trigger,
      byId: Map.groupBy(places.slice(1), idOf),
      musts: places.slice(1).filter(({ required }) => required),
      blank: places.map(() => 0),
      unit: unit === '#',
      holdsUnits: unit === '#' || places.some((each) => each.kind === 'loop' && each.holdsUnits),
      level: trigger.id === 'HL' ? [...(trigger.codes ?? [])][0] : undefined,
    };
  }

  function slotsOf(body: string): Place[] {
    const places: Place[] = [];
    for (const [order, group] of body.trim().split(/\s+/).entries()) {
      for (const token of group.split('+')) places.push(slot(token, order, places.length));
    }
    return places;
  }

  function slot(token: string, order: number, index: number): SlotRule {
    const found = /^([A-Z][A-Z0-9]{1,2})(?:=([A-Z0-9,]+))?(!5?)?(?:\*(\d+|>))?$/.exec(token);
    if (found === null) throw new Error(`a segment of a guide is not understood: ${token}`);
    const [, id = '', codes, mark, max] = found;
    ids.add(id);
    return {
      kind: 'segment',
      id,
      codes: codes === undefined ? undefined : new Set(codes.split(',')),
      required: isRequired(mark),
      max: maxOf(max),
      order,
      index,
    };
  }

  function isRequired(mark: string | undefined): boolean {
    return mark === '!' || (mark === '!5' && version === '5010');
  }
}

export const idOf = (place: Place): string => (place.kind === 'loop' ? place.trigger.id : place.id);

/** `*>` of a guide; nobody sends so many that this is not a mistake or an attack. */
const unlimited = 1_000_000_000;

function maxOf(written: string | undefined): number {
  return written === '>' ? unlimited : Number(written ?? 1);
}
