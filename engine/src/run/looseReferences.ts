import {
  canonicalJson,
  isJsonObject,
  parseJson,
  type Json,
  type JsonObject,
} from '../base/json.ts';
import { knotsOf } from '../base/knots.ts';
import type { DraftColumns } from './drafts.ts';

/**
 * The same resource without its references to these resources (`Type/id`); an element that was nothing
 * else goes too. Undefined: it has none.
 */
export function withoutReferences(body: Buffer, names: ReadonlySet<string>): Buffer | undefined {
  let found = 0;
  const without = (value: Json): Json | undefined => {
    if (Array.isArray(value)) {
      const kept = value.map(without).filter((one) => one !== undefined);
      return kept.length === 0 && value.length > 0 ? undefined : kept;
    }
    if (!isJsonObject(value)) return value;
    const made: JsonObject = {};
    for (const [key, member] of Object.entries(value)) {
      if (key === 'reference' && typeof member === 'string' && names.has(member)) {
        found++;
        continue;
      }
      const other = without(member);
      if (other !== undefined) made[key] = other;
    }
    // FHIR has no empty object.
    return Object.keys(made).length === 0 && Object.keys(value).length > 0 ? undefined : made;
  };
  const resource = without(parseJson(body.toString()));
  return found === 0 || resource === undefined ? undefined : Buffer.from(canonicalJson(resource));
}

/** By `Type/id`, the drafts that refer to each other in a circle with it; others are not among them. */
export function circlesOf({ types, ids, references }: DraftColumns): Map<string, Set<string>> {
  const names = ids.map((id, at) => `${types[at]}/${id}`);
  const places = new Map(names.map((name, at) => [name, at]));
  const edges = names.map((_, at) =>
    (references[at] ?? []).flatMap((one) => places.get(one) ?? []),
  );
  const circles = new Map<string, Set<string>>();
  for (const knot of knotsOf(edges)) {
    if (knot.length < 2) continue;
    const members = new Set(knot.map((at) => names[at] as string));
    for (const name of members) circles.set(name, members);
  }
  return circles;
}
