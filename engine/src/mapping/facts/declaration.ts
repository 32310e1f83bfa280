import { isYamlScalar, yamlEntry } from '../../base/locatedYaml.ts';
import type { FilePlace, YamlMap, YamlNode } from '../../base/locatedYaml.ts';
import type { Problem } from '../../model/problem.ts';
import {
  blockKeys,
  booleanShape,
  conditionKeys,
  factKeys,
  formKeys,
  referenceShape,
  relatedKeys,
  singleKeys,
  subjectShape,
} from './shape.ts';

/** Facts about one resource of a stream, as they were written; names are not yet judged. */
export interface BlockDeclaration {
  place: FilePlace;
  /** `AllergyIntolerance`, `Observation#weight`; undefined where the subject alone says it. */
  resource: string | undefined;
  subject: SubjectDeclaration | undefined;
  /** Records of which any holds must yield nothing at the target. */
  unless: readonly ConditionDeclaration[];
  facts: readonly FactDeclaration[];
  /** What rows of other streams say about the resource: its children, or what it looks up. */
  related: readonly RelatedDeclaration[];
  /** Columns whose values all records of one resource share. */
  group: readonly string[];
}

export interface RelatedDeclaration {
  place: FilePlace;
  stream: string;
  /** Columns of that stream, which hold what the columns `on` of this one do (its key). */
  by: readonly string[];
  on: readonly string[] | undefined;
  /** Rows of which any holds say nothing. */
  unless: readonly ConditionDeclaration[];
  facts: readonly FactDeclaration[];
}

export interface SubjectDeclaration {
  place: FilePlace;
  column: string;
  /** The stream whose key the column holds; undefined: this stream, and the column is its key. */
  stream: string | undefined;
  resource: string;
}

export interface ConditionDeclaration {
  place: FilePlace;
  column: string;
  /** One of these values; or, `boolean`, whether the column is empty. */
  test: readonly string[] | boolean;
}

export interface FactDeclaration {
  place: FilePlace;
  concept: string;
  /** Columns, each of which states a fact; empty for a constant. */
  columns: readonly string[];
  form: FactForm;
  system: string;
  /** Column with the number of the element that says it. */
  sequence: string | undefined;
  trim: boolean;
  /** Rows of one resource that say the same say it once. */
  once: boolean;
  when: readonly ConditionDeclaration[];
  unless: readonly ConditionDeclaration[];
}

/** How a column's text becomes the canonical form of the concept. */
export type FactForm =
  | { kind: 'as'; values: ReadonlyMap<string, string | null> }
  | { kind: 'text' | 'digest' }
  | { kind: 'date' | 'dateTime'; pattern: string; pivot?: number; zone?: string }
  | { kind: 'decimal' }
  | { kind: 'boolean'; yes: readonly string[]; no: readonly string[] }
  | { kind: 'reference'; stream: string; resource: string }
  | { kind: 'is'; constant: string };

/** Reads the `facts:` of one mapping file, and nothing else of it. */
export class DeclarationReader {
  readonly problems: Problem[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  report(place: FilePlace, code: string, message: string, suggestion?: string): void {
    const fix = suggestion === undefined ? {} : { suggestion };
    const { line, column } = place;
    this.problems.push({ file: this.#file, line, column, code, message, ...fix });
  }

  blocks(node: YamlNode): BlockDeclaration[] {
    const items = node.kind === 'list' ? node.items : [node];
    return items.flatMap((item) => {
      if (item.kind !== 'map') {
        this.report(item, 'map-expected', 'facts are declared as { concept: …, value: … }');
        return [];
      }
      return yamlEntry(item, 'declare') === undefined ? this.#single(item) : this.#block(item);
    });
  }

  /** DESIGN's short form: one fact that says itself whom it is about. */
  #single(node: YamlMap): BlockDeclaration[] {
    this.#knownKeys(node, singleKeys);
    const fact = this.#fact(node);
    const alone = { unless: [], related: [], group: [] };
    return fact === undefined ? [] : [{ ...this.#head(node), ...alone, facts: [fact] }];
  }

  #block(node: YamlMap): BlockDeclaration[] {
    this.#knownKeys(node, blockKeys);
    const facts = this.#declared(node);
    const unless = this.#conditions(yamlEntry(node, 'unless'));
    const related = this.#related(yamlEntry(node, 'related'));
    const group = this.#texts(yamlEntry(node, 'group'));
    return [{ ...this.#head(node), unless, facts, related, group }];
  }

  #related(node: YamlNode | undefined): RelatedDeclaration[] {
    if (node === undefined) return [];
    const items = node.kind === 'list' ? node.items : [node];
    return items.flatMap((item): RelatedDeclaration[] => {
      if (item.kind !== 'map') {
        this.report(item, 'map-expected', 'related: { stream: …, by: …, declare: … }');
        return [];
      }
      this.#knownKeys(item, relatedKeys);
      const stream = this.#needed(item, 'stream');
      const by = this.#texts(yamlEntry(item, 'by'));
      if (by.length === 0) this.report(item, 'key-missing', '"by" is missing');
      if (stream === undefined || by.length === 0) return [];
      const on = yamlEntry(item, 'on');
      const unless = this.#conditions(yamlEntry(item, 'unless'));
      const facts = this.#declared(item);
      return [{ place: item, stream, by, on: on && this.#texts(on), unless, facts }];
    });
  }

  #declared(node: YamlMap): FactDeclaration[] {
    const declared = yamlEntry(node, 'declare');
    if (declared?.kind !== 'list') {
      this.report(declared ?? node, 'list-expected', 'declare is a list of facts');
      return [];
    }
    return declared.items.flatMap((item) => {
      if (item.kind === 'map') {
        this.#knownKeys(item, factKeys);
        return this.#fact(item) ?? [];
      }
      this.report(item, 'map-expected', 'a fact is { concept: …, value: … }');
      return [];
    });
  }

  #head(node: YamlMap): Pick<BlockDeclaration, 'resource' | 'subject' | 'place'> {
    return { resource: this.#text(node, 'resource'), subject: this.#subject(node), place: node };
  }

  #subject(node: YamlMap): SubjectDeclaration | undefined {
    const subject = yamlEntry(node, 'subject');
    if (subject === undefined) return undefined;
    if (isYamlScalar(subject)) {
      return { column: subject.text, stream: undefined, resource: 'Patient', place: subject };
    }
    if (subject.kind !== 'map') {
      this.report(subject, 'subject-malformed', 'a subject is a column, or { column, stream }');
      return undefined;
    }
    this.#knownKeys(subject, Object.keys(subjectShape.shape));
    const column = this.#needed(subject, 'column');
    const stream = this.#needed(subject, 'stream');
    if (column === undefined || stream === undefined) return undefined;
    const resource = this.#text(subject, 'resource') ?? 'Patient';
    return { column, stream, resource, place: subject };
  }

  #fact(node: YamlMap): FactDeclaration | undefined {
    const concept = this.#needed(node, 'concept');
    const form = this.#form(node);
    if (concept === undefined || form === undefined) return undefined;
    const columns = this.#texts(yamlEntry(node, 'value'));
    if ((columns.length === 0) !== (form.kind === 'is')) {
      const problem = form.kind === 'is' ? 'a constant has no value' : 'no column is named';
      this.report(node, 'value-mismatch', problem, 'value: column, or is: constant');
      return undefined;
    }
    return {
      concept,
      columns,
      form,
      system: this.#text(node, 'system') ?? '',
      sequence: this.#text(node, 'sequence'),
      trim: this.#text(node, 'trim') === 'true',
      once: this.#text(node, 'once') === 'true',
      when: this.#conditions(yamlEntry(node, 'when')),
      unless: this.#conditions(yamlEntry(node, 'unless')),
      place: node,
    };
  }

  #form(node: YamlMap): FactForm | undefined {
    const given = formKeys.filter((key) => yamlEntry(node, key) !== undefined);
    const [kind] = given;
    if (kind === undefined || given.length > 1) {
      const problem = 'a fact says in exactly one way how its value is read';
      this.report(node, 'form-missing', problem, `one of ${formKeys.join(', ')}`);
      return undefined;
    }
    const value = yamlEntry(node, kind) as YamlNode;
    switch (kind) {
      case 'as':
        return this.#as(value);
      case 'boolean':
        return this.#boolean(value);
      case 'reference':
        return this.#reference(value);
      case 'date':
      case 'dateTime':
        return this.#dated(node, kind);
      case 'is': {
        const constant = this.#needed(node, 'is');
        return constant === undefined ? undefined : { kind, constant };
      }
      case 'text':
      case 'digest':
      case 'decimal':
        if (value.kind === 'boolean' && value.text === 'true') return { kind };
        this.report(value, 'true-expected', `${kind}: true`);
        return undefined;
    }
  }

  #as(node: YamlNode): FactForm | undefined {
    if (node.kind !== 'map') {
      this.report(node, 'map-expected', 'as: { code: value, … }');
      return undefined;
    }
    const values = new Map<string, string | null>();
    for (const { key, value } of node.entries) {
      if (isYamlScalar(value)) values.set(key.text, value.kind === 'null' ? null : value.text);
      else this.report(value, 'text-expected', 'a code becomes a word, or ~ for none');
    }
    return { kind: 'as', values };
  }

  #boolean(node: YamlNode): FactForm | undefined {
    if (node.kind === 'map') {
      this.#knownKeys(node, Object.keys(booleanShape.shape));
      const yes = this.#texts(yamlEntry(node, 'true'));
      const no = this.#texts(yamlEntry(node, 'false'));
      if (yes.length > 0 && no.length > 0) return { kind: 'boolean', yes, no };
    }
    this.report(node, 'boolean-malformed', 'boolean: { true: [Y], false: [N] }');
    return undefined;
  }

  #reference(node: YamlNode): FactForm | undefined {
    if (node.kind !== 'map') {
      this.report(node, 'map-expected', 'reference: { stream: …, resource: … }');
      return undefined;
    }
    this.#knownKeys(node, Object.keys(referenceShape.shape));
    const stream = this.#needed(node, 'stream');
    const resource = this.#needed(node, 'resource');
    if (stream === undefined || resource === undefined) return undefined;
    return { kind: 'reference', stream, resource };
  }

  #dated(node: YamlMap, kind: 'date' | 'dateTime'): FactForm | undefined {
    const pattern = this.#needed(node, kind);
    if (pattern === undefined) return undefined;
    const pivot = this.#text(node, 'pivot');
    const zone = this.#text(node, 'zone');
    return {
      kind,
      pattern,
      ...(pivot === undefined ? {} : { pivot: Number(pivot) }),
      ...(zone === undefined ? {} : { zone }),
    };
  }

  #conditions(node: YamlNode | undefined): ConditionDeclaration[] {
    if (node === undefined) return [];
    const items = node.kind === 'list' ? node.items : [node];
    return items.flatMap((item) => this.#condition(item) ?? []);
  }

  #condition(node: YamlNode): ConditionDeclaration | undefined {
    const equals = node.kind === 'map' ? yamlEntry(node, 'equals') : undefined;
    const empty = node.kind === 'map' ? yamlEntry(node, 'empty') : undefined;
    if (node.kind !== 'map' || (equals === undefined) === (empty === undefined)) {
      const fix = '{ column: …, equals: [ … ] } or { column: …, empty: true }';
      this.report(node, 'condition-malformed', 'a condition tests one column', fix);
      return undefined;
    }
    this.#knownKeys(node, conditionKeys);
    const column = this.#needed(node, 'column');
    if (column === undefined) return undefined;
    if (equals !== undefined) return { column, test: this.#texts(equals), place: node };
    return { column, test: this.#text(node, 'empty') === 'true', place: node };
  }

  #texts(node: YamlNode | undefined): string[] {
    if (node === undefined) return [];
    const items = node.kind === 'list' ? node.items : [node];
    return items.flatMap((item) => {
      if (isYamlScalar(item) && item.kind !== 'null') return [item.text];
      this.report(item, 'text-expected', 'a text is expected here');
      return [];
    });
  }

  #text(node: YamlMap, name: string): string | undefined {
    const value = yamlEntry(node, name);
    if (value === undefined) return undefined;
    if (isYamlScalar(value) && value.kind !== 'null') return value.text;
    this.report(value, 'text-expected', `${name} is a text`);
    return undefined;
  }

  #needed(node: YamlMap, name: string): string | undefined {
    if (yamlEntry(node, name) === undefined) {
      this.report(node, 'key-missing', `"${name}" is missing`);
      return undefined;
    }
    return this.#text(node, name);
  }

  #knownKeys(node: YamlMap, known: readonly string[]): void {
    for (const { key } of node.entries) {
      if (known.includes(key.text)) continue;
      this.report(key, 'unknown-key', `"${key.text}" has no meaning here`, known.join(', '));
    }
  }
}
