import type { X12Segment } from './segment.ts';

/** A loop of a transaction as it was sent. */
export class Loop {
  /** `2010AA`. */
  readonly id: string;
  readonly parent: Loop | undefined;
  /** In order; the first one opened the loop. */
  readonly segments: X12Segment[] = [];
  readonly loops: Loop[] = [];
  /** One thing of the many that a transaction may hold: a claim, a payment, a member. */
  readonly unit: boolean;
  /** It is a unit, or units may stand in it. */
  readonly holdsUnits: boolean;

  constructor(
    { id, unit, holdsUnits }: Pick<Loop, 'id' | 'unit' | 'holdsUnits'>,
    parent: Loop | undefined,
  ) {
    this.id = id;
    this.parent = parent;
    this.unit = unit;
    this.holdsUnits = holdsUnits;
  }

  /** The segment that opened it. */
  get first(): X12Segment {
    return this.segments[0] as X12Segment;
  }

  /** The first segment of that id, with that qualifier where one is asked for. */
  segment(id: string, ...qualifiers: readonly string[]): X12Segment | undefined {
    return this.segments.find((each) => isA(each, id, qualifiers));
  }

  all(id: string, ...qualifiers: readonly string[]): X12Segment[] {
    return this.segments.filter((each) => isA(each, id, qualifiers));
  }

  /** The first loop in it of one of these ids. */
  loop(...ids: readonly string[]): Loop | undefined {
    return this.loops.find(({ id }) => ids.includes(id));
  }

  /** The loops in it of these ids, or all. */
  within(...ids: readonly string[]): Loop[] {
    return ids.length === 0 ? this.loops : this.loops.filter(({ id }) => ids.includes(id));
  }

  /** The loop of that id that it stands in. */
  around(id: string): Loop | undefined {
    let at = this.parent;
    while (at !== undefined && at.id !== id) at = at.parent;
    return at;
  }
}

function isA(segment: X12Segment, id: string, qualifiers: readonly string[]): boolean {
  return segment.id === id && (qualifiers.length === 0 || qualifiers.includes(segment.peek(1)));
}
