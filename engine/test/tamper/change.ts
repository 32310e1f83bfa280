import { canonicalJson } from '../../src/base/json.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import type { Random } from '../../src/base/random.ts';
import { pathOf, placesOf, withValue } from './places.ts';
import type { Place } from './places.ts';

/** What a change strikes; `any` classes apply to every resource type. */
export type Domain =
  'any' | 'identity' | 'practitioner' | 'encounter' | 'allergy' | 'medication' | 'money';

/** One named way in which a single element can go wrong between a source and a target. */
export interface Change {
  name: string;
  domain: Domain;
  /**
   * A copy of the resource with one such change, at a place that `random` chooses; undefined when
   * the resource offers no place for it. The given resource is not touched.
   */
  apply(resource: JsonObject, random: Random): Changed | undefined;
}

export interface Changed {
  changed: JsonObject;
  /** The element struck: `Patient.name[0].family`. */
  path: string;
}

/** Takes an element out, as the answer of a {@link Rewrite}. */
export const dropped = Symbol('dropped');

/** What stands at a place afterwards; undefined when this place does not lend itself. */
export type Rewrite = (
  value: Json,
  random: Random,
  place: Place,
) => Json | typeof dropped | undefined;

/** A class that rewrites one of the places that `where` admits. */
export function changeAt(
  name: string,
  domain: Domain,
  where: (place: Place, resource: JsonObject) => boolean,
  rewrite: Rewrite,
): Change {
  return {
    name,
    domain,
    apply(resource, random) {
      const places = shuffled(
        placesOf(resource).filter((place) => !isKey(place) && where(place, resource)),
        random,
      );
      for (const place of places) {
        const value = rewrite(place.value, random, place);
        if (value === undefined) continue;
        const changed = withValue(resource, place.steps, value === dropped ? undefined : value);
        if (canonicalJson(changed) === canonicalJson(resource)) continue;
        return { changed, path: pathOf(resource, place) };
      }
      return undefined;
    },
  };
}

/** Type and id are the key under which a target holds a resource, not a part of it to strike. */
function isKey(place: Place): boolean {
  return place.steps.length === 1 && (place.key === 'resourceType' || place.key === 'id');
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, rank: random.next() }))
    .toSorted((one, two) => one.rank - two.rank)
    .map(({ item }) => item);
}

/** Any of these, but not `not`. */
export function other<T>(choices: readonly T[], not: T, random: Random): T | undefined {
  const left = choices.filter((choice) => choice !== not);
  return left[random.integer(left.length)];
}

/** A rewrite of texts only. */
export function onText(rewrite: (text: string, random: Random) => string | undefined): Rewrite {
  return (value, random) => (typeof value === 'string' ? rewrite(value, random) : undefined);
}

/** Whether the steps without indexes end in one of these: `period.start`, `code`. */
export function at(...ends: string[]): (place: Place) => boolean {
  return ({ plain }) => ends.some((end) => plain === end || plain.endsWith(`.${end}`));
}

/** As {@link at}, in resources of the given types only. */
export function within(types: readonly string[], ...ends: string[]) {
  const there = at(...ends);
  return (place: Place, { resourceType }: JsonObject): boolean =>
    typeof resourceType === 'string' && types.includes(resourceType) && there(place);
}
