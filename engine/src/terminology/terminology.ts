import { ConceptTable, type Concept } from './concepts.ts';
import type { CodeAnswer, MemberAnswer, TerminologyLookup } from './lookup.ts';
import type { MapTarget, Translation, TranslationMap } from './translation.ts';
import {
  isMember,
  membersOf,
  passesFilters,
  type ValueSetFilter,
  type ValueSetRules,
} from './valueSet.ts';

/** Code systems, value sets and maps that a site has loaded. */
export class Terminology implements TerminologyLookup {
  readonly #systems = new Map<string, ConceptTable>();
  readonly #sets = new Map<string, ValueSetRules>();
  readonly #maps: TranslationMap[] = [];

  addSystem(table: ConceptTable): void {
    this.#systems.set(table.system, table);
  }

  addValueSet(rules: ValueSetRules): void {
    this.#sets.set(rules.url, rules);
  }

  addMap(map: TranslationMap): void {
    this.#maps.push(map);
  }

  has(system: string): boolean {
    return this.#systems.has(system);
  }

  system(system: string): ConceptTable | undefined {
    return this.#systems.get(system);
  }

  valueSet(url: string): ValueSetRules | undefined {
    return this.#sets.get(url) ?? this.#sets.get(url.replace(/\|.*$/, '')) ?? this.#implicit(url);
  }

  get systems(): readonly ConceptTable[] {
    return [...this.#systems.values()];
  }

  validate(system: string | undefined, code: string): CodeAnswer {
    if (system !== undefined) {
      const table = this.#systems.get(system);
      if (table === undefined) return { kind: 'not-loaded', system };
      return answerOf(table, table.find(code));
    }
    const found = this.systems.filter((table) => table.find(code) !== undefined);
    const [only] = found;
    if (only === undefined) return { kind: 'unknown' };
    if (found.length > 1) return { kind: 'ambiguous', systems: found.map((table) => table.system) };
    return answerOf(only, only.find(code));
  }

  /** Whether a code is in a value set; without a system, by any that the set takes from. */
  validateIn(valueSet: string, system: string | undefined, code: string): MemberAnswer {
    const rules = this.valueSet(valueSet);
    if (rules === undefined) return { kind: 'set-not-loaded', missing: valueSet };
    const systems = system === undefined ? this.#systemsOf(rules) : [system];
    const found: string[] = [];
    for (const each of systems) {
      const inside = isMember(this, rules, each, code);
      if (typeof inside !== 'boolean') return { kind: 'set-not-loaded', missing: inside.missing };
      if (inside) found.push(each);
    }
    const [only] = found;
    if (only === undefined) {
      const answer = this.validate(system, code);
      return answer.kind === 'unknown' ? answer : { kind: 'not-in-set' };
    }
    if (found.length > 1) return { kind: 'ambiguous', systems: found };
    const answer = this.validate(only, code);
    if (answer.kind !== 'not-loaded') return answer;
    const concept = { code, display: '', inactive: false, replacedBy: [] };
    return { kind: 'active', system: only, concept };
  }

  passes(
    system: string,
    code: string,
    filters: readonly ValueSetFilter[],
  ): 'in' | 'out' | { missing: string } {
    const table = this.#systems.get(system);
    if (table === undefined) return { missing: system };
    const passed = passesFilters(table, code, filters);
    return typeof passed === 'boolean' ? (passed ? 'in' : 'out') : passed;
  }

  /** Members of a value set; `undefined` where it, or a system that it takes from, is not loaded. */
  members(valueSet: string): Iterable<Concept & { system: string }> | undefined {
    const rules = this.valueSet(valueSet);
    const found = rules === undefined ? undefined : membersOf(this, rules);
    return found === undefined || 'missing' in found ? undefined : found.members;
  }

  /** What maps make of a code. @param target only maps into that system */
  translate(
    system: string,
    code: string,
    { url, target }: { url?: string; target?: string } = {},
  ): Translation {
    const maps = this.#maps.filter(
      (map) =>
        map.source === system &&
        (url === undefined || map.url === url) &&
        (target === undefined || map.target === target),
    );
    if (maps.length === 0) return { kind: 'no-map' };
    const targets: MapTarget[] = [];
    let isKnown = false;
    for (const map of maps) {
      const found = map.find(code);
      if (found === undefined) continue;
      isKnown = true;
      targets.push(...found);
    }
    if (!isKnown) return { kind: 'unknown' };
    const matches = targets.filter(({ equivalence }) => equivalence !== 'unmatched');
    if (matches.length === 0) return { kind: 'unmatched', targets };
    const choices = new Set(
      matches.map(({ scenario, choice, code: each }) =>
        scenario === undefined ? each : `${scenario}.${choice}.${each}`,
      ),
    );
    const together =
      matches.every(({ combination }) => combination === true) && sameChoices(matches);
    return { kind: choices.size > 1 && !together ? 'ambiguous' : 'matched', targets: matches };
  }

  /**
   * The value set of all codes of a system is named by some systems' own rules, or by the system; that of
   * all kinds of a concept by SNOMED CT's (R4 §4.3.1.6).
   */
  #implicit(url: string): ValueSetRules | undefined {
    const [, ofSystem, kind] = /^(.*)\?fhir_vs(?:=isa\/(\d+))?$/.exec(url) ?? [];
    const system = ofSystem ?? url.replace(/^http:\/\/loinc\.org\/vs$/, 'http://loinc.org');
    if (!this.#systems.has(system)) return undefined;
    const filters = kind === undefined ? [] : [{ property: 'concept', op: 'is-a', value: kind }];
    return { url, include: [{ system, codes: undefined, filters, sets: [] }], exclude: [] };
  }

  #systemsOf(rules: ValueSetRules, seen = new Set<string>()): string[] {
    if (seen.has(rules.url)) return [];
    seen.add(rules.url);
    const found = rules.include.flatMap(({ system, sets }) => [
      ...(system === undefined ? [] : [system]),
      ...sets.flatMap((url) => {
        const inner = this.valueSet(url);
        return inner === undefined ? [] : this.#systemsOf(inner, seen);
      }),
    ]);
    return [...new Set(found)];
  }
}

function answerOf({ system }: ConceptTable, concept: Concept | undefined): CodeAnswer {
  if (concept === undefined) return { kind: 'unknown' };
  return { kind: concept.inactive ? 'inactive' : 'active', system, concept };
}

/** A combination with one code for each of its parts is one answer. */
function sameChoices(targets: readonly MapTarget[]): boolean {
  const parts = new Set(targets.map(({ scenario, choice }) => `${scenario}.${choice}`));
  const scenarios = new Set(targets.map(({ scenario }) => scenario));
  return scenarios.size === 1 && parts.size === targets.length;
}
