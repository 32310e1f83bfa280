import type { CodeSystem, ConceptDefinition, ValueSetInclude } from '../definitions/elements.ts';

interface Concept {
  code: string;
  display: string | undefined;
  abstract: boolean;
  parents: string[];
  properties: ReadonlyMap<string, readonly string[]>;
}

type Filter = NonNullable<ValueSetInclude['filter']>[number];

/** A code system of which every code is there. */
export class Concepts {
  readonly #concepts = new Map<string, Concept>();
  readonly #fold: boolean;

  constructor(system: CodeSystem) {
    this.#fold = system.caseSensitive === false;
    this.#collect(system.concept ?? [], []);
  }

  has(code: string): boolean {
    return this.#concepts.has(this.#key(code));
  }

  display(code: string): string | undefined {
    return this.#get(code)?.display;
  }

  /** It groups others and is none to be used itself (R4 §4.8.4, notSelectable). */
  isAbstract(code: string): boolean {
    return this.#get(code)?.abstract === true;
  }

  /** Whether a code passes a filter of a value set (R4 §4.9.6); undefined where it cannot be told. */
  passes(code: string, filter: Filter): boolean | undefined {
    const concept = this.#get(code);
    if (concept === undefined) return false;
    const { property, op, value } = filter;
    if (property === 'concept' || property === 'code' || property === 'parent') {
      return this.#passesCode(concept, property, op, value);
    }
    const values =
      property === 'display' ? [concept.display ?? ''] : (concept.properties.get(property) ?? []);
    return passesValues(values, op, value);
  }

  #passesCode(concept: Concept, property: string, op: string, value: string): boolean | undefined {
    const wanted = this.#key(value);
    switch (op) {
      case '=':
        return property === 'parent'
          ? concept.parents.some((parent) => this.#key(parent) === wanted)
          : this.#key(concept.code) === wanted;
      case 'is-a':
        return this.#isBelow(concept, wanted, true);
      case 'descendent-of':
        return this.#isBelow(concept, wanted, false);
      case 'is-not-a':
        return !this.#isBelow(concept, wanted, true);
      case 'generalizes': {
        const below = this.#concepts.get(wanted);
        return below !== undefined && this.#isBelow(below, this.#key(concept.code), true);
      }
      default:
        return passesValues([concept.code], op, value);
    }
  }

  #isBelow(concept: Concept, ancestor: string, itself: boolean): boolean {
    const seen = new Set<string>();
    const open = itself ? [concept.code] : [...concept.parents];
    for (let code = open.pop(); code !== undefined; code = open.pop()) {
      const key = this.#key(code);
      if (key === ancestor) return true;
      if (seen.has(key)) continue;
      seen.add(key);
      open.push(...(this.#concepts.get(key)?.parents ?? []));
    }
    return false;
  }

  #get(code: string): Concept | undefined {
    return this.#concepts.get(this.#key(code));
  }

  #key(code: string): string {
    return this.#fold ? code.toLowerCase() : code;
  }

  #collect(definitions: readonly ConceptDefinition[], parents: readonly string[]): void {
    for (const { code, display, property, concept } of definitions) {
      const properties = propertiesOf(property);
      const named = [...(properties.get('parent') ?? []), ...(properties.get('subsumedBy') ?? [])];
      const key = this.#key(code);
      const known = this.#concepts.get(key);
      if (known !== undefined) known.parents.push(...parents);
      else {
        const abstract = properties.get('notSelectable')?.[0] === 'true';
        const all = [...parents, ...named];
        this.#concepts.set(key, { code, display, abstract, parents: all, properties });
      }
      if (concept !== undefined) this.#collect(concept, [code]);
    }
  }
}

function passesValues(values: readonly string[], op: string, value: string): boolean | undefined {
  switch (op) {
    case '=':
      return values.includes(value);
    case 'in':
      return value.split(',').some((each) => values.includes(each.trim()));
    case 'not-in':
      return !value.split(',').some((each) => values.includes(each.trim()));
    case 'exists':
      return values.length > 0 === (value === 'true');
    case 'regex':
      return matches(values, value);
    default:
      return undefined;
  }
}

function matches(values: readonly string[], pattern: string): boolean | undefined {
  let expression: RegExp;
  try {
    expression = new RegExp(`^(?:${pattern})$`);
  } catch {
    return undefined;
  }
  return values.some((each) => expression.test(each));
}

function propertiesOf(list: ConceptDefinition['property'] = []): Map<string, string[]> {
  const properties = new Map<string, string[]>();
  for (const property of list) {
    const name = Object.keys(property).find((key) => key.startsWith('value'));
    const value = name === undefined ? undefined : property[name];
    const code = (value as { code?: string } | undefined)?.code;
    const text = code ?? (typeof value === 'object' ? '' : `${value as string | number | boolean}`);
    const known = properties.get(property.code);
    if (known === undefined) properties.set(property.code, [text]);
    else known.push(text);
  }
  return properties;
}
