import { ConceptTable, type Concept } from './concepts.ts';
import type { CodeAnswer, MemberAnswer, TerminologyLookup } from './lookup.ts';
import type { MapTarget, Translation, TranslationMap } from './translation.ts';
import {
  isMember,
  membersOf,
  passesFilters,
  type Loaded,
  type Members,
  type ValueSetFilter,
  type ValueSetRules,
} from './valueSet.ts';

/** What terminology falls back on: other terminology, or the definitions of FHIR itself. */
export interface TerminologyBase extends Loaded {
  /** Systems in which a code without one is looked for. */
  readonly systems: readonly ConceptTable[];
  readonly maps: readonly TranslationMap[];
}

/** Code systems, value sets and maps that a site has loaded; canonicals may name a version. */
export class Terminology implements TerminologyLookup, TerminologyBase {
  readonly #base: TerminologyBase | undefined;
  /** By url, and by `url|version`. */
  readonly #systems = new Map<string, ConceptTable>();
  readonly #sets = new Map<string, ValueSetRules>();
  readonly #maps: TranslationMap[] = [];

  constructor(base?: TerminologyBase) {
    this.#base = base;
  }

  addSystem(table: ConceptTable): void {
    this.#systems.set(table.system, table);
    if (table.version !== undefined) this.#systems.set(`${table.system}|${table.version}`, table);
  }

  addValueSet(rules: ValueSetRules): void {
    this.#sets.set(rules.url, rules);
    if (rules.version !== undefined) this.#sets.set(`${rules.url}|${rules.version}`, rules);
  }

  addMap(map: TranslationMap): void {
    this.#maps.push(map);
  }

  has(system: string): boolean {
    return this.system(system) !== undefined;
  }

  /** The table of a system that was added here, and not one of what lies below. */
  own(system: string): ConceptTable | undefined {
    return this.#systems.get(system);
  }

  /** One of another version than is asked for is not loaded; one without a version is any. */
  system(system: string): ConceptTable | undefined {
    return versioned(this.#systems, system) ?? this.#base?.system(system);
  }

  valueSet(url: string): ValueSetRules | undefined {
    return versioned(this.#sets, url) ?? this.#base?.valueSet(url) ?? this.#implicit(url);
  }

  form(system: string): ((code: string) => boolean) | undefined {
    return this.#base?.form?.(system);
  }

  get systems(): readonly ConceptTable[] {
    const own = [...this.#systems].filter(([key]) => !key.includes('|')).map(([, table]) => table);
    return [
      ...own,
      ...(this.#base?.systems ?? []).filter(({ system }) => !this.#systems.has(system)),
    ];
  }

  get maps(): readonly TranslationMap[] {
    return [...this.#maps, ...(this.#base?.maps ?? [])];
  }

  validate(system: string | undefined, code: string): CodeAnswer {
    if (system !== undefined) {
      const table = this.system(system);
      if (table !== undefined) return answerOf(table, table.find(code));
      const form = this.form(system);
      if (form === undefined) return { kind: 'not-loaded', system };
      if (!form(code)) return { kind: 'unknown' };
      return { kind: 'active', system, concept: { ...unnamed, code } };
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
    return { kind: 'active', system: only, concept: { ...unnamed, code } };
  }

  passes(
    system: string,
    code: string,
    filters: readonly ValueSetFilter[],
  ): 'in' | 'out' | { missing: string } {
    const table = this.system(system);
    if (table === undefined) return { missing: system };
    const passed = passesFilters(table, code, filters);
    return typeof passed === 'boolean' ? (passed ? 'in' : 'out') : passed;
  }

  /** Members of a value set, or what is missing: it, or a system that it takes from. */
  members(valueSet: string): Members {
    const rules = this.valueSet(valueSet);
    return rules === undefined ? { missing: valueSet } : membersOf(this, rules);
  }

  /** What maps make of a code. @param options `url` of the map, with a version or without; `target`: only into that system */
  translate(
    system: string,
    code: string,
    { url, target }: { url?: string; target?: string } = {},
  ): Translation {
    const [address, version] = url?.split('|', 2) ?? [];
    const maps = this.maps.filter(
      (map) =>
        map.source === system &&
        (address === undefined || map.url === address) &&
        fitsVersion(map.version, version) &&
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
    if (!this.has(system) && this.form(system) === undefined) return undefined;
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

const unnamed = { display: '', inactive: false, replacedBy: [] };

/** By canonical: `6.1` asks for any `6.1.x`; what has no version answers to all of them. */
function versioned<T extends { version?: string | undefined }>(
  all: ReadonlyMap<string, T>,
  canonical: string,
): T | undefined {
  const exact = all.get(canonical);
  const [url = '', version] = canonical.split('|', 2);
  if (exact !== undefined || version === undefined) return exact;
  const named = [...all].find(
    ([key, each]) => key.startsWith(`${url}|`) && fitsVersion(each.version, version),
  );
  const last = named?.[1] ?? all.get(url);
  return last !== undefined && fitsVersion(last.version, version) ? last : undefined;
}

function fitsVersion(own: string | undefined, wanted: string | undefined): boolean {
  if (wanted === undefined || own === undefined) return true;
  return own === wanted || own.startsWith(`${wanted}.`);
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
