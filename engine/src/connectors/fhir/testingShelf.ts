import { canonicalJson, isJsonObject, parseJson } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';

interface Kept {
  body: JsonObject;
  version: number;
  removed?: true;
}

/** One request, alone or of a Bundle. */
export interface Asked {
  method: string;
  /** `Type`, `Type/id` or `Type?criteria`. */
  url: string;
  text: string;
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
  ifNoneExist?: string | undefined;
}

export interface Told {
  status: number;
  body: object;
  headers?: Record<string, string>;
}

const nothing = { status: 404, body: {} } as const;

/** The resources of a FHIR server in memory, each in its newest version. */
export class Shelf {
  /** By `Type/id`; more than one version is a doubled write. */
  readonly resources = new Map<string, Kept>();
  /** It gives ids of its own, and takes no others. */
  givesIds = false;
  /** It looks after references: a referent must be there, and stays while anything refers to it. */
  looksAfterReferences = false;

  one(asked: Asked, base: string): Told {
    const { method, url } = asked;
    if (method === 'GET') return url.includes('?') ? this.#search(url, base) : this.#read(url);
    if (method === 'POST') return this.#create(asked);
    if (method === 'DELETE') return this.#remove(asked);
    return this.#put(asked);
  }

  /** Put each urn of a transaction in the words of the server (FHIR R4, http, 3.1.0.11.2). */
  exchange(names: ReadonlyMap<string, string>): void {
    for (const name of names.values()) {
      const kept = this.resources.get(name);
      if (kept !== undefined) kept.body = exchange(kept.body, names) as JsonObject;
    }
  }

  #read(url: string): Told {
    const history = /^(.*)\/_history\?/.exec(url)?.[1];
    if (history !== undefined) return nothing;
    const kept = this.resources.get(url);
    if (kept === undefined) return nothing;
    const headers = etagOf(kept.version);
    if (kept.removed) return { status: 410, body: {}, headers };
    return { status: 200, body: asShown(kept), headers };
  }

  /** Whether a reference of it leads to nothing. */
  #isAstray(text: string, own?: string): boolean {
    if (!this.looksAfterReferences) return false;
    return referencesOf(text).some((name) => name !== own && !this.#stands(name));
  }

  #stands(name: string): boolean {
    const kept = this.resources.get(name);
    return kept !== undefined && kept.removed !== true;
  }

  #isReferredTo(name: string): boolean {
    if (!this.looksAfterReferences) return false;
    return [...this.resources].some(
      ([other, { body, removed }]) =>
        other !== name && removed !== true && referencesOf(canonicalJson(body)).includes(name),
    );
  }

  #create({ url: type, text, ifNoneExist }: Asked): Told {
    const [there] = ifNoneExist === undefined ? [] : this.#matching(type, ifNoneExist);
    if (there !== undefined) return answer(200, there[0], there[1].version);
    if (this.#isAstray(text)) return { status: 422, body: {} };
    const id = `${this.resources.size + 1}`;
    this.resources.set(`${type}/${id}`, {
      body: { ...(parseJson(text) as JsonObject), id },
      version: 1,
    });
    return answer(201, `${type}/${id}`, 1);
  }

  #put({ url, text, ifMatch, ifNoneMatch }: Asked): Told {
    const kept = this.resources.get(url);
    if (this.givesIds && kept === undefined) return { status: 400, body: {} };
    const there = kept?.removed === true ? undefined : kept;
    if (ifNoneMatch === '*' && there !== undefined) return { status: 412, body: {} };
    if (ifMatch !== undefined && ifMatch !== `W/"${kept?.version}"`)
      return { status: 412, body: {} };
    if (this.#isAstray(text, url)) return { status: 422, body: {} };
    const version = (kept?.version ?? 0) + 1;
    this.resources.set(url, { body: parseJson(text) as JsonObject, version });
    return answer(kept === undefined ? 201 : 200, url, version);
  }

  #remove({ url, ifMatch }: Asked): Told {
    const kept = this.resources.get(url);
    if (kept === undefined || kept.removed) return { status: 204, body: {} };
    if (ifMatch !== undefined && ifMatch !== `W/"${kept.version}"`)
      return { status: 412, body: {} };
    if (this.#isReferredTo(url)) return { status: 409, body: {} };
    const version = kept.version + 1;
    this.resources.set(url, { body: kept.body, version, removed: true });
    return { status: 204, body: {}, headers: etagOf(version) };
  }

  /** Those of a type with the tag or identifier that criteria ask for. */
  #matching(type: string, criteria: string): [string, Kept][] {
    const asked = new URLSearchParams(criteria);
    const tokens = [...asked].flatMap(([name, values]) =>
      name === '_tag' || name === 'identifier' ? values.split(',') : [],
    );
    return [...this.resources].filter(([name, { body, removed }]) => {
      if (!name.startsWith(`${type}/`) || removed === true) return false;
      return tokens.length === 0 || tokens.some((token) => hasToken(body, token));
    });
  }

  /** `Type?criteria&_count=n` and the pages that follow. */
  #search(url: string, base: string): Told {
    const { pathname, searchParams } = new URL(url, `${base}/`);
    const type = pathname.slice(pathname.lastIndexOf('/') + 1);
    const all = this.#matching(type, searchParams.toString());
    const [from, count] = ['_from', '_count'].map((name) => Number(searchParams.get(name) ?? 0));
    const end = (from ?? 0) + (count ?? 0);
    searchParams.set('_from', String(end));
    const next = { relation: 'next', url: `${base}/${type}?${searchParams.toString()}` };
    const entry = all.slice(from, end).map(([, kept]) => ({ resource: asShown(kept) }));
    const link = end < all.length ? [next] : [];
    return { status: 200, body: { resourceType: 'Bundle', type: 'searchset', link, entry } };
  }
}

function referencesOf(text: string): string[] {
  const found = text.matchAll(/"reference":\s*"([A-Z][A-Za-z]+\/[^"/]+)"/g);
  return [...found].map(([, name = '']) => name);
}

function answer(status: number, name: string, version: number): Told {
  return {
    status,
    body: {},
    headers: { ...etagOf(version), location: `${name}/_history/${version}` },
  };
}

function etagOf(version: number): { etag: string } {
  return { etag: `W/"${version}"` };
}

/** A token of a search (FHIR R4, 3.1.1.4.10): `system|code`, or `system|` for all of a system. */
function hasToken({ meta, identifier }: JsonObject, token: string): boolean {
  const [system, code] = token.split('|');
  const tags = isJsonObject(meta) ? meta['tag'] : undefined;
  return [identifier, tags]
    .flatMap((one): Json[] => (Array.isArray(one) ? one : []))
    .some(
      (one) =>
        isJsonObject(one) &&
        one['system'] === system &&
        (code === '' || (one['value'] ?? one['code']) === code),
    );
}

/** With what a server adds: the version and its instant. */
function asShown({ body, version }: Kept): object {
  const { meta } = body;
  const own = isJsonObject(meta) ? meta : {};
  const added = { versionId: String(version), lastUpdated: '2026-01-01T00:00:00Z' };
  return { ...body, meta: { ...own, ...added } };
}

function exchange(value: Json, names: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) return value.map((one) => exchange(one, names));
  if (!isJsonObject(value)) return typeof value === 'string' ? (names.get(value) ?? value) : value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, exchange(member, names)]),
  );
}
