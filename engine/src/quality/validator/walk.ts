import type { EvaluationContext } from '../../fhirpath/environment.ts';
import type { Issue } from '../../model/issue.ts';
import type { BundleIndex } from './bundleIndex.ts';
import type { FhirJson } from './fhirJson.ts';

/** What is asked of one judgement. */
export interface Demands {
  /** A draft: logical references, and places that are filled in when it is written. */
  draft: boolean;
}

/** An issue of the validator; `about` is the canonical of what the rule stands in, or is missing. */
export interface ConformanceIssue extends Issue {
  about?: string;
}

/** What an element is in the definitions, by which extensions name the places they fit. */
export interface ElementIdentity {
  /** Its path: `Patient.contact`. */
  path: string;
  /** Its type, and the types that this one derives from: `Patient`, `DomainResource`, `Resource`. */
  types: readonly string[];
}

/** A resource that is being judged, and what it stands in. */
export interface Holder {
  readonly resource: FhirJson;
  /** The resource that contains this one; itself where none does. */
  readonly root: FhirJson;
  /** The innermost bundle around it. */
  readonly bundle: BundleIndex | undefined;
  /** `fullUrl` of the entry that it stands in. */
  readonly fullUrl: string | undefined;
  /** Depth of its root in the walk. */
  readonly depth: number;
  /** Ids of elements in it that were met. */
  readonly ids: Set<unknown>;
  /** For the expressions of its invariants. */
  readonly context: EvaluationContext;
}

/** How deep elements may stand in elements; FHIR needs far less (R4 has no number). */
export const deepestElement = 150;

/**
 * The state of one walk over one resource. The place is kept as a stack of names and indices and
 * becomes a text only when an issue is told.
 */
export class Walk {
  issues: ConformanceIssue[] = [];
  readonly demands: Demands;
  readonly #names: string[] = [];
  readonly #indices: number[] = [];
  readonly #identities: ElementIdentity[] = [];
  readonly #values: unknown[] = [];
  #depth = 0;
  #missing: Set<string> | undefined;
  #otherVersions: Set<string> | undefined;
  holder: Holder;
  /** What is known, or is being asked further up, of values and profiles: circles end here. */
  readonly #conformance = new Map<unknown, Map<object, boolean>>();
  readonly #judged = new Map<unknown, object[]>();

  constructor(holder: Holder, demands: Demands) {
    this.holder = holder;
    this.demands = demands;
  }

  get depth(): number {
    return this.#depth;
  }

  /** Go into an element; `index` is -1 where it does not repeat. */
  enter(name: string, index: number, identity?: ElementIdentity, value?: unknown): void {
    this.#names[this.#depth] = name;
    this.#indices[this.#depth] = index;
    this.#identities[this.#depth] = identity ?? unknownElement;
    this.#values[this.#depth] = value;
    this.#depth++;
  }

  leave(): void {
    this.#depth--;
  }

  /** Name of the element here. */
  get name(): string {
    return this.#names[this.#depth - 1] ?? '';
  }

  /** The value that holds the one here. */
  parentValue(): unknown {
    return this.#values[this.#depth - 2];
  }

  /** What the element is that holds the one here. */
  parent(): ElementIdentity {
    return this.#identities[this.#depth - 2] ?? unknownElement;
  }

  error(code: string, name?: string, about?: string): void {
    this.tell('error', code, name, about);
  }

  warn(code: string, name?: string, about?: string): void {
    this.tell('warning', code, name, about);
  }

  /** What could not be judged because something is not loaded: said, once for a resource. */
  notLoaded(kind: 'code-system' | 'value-set' | 'profile' | 'extension', about: string): void {
    this.#once(`${kind}-not-loaded`, about);
  }

  /** A code system that no definition speaks of, so that its codes stand unjudged. */
  unknownSystem(about: string): void {
    this.#once('code-system-unknown', about);
  }

  #once(code: string, about: string): void {
    this.#missing ??= new Set();
    if (this.#missing.has(about)) return;
    this.#missing.add(about);
    this.tell('information', code, undefined, about);
  }

  /**
   * The resource claims a profile in a version that is not loaded: definitions of the same guide
   * that are loaded are of another version, and a code that they do not have may be newer.
   */
  claimsOtherVersion(profile: string): void {
    const guide = /^(.*)\/StructureDefinition\//.exec(profile)?.[1];
    if (guide !== undefined) (this.#otherVersions ??= new Set()).add(`${guide}/`);
  }

  isOfOtherVersion(canonical: string): boolean {
    if (this.#otherVersions === undefined) return false;
    return [...this.#otherVersions].some((guide) => canonical.startsWith(guide));
  }

  /** An issue at this place, or at an element of it that may be absent. */
  tell(severity: Issue['severity'], code: string, name?: string, about?: string): void {
    const path = this.path(name);
    this.issues.push({ severity, code, path, ...(about !== undefined && { about }) });
  }

  /** The FHIRPath of this place, from the type of the outermost resource. */
  path(name?: string): string {
    let path = '';
    for (let at = 0; at < this.#depth; at++) {
      path += `${at === 0 ? '' : '.'}${this.#names[at] ?? ''}`;
      const index = this.#indices[at] as number;
      if (index >= 0) path += `[${index}]`;
    }
    return name === undefined ? path : `${path}.${name}`;
  }

  /** Definition path of this place, from the root of the resource that holds it: no indices. */
  definitionPath(): string {
    return this.#names.slice(this.holder.depth, this.#depth).join('.');
  }

  /** Try something whose issues are not told: the caller decides what they mean. */
  attempt(run: () => void): ConformanceIssue[] {
    const [issues, missing] = [this.issues, this.#missing];
    const tried: ConformanceIssue[] = [];
    [this.issues, this.#missing] = [tried, undefined];
    run();
    [this.issues, this.#missing] = [issues, missing];
    return tried;
  }

  /**
   * Whether a value conforms to a profile, found out once. Asked again before it is known, by a
   * circle of references or profiles, the answer is yes.
   */
  conforms(value: unknown, profile: object, find: () => boolean): boolean {
    let known = this.#conformance.get(value);
    if (known === undefined) {
      known = new Map();
      this.#conformance.set(value, known);
    }
    const before = known.get(profile);
    if (before !== undefined) return before;
    known.set(profile, true);
    const found = find();
    known.set(profile, found);
    return found;
  }

  /** Whether a value is judged by a profile for the first time; circles end here too. */
  judgesFirst(value: unknown, profile: object): boolean {
    const judged = this.#judged.get(value);
    if (judged === undefined) this.#judged.set(value, [profile]);
    else if (judged.includes(profile)) return false;
    else judged.push(profile);
    return true;
  }

  /** Walk another resource; the place goes on from here. */
  inside(holder: Holder, run: () => void): void {
    const outer = this.holder;
    this.holder = holder;
    run();
    this.holder = outer;
  }
}

const unknownElement: ElementIdentity = { path: '', types: [] };
