import type { EvaluationContext } from '../../fhirpath/environment.ts';
import type { TerminologyLookup } from '../../terminology/lookup.ts';
import { BundleIndex } from './bundleIndex.ts';
import { Terminology } from './codes/terminology.ts';
import type { Definitions } from './definitions/store.ts';
import { ProfileChecks } from './profiles/profileChecks.ts';
import { resolveReference } from './references.ts';
import { resourceRules, type ResourceRule } from './resources/resourceRules.ts';
import type { Services } from './services.ts';
import { TypeChecks } from './typeChecks.ts';
import { isObject, type FhirJson } from './fhirJson.ts';
import { Walk, type ConformanceIssue, type Demands, type Holder } from './walk.ts';

/** What is asked of one resource beside what it says of itself. */
export interface Asked extends Partial<Demands> {
  /** Canonicals of profiles beside those of `meta.profile`. */
  profiles?: readonly string[];
}

/**
 * Judges FHIR R4 resources by the definitions that are loaded. Everything is compiled when it is
 * first met; a validator may judge any number of resources.
 */
export class Validator {
  readonly #services: Services;
  readonly #rules = new Map<string, readonly ResourceRule[]>();

  /** @param loaded code systems and value sets beside those of the definitions */
  constructor(definitions: Definitions, loaded?: TerminologyLookup) {
    const services = {
      definitions,
      terminology: new Terminology(definitions, loaded),
      innerResource: (value: unknown, walk: Walk, contained: boolean) =>
        this.#inner(value, walk, contained),
    } as Services & { types: TypeChecks; profiles: ProfileChecks };
    services.types = new TypeChecks(services);
    services.profiles = new ProfileChecks(services);
    this.#services = services;
  }

  /**
   * What is wrong with a resource, parsed (`JSON.parse`, or `parseJson`, which keeps the digits of
   * numbers). Issues name the FHIRPath of the place and the rule, and no value.
   */
  judge(resource: unknown, { profiles = [], draft = false }: Asked = {}): ConformanceIssue[] {
    const root = isObject(resource) ? resource : {};
    const { profiles: known } = this.#services;
    const conformsTo = (item: unknown, profile: string): boolean | undefined =>
      known.isLoaded(profile) ? known.conforms(profile, item, walk) : undefined;
    const holder = this.#holder(conformsTo, root, root, undefined, undefined, 0);
    const walk = new Walk(holder, { draft });
    this.#resource(resource, walk, profiles);
    return walk.issues.length < 2 ? walk.issues : distinct(walk.issues);
  }

  #holder(
    conformsTo: EvaluationContext['conformsTo'],
    resource: FhirJson,
    root: FhirJson,
    bundle: BundleIndex | undefined,
    fullUrl: string | undefined,
    depth: number,
  ): Holder {
    const holder: Holder = {
      resource,
      root,
      bundle,
      fullUrl,
      depth,
      ids: new Set(),
      context: {
        resource,
        rootResource: root,
        resolve: (reference: string) => resolveReference(reference, holder),
        memberOf: (coded: unknown, valueSet: string) => this.#memberOf(coded, valueSet),
        ...(conformsTo !== undefined && { conformsTo }),
      },
    };
    return holder;
  }

  #inner(value: unknown, walk: Walk, contained: boolean): void {
    const { holder } = walk;
    const resource = isObject(value) ? value : {};
    const entry = walk.parentValue();
    const url = isObject(entry) ? entry['fullUrl'] : undefined;
    const inBundle = holder.resource['resourceType'] === 'Bundle' && !contained;
    const bundle = inBundle ? new BundleIndex(holder.resource) : holder.bundle;
    const fullUrl = inBundle && typeof url === 'string' ? url : holder.fullUrl;
    const root = contained ? holder.root : resource;
    const inner = this.#holder(
      holder.context.conformsTo?.bind(holder.context),
      resource,
      root,
      bundle,
      fullUrl,
      walk.depth,
    );
    walk.inside(inner, () => this.#resource(value, walk, []));
  }

  #resource(value: unknown, walk: Walk, profiles: readonly string[]): void {
    const type = isObject(value) ? value['resourceType'] : undefined;
    const structure = typeof type === 'string' ? this.#services.definitions.type(type) : undefined;
    const check =
      structure?.kind === 'resource' ? this.#services.types.object(structure.type) : undefined;
    if (!isObject(value) || check === undefined || structure?.abstract !== false) {
      return walk.error('resource-unknown');
    }
    const outermost = walk.depth === 0;
    if (outermost) walk.enter(structure.type, -1, check.identity, value);
    const all = this.#profilesOf(value, walk, profiles);
    if (check.run(value, walk)) {
      for (const rule of this.#rulesOf(structure.type)) rule(value, walk);
      for (const profile of all) this.#services.profiles.run(profile, value, walk);
    }
    if (outermost) walk.leave();
  }

  #rulesOf(type: string): readonly ResourceRule[] {
    let rules = this.#rules.get(type);
    if (rules === undefined) {
      rules = resourceRules(type, this.#services);
      this.#rules.set(type, rules);
    }
    return rules;
  }

  #profilesOf(value: FhirJson, walk: Walk, asked: readonly string[]): ReadonlySet<string> {
    const { meta } = value;
    const claimed = isObject(meta) && Array.isArray(meta['profile']) ? meta['profile'] : [];
    const all = new Set([...asked, ...claimed.filter((each) => typeof each === 'string')]);
    for (const profile of all) {
      const isVersioned = profile.includes('|') && !this.#services.profiles.isLoaded(profile);
      if (isVersioned) walk.claimsOtherVersion(profile);
    }
    return all;
  }

  #memberOf(coded: unknown, valueSet: string): boolean | undefined {
    const { terminology } = this.#services;
    const list = isObject(coded) && Array.isArray(coded['coding']) ? coded['coding'] : [coded];
    let answer: boolean | undefined = false;
    for (const each of list) {
      const { system, code } = isObject(each) ? each : { system: undefined, code: each };
      if (typeof code !== 'string') continue;
      const own = typeof system === 'string' ? system : undefined;
      const found = terminology.inValueSet(valueSet, own, code);
      if (found === 'in') return true;
      if (typeof found === 'object') answer = undefined;
    }
    return answer;
  }
}

/** Slices repeat what is said of all items of an element. */
function distinct(issues: readonly ConformanceIssue[]): ConformanceIssue[] {
  const seen = new Set<string>();
  return issues.filter(({ code, path, about = '', severity }) => {
    const key = severity === 'information' ? `${code} ${about}` : `${code} ${path}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
