import type { Concept, ConceptTable } from './concepts.ts';

/** What a value set takes in, and leaves out (R4 ValueSet.compose). */
export interface ValueSetRules {
  url: string;
  version?: string;
  include: readonly ValueSetPart[];
  exclude: readonly ValueSetPart[];
  /** What its publisher listed as its codes: asked where the rules need what is not loaded. */
  listed?: readonly ValueSetPart[];
}

export interface ValueSetPart {
  system: string | undefined;
  /** Codes with the displays that the set gives them. Absent: all codes of the system that the filters let through. */
  codes: ReadonlyMap<string, string | undefined> | undefined;
  filters: readonly ValueSetFilter[];
  /** Value sets that a code must be in, all of them. */
  sets: readonly string[];
}

export interface ValueSetFilter {
  property: string;
  op: string;
  value: string;
}

/** Where value sets find systems and each other. */
export interface Loaded {
  system(system: string): ConceptTable | undefined;
  /** The test for codes of a system that are told by their form alone: units, languages. */
  form?(system: string): ((code: string) => boolean) | undefined;
  valueSet(url: string): ValueSetRules | undefined;
}

export interface Missing {
  missing: string;
}

export type Member = Concept & { system: string };

/** Whether a code is in a value set, or what would have to be loaded to tell. */
export function isMember(
  loaded: Loaded,
  rules: ValueSetRules,
  system: string,
  code: string,
  asking: ReadonlySet<string> = new Set(),
): boolean | Missing {
  if (asking.has(rules.url)) return false;
  const inner = new Set([...asking, rules.url]);
  const found = byRules(loaded, rules, system, code, inner);
  if (typeof found === 'boolean' || rules.listed === undefined) return found;
  return anyPart(loaded, rules.listed, system, code, inner);
}

function byRules(
  loaded: Loaded,
  rules: ValueSetRules,
  system: string,
  code: string,
  asking: ReadonlySet<string>,
): boolean | Missing {
  const included = anyPart(loaded, rules.include, system, code, asking);
  if (included !== true) return included;
  const excluded = anyPart(loaded, rules.exclude, system, code, asking);
  return typeof excluded === 'boolean' ? !excluded : excluded;
}

function anyPart(
  loaded: Loaded,
  parts: readonly ValueSetPart[],
  system: string,
  code: string,
  asking: ReadonlySet<string>,
): boolean | Missing {
  let missing: Missing | undefined;
  for (const part of parts) {
    const found = inPart(loaded, part, system, code, asking);
    if (found === true) return true;
    if (found !== false) missing = found;
  }
  return missing ?? false;
}

function inPart(
  loaded: Loaded,
  part: ValueSetPart,
  system: string,
  code: string,
  asking: ReadonlySet<string>,
): boolean | Missing {
  if (part.system !== undefined) {
    if (part.system !== system) return false;
    if (part.codes !== undefined) {
      if (!part.codes.has(code)) return false;
    } else {
      const passes = passesSystem(loaded, system, code, part.filters);
      if (passes !== true) return passes;
    }
  }
  for (const url of part.sets) {
    const rules = loaded.valueSet(url);
    if (rules === undefined) return { missing: url };
    const found = isMember(loaded, rules, system, code, asking);
    if (found !== true) return found;
  }
  return part.system !== undefined || part.sets.length > 0;
}

function passesSystem(
  loaded: Loaded,
  system: string,
  code: string,
  filters: readonly ValueSetFilter[],
): boolean | Missing {
  const table = loaded.system(system);
  if (table !== undefined) return passesFilters(table, code, filters);
  const form = filters.length === 0 ? loaded.form?.(system) : undefined;
  return form === undefined ? { missing: system } : form(code);
}

/** Whether a system has a code, and all filters let it through. */
export function passesFilters(
  table: ConceptTable,
  code: string,
  filters: readonly ValueSetFilter[],
): boolean | Missing {
  const concept = table.find(code);
  if (concept === undefined) return false;
  for (const filter of filters) {
    const passes = passesFilter(table, concept, filter);
    if (passes !== true) return passes;
  }
  return true;
}

function passesFilter(
  table: ConceptTable,
  { code, display }: Concept,
  { property, op, value }: ValueSetFilter,
): boolean | Missing {
  const isConcept = property === 'concept' || property === 'code' || property === 'parent';
  if (isConcept && op === 'is-a') return table.isA(code, value);
  if (isConcept && op === 'descendent-of') return code !== value && table.isA(code, value);
  if (isConcept && op === 'is-not-a') return !table.isA(code, value);
  if (property === 'parent' && op === '=') return table.parents(code).includes(value);
  if (isConcept && op === '=') return code === value;
  if (isConcept && op === 'in') return value.split(',').some((each) => each.trim() === code);
  if (isConcept && op === 'not-in') return !value.split(',').some((each) => each.trim() === code);
  if (property === 'display' && op === '=') return display === value;
  const values = table.property(code, property);
  const passes = values && passesValues(values, op, value);
  if (passes !== undefined) return passes;
  return { missing: `${table.system}#${property}` };
}

function passesValues(values: readonly string[], op: string, value: string): boolean | undefined {
  const isListed = (): boolean => value.split(',').some((each) => values.includes(each.trim()));
  switch (op) {
    case '=':
      return values.includes(value);
    case 'in':
      return isListed();
    case 'not-in':
      return !isListed();
    case 'exists':
      return values.length > 0 === (value === 'true');
    default:
      return undefined;
  }
}

/** Members, what is missing to tell them, or the system whose codes cannot be listed. */
export type Members = { members: Iterable<Member> } | Missing | { endless: string };

/** All members, in the order of the systems; each once. */
export function membersOf(loaded: Loaded, rules: ValueSetRules): Members {
  const missing = firstMissing(loaded, rules, new Set());
  if (missing !== undefined)
    return loaded.form?.(missing) === undefined ? { missing } : { endless: missing };
  return { members: walk(loaded, rules, new Set()) };
}

function firstMissing(
  loaded: Loaded,
  rules: ValueSetRules,
  asking: Set<string>,
): string | undefined {
  if (asking.has(rules.url) || rules.listed !== undefined) return undefined;
  asking.add(rules.url);
  return missingOfRules(loaded, rules, asking);
}

function missingOfRules(
  loaded: Loaded,
  rules: ValueSetRules,
  asking: Set<string>,
): string | undefined {
  for (const { system, codes, filters, sets } of [...rules.include, ...rules.exclude]) {
    if (system !== undefined && codes === undefined) {
      const table = loaded.system(system);
      if (table === undefined) return system;
      const nobody = { code: '', display: '', inactive: false, replacedBy: [] };
      for (const filter of filters) {
        const passes = passesFilter(table, nobody, filter);
        if (typeof passes !== 'boolean') return passes.missing;
      }
    }
    for (const url of sets) {
      const inner = loaded.valueSet(url);
      const found = inner === undefined ? url : firstMissing(loaded, inner, asking);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function* walk(
  loaded: Loaded,
  rules: ValueSetRules,
  asking: ReadonlySet<string>,
): Generator<Member> {
  if (asking.has(rules.url)) return;
  const inner = new Set([...asking, rules.url]);
  const told = new Set<string>();
  const isListed =
    rules.listed !== undefined && missingOfRules(loaded, rules, new Set([rules.url])) !== undefined;
  for (const part of isListed ? (rules.listed ?? []) : rules.include) {
    for (const member of candidates(loaded, part, inner)) {
      const key = `${member.system}|${member.code}`;
      if (told.has(key)) continue;
      if (isMember(loaded, rules, member.system, member.code, asking) !== true) continue;
      told.add(key);
      yield member;
    }
  }
}

/** Codes that a part may take in: every one of them is asked again. */
function* candidates(
  loaded: Loaded,
  { system, codes, filters, sets }: ValueSetPart,
  asking: ReadonlySet<string>,
): Generator<Member> {
  if (system === undefined) {
    const [url] = sets;
    const rules = url === undefined ? undefined : loaded.valueSet(url);
    if (rules !== undefined) yield* walk(loaded, rules, asking);
    return;
  }
  const table = loaded.system(system);
  if (codes !== undefined) {
    for (const [code, display] of codes) {
      const concept = table?.find(code) ?? { code, display: '', inactive: false, replacedBy: [] };
      yield { ...concept, display: display ?? concept.display, system };
    }
    return;
  }
  if (table === undefined) return;
  const tree = filters.find(({ op }) => op === 'is-a' || op === 'descendent-of');
  const found = tree === undefined ? table.all() : table.descendants(tree.value, true);
  for (const concept of found) yield { ...concept, system };
}
