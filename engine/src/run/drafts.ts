import type { PackedItems } from '../staging/packedItems.ts';
import { splitHeader, withHeader } from './packed.ts';

/** Drafts of one batch, column by column; draft `i` has body `i`. */
export interface DraftColumns {
  types: readonly string[];
  /** Stable ids. */
  ids: readonly string[];
  /** Ordinals of the records that each draft came from. */
  from: readonly (readonly number[])[];
  /** Logical references in each body, `Type/id`. */
  references: readonly (readonly string[])[];
  /** Names of the targets each draft is routed to; absent: all drafts to all targets. */
  targets?: readonly (readonly string[])[];
}

export interface PackedDrafts extends DraftColumns {
  bodies: PackedItems;
}

export function packDrafts({ bodies, ...columns }: PackedDrafts): PackedItems {
  return withHeader(columns, bodies);
}

export function unpackDrafts(items: PackedItems): PackedDrafts {
  const { header, items: bodies } = splitHeader<DraftColumns>(items);
  return { ...header, bodies };
}

/** Whether draft `at` is meant for `target`. */
export function isRouted(drafts: DraftColumns, at: number, target: string): boolean {
  return drafts.targets === undefined || (drafts.targets[at] ?? []).includes(target);
}

/** The patient a draft is about: itself, or the first patient it refers to. */
export function subjectOf(drafts: DraftColumns, at: number): string | undefined {
  if (drafts.types[at] === 'Patient') return drafts.ids[at];
  const reference = drafts.references[at]?.find((one) => one.startsWith('Patient/'));
  return reference?.slice('Patient/'.length);
}
