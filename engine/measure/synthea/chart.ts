import { isJsonObject, JsonNumber, type Json, type JsonObject } from '../../src/base/json.ts';
import { asTable } from './meaning.ts';

/** The identifier system under which Synthea gives its own ids. */
export const syntheaSystem = 'https://github.com/synthetichealth/synthea';

export interface ChartEntry {
  /** `urn:uuid:…` where a Bundle says it. */
  fullUrl?: string;
  resource: JsonObject;
}

/**
 * Resources of one side of the comparison, with the ways by which they refer to each other: the full
 * URL of a Bundle, `Type/id`, and the conditional `Type?identifier=system|value` (FHIR R4 §3.1.0.11).
 */
export class Chart {
  readonly #byType = new Map<string, JsonObject[]>();
  readonly #byReference = new Map<string, JsonObject>();

  constructor(entries: Iterable<ChartEntry>) {
    for (const { fullUrl, resource } of entries) this.#add(resource, fullUrl);
  }

  #add(resource: JsonObject, fullUrl: string | undefined): void {
    const type = text(resource.resourceType);
    const known = this.#byType.get(type);
    if (known === undefined) this.#byType.set(type, [resource]);
    else known.push(resource);
    if (fullUrl !== undefined) this.#byReference.set(fullUrl, resource);
    this.#byReference.set(`${type}/${text(resource.id)}`, resource);
    for (const identifier of values(resource, 'identifier')) {
      const { system, value } = identifier as JsonObject;
      this.#byReference.set(`${type}?identifier=${text(system)}|${text(value)}`, resource);
    }
  }

  /** Every resource of a type, in the order in which they were given. */
  all(type: string): readonly JsonObject[] {
    return this.#byType.get(type) ?? [];
  }

  /** What a Reference leads to; undefined where it leads out of this chart. */
  resolve(reference: Json | undefined): JsonObject | undefined {
    if (!isJsonObject(reference)) return undefined;
    return this.#byReference.get(text(reference.reference));
  }

  /**
   * What a Reference means on both sides: the Synthea id of what it leads to, else the words that
   * stand beside it. Places have no ids in the tables, but names.
   */
  meaning(reference: Json | undefined): string {
    const found = this.resolve(reference);
    if (found?.resourceType === 'Location') return asTable(text(found.name));
    if (found !== undefined) return syntheaId(found);
    return isJsonObject(reference) ? asTable(text(reference.display)) : '';
  }
}

/** Synthea's own id of a resource: its identifier of that system, else its id. */
export function syntheaId(resource: JsonObject): string {
  const own = values(resource, 'identifier').find(
    (identifier) => (identifier as JsonObject).system === syntheaSystem,
  );
  return own === undefined ? text(resource.id) : text((own as JsonObject).value);
}

/** Everything at a dotted path; lists on the way are entered, what is absent gives nothing. */
export function values(node: Json | undefined, path: string): Json[] {
  let nodes = node === undefined ? [] : [node];
  for (const step of path.split('.')) {
    nodes = nodes.flatMap((one) => {
      const next = isJsonObject(one) ? one[step] : undefined;
      if (next === undefined) return [];
      return Array.isArray(next) ? next : [next];
    });
  }
  return nodes;
}

/** The texts at a path, numbers with their digits. */
export function texts(node: Json | undefined, path: string): string[] {
  return values(node, path).map(text);
}

/** `system|code` of every Coding at a path. */
export function codings(node: Json | undefined, path: string): string[] {
  return values(node, path).map((one) => {
    const { system, code } = one as JsonObject;
    return `${text(system)}|${text(code)}`;
  });
}

export function text(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return value instanceof JsonNumber ? value.text : JSON.stringify(value);
}
