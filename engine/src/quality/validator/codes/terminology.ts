import type { ExpandedConcept, ValueSet, ValueSetInclude } from '../definitions/elements.ts';
import type { Definitions } from '../definitions/store.ts';
import type { TerminologyLookup } from '../../../terminology/lookup.ts';
import type { ValueSetPart } from '../../../terminology/valueSet.ts';
import { Kept } from '../kept.ts';
import { Concepts } from './concepts.ts';
import { hasForm } from './forms.ts';
import { grammarOf } from './grammars.ts';

/** Where a code stands; `missing` names what would have to be loaded to tell. */
export type Membership = 'in' | 'out' | { missing: string };

type Judge = (system: string | undefined, code: string) => Membership;

/** What a url names that codes are said to be of. */
export type SystemKind =
  | 'code-system'
  | 'value-set'
  /** Definitions take codes from it, or say that it is there, and have not its codes. */
  | 'named'
  /** No definition speaks of it: a local one, of which nothing could be loaded. */
  | 'unknown';

interface System {
  /** Its codes, where the definitions have all of them. */
  concepts: Concepts | undefined;
  has: (code: string) => Membership;
  kind: SystemKind;
}

/**
 * Code systems and value sets as far as they are loaded: those of the definitions, and where these have
 * not all codes of a system, or not the value set, those that a site has loaded. Answers are kept.
 */
export class Terminology {
  readonly #definitions: Definitions;
  readonly #loaded: TerminologyLookup | undefined;
  readonly #systems = new Kept<System>();
  /** Value sets that are being asked on behalf of others. */
  readonly #asking = new Set<string>();
  readonly #sets = new Kept<Judge>();

  constructor(definitions: Definitions, loaded?: TerminologyLookup) {
    this.#definitions = definitions;
    this.#loaded = loaded;
  }

  /** Whether a code is one of its system. */
  inSystem(system: string, code: string): Membership {
    return this.#system(system).has(code);
  }

  kindOf(system: string): SystemKind {
    return this.#system(system).kind;
  }

  /** A code that its system has, and that must not be used any more. */
  isInactive(system: string, code: string): boolean {
    return (
      this.concepts(system) === undefined &&
      this.#loaded?.validate(system, code).kind === 'inactive'
    );
  }

  /** The words of a code by its system; undefined where that is not loaded. */
  display(system: string, code: string): string | undefined {
    const concepts = this.concepts(system);
    if (concepts !== undefined) return concepts.display(code);
    const answer = this.#loaded?.validate(system, code);
    const isKnown = answer?.kind === 'active' || answer?.kind === 'inactive';
    return isKnown && answer.concept.display !== '' ? answer.concept.display : undefined;
  }

  /** Whether a code is in a value set (a canonical); without a system, in one of its systems. */
  inValueSet(canonical: string, system: string | undefined, code: string): Membership {
    return this.#setOf(canonical)(system, code);
  }

  /** The concepts of a system that is loaded whole. */
  concepts(canonical: string): Concepts | undefined {
    return this.#system(canonical).concepts;
  }

  #system(canonical: string): System {
    const known = this.#systems.get(canonical);
    if (known !== undefined) return known;
    const definition = this.#definitions.codeSystem(canonical);
    const concepts = definition?.content === 'complete' ? new Concepts(definition) : undefined;
    const has = this.#codesOf(canonical, concepts);
    const kind = this.#kindOf(canonical, definition !== undefined);
    return this.#systems.keep(canonical, { concepts, has, kind });
  }

  #codesOf(system: string, concepts: Concepts | undefined): System['has'] {
    const grammar = grammarOf(system);
    if (grammar !== undefined) return (code) => (grammar(code) ? 'in' : 'out');
    if (concepts !== undefined) return (code) => (concepts.has(code) ? 'in' : 'out');
    const missing: Membership = { missing: system };
    const formed = (code: string): Membership => (hasForm(system, code) ? missing : 'out');
    const loaded = this.#loaded;
    if (loaded === undefined) return formed;
    return (code) => {
      const { kind } = loaded.validate(system, code);
      if (kind === 'not-loaded') return formed(code);
      return kind === 'unknown' ? 'out' : 'in';
    };
  }

  #kindOf(canonical: string, hasSystem: boolean): SystemKind {
    if (hasSystem) return 'code-system';
    if (this.#definitions.valueSet(canonical) !== undefined) return 'value-set';
    return this.#definitions.namesSystem(canonical) ? 'named' : 'unknown';
  }

  #setOf(canonical: string): Judge {
    const known = this.#sets.get(canonical);
    if (known !== undefined) return known;
    const valueSet = this.#definitions.valueSet(canonical);
    if (valueSet !== undefined) return this.#sets.keep(canonical, this.#compile(valueSet));
    const grammar = grammarOf(canonical);
    const judge: Judge | undefined = grammar && ((_, code) => (grammar(code) ? 'in' : 'out'));
    return this.#sets.keep(canonical, judge ?? this.#ofSite(canonical));
  }

  /** A value set that only the site has: it may take from systems and sets of the definitions. */
  #ofSite(canonical: string): Judge {
    const rules = this.#loaded?.valueSet(canonical);
    if (rules === undefined) return () => ({ missing: canonical });
    const include = rules.include.map(includeOf);
    const exclude = rules.exclude.map(includeOf);
    return this.#compile({
      resourceType: 'ValueSet',
      url: canonical,
      compose: { include, exclude },
    });
  }

  /** A value set that includes itself, by whatever way, adds nothing to itself. */
  #inner(canonical: string, system: string | undefined, code: string): Membership {
    if (this.#asking.has(canonical)) return 'out';
    this.#asking.add(canonical);
    const found = this.#setOf(canonical)(system, code);
    this.#asking.delete(canonical);
    return found;
  }

  #compile({ url, compose, expansion }: ValueSet): Judge {
    if (compose?.include === undefined) {
      return expansion === undefined ? () => ({ missing: url }) : expanded(expansion);
    }
    const included = anyOf(compose.include.map((each) => this.#include(each)));
    const excluded = anyOf((compose.exclude ?? []).map((each) => this.#include(each)));
    const composed: Judge = (system, code) => {
      const found = included(system, code);
      if (found === 'out') return found;
      const out = excluded(system, code);
      if (out === 'in') return 'out';
      return out === 'out' ? found : out;
    };
    if (expansion === undefined) return composed;
    const listed = expanded(expansion);
    return (system, code) => {
      const found = composed(system, code);
      return typeof found === 'object' ? listed(system, code) : found;
    };
  }

  /** All parts of an include must hold: its system, with its codes or filters, and its value sets. */
  #include(include: ValueSetInclude): Judge {
    const parts = (include.valueSet ?? []).map(
      (canonical): Judge =>
        (system, code) =>
          this.#inner(canonical, system, code),
    );
    if (include.system !== undefined) parts.push(this.#ofSystem(include.system, include));
    return (system, code) => {
      let answer: Membership = parts.length === 0 ? 'out' : 'in';
      for (const part of parts) {
        const found = part(system, code);
        if (found === 'out') return found;
        if (answer === 'in') answer = found;
      }
      return answer;
    };
  }

  #ofSystem(own: string, { concept, filter = [], version }: ValueSetInclude): Judge {
    const isOther = (system: string | undefined): boolean => system !== undefined && system !== own;
    if (concept !== undefined) {
      const codes = new Set(concept.map(({ code }) => code));
      return (system, code) => (!isOther(system) && codes.has(code) ? 'in' : 'out');
    }
    if (filter.length === 0) {
      return (system, code) => (isOther(system) ? 'out' : this.inSystem(own, code));
    }
    return (system, code) => {
      if (isOther(system)) return 'out';
      const concepts = this.concepts(own) ?? this.concepts(`${own}|${version ?? ''}`);
      if (concepts === undefined) return this.#passesOfSite(own, code, filter);
      const passed = filter.map((each) => concepts.passes(code, each));
      if (passed.includes(false)) return 'out';
      return passed.includes(undefined) ? { missing: own } : 'in';
    };
  }

  /** Filters by what a site has loaded: kinds of a concept; others cannot be told. */
  #passesOfSite(system: string, code: string, filters: readonly Filter[]): Membership {
    const loaded = this.#loaded;
    if (loaded?.has(system) !== true) return { missing: system };
    return loaded.passes(system, code, filters);
  }
}

type Filter = NonNullable<ValueSetInclude['filter']>[number];

function includeOf({ system, codes, filters, sets }: ValueSetPart): ValueSetInclude {
  const concept = codes && [...codes.keys()].map((code) => ({ code }));
  return {
    ...(system !== undefined && { system }),
    ...(concept !== undefined && { concept }),
    filter: [...filters],
    valueSet: [...sets],
  };
}

function anyOf(judges: readonly Judge[]): Judge {
  const [only] = judges;
  if (judges.length === 1 && only !== undefined) return only;
  return (system, code) => {
    let answer: Membership = 'out';
    for (const judge of judges) {
      const found = judge(system, code);
      if (found === 'in') return found;
      if (answer === 'out') answer = found;
    }
    return answer;
  };
}

function expanded(expansion: readonly ExpandedConcept[]): Judge {
  const codes = new Set<string>();
  const collect = (list: readonly ExpandedConcept[]): void => {
    for (const { system = '', code, abstract, contains } of list) {
      if (code !== undefined && abstract !== true) codes.add(`${system} ${code}`).add(` ${code}`);
      if (contains !== undefined) collect(contains);
    }
  };
  collect(expansion);
  return (system = '', code) => (codes.has(`${system} ${code}`) ? 'in' : 'out');
}
