import { isJsonObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { fhirType } from '../../fhirpath/model.ts';

/**
 * By what a project knows its own resources at a server that gives them other ids: an identifier whose
 * system is the project's and whose value is our id; a tag with the same two where a type has no list
 * of identifiers, or the server cannot search by it. Put on what is written, taken off what is read.
 */
export class OwnMark {
  /** A URI that only this project's key can make. */
  readonly system: string;
  readonly #searchable: (type: string) => boolean;

  /** @param searchable whether the server searches a type by `identifier`. */
  constructor(secret: Uint8Array, searchable: (type: string) => boolean) {
    this.#searchable = searchable;
    const hex = Buffer.from(secret.subarray(0, 16)).toString('hex');
    this.system = `urn:uuid:${uuidOf(hex)}`;
  }

  /** Search criteria (FHIR R4, token search) that find these of our resources. */
  criteria(type: string, ids: readonly string[]): string {
    const system = encodeURIComponent(this.system);
    const values = ids.map((id) => `${system}%7C${encodeURIComponent(id)}`).join();
    return `${this.#byIdentifier(type) ? 'identifier' : '_tag'}=${values}`;
  }

  /** Criteria that find all of ours; undefined where the server must be asked for everything. */
  everything(type: string): string | undefined {
    if (!this.#byIdentifier(type)) return undefined;
    return `identifier=${encodeURIComponent(this.system)}%7C`;
  }

  /** Our id of a resource of the server's; undefined when it is none of ours. */
  idOf({ identifier, meta }: JsonObject): string | undefined {
    const tags = isJsonObject(meta) ? meta['tag'] : undefined;
    const marks = [identifier, tags].flatMap((one) => (Array.isArray(one) ? one : []));
    const mark = marks.find((one) => this.#isMark(one));
    const id = isJsonObject(mark) ? (mark['value'] ?? mark['code']) : undefined;
    return typeof id === 'string' ? id : undefined;
  }

  /** Whether links are still to be put in: told by an extension, as servers keep tags for ever. */
  isUnlinked({ extension }: JsonObject): boolean {
    return Array.isArray(extension) && extension.some((one) => this.#isUnlinked(one));
  }

  marked(resource: JsonObject, id: string): JsonObject {
    const { system } = this;
    return this.#byIdentifier(resource['resourceType'] as string)
      ? withItem(resource, 'identifier', { system, value: id })
      : withItem(resource, 'tag', { system, code: id });
  }

  markedUnlinked(resource: JsonObject): JsonObject {
    return withItem(resource, 'extension', { url: this.system, valueCode: 'unlinked' });
  }

  /** Without the mark, as it was before one was put on. */
  plain(resource: JsonObject): JsonObject {
    const isMark = (one: Json): boolean => this.#isMark(one);
    return withoutItems(withoutItems(resource, 'tag', isMark), 'identifier', isMark);
  }

  #byIdentifier(type: string): boolean {
    return hasIdentifiers(type) && this.#searchable(type);
  }

  #isMark(value: Json): boolean {
    return isJsonObject(value) && value['system'] === this.system;
  }

  #isUnlinked(value: Json): boolean {
    return isJsonObject(value) && value['url'] === this.system;
  }
}

type Member = 'identifier' | 'tag' | 'extension';

/** A single identifier (of a Bundle, a Composition) belongs to the source. */
function hasIdentifiers(type: string): boolean {
  const element = fhirType(type)?.elements.get('identifier');
  return element?.many === true && element.properties[0]?.type.name === 'Identifier';
}

function withItem(resource: JsonObject, member: Member, item: JsonObject): JsonObject {
  const meta = isJsonObject(resource['meta']) ? resource['meta'] : {};
  const holder = member === 'tag' ? meta : resource;
  const items = Array.isArray(holder[member]) ? holder[member] : [];
  const held = { ...holder, [member]: [...items, item] };
  return member === 'tag' ? { ...resource, meta: held } : held;
}

function withoutItems(
  resource: JsonObject,
  member: Member,
  isItem: (value: Json) => boolean,
): JsonObject {
  const meta = isJsonObject(resource['meta']) ? resource['meta'] : {};
  const { [member]: items, ...rest } = member === 'tag' ? meta : resource;
  if (!Array.isArray(items) || !items.some(isItem)) return resource;
  const kept = items.filter((one) => !isItem(one));
  const held: JsonObject = kept.length > 0 ? { ...rest, [member]: kept } : rest;
  return member === 'tag' ? { ...resource, meta: held } : held;
}

/** RFC 9562, version 8: the bits are our own. */
function uuidOf(hex: string): string {
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}
