import { Kept } from '../kept.ts';
import { compactDefinition } from './compact.ts';
import type {
  CodeSystem,
  Definition,
  SearchParameter,
  StructureDefinition,
  ValueSet,
} from './elements.ts';

/**
 * Conformance resources by canonical url (R4 §2.24.0.3, canonical): later ones of a url stand beside
 * earlier ones by their version, and a store looks below itself for what it does not have.
 */
export class Definitions {
  readonly #below: Definitions | undefined;
  #systems: ReadonlySet<string> | undefined;
  /** What was found, or is not there, by canonical and by type. */
  readonly #structures = new Kept<StructureDefinition | null>();
  readonly #types = new Kept<StructureDefinition | null>();
  readonly #byUrl = new Map<string, (Definition | string)[]>();

  constructor(below?: Definitions) {
    this.#below = below;
  }

  /** Take a resource of a package; false for one that is no definition. */
  add(resource: unknown): boolean {
    const definition = compactDefinition(resource);
    if (definition === undefined) return false;
    this.#put(`${definition.resourceType} ${definition.url}`, definition);
    return true;
  }

  /** Take definitions that are compact already, one a line; each is parsed when it is asked for. */
  addLines(lines: string): void {
    for (const line of lines.split('\n')) {
      const [, type, url] = lineStart.exec(line) ?? [];
      if (type !== undefined) this.#put(`${type} ${url}`, line);
    }
  }

  structure(canonical: string): StructureDefinition | undefined {
    const known = this.#structures.get(canonical);
    if (known !== undefined) return known ?? undefined;
    const found = this.#find('StructureDefinition', canonical) as StructureDefinition | undefined;
    this.#structures.keep(canonical, found ?? null);
    return found;
  }

  codeSystem(canonical: string): CodeSystem | undefined {
    return this.#find('CodeSystem', canonical) as CodeSystem | undefined;
  }

  valueSet(canonical: string): ValueSet | undefined {
    return this.#find('ValueSet', canonical) as ValueSet | undefined;
  }

  searchParameter(canonical: string): SearchParameter | undefined {
    return this.#find('SearchParameter', canonical) as SearchParameter | undefined;
  }

  /** The definition of a type of R4. */
  type(name: string): StructureDefinition | undefined {
    const known = this.#types.get(name);
    if (known !== undefined) return known ?? undefined;
    const found = this.structure(`http://hl7.org/fhir/StructureDefinition/${name}`);
    this.#types.keep(name, found ?? null);
    return found;
  }

  /** Supplements of a code system add to it and are not found in its place. */
  #find(resourceType: string, canonical: string): Definition | undefined {
    const [url = '', version] = canonical.split('|', 2);
    const all = this.#byUrl.get(`${resourceType} ${url}`) ?? [];
    for (let at = all.length - 1; at >= 0; at--) {
      const found = all[at] as Definition | string;
      const definition = typeof found === 'string' ? (JSON.parse(found) as Definition) : found;
      all[at] = definition;
      if (fitsVersion(definition.version, version)) return definition;
    }
    const below = this.#below;
    return below === undefined ? undefined : below.#find(resourceType, canonical);
  }

  /** Whether a value set or code system here is of that system, or includes from it. */
  namesSystem(system: string): boolean {
    this.#systems ??= this.#collectSystems();
    return this.#systems.has(system) || this.#below?.namesSystem(system) === true;
  }

  #collectSystems(): Set<string> {
    const systems = new Set<string>();
    for (const [key, all] of this.#byUrl) {
      if (key.startsWith('CodeSystem ')) systems.add(key.slice('CodeSystem '.length));
      if (!key.startsWith('ValueSet ')) continue;
      for (const each of all) {
        const text = typeof each === 'string' ? each : JSON.stringify(each);
        for (const [, system] of text.matchAll(/"system":"([^"]+)"/g))
          systems.add(system as string);
      }
    }
    return systems;
  }

  #put(key: string, definition: Definition | string): void {
    this.#systems = undefined;
    this.#structures.clear();
    this.#types.clear();
    const all = this.#byUrl.get(key);
    if (all === undefined) this.#byUrl.set(key, [definition]);
    else all.push(definition);
  }
}

const lineStart = /^\{"resourceType":"(\w+)","url":"([^"]+)"/;

/** `6.1` asks for any `6.1.x`; a definition without a version answers to all of them. */
function fitsVersion(own: string | undefined, wanted: string | undefined): boolean {
  if (wanted === undefined || own === undefined) return true;
  return own === wanted || own.startsWith(`${wanted}.`);
}
