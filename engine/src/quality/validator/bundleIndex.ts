import { isObject, type FhirJson, textOf } from './fhirJson.ts';

/** Entries of a bundle by their identity (R4 §2.36.4, resolving references in bundles). */
export class BundleIndex {
  readonly bundle: FhirJson;
  readonly #byUrl = new Map<string, FhirJson>();
  readonly #byId = new Map<string, FhirJson>();

  constructor(bundle: FhirJson) {
    this.bundle = bundle;
    for (const entry of listOf(bundle['entry'])) {
      const { fullUrl, resource } = entry;
      if (!isObject(resource)) continue;
      if (typeof fullUrl === 'string') this.#byUrl.set(fullUrl, resource);
      const id = `${textOf(resource['resourceType'])}/${textOf(resource['id'])}`;
      if (resource['id'] !== undefined) this.#byId.set(id, resource);
    }
  }

  /** The resource that a reference in the entry of `fullUrl` means. */
  resolve(reference: string, fullUrl: string | undefined): FhirJson | undefined {
    const bare = reference.replace(/\/_history\/[^/]+$/, '');
    const found = this.#byUrl.get(bare);
    if (found !== undefined) return found;
    if (/^[a-z][a-z0-9+.-]*:/i.test(bare)) return undefined;
    const base = fullUrl === undefined ? undefined : restfulBase(fullUrl);
    if (base !== undefined) return this.#byUrl.get(`${base}${bare}`);
    return fullUrl === undefined ? this.#byId.get(bare) : undefined;
  }

  /** Whether an entry has that type and id, whatever its `fullUrl`. */
  hasId(typeAndId: string): boolean {
    return this.#byId.has(typeAndId);
  }
}

/** What a `fullUrl` that names a type and an id begins with. */
export function restfulBase(fullUrl: string): string | undefined {
  return /^(https?:\/\/.+\/)[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.exec(fullUrl)?.[1];
}

export function listOf(value: unknown): FhirJson[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
