import { objectOf, type DraftObject } from '../model/largeObject.ts';
import { itemAt, packItems, type PackedItems } from '../staging/packedItems.ts';
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
  /** Labels and restrictions of each draft; absent: none has any. */
  guards?: readonly (readonly string[])[];
  /** Large objects that each body leaves out; absent: none does. */
  objects?: readonly (readonly DraftObject[])[];
  /** Ordinals of Patients that lead to another one's chart and go no further; absent: none does. */
  merged?: readonly number[];
  /** The bodies are as `link` made them, and not as they were mapped. */
  linked?: true;
}

export interface PackedDrafts extends DraftColumns {
  bodies: PackedItems;
  /** Keyed digests of the bodies, 32 bytes each, where they were read from the ledger; not packed. */
  digests?: Buffer | undefined;
}

export function packDrafts(drafts: PackedDrafts): PackedItems {
  const { bodies, digests: _, ...columns } = drafts;
  return withHeader(columns, bodies);
}

/** Some drafts of a batch, which have their places there as `ordinals`. */
export interface SomeDrafts extends PackedDrafts {
  ordinals: readonly number[];
}

export function unpackSome(items: PackedItems): SomeDrafts {
  const { header, items: bodies } = splitHeader<DraftColumns & Pick<SomeDrafts, 'ordinals'>>(items);
  return { ...header, bodies };
}

/** Take some drafts out of a batch. */
export function someDrafts(drafts: PackedDrafts, ordinals: readonly number[]): SomeDrafts {
  const pick = <T>(column: readonly T[]): T[] => ordinals.map((at) => column[at] as T);
  return {
    ordinals,
    types: pick(drafts.types),
    ids: pick(drafts.ids),
    from: pick(drafts.from),
    references: pick(drafts.references),
    ...(drafts.targets && { targets: pick(drafts.targets) }),
    ...(drafts.guards && { guards: pick(drafts.guards) }),
    ...(drafts.objects && { objects: pick(drafts.objects) }),
    bodies: packItems(ordinals.map((at) => itemAt(drafts.bodies, at))),
  };
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

/** Bytes that will be filled into a draft's body when it is written. */
export function objectBytes({ objects }: DraftColumns, at: number): number {
  return (objects?.[at] ?? []).reduce((sum, { text }) => sum + (objectOf(text)?.bytes ?? 0), 0);
}

/** Cut drafts into groups that are no larger than `bytes` once their objects are filled in. */
export function byObjectBytes(
  drafts: DraftColumns,
  ordinals: readonly number[],
  bytes: number,
): readonly (readonly number[])[] {
  if (drafts.objects === undefined) return [ordinals];
  const groups: number[][] = [];
  let left = 0;
  for (const at of ordinals) {
    const needed = objectBytes(drafts, at);
    if (groups.length === 0 || needed > left) {
      groups.push([]);
      left = bytes;
    }
    groups.at(-1)?.push(at);
    left -= needed;
  }
  return groups;
}
