import { canonicalJson } from '../../base/json.ts';
import type { JsonObject } from '../../base/json.ts';
import type { BundleEntry } from './bundleText.ts';
import { isStableId, nameOf, namesOurs, partsOf, referencesIn, relinked } from './linking.ts';
import { isThere, type Order } from './orders.ts';
import type { OwnMark } from './ownMark.ts';
import type { Reader } from './reader.ts';
import type { ServerIds } from './serverIds.ts';
import { taggedText, withTags, type Tag } from './storedForm.ts';
import { etagOf } from './versions.ts';

export interface AddressingParts {
  reader: Reader;
  mark: OwnMark;
  serverIds: ServerIds | undefined;
  /** Put on every resource. */
  tags: readonly Tag[];
}

/** How orders that go together refer to each other. */
export interface Links {
  /** Created in the same transaction, by name: what each is called there. */
  mates: ReadonlyMap<string, string>;
  /** Not there yet: links to them are left out for now. */
  later: ReadonlySet<string>;
}

export const noLinks: Links = { mates: new Map(), later: new Set() };

type GivenByName = ReadonlyMap<string, string>;

/** An order in the server's words, or why it has none. */
export type Addressed =
  | { entry: BundleEntry }
  /** A reference leads to nothing that the server has. */
  | { lacks: 'reference-unresolved' }
  /** An id of ours stands where it is no link, so that it cannot be exchanged. */
  | { lacks: 'reference-misplaced' };

/** What was met while a resource was put in the server's words. */
interface Met {
  unresolved: boolean;
  /** A link was left out for now. */
  unlinked: boolean;
}

/**
 * Makes of orders what is sent: under which address, under which conditions, and with which ids. A
 * server that takes our ids gets the bytes of the draft as they are. For one that gives its own, ids
 * and references are put in the server's words, and our mark is added; what is not there yet is
 * created on the condition that nothing has the mark.
 */
export class Addressing {
  readonly #parts: AddressingParts;

  constructor(parts: AddressingParts) {
    this.#parts = parts;
  }

  /** One per order. */
  async entries(orders: readonly Order[], links: Links, signal: AbortSignal): Promise<Addressed[]> {
    const { serverIds } = this.#parts;
    const given: GivenByName = serverIds
      ? await this.#givenTo(serverIds, orders, links, signal)
      : new Map<string, string>();
    return orders.map((order) => this.#entry(order, links, given));
  }

  #entry(order: Order, links: Links, given: GivenByName): Addressed {
    const { write, before, versioned } = order;
    const own = this.#parts.serverIds ? given.get(nameOf(write)) : write.id;
    const isNew = before.state === 'absent' && before.unlinked !== true;
    // What was removed may be put back without a condition: few servers keep its version.
    const conditional = isThere(before) || write.ifVersion !== undefined;
    const ifMatch =
      versioned && conditional && before.versionId !== undefined
        ? { ifMatch: etagOf(before.versionId) }
        : {};
    const url = nameOf({ type: write.type, id: own ?? '' });
    if (write.kind === 'remove') return { entry: { method: 'DELETE', url, ...ifMatch } };
    const creates = this.#parts.serverIds !== undefined && isNew;
    const body = this.#body(order, links, given, creates ? undefined : own);
    if (!Buffer.isBuffer(body)) return { lacks: body };
    if (!creates) {
      const conditions = { ...ifMatch, ...(isNew && { ifNoneMatch: '*' }) };
      return { entry: { method: 'PUT', url, body, ...conditions } };
    }
    const ifNoneExist = this.#parts.mark.criteria(write.type, [write.id]);
    const fullUrl = links.mates.get(nameOf(write)) ?? callName(order);
    return { entry: { method: 'POST', url: write.type, body, ifNoneExist, fullUrl } };
  }

  #body(
    { write, resource }: Order,
    links: Links,
    given: GivenByName,
    own: string | undefined,
  ): Buffer | 'reference-unresolved' | 'reference-misplaced' {
    const { tags, mark, serverIds } = this.#parts;
    if (write.kind === 'remove' || resource === undefined) return 'reference-unresolved';
    if (serverIds === undefined && links.later.size === 0) {
      return tags.length > 0 ? taggedText(resource, tags) : write.body;
    }
    const met: Met = { unresolved: false, unlinked: false };
    const linked = this.#linked(resource, links, given, met);
    if (met.unresolved) return 'reference-unresolved';
    const tagged = withTags(linked, tags);
    const made = met.unlinked ? mark.markedUnlinked(tagged) : tagged;
    if (serverIds === undefined) return Buffer.from(canonicalJson(made));
    const { id: _ours, ...rest } = mark.marked(made, write.id);
    const text = canonicalJson(own === undefined ? rest : { ...rest, id: own });
    return namesOurs(text) ? 'reference-misplaced' : Buffer.from(text);
  }

  #linked(resource: JsonObject, links: Links, given: GivenByName, met: Met): JsonObject {
    const { mark } = this.#parts;
    const { mates, later } = links;
    return relinked(resource, {
      reference: (reference, name) => {
        if (later.has(name)) {
          met.unlinked = true;
          return unlinked(reference, name, mark.system);
        }
        return { ...reference, reference: mates.get(name) ?? this.#name(name, given, met) };
      },
      address: (name) => {
        if (later.has(name)) {
          met.unlinked = true;
          return undefined;
        }
        // Within a transaction servers exchange references, and not all of them addresses.
        if (mates.has(name)) met.unresolved = true;
        return this.#name(name, given, met);
      },
    });
  }

  /** What the server calls a resource. */
  #name(name: string, given: GivenByName, met: Met): string {
    if (this.#parts.serverIds === undefined) return name;
    const { type, id } = partsOf(name);
    const theirs = given.get(name);
    if (theirs !== undefined) return nameOf({ type, id: theirs });
    if (isStableId(id)) met.unresolved = true;
    return name;
  }

  /** Ids of the orders themselves and of all that they refer to; what is not known is looked for. */
  async #givenTo(
    serverIds: ServerIds,
    orders: readonly Order[],
    { mates, later }: Links,
    signal: AbortSignal,
  ): Promise<GivenByName> {
    const own = orders.map(({ write }) => nameOf(write));
    const referents = new Set<string>();
    for (const { resource } of orders) if (resource) referencesIn(resource, referents);
    const given = await serverIds.given([...own, ...referents]);
    const missing = [...referents].filter(
      (name) =>
        !given.has(name) && !mates.has(name) && !later.has(name) && isStableId(partsOf(name).id),
    );
    if (missing.length === 0) return given;
    await this.#parts.reader.read(missing.map(partsOf), signal);
    return new Map([...given, ...(await serverIds.given(missing))]);
  }
}

/** What a resource is called in the Bundle that creates it. */
export function callName({ place }: Order): string {
  return `urn:uuid:00000000-0000-8000-8000-${place.toString(16).padStart(12, '0')}`;
}

/** A link by our mark instead: legal wherever a Reference must stand, and demands no referent. */
function unlinked(reference: JsonObject, name: string, system: string): JsonObject {
  const { reference: _literal, ...rest } = reference;
  return { identifier: { system, value: partsOf(name).id }, ...rest };
}
