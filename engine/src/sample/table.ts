import type { Defect, Deferral } from './defect.ts';
import type { World } from './world.ts';

/** One table of the legacy hospital: what stands in it and what must become of each record. */
export interface Table {
  name: string;
  /** Said in `COMMENT ON TABLE`, as a data dictionary would. */
  note: string;
  columns: readonly TableColumn[];
  /** Key columns; they come first. */
  key: readonly string[];
  rows(world: World): Iterable<Row>;
}

export interface TableColumn {
  name: string;
  /** PostgreSQL type with its constraints. */
  type: string;
  note?: string;
}

/** The column alone, of one that also knows its value. */
export function columnOf({ name, type, note }: TableColumn): TableColumn {
  return { name, type, ...(note !== undefined && { note }) };
}

export interface Row {
  /** In the order of the table's columns; `null` is SQL NULL and differs from ''. */
  values: readonly (string | null)[];
  truth: Truth;
}

/**
 * What must become of a record. `expect` says what must be found at the target in the words of the
 * concept catalogue: `birth-date`, `allergy-substance`; an absent word means nothing may be there.
 * References are by table and key.
 */
export type Truth = { key: string } & (
  | {
      outcome: 'arrives';
      type: string;
      expect: Expectation;
      /** A planted defect that this product cannot see yet, and what will. */
      defect?: string;
      deferred?: Deferral;
    }
  /** It becomes part of what another record becomes, whose truth says of it what must be found. */
  | { outcome: 'folds' }
  /** Looked up, or left behind by decision: it yields nothing of its own. */
  | { outcome: 'stays' }
  | { outcome: 'excluded'; reason: 'deleted-in-source' }
  | { outcome: 'quarantined'; reason: Defect['reason']; defect: string }
);

export type Expectation = Readonly<Record<string, Expected>>;
export type Expected = string | boolean | Expected[] | { [member: string]: Expected };

/**
 * Settle the outcome in the order in which a migration meets it: deleted, defective, sound. Without a
 * type it is folded into what another record becomes.
 */
export function truthOf(
  key: number | string,
  state: { deleted: boolean; defect: Defect | undefined },
  type: string | undefined,
  expect: () => Record<string, Expected | null>,
): Truth {
  if (state.deleted) return { key: String(key), outcome: 'excluded', reason: 'deleted-in-source' };
  const { defect } = state;
  if (defect && defect.deferred === undefined) {
    const { name, reason } = defect;
    return { key: String(key), outcome: 'quarantined', reason, defect: name };
  }
  if (type === undefined) return { key: String(key), outcome: 'folds' };
  return {
    key: String(key),
    outcome: 'arrives',
    type,
    expect: withoutNulls(expect()),
    ...(defect?.deferred && { defect: defect.name, deferred: defect.deferred }),
  };
}

function withoutNulls(expect: Record<string, Expected | null>): Expectation {
  const kept: Record<string, Expected> = {};
  for (const [concept, value] of Object.entries(expect)) {
    if (value !== null && !(Array.isArray(value) && value.length === 0)) kept[concept] = value;
  }
  return kept;
}

export function present<T>(values: readonly (T | null)[]): T[] {
  return values.filter((value) => value !== null);
}

export function yesNo(value: boolean): string {
  return value ? 'Y' : 'N';
}
