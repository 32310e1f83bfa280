import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { compareElements } from '../elements.ts';

/** One element that is not as a golden expects it. */
export interface GoldenDifference {
  /** `AllergyIntolerance.verificationStatus.coding[0].code`, `items[0].state`, `facts.birth-date`. */
  path: string;
  /** `Type/id` of the draft that it stands in. */
  draft?: string;
  /** Canonical JSON; undefined: absent. */
  expected?: string;
  made?: string;
}

/** Every element in which what was made is not what was expected, draft by draft. */
export function goldenDifferences(expected: JsonObject, made: JsonObject): GoldenDifference[] {
  const found: GoldenDifference[] = [];
  const parts = new Set([...Object.keys(expected), ...Object.keys(made)]);
  for (const part of parts) {
    const [was, is] = [expected[part], made[part]];
    const named = namedParts.get(part);
    if (named === undefined || !bothMaps(was, is)) found.push(...elements(part, was, is));
    else found.push(...byDraft(named, was as JsonObject, is as JsonObject));
  }
  return found;
}

/** Parts that hold something for each draft, and what paths in them begin with. */
const namedParts: ReadonlyMap<string, (draft: string) => string> = new Map([
  ['drafts', (draft: string) => draft.split('/')[0] as string],
  ['facts', () => 'facts'],
  ['held', () => 'held'],
]);

function bothMaps(was: Json | undefined, is: Json | undefined): boolean {
  return [was, is].every((one) => one === undefined || isJsonObject(one)) && was !== is;
}

function byDraft(
  start: (draft: string) => string,
  was: JsonObject | undefined = {},
  is: JsonObject | undefined = {},
): GoldenDifference[] {
  const drafts = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...drafts].flatMap((draft) =>
    elements(start(draft), was[draft] ?? {}, is[draft] ?? {}).map((one) => ({ draft, ...one })),
  );
}

function elements(
  path: string,
  was: Json | undefined,
  is: Json | undefined,
): Omit<GoldenDifference, 'draft'>[] {
  const found: Omit<GoldenDifference, 'draft'>[] = [];
  compareElements(
    path,
    was,
    is,
    (at, expected, made) =>
      found.push({
        path: at,
        ...(expected !== undefined && { expected: canonicalJson(expected) }),
        ...(made !== undefined && { made: canonicalJson(made) }),
      }),
    (list, at) => `${list}[${at}]`,
  );
  return found;
}
