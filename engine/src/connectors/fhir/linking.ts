import { decodeBase32 } from '../../base/base32.ts';
import { isJsonObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { fhirType, type FhirType } from '../../fhirpath/model.ts';
import { jsonElements } from '../../formats/fhirElements.ts';

/** A literal reference to a resource of the same server (FHIR R4, Reference.reference). */
const local = /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/;

/** An address of such a resource, perhaps of a version or a part of it (FHIR R4, canonical). */
const address = /^([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})([|#].*)?$/;

/** Types whose text may be an address: `Attachment.url` leads to a Binary. */
const addressTypes: ReadonlySet<string> = new Set(['url', 'uri', 'canonical']);

/** What is made of the links of a resource, each to a resource called `Type/id`. */
export interface Relinking {
  reference(reference: JsonObject, name: string): JsonObject;
  /** The other name; undefined: the element is left out. */
  address(name: string): string | undefined;
}

/** The names of all that a resource links to on the same server. */
export function referencesIn(resource: JsonObject, found = new Set<string>()): Set<string> {
  relinked(resource, {
    reference(reference, name) {
      found.add(name);
      return reference;
    },
    address(name) {
      found.add(name);
      return name;
    },
  });
  return found;
}

/** The same resource with each of its links as `relinking` makes it. */
export function relinked(resource: JsonObject, relinking: Relinking): JsonObject {
  return relinkedObject(resource, undefined, relinking);
}

function relinkedObject(
  value: JsonObject,
  expected: FhirType | undefined,
  relinking: Relinking,
): JsonObject {
  const { resourceType } = value;
  const type = typeof resourceType === 'string' ? fhirType(resourceType) : expected;
  const elements = type && jsonElements(type);
  const made: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const other = relinkedMember(member, elements?.get(key)?.type, relinking);
    if (other !== undefined) made[key] = other;
  }
  const { reference } = made;
  return typeof reference === 'string' && local.test(reference)
    ? relinking.reference(made, reference)
    : made;
}

function relinkedMember(
  value: Json,
  type: FhirType | undefined,
  relinking: Relinking,
): Json | undefined {
  if (Array.isArray(value)) {
    const items = value.map((one) => relinkedMember(one, type, relinking));
    const kept = items.filter((one) => one !== undefined);
    // FHIR has no empty list.
    return kept.length === 0 && value.length > 0 ? undefined : kept;
  }
  if (isJsonObject(value)) return relinkedObject(value, type, relinking);
  if (typeof value !== 'string' || type === undefined || !addressTypes.has(type.name)) return value;
  const [, name, part = ''] = address.exec(value) ?? [];
  if (name === undefined) return value;
  const other = relinking.address(name);
  return other === undefined ? undefined : `${other}${part}`;
}

/** `Type/id` with an id of the form that Handover gives, anywhere in a text. */
const ours = /(?<![A-Za-z])([A-Z][A-Za-z]+)\/[0-9a-hjkmnp-tv-z]{26}(?![0-9A-Za-z])/g;

/** Whether a text holds the name of a resource under an id of ours. */
export function namesOurs(text: string): boolean {
  for (const [, type = ''] of text.matchAll(ours)) {
    if (fhirType(type)?.kind === 'resource') return true;
  }
  return false;
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
