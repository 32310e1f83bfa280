import { decodeBase32 } from '../../base/base32.ts';
import { isJsonObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';

/** A literal reference to a resource of the same server (FHIR R4, Reference.reference). */
const local = /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/;

/** Every local reference in a resource, `Type/id`. */
export function referencesIn(value: Json, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const one of value) referencesIn(one, found);
  if (!isJsonObject(value)) return found;
  for (const [key, member] of Object.entries(value)) {
    if (key !== 'reference') referencesIn(member, found);
    else if (typeof member === 'string' && local.test(member)) found.add(member);
  }
  return found;
}

/** The same resource with each local Reference as `link` makes it. */
export function relinked(
  value: JsonObject,
  link: (reference: JsonObject, name: string) => JsonObject,
): JsonObject {
  const made: JsonObject = {};
  for (const [key, member] of Object.entries(value)) made[key] = relinkedMember(member, link);
  const { reference } = made;
  return typeof reference === 'string' && local.test(reference) ? link(made, reference) : made;
}

function relinkedMember(
  value: Json,
  link: (reference: JsonObject, name: string) => JsonObject,
): Json {
  if (Array.isArray(value)) return value.map((one) => relinkedMember(one, link));
  return isJsonObject(value) ? relinked(value, link) : value;
}

/** `Type/id` in its two parts. */
export function partsOf(name: string): { type: string; id: string } {
  const slash = name.indexOf('/');
  return { type: name.slice(0, slash), id: name.slice(slash + 1) };
}

export function nameOf({ type, id }: { type: string; id: string }): string {
  return `${type}/${id}`;
}

/** The form of the ids that Handover gives: 16 bytes in 26 characters of base32. */
export function isStableId(id: string): boolean {
  return id.length === 26 && decodeBase32(id) !== undefined;
}
