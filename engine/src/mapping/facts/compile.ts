import { sha256Hex } from '../../base/digest.ts';
import { isYamlScalar, readLocatedYaml, yamlEntry } from '../../base/locatedYaml.ts';
import type { FilePlace } from '../../base/locatedYaml.ts';
import type { Problem } from '../../model/problem.ts';
import type { SourceSettings } from '../../model/sourceSettings.ts';
import type { Stream } from '../../model/stream.ts';
import { DeclarationReader } from './declaration.ts';
import type { BlockDeclaration, ConditionDeclaration } from './declaration.ts';
import type { FactDeclaration, RelatedDeclaration, SubjectDeclaration } from './declaration.ts';
import { createFacts } from './evaluate.ts';
import type { CompiledFacts, Condition, FactBlock, FactRule, RelatedRules } from './evaluate.ts';
import { compileForm } from './readings.ts';
import type { Referrer } from './readings.ts';
import { compileStandardFacts } from './standards/compile.ts';
import { isZone } from './zoneClock.ts';

/** What the catalogue of concepts says of a word; facts are checked against it. */
export interface ConceptWord {
  types: readonly string[];
  /** Canonical form of its values: `text`, `date`, `dateTime`, `decimal`, `boolean` … */
  form: string;
  /** `none`, or what kind of system must be given with the value. */
  system: string;
}

export interface FactEnvironment {
  streams: readonly Stream[];
  concepts: ReadonlyMap<string, ConceptWord>;
  /** By the source's name in the plan: what a stream's name has before its first dot. */
  settings?: ReadonlyMap<string, SourceSettings>;
  /** The 32-byte tag of a source key. */
  identify(stream: string, key: string): Buffer;
  stableId(tag: Buffer, resource: string): string;
}

export interface CompiledFactFiles {
  /** By stream; only streams that declare facts. */
  facts: ReadonlyMap<string, CompiledFacts>;
  problems: readonly Problem[];
}

/**
 * Compile the `facts:` of mapping files. Nothing else of those files is looked at, and no code is
 * shared with the mapping: what it gets wrong, this does not.
 */
export function compileFacts(
  files: readonly { path: string; text: string }[],
  environment: FactEnvironment,
): CompiledFactFiles {
  const facts = new Map<string, CompiledFacts>();
  const problems: Problem[] = [];
  for (const { path, text } of files) {
    const { root } = readLocatedYaml(text);
    if (root?.kind !== 'map') continue;
    if (yamlEntry(root, 'standard') !== undefined) {
      for (const each of compileStandardFacts(root, environment)) facts.set(each.stream, each);
      continue;
    }
    const declared = yamlEntry(root, 'facts');
    const name = yamlEntry(root, 'stream');
    const stream =
      name !== undefined && isYamlScalar(name)
        ? environment.streams.find((each) => each.name === name.text)
        : undefined;
    if (declared === undefined || stream === undefined) continue;
    const reader = new DeclarationReader(path);
    const blocks = reader.blocks(declared);
    const compiled = new StreamFacts(stream, reader, environment).compile(blocks, text);
    problems.push(...reader.problems.toSorted((a, b) => a.line - b.line || a.column - b.column));
    if (reader.problems.length === 0) facts.set(stream.name, compiled);
  }
  return { facts, problems };
}

class StreamFacts {
  readonly #stream: Stream;
  readonly #reader: DeclarationReader;
  readonly #environment: FactEnvironment;
  readonly #settings: SourceSettings;

  constructor(stream: Stream, reader: DeclarationReader, environment: FactEnvironment) {
    this.#stream = stream;
    this.#reader = reader;
    this.#environment = environment;
    this.#settings = environment.settings?.get(stream.name.split('.', 1)[0] as string) ?? {};
  }

  compile(blocks: readonly BlockDeclaration[], text: string): CompiledFacts {
    const compiled = blocks.flatMap((block) => this.#block(block) ?? []);
    const columns = this.#stream.columns.map(({ name, type }) => [name, type]);
    const others = compiled.flatMap(({ related }) => related.map(({ columns: own }) => own));
    const own = [text, this.#settings, columns, this.#stream.key, ...others];
    const digest = sha256Hex(JSON.stringify(own));
    return createFacts(this.#stream, compiled, digest, this.#environment);
  }

  #block(block: BlockDeclaration): FactBlock | undefined {
    const resource = block.resource ?? this.#resourceOf(block);
    if (resource === undefined) return undefined;
    const type = typeOf(resource);
    return {
      resource,
      type,
      subject: this.#subject(block.subject),
      unless: block.unless.map((condition) => this.#condition(condition)),
      rules: block.facts.flatMap((fact) => this.#rules(fact, type)),
      related: block.related.flatMap((each) => this.#related(each, type) ?? []),
      group: this.#group(block),
    };
  }

  #group({ group, place }: BlockDeclaration): FactBlock['group'] {
    if (group.length === 0) return undefined;
    const join = { stream: this.#stream.name, columns: group };
    return { join, columns: group.map((name) => this.#column(name, place)) };
  }

  #related(declared: RelatedDeclaration, type: string): RelatedRules | undefined {
    const { stream: name, by, on = this.#stream.key, unless, facts, place } = declared;
    const other = this.#environment.streams.find((each) => each.name === name);
    this.#knownStream(name, place);
    if (other === undefined) return undefined;
    if (by.length !== on.length) {
      const problem = `${by.length} columns cannot be equal to ${on.length}`;
      this.#reader.report(place, 'related-mismatch', problem, 'name as many columns in by');
    }
    const there = new StreamFacts(other, this.#reader, this.#environment);
    return {
      join: { stream: name, columns: by },
      on: on.map((column) => this.#column(column, place)),
      by: by.map((column) => there.#column(column, place)),
      columns: other.columns.map((column) => column.name),
      unless: unless.map((condition) => there.#condition(condition)),
      rules: facts.flatMap((fact) => there.#rules(fact, type)),
    };
  }

  /** DESIGN's short form names no resource when the subject is the record itself. */
  #resourceOf({ subject, place }: BlockDeclaration): string | undefined {
    if (subject !== undefined && subject.stream === undefined) return subject.resource;
    const fix = 'for example resource: AllergyIntolerance';
    this.#reader.report(place, 'resource-missing', 'which resource carries the fact?', fix);
    return undefined;
  }

  #subject(subject: SubjectDeclaration | undefined): FactBlock['subject'] {
    if (subject === undefined) return undefined;
    const { column, stream, resource, place } = subject;
    const at = this.#column(column, place);
    if (stream === undefined) {
      if (this.#stream.key.length !== 1 || this.#stream.key[0] !== column) {
        const fix = `subject: { column: ${column}, stream: … }`;
        const problem = 'the column is not the key of this stream';
        this.#reader.report(place, 'subject-stream-missing', problem, fix);
      }
      return { column: at, stream: this.#stream.name, resource };
    }
    this.#knownStream(stream, place);
    return { column: at, stream, resource };
  }

  #rules(fact: FactDeclaration, type: string): FactRule[] {
    this.#checkConcept(fact, type);
    if (fact.form.kind === 'reference') this.#knownStream(fact.form.stream, fact.place);
    if (fact.form.kind === 'dateTime') this.#checkZone(fact.form.zone, fact.place);
    const environment = this.#environment;
    const refer: Referrer = (stream, key, resource) => {
      const tag = environment.identify(stream, key);
      return `${typeOf(resource)}/${environment.stableId(tag, resource)}`;
    };
    const read = compileForm(fact.form, fact.system, this.#settings, refer);
    if (typeof read === 'string') {
      this.#reader.report(fact.place, 'form-invalid', read);
      return [];
    }
    const { concept, trim, once } = fact;
    const when = fact.when.map((condition) => this.#condition(condition));
    const unless = fact.unless.map((condition) => this.#condition(condition));
    const sequence =
      fact.sequence === undefined ? undefined : this.#column(fact.sequence, fact.place);
    const columns = fact.form.kind === 'is' ? [-1] : fact.columns;
    return columns.map((column) => {
      const at = typeof column === 'number' ? column : this.#column(column, fact.place);
      return { concept, column: at, sequence, read, trim, once, when, unless };
    });
  }

  #checkConcept({ concept, form, system, place }: FactDeclaration, type: string): void {
    const word = this.#environment.concepts.get(concept);
    if (word === undefined) {
      const words = [...this.#environment.concepts].filter(([, each]) => each.types.includes(type));
      const fix = `for ${type}: ${words.map(([name]) => name).join(', ')}`;
      this.#reader.report(place, 'concept-unknown', `no concept is called "${concept}"`, fix);
      return;
    }
    if (!word.types.includes(type)) {
      const problem = `"${concept}" is not said of ${type}, but of ${word.types.join(', ')}`;
      this.#reader.report(place, 'concept-misplaced', problem);
    }
    if (!fitting(word.form).includes(form.kind)) {
      const fix = `one of ${fitting(word.form).join(', ')}`;
      const problem = `"${concept}" is a ${word.form}, which is not read by ${form.kind}`;
      this.#reader.report(place, 'form-unfit', problem, fix);
    }
    const inValues = form.kind === 'as' && [...form.values.values()].some((v) => v?.includes('|'));
    if (word.system !== 'none' && system === '' && !inValues) {
      this.#reader.report(place, 'system-missing', `"${concept}" needs its ${word.system}`);
    }
    if (word.system === 'none' && system !== '') {
      this.#reader.report(place, 'system-unexpected', `"${concept}" has no system`, 'remove it');
    }
  }

  #checkZone(zone: string | undefined, place: FilePlace): void {
    const name = zone ?? this.#settings.timeZone;
    if (name === undefined || isZone(name)) return;
    this.#reader.report(place, 'time-zone-unknown', `"${name}" is not an IANA time zone`);
  }

  #condition({ column, test, place }: ConditionDeclaration): Condition {
    const at = this.#column(column, place);
    if (typeof test === 'boolean') return (values) => ((values(at) ?? '') === '') === test;
    const wanted = new Set(test);
    return (values) => {
      const value = values(at);
      return value !== null && wanted.has(value);
    };
  }

  #column(name: string, place: FilePlace): number {
    const at = this.#stream.columns.findIndex((column) => column.name === name);
    if (at !== -1) return at;
    const names = this.#stream.columns.map((column) => column.name).join(', ');
    this.#reader.report(place, 'column-unknown', `no column is called "${name}"`, names);
    return 0;
  }

  #knownStream(name: string, place: FilePlace): void {
    if (this.#environment.streams.some((stream) => stream.name === name)) return;
    const names = this.#environment.streams.map((stream) => stream.name).join(', ');
    this.#reader.report(place, 'stream-unknown', `no stream is called "${name}"`, names);
  }
}

function typeOf(resource: string): string {
  return resource.split('#', 1)[0] as string;
}

const always = ['as', 'is'];
const fits: Readonly<Record<string, readonly string[]>> = {
  text: [...always, 'text'],
  code: [...always, 'text'],
  digest: ['digest'],
  digits: ['text', 'is'],
  boolean: [...always, 'boolean'],
  date: ['date'],
  dateTime: ['date', 'dateTime'],
  decimal: ['decimal'],
  reference: ['reference'],
};

function fitting(form: string): readonly string[] {
  return fits[form] ?? always;
}
