import { invariantChecks } from '../invariants.ts';
import { Kept } from '../kept.ts';
import type { Profiles, Services } from '../services.ts';
import { isObject, type FhirJson } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';
import { contentCheck } from './contentCheck.ts';
import { profileTree, type ProfileNode } from './tree.ts';

/** Judges what a profile asks beyond the type it constrains. */
interface CompiledProfile {
  type: string;
  isResource: boolean;
  root: ProfileNode | undefined;
  check: (value: FhirJson, walk: Walk) => void;
}

/** Profiles by canonical, compiled when they are first asked for. */
export class ProfileChecks implements Profiles {
  readonly #services: Services;
  readonly #compiled = new Kept<CompiledProfile | string>();

  constructor(services: Services) {
    this.#services = services;
  }

  run(canonical: string, value: unknown, walk: Walk): void {
    const profile = this.#profile(canonical);
    if (typeof profile === 'string') return walk.notLoaded('profile', profile);
    if (!isObject(value)) return;
    if (profile.isResource && !this.#isOfType(value, profile.type)) {
      return walk.error('profile-type', undefined, canonical);
    }
    if (walk.judgesFirst(value, profile)) profile.check(value, walk);
  }

  anyOf(canonicals: readonly string[], value: unknown, walk: Walk, code?: string): void {
    const [only] = canonicals;
    if (canonicals.length === 1 && only !== undefined && code === undefined) {
      return this.run(only, value, walk);
    }
    const missing: string[] = [];
    for (const canonical of canonicals) {
      const profile = this.#profile(canonical);
      if (typeof profile === 'string') missing.push(profile);
      else if (this.conforms(canonical, value, walk)) return;
    }
    const [first] = missing;
    if (first !== undefined) return walk.notLoaded('profile', first);
    walk.error(code ?? 'profile-none', undefined, canonicals.join(' '));
  }

  conforms(canonical: string, value: unknown, walk: Walk): boolean {
    const profile = this.#profile(canonical);
    if (typeof profile === 'string' || !isObject(value)) return false;
    return walk.conforms(value, profile, () => {
      if (profile.isResource && !this.#isOfType(value, profile.type)) return false;
      const issues = walk.attempt(() => profile.check(value, walk));
      return !issues.some(({ severity }) => severity === 'error');
    });
  }

  isLoaded(canonical: string): boolean {
    return typeof this.#profile(canonical) !== 'string';
  }

  root(canonical: string): ProfileNode | undefined {
    const profile = this.#profile(canonical);
    return typeof profile === 'string' ? undefined : profile.root;
  }

  #isOfType(value: FhirJson, type: string): boolean {
    const own = value['resourceType'];
    return typeof own === 'string' && this.#services.types.ancestors(own).includes(type);
  }

  /** The profile, or the canonical of what it lacks. */
  #profile(canonical: string): CompiledProfile | string {
    return (
      this.#compiled.get(canonical) ?? this.#compiled.keep(canonical, this.#compile(canonical))
    );
  }

  #compile(canonical: string): CompiledProfile | string {
    const { definitions, types } = this.#services;
    const structure = definitions.structure(canonical);
    if (structure === undefined) return canonical;
    const { type, kind, derivation } = structure;
    const object = types.object(type);
    if (object === undefined) return canonical;
    const isResource = kind === 'resource';
    if (derivation !== 'constraint') {
      return { type, isResource, root: undefined, check: () => {} };
    }
    let lacks: string | undefined;
    const root = profileTree(structure, definitions, (url) => (lacks ??= url));
    if (root === undefined) return lacks ?? canonical;
    let check: CompiledProfile['check'] | undefined;
    return {
      type,
      isResource,
      root,
      // Compiled when first run: profiles may ask for each other in circles.
      check: (value, walk) => {
        check ??= this.#rootCheck(root, canonical, type);
        check(value, walk);
      },
    };
  }

  #rootCheck(root: ProfileNode, canonical: string, type: string): CompiledProfile['check'] {
    const object = this.#services.types.object(type);
    if (object === undefined) return () => {};
    const content = contentCheck(root, object, {
      services: this.#services,
      canonical,
      content: contentCheck,
    });
    const { constraint = [] } = root.definition;
    const invariants = invariantChecks(constraint, type, object.constraintKeys, canonical);
    return (value, walk) => {
      content?.(value, walk);
      for (const invariant of invariants) invariant(value, walk);
    };
  }
}
