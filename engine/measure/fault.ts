/** A mistake that people make when they write a mapping, planted in the mappings of the template. */
export interface MappingFault {
  name: string;
  /** What goes wrong for whoever reads the chart: one of the classes of R04. */
  harm: Harm;
  /** Edits of project files; each text stands there exactly once. Facts are never touched. */
  edits: readonly Edit[];
}

export type Harm =
  | 'dropped'
  | 'doubled'
  | 'swapped patient'
  | 'shifted date'
  | 'precision'
  | 'unit'
  | 'status'
  | 'negation'
  | 'wrong code'
  | 'code system'
  | 'wrong column'
  | 'truncated text'
  | 'decimals'
  | 'encoding'
  | 'order'
  | 'lost link';

export interface Edit {
  file: string;
  from: string;
  to: string;
}

/** A fault of one edit. */
export function fault(
  name: string,
  harm: Harm,
  file: string,
  from: string,
  to: string,
): MappingFault {
  return { name, harm, edits: [{ file, from, to }] };
}

/** Two rows of a code map that came to stand for each other. */
export function swapped(
  name: string,
  harm: Harm,
  file: string,
  one: readonly [code: string, row: string],
  other: readonly [code: string, row: string],
): MappingFault {
  const edit = ([code, row]: readonly [string, string], wrong: string): Edit => ({
    file,
    from: `\n${code},${row},`,
    to: `\n${code},${wrong},`,
  });
  return { name, harm, edits: [edit(one, other[1]), edit(other, one[1])] };
}
