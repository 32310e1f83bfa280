import { sha256Hex } from '../base/digest.ts';
import type { FunctionDefinition } from '../fhirpath/environment.ts';
import { nearestName } from '../fhirpath/expressionError.ts';
import { timeZone } from '../formats/zones.ts';
import type { Problem } from '../model/problem.ts';
import type { SourceSettings } from '../model/sourceSettings.ts';
import type { Stream } from '../model/stream.ts';
import type { CodeMap } from '../terminology/codeMap.ts';
import { CodesAsText } from './codesAsText.ts';
import { hasKnownNames, nearestColumn } from './columnSuggestion.ts';
import { RowExpressions } from './expressions.ts';
import type { ExpressionNames } from './expressions.ts';
import { FoldCompiler } from './foldCompiler.ts';
import { foldedRows } from './folds.ts';
import type { Exclusion, FoldUse, RecordText } from './folds.ts';
import { MappingFunctions } from './functions.ts';
import type { FunctionFile } from './functions.ts';
import { documentPart, partProblem } from './landing/part.ts';
import { createMapping } from './mapper.ts';
import type { CompiledMapping, MappingParts, ResourceRule } from './mapper.ts';
import type { ProblemList } from './problems.ts';
import { provenanceRule } from './provenance.ts';
import { keyFunction, linkFunction, referenceFunction } from './reference.ts';
import type { Identities, ReferredResources, ResourceNames } from './reference.ts';
import { relationFunctions } from './relations.ts';
import { JoinUses } from './related.ts';
import type { JoinUse } from './related.ts';
import { decimalFunction, mapFunction, narrativeFunction } from './rowFunctions.ts';
import type { ScopeDeclaration } from './scopeSource.ts';
import { readMappingSource } from './source.ts';
import { compileStandards } from './standards/compile.ts';
import { readStandardSource } from './standards/source.ts';
import type { StandardSource } from './standards/source.ts';
import type { ExcludeSource, MappingSource } from './source.ts';
import type { DocumentsBy } from './shape.ts';
import { TemplateCompiler } from './template.ts';
import { textFunctions } from './textFunctions.ts';
import { timeFunctions } from './timeFunctions.ts';

/** A mapping file; `path` is relative to the project folder and stands in problems. */
export interface MappingFile {
  path: string;
  text: string;
}

export interface MappingEnvironment extends Identities {
  /** Every stream that a mapping may be for or refer to. */
  streams: readonly Stream[];
  /** By name. */
  codeMaps: ReadonlyMap<string, CodeMap>;
  /** Files of functions beside the mappings, by their path from the project folder. */
  functions?: ReadonlyMap<string, FunctionFile>;
  /** Streams that are read, though none of the files is for them. */
  alsoRead?: readonly string[];
  /** By the source's name in the plan: what a stream's name has before its first dot. */
  settings?: ReadonlyMap<string, SourceSettings>;
  /** What the plan says once for all mappings, by the name that stands behind `%` in an expression. */
  constants?: ReadonlyMap<string, string>;
  /** What of it lands as documents. */
  documents?: DocumentLandings;
}

export interface DocumentLandings {
  /** Domains whose records become documents, and of what each of them is. */
  domains: ReadonlyMap<string, DocumentsBy>;
  /** Whether a record of the stream is in scope. */
  includes(stream: string, record: RecordText): boolean;
}

export interface CompiledMappings {
  /** By stream. */
  mappings: ReadonlyMap<string, CompiledMapping>;
  problems: readonly Problem[];
}

const none: ReadonlyMap<string, string> = new Map();

/** Of problems that are about a name that is no column. */
const unknownCodes = new Set(['unknown-name', 'column-unknown']);

/** Raised when the same text comes to mean something else, so that drafts are made again. */
const languageVersion = 1;

/**
 * Compile the mappings of a project together, since they refer to each other's resources. Every
 * problem of every file is reported; a mapping with a problem is not among the results.
 */
export function compileMapping(
  files: readonly MappingFile[],
  environment: MappingEnvironment,
): CompiledMappings {
  const named = files.flatMap(({ path, text }) => readStandardSource(path, text) ?? []);
  const rest = files.filter(({ path, text }) => readStandardSource(path, text) === undefined);
  const read = rest.map(({ path, text }) => readMappingSource(path, text));
  const sources = read.flatMap(({ source }) => (source === undefined ? [] : [source]));
  const names = resourceNames(sources);
  const parts = sources.flatMap(
    (source) => new MappingCompiler(source, sources, names, environment).compile() ?? [],
  );
  onlyOnce(named, names);
  const made = parts.map((part) => createMapping(readByOthers(part, parts), environment));
  const all = [...made, ...compileStandards(named, environment)];
  const problems = [...read, ...named].flatMap((each) => each.problems.sorted());
  return { mappings: new Map(all.map((mapping) => [mapping.stream, mapping])), problems };
}

/** A column that another mapping reads by a lookup is not unread in its own stream. */
function readByOthers(part: MappingParts, all: readonly MappingParts[]): MappingParts {
  const uses = all.flatMap(({ joins }) => joins.filter(({ join }) => join.stream === part.stream));
  if (uses.length === 0) return part;
  const columnsRead = new Set([...part.columnsRead, ...uses.flatMap(({ reads }) => [...reads])]);
  return { ...part, columnsRead };
}

/** A stream that a file maps by rules cannot be mapped by a standard too: the one would hide the other. */
function onlyOnce(named: readonly StandardSource[], names: ResourceNames): void {
  for (const { streams, problems } of named) {
    for (const stream of streams.filter(({ text }) => names.has(text))) {
      const problem = `another file maps "${stream.text}" by rules of its own`;
      problems.add(stream, 'stream-repeated', problem, 'keep the rules or the standard');
    }
  }
}

/** Also finds the second mapping of a stream. */
function resourceNames(sources: readonly MappingSource[]): ResourceNames {
  const names = new Map<string, readonly string[]>();
  for (const { stream, resources, problems } of sources) {
    if (names.has(stream.text)) {
      const problem = `another file maps "${stream.text}" too`;
      problems.add(stream, 'stream-repeated', problem, 'put both into one file');
    } else {
      names.set(
        stream.text,
        resources.map(({ name }) => name),
      );
    }
  }
  return names;
}

class MappingCompiler {
  readonly #source: MappingSource;
  readonly #all: readonly MappingSource[];
  readonly #names: ResourceNames;
  readonly #environment: MappingEnvironment;
  readonly #problems: ProblemList;
  readonly #settings: SourceSettings;
  readonly #mapsUsed = new Set<string>();
  /** Columns of the stream itself that expressions read. */
  #read: ReadonlySet<string> = new Set();
  readonly #referred: ReferredResources = new Map();
  readonly #uses = new JoinUses();
  readonly #codesAsText: CodesAsText;
  readonly #functionsUsed: MappingFunctions;

  constructor(
    source: MappingSource,
    all: readonly MappingSource[],
    names: ResourceNames,
    environment: MappingEnvironment,
  ) {
    this.#source = source;
    this.#all = all;
    this.#names = names;
    this.#environment = environment;
    this.#problems = source.problems;
    this.#codesAsText = new CodesAsText(source.codesAsText);
    const { file } = source.problems;
    this.#functionsUsed = new MappingFunctions(file, environment.functions ?? new Map());
    const sourceName = source.stream.text.split('.', 1)[0] as string;
    this.#settings = environment.settings?.get(sourceName) ?? {};
  }

  compile(): MappingParts | undefined {
    const stream = this.#stream();
    if (stream === undefined) return undefined;
    const parts = this.#compile(stream);
    if (parts === undefined) this.#withholdValues(stream);
    return parts;
  }

  /** Where no name was found in a stream, its columns are perhaps the values of its first record. */
  #withholdValues(stream: Stream): void {
    const streams = new Map(this.#environment.streams.map((each) => [each.name, each]));
    const found = new Map<string, Set<string>>([[stream.name, new Set(this.#read)]]);
    for (const { join, reads } of this.#uses.all) {
      const known = found.get(join.stream) ?? new Set();
      found.set(join.stream, new Set([...known, ...join.columns, ...reads]));
    }
    for (const { stream: named } of this.#source.children) {
      if (!found.has(named.text)) found.set(named.text, new Set());
    }
    for (const [name, written] of found) {
      const each = streams.get(name);
      if (each === undefined || hasKnownNames(each, written)) continue;
      this.#problems.withhold(new Set(each.columns.map((column) => column.name)));
      const unknown = this.#problems.all.some(({ code }) => unknownCodes.has(code));
      if (each !== stream || stream.columns.length === 0 || !unknown) continue;
      const problem = `no name of this mapping is among the ${stream.columns.length} columns of "${name}"`;
      const fix = 'see whether its first line is a header, and what `delimiter` parts its fields';
      this.#problems.add(this.#source.stream, 'header-unlike', problem, fix);
    }
  }

  #compile(stream: Stream): MappingParts | undefined {
    this.#checkKey(stream);
    this.#checkZone();
    this.#checkScope(stream);
    const folds = this.#folds(stream);
    const { children, group: grouped } = folds.compile();
    const landing = this.#landing(stream);
    const group = grouped ?? landing;
    const named = [...children, ...(grouped === undefined ? [] : [grouped])];
    const rows = new Map(named.map((each) => [each.name, foldedRows(each)]));
    const names = { ...this.#expressionNames(), rows };
    const read = group?.use.reads ?? new Set<string>();
    this.#read = read;
    const expressions = new RowExpressions(
      stream.columns,
      names,
      this.#problems,
      stream.name,
      read,
    ).define(this.#source.lets);
    const exclusions = this.#exclusions(this.#source.excludes, expressions);
    const holds = this.#exclusions(this.#source.holds, expressions);
    this.#checkHolds();
    const compiler = new TemplateCompiler(expressions, this.#problems, this.#functionsUsed);
    const resources = [...this.#resources(compiler), ...this.#provenance(stream, expressions)];
    const { codesAsText } = this.#source;
    this.#codesAsText.judge(codesAsText, this.#environment.codeMaps.keys(), this.#problems);
    if (this.#problems.all.length > 0) return undefined;
    const { lookup } = this.#source;
    const { scope } = this.#source;
    for (const column of scopeColumns(scope)) read.add(column);
    const { columnsRead } = expressions;
    const emptyIs = this.#emptyIs(stream.name);
    const { name, columns, key } = stream;
    const by = this.#environment.documents?.domains.get(scope?.domain ?? '') ?? 'patient';
    const landed = landing ? [['landed', 2, by, scope?.patient, scope?.encounter]] : [];
    const digest = this.#digest(stream, [...folds.digest(), ...landed]);
    const foldedInto = this.#source.foldedInto?.text;
    for (const each of children) each.on?.forEach((at) => read.add(columns[at]?.name ?? ''));
    const own = group && { ...group, exclusions };
    const document = landing && { title: documentTitle(scope?.domain ?? ''), by };
    const folded = { foldedInto, children, group: own, document };
    const rules = { lookup, exclusions, holds, resources, emptyIs, ...folded };
    const refersTo = [...this.#referred.keys()];
    const { columnsAt } = compiler;
    const reads = { columns, key, columnsRead, columnsAt, refersTo, joins: this.#uses.all };
    return { stream: name, digest, scope, ...rules, ...reads };
  }

  /** Rows that land as one document: those of a patient, or of a part of what the patient has. */
  #landing(stream: Stream): FoldUse | undefined {
    const { scope, resources, lookup } = this.#source;
    const { documents } = this.#environment;
    const by = scope && documents?.domains.get(scope.domain);
    if (scope === undefined || documents === undefined || by === undefined) return undefined;
    if (lookup || resources.every(({ type }) => isDocument(type))) return undefined;
    const at = stream.columns.findIndex(({ name }) => name === scope.patient);
    if (scope.patient === undefined || at === -1) return undefined;
    const unfit = landingUnfit(this.#source, stream) ?? partProblem(scope, by);
    if (unfit !== undefined) {
      this.#problems.add(scope, 'landing-unfit', unfit.problem, unfit.fix);
      return undefined;
    }
    const join = { stream: stream.name, columns: [scope.patient] };
    const use = this.#uses.of(join, stream.columns, this.#emptyIs(stream.name));
    const includes = (record: RecordText): boolean => documents.includes(stream.name, record);
    const part = documentPart(stream, scope, by, this.#settings);
    const own = { includes, ...(part && { part }) };
    return { name: 'rows', use, on: [at], order: [], exclusions: [], ...own };
  }

  #folds(stream: Stream): FoldCompiler {
    return new FoldCompiler(this.#source, stream, {
      sources: this.#all,
      streams: this.#environment.streams,
      uses: this.#uses,
      emptyIs: (name) => this.#emptyIs(name),
      names: (codesAsText) => this.#expressionNames(codesAsText),
    });
  }

  #emptyIs(stream: string): '' | null {
    const settings = this.#environment.settings?.get(stream.split('.', 1)[0] as string);
    return settings?.emptyIs === 'null' ? null : '';
  }

  #expressionNames(codesAsText = this.#codesAsText): ExpressionNames {
    const relations = relationFunctions({
      streams: this.#environment.streams,
      mapped: new Set([...this.#names.keys(), ...(this.#environment.alsoRead ?? [])]),
      uses: this.#uses,
      emptyIs: (stream) => this.#emptyIs(stream),
    });
    const { constants = none } = this.#environment;
    return { functions: this.#functions(codesAsText), relations, constants, codesAsText };
  }

  #stream(): Stream | undefined {
    const { stream } = this.#source;
    const found = this.#environment.streams.find(({ name }) => name === stream.text);
    if (found === undefined) {
      const names = this.#environment.streams.map(({ name }) => name);
      const near = nearestName(stream.text, names);
      this.#problems.add(stream, 'stream-unknown', `no stream is called "${stream.text}"`, near);
    }
    return found;
  }

  #checkKey(stream: Stream): void {
    const { key } = this.#source;
    if (key === undefined || key.length === 0) return;
    const columns = stream.columns.map(({ name }) => name);
    const written = key.map(({ text }) => text);
    let known = true;
    for (const part of key) {
      if (columns.includes(part.text)) continue;
      known = false;
      const near = nearestColumn(stream, part.text, written);
      this.#problems.add(part, 'column-unknown', `no column is called "${part.text}"`, near);
    }
    if (!known || key.map(({ text }) => text).join() === stream.key.join()) return;
    const [first] = key;
    const problem = 'this is not the key that the source reads by';
    const fix =
      stream.key.length === 0 ? 'the stream has no key' : `key: [${stream.key.join(', ')}]`;
    if (first !== undefined) this.#problems.add(first, 'key-differs', problem, fix);
  }

  /** A child that is held would have to hold its parent: that is not told apart yet. */
  #checkHolds(): void {
    const { holds, foldedInto, group, problems } = this.#source;
    const [first] = holds;
    if (first === undefined || (foldedInto === undefined && group === undefined)) return;
    const problem = 'records that are folded or grouped are not held by a rule of their own';
    problems.add(first.when, 'hold-folded', problem, 'hold the record that they are folded into');
  }

  #checkZone(): void {
    const { timeZone: zone } = this.#settings;
    if (zone === undefined || timeZone(zone) !== undefined) return;
    const problem = `the source's timeZone "${zone}" is not an IANA time zone`;
    this.#problems.add(this.#source.stream, 'time-zone-unknown', problem);
  }

  /** The parts of one resource have one age: a child goes with its parent, a group by what it shares. */
  #checkScope({ name, columns }: Stream): void {
    const { scope, foldedInto, group } = this.#source;
    if (scope === undefined) return;
    if (foldedInto !== undefined) {
      const problem = `these records go with those of "${foldedInto.text}"`;
      this.#problems.add(scope, 'scope-of-child', problem, 'remove scope here');
    }
    const shared = group?.by.map(({ text }) => text);
    for (const column of scopeColumns(scope)) {
      if (!columns.some((one) => one.name === column)) {
        const near = nearestName(
          column,
          columns.map((one) => one.name),
        );
        const unknown = `"${name}" has no column "${column}"`;
        this.#problems.add(scope, 'column-unknown', unknown, near);
      } else if (column !== scope.patient && shared?.includes(column) === false) {
        const apart = `rows of one group may differ in "${column}"`;
        this.#problems.add(scope, 'scope-of-group', apart, `one of ${shared.join(', ')}`);
      }
    }
  }

  #functions(codesAsText: CodesAsText): FunctionDefinition[] {
    return [
      mapFunction(this.#environment.codeMaps, this.#mapsUsed, codesAsText),
      referenceFunction(this.#names, this.#environment, this.#referred),
      linkFunction(
        this.#source.resources.map(({ name }) => name),
        this.#environment,
      ),
      keyFunction,
      ...textFunctions(this.#environment),
      decimalFunction,
      narrativeFunction,
      ...timeFunctions(this.#settings),
    ];
  }

  #exclusions(sources: readonly ExcludeSource[], expressions: RowExpressions): Exclusion[] {
    return sources.flatMap(({ when, reason }) => {
      const condition = expressions.compile(when);
      return condition === undefined ? [] : [{ when: condition, reason }];
    });
  }

  #provenance({ name }: Stream, expressions: RowExpressions): ResourceRule[] {
    const { provenance } = this.#source;
    const rule = provenance && provenanceRule(provenance, name, expressions, this.#problems);
    return rule === undefined ? [] : [rule];
  }

  #resources(compiler: TemplateCompiler): ResourceRule[] {
    return this.#source.resources.flatMap((resource) => {
      const write = compiler.resource(resource);
      return write === undefined ? [] : [{ name: resource.name, type: resource.type, write }];
    });
  }

  #digest(stream: Stream, folds: readonly unknown[]): string {
    const { constants = none } = this.#environment;
    return sha256Hex(
      JSON.stringify([
        languageVersion,
        this.#source.text,
        [...this.#mapsUsed].toSorted(),
        [...this.#referred].map(([name, made]) => [name, ...made]),
        this.#settings,
        stream.columns.map(({ name, type }) => [name, type]),
        ...this.#uses.all.map(digestOf),
        ...folds,
        ...this.#functionsUsed.used,
        ...[...constants].filter(([name]) => this.#source.text.includes(`%${name}`)),
      ]),
    );
  }
}

/** Resources that are documents, or belong to one. */
export function isDocument(type: string): boolean {
  return type === 'DocumentReference' || type === 'Binary' || type === 'Provenance';
}

/** Why no document can be made of the records of a stream. */
function landingUnfit(
  { children, group, foldedInto }: MappingSource,
  { key }: Stream,
): { problem: string; fix: string } | undefined {
  const fix = 'land it discrete, or archive';
  if (children.length > 0 || foldedInto !== undefined) {
    const problem =
      'the facts of children are about a resource of another stream, and cannot be looked for in a document';
    return { problem: `records that are folded land in no document: ${problem}`, fix };
  }
  if (group !== undefined) {
    const problem = 'a row of a group is a part of an item, and could not be held alone';
    return { problem: `rows that are grouped land in no document: ${problem}`, fix };
  }
  if (key.length > 0) return undefined;
  const problem = 'its items could not be told apart, nor looked for by their facts';
  return { problem: `a stream without a key lands in no document: ${problem}`, fix };
}

/** `problem list` of the plan is `Problem list` above a page. */
function documentTitle(domain: string): string {
  return `${domain.slice(0, 1).toUpperCase()}${domain.slice(1)}`;
}

/** Columns that the plan's scope goes by. */
function scopeColumns(scope: ScopeDeclaration | undefined): string[] {
  const { date, site, specialty, patient, encounter } = scope ?? {};
  const named = [date?.column, site, specialty, patient, encounter];
  return named.filter((column) => column !== undefined);
}

/** What a join gives depends on the columns that are read of it, and their types. */
function digestOf({ name, columns, reads, emptyIs }: JoinUse): unknown {
  const read = columns.filter((column) => reads.has(column.name));
  return [name, emptyIs, read.map((column) => [column.name, column.type])];
}
