import type { Target, TargetId } from '../../model/target.ts';
import type { DraftColumns } from '../drafts.ts';
import type { Leaving } from './leaving.ts';

/**
 * Ordinals of those drafts among `ordinals` that refer to something neither at the target nor, itself
 * resolved, among them. One question to the target for the whole batch; what leaves it counts as gone.
 */
export async function unresolvedDrafts(
  target: Target,
  drafts: DraftColumns,
  ordinals: readonly number[],
  signal: AbortSignal,
  leaving?: Leaving,
): Promise<Set<number>> {
  const own: ReadonlyMap<string, number> = mayReferEachOther(drafts, ordinals)
    ? namesOf(drafts, ordinals)
    : noNames;
  const outside = new Set<string>();
  for (const at of ordinals) {
    for (const reference of drafts.references[at] ?? []) {
      if (!own.has(reference)) outside.add(reference);
    }
  }
  const present = await presentAt(target, [...outside], signal, leaving);
  if (present.size === outside.size) return new Set();
  const resolved = (reference: string): boolean => {
    const at = own.get(reference);
    return at === undefined ? present.has(reference) : !unresolved.has(at);
  };
  const unresolved = new Set<number>();
  for (let grew = true; grew;) {
    grew = false;
    for (const at of ordinals) {
      if (unresolved.has(at) || (drafts.references[at] ?? []).every(resolved)) continue;
      unresolved.add(at);
      grew = true;
    }
  }
  return unresolved;
}

/** After so many levels the rest goes together: a long chain must not cost a request per link. */
const mostLevels = 8;

/**
 * Drafts in levels, each of which refers only to earlier ones and to what is not among the drafts;
 * what refers to each other in a circle, and whatever refers to that, comes last.
 */
export function writeLevels(drafts: DraftColumns, ordinals: readonly number[]): number[][] {
  if (ordinals.length > 0 && !mayReferEachOther(drafts, ordinals)) return [[...ordinals]];
  const levels: number[][] = [];
  let left = ordinals;
  while (left.length > 0 && levels.length < mostLevels - 1) {
    const names = namesOf(drafts, left);
    const refersAhead = (at: number): boolean =>
      drafts.references[at]?.some((one) => names.has(one) && names.get(one) !== at) ?? false;
    const ready = left.filter((at) => !refersAhead(at));
    if (ready.length === 0) break;
    levels.push(ready);
    left = ready.length === left.length ? [] : left.filter(refersAhead);
  }
  return left.length > 0 ? [...levels, [...left]] : levels;
}

const noNames: ReadonlyMap<string, number> = new Map();

function namesOf(drafts: DraftColumns, ordinals: readonly number[]): Map<string, number> {
  return new Map(ordinals.map((at) => [`${drafts.types[at]}/${drafts.ids[at]}`, at]));
}

/**
 * Whether any draft refers to a type that is among them. Mostly none does (a stream's resources are
 * of one type and refer to others), and then nobody's name need be made.
 */
function mayReferEachOther(drafts: DraftColumns, ordinals: readonly number[]): boolean {
  return refersTo(drafts, ordinals, new Set(ordinals.map((at) => drafts.types[at] as string)));
}

/** Whether any of these drafts refers to a resource of one of `types`. */
export function refersTo(
  drafts: DraftColumns,
  ordinals: readonly number[],
  types: ReadonlySet<string>,
): boolean {
  const prefixes = [...types].map((type) => `${type}/`);
  return ordinals.some((at) =>
    drafts.references[at]?.some((one) => prefixes.some((prefix) => one.startsWith(prefix))),
  );
}

/** Which of these references (`Type/id`) the target holds, without what leaves it. */
export async function presentAt(
  target: Target,
  wanted: readonly string[],
  signal: AbortSignal,
  leaving?: Leaving,
): Promise<Set<string>> {
  const references = leaving ? wanted.filter((one) => !leaving.has(one)) : wanted;
  if (references.length === 0) return new Set();
  const ids = references.map(toId);
  const present = target.present
    ? await target.present(ids, signal)
    : (await target.fetch(ids, 'head', signal)).map(({ state }) => state === 'present');
  return new Set(references.filter((_, at) => present[at]));
}

function toId(reference: string): TargetId {
  const slash = reference.indexOf('/');
  return { type: reference.slice(0, slash), id: reference.slice(slash + 1) };
}
