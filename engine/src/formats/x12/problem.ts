/** What is wrong with a transaction, a group or an interchange. It holds places and codes, no value. */
export interface X12Problem {
  code:
    | 'x12-segment-unreadable'
    | 'x12-segment-unknown'
    | 'x12-segment-unexpected'
    | 'x12-segment-missing'
    | 'x12-segment-misplaced'
    | 'x12-segment-repeated'
    | 'x12-segment-too-long'
    | 'x12-unit-too-large'
    | 'x12-loop-missing'
    | 'x12-loop-repeated'
    | 'x12-element-missing'
    | 'x12-code-unknown'
    | 'x12-number-unreadable'
    | 'x12-character-control'
    | 'x12-hierarchy-wrong'
    | 'x12-hierarchy-number'
    | 'x12-count-short'
    | 'x12-count-over'
    | 'x12-count-unreadable'
    | 'x12-control-number'
    | 'x12-set-unsupported'
    | 'x12-guide-unknown'
    | 'x12-guide-differs'
    | 'x12-no-interchange'
    | 'x12-header-unreadable'
    | 'x12-no-group'
    | 'x12-trailer-missing'
    | 'x12-envelope-segment';
  /** Something was lost or cannot be trusted: nothing is made of it. Else it is noted. */
  refuses: boolean;
  /** The segment that is wrong or missing. */
  segment: string;
  /** Its place in the transaction, ST being 1; 0 in the envelope. */
  position: number;
  /** The loop it stands in or should: `2010AA`. */
  loop?: string;
  /** Element and component, from 1. */
  element?: number;
  component?: number;
}

export type Verdict = 'accepted' | 'noted' | 'refused';

export function verdictOf(problems: readonly X12Problem[]): Verdict {
  if (problems.some(({ refuses }) => refuses)) return 'refused';
  return problems.length > 0 ? 'noted' : 'accepted';
}

/** The place of a problem, for reports: `2010AA/N4@12`, `CLM-5@20`, `ISA`. */
export function placeOf({ segment, position, loop, element, component }: X12Problem): string {
  const where = loop === undefined ? '' : `${loop}/`;
  const part = component === undefined ? '' : `.${component}`;
  const inside = element === undefined ? '' : `-${element}${part}`;
  // What is no segment may begin with anything.
  const id = segment.replace(/[^!-~]/g, '?');
  const place = `${where}${id}${inside}${position > 0 ? `@${position}` : ''}`;
  return place === '' ? '?' : place;
}
