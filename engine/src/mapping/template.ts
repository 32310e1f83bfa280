import { isYamlScalar, yamlEntry } from '../base/locatedYaml.ts';
import type { YamlList, YamlMap, YamlNode, YamlScalar } from '../base/locatedYaml.ts';
import type { CompiledExpression } from '../fhirpath/compile.ts';
import { nearestName } from '../fhirpath/expressionError.ts';
import { fhirType } from '../fhirpath/model.ts';
import type { FhirType } from '../fhirpath/model.ts';
import { fits, typeName } from '../fhirpath/staticType.ts';
import { jsonElements } from '../formats/fhirElements.ts';
import type { FhirElement } from '../formats/fhirElements.ts';
import { requireText } from './codesAsText.ts';
import type { RowExpressions } from './expressions.ts';
import { functionKey } from './functions.ts';
import type { MappingFunctions, WriteResult } from './functions.ts';
import type { ProblemList } from './problems.ts';
import type { ResourceSource } from './source.ts';
import { quote, valueWriter } from './values.ts';
import type { Writer } from './work.ts';
import { joinList, joinObject, onCondition, writeColumn, writeId } from './writers.ts';
import type { Part } from './writers.ts';
import {
  writeBytes,
  writeEach,
  writeReference,
  writeReferenceText,
  writeValue,
  writeValues,
} from './writers.ts';

/** The condition under which an object or a resource is made. */
export const conditionKey = '$when';
/** Rows for each of which an item of a list is made. */
export const eachKey = '$each';
const ownKeys = new Set([conditionKey, eachKey]);
/** Written by the engine, in the root of a template only. */
export const madeByEngine: ReadonlySet<string> = new Set(['id', 'resourceType']);

/**
 * Compiles templates to writers of canonical JSON: keys are sorted and constants joined now, so that
 * a record costs one pass over what differs. An object is left out when it has expressions and none
 * of them gives a value; a literal alone (`system`) does not make one.
 */
export class TemplateCompiler {
  readonly #expressions: RowExpressions;
  readonly #problems: ProblemList;
  readonly #functions: MappingFunctions;
  readonly #columnsAt = new Map<string, Set<string>>();

  constructor(expressions: RowExpressions, problems: ProblemList, functions: MappingFunctions) {
    this.#expressions = expressions;
    this.#problems = problems;
    this.#functions = functions;
  }

  /** Columns that are read for an element, by its path; of rows inside it (`$each`) nothing is said. */
  get columnsAt(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#columnsAt;
  }

  /** Writes a resource, or `''` when its condition is false. */
  resource(source: ResourceSource): Writer | undefined {
    const type = fhirType(source.type);
    if (type === undefined || type.kind !== 'resource' || type.abstract) {
      const problem = `FHIR R4 has no resource "${source.type}"`;
      this.#problems.add(source, 'resource-unknown', problem);
      return undefined;
    }
    const { template } = source;
    if (isFunction(template)) {
      const write = this.#function(template, source.type, (result, json) =>
        result.resource(json, type),
      );
      return write && this.#when(template, source.type, write);
    }
    const members = this.#members(source.template, type, source.type, madeByEngine);
    members.push(['id', { write: writeId }]);
    members.push(['resourceType', { constant: `"${source.type}"` }]);
    const part = joinObject(members, 'always');
    const write = writerOf(part);
    return this.#when(source.template, source.type, write);
  }

  /** `undefined` when there is nothing to write, ever, or a problem was reported. */
  #part(node: YamlNode, element: FhirElement, path: string): Part | undefined {
    if (node.kind === 'list') return this.#list(node, element, path);
    if (node.kind === 'map' && isFunction(node)) return this.#functionElement(node, element, path);
    if (element.repeats) {
      const fix = 'write it as a list: [ … ]';
      this.#problems.add(node, 'list-expected', `${path} may repeat`, fix);
      return undefined;
    }
    return this.#single(node, element.type, path);
  }

  #list(node: YamlList, element: FhirElement, path: string): Part | undefined {
    if (!element.repeats) {
      const fix = 'write it without [ ]';
      this.#problems.add(node, 'list-unexpected', `${path} cannot repeat`, fix);
      return undefined;
    }
    const parts = node.items.map((item) => {
      if (item.kind === 'text' && !isLiteral(item)) return this.#values(item, element.type, path);
      const each = item.kind === 'map' ? yamlEntry(item, eachKey) : undefined;
      if (each !== undefined) return this.#each(each, item as YamlMap, element.type, path);
      return this.#single(item, element.type, path);
    });
    return joinList(parts.filter((part) => part !== undefined));
  }

  /** An item for each row: in it, the columns are those of the row. */
  #each(rows: YamlNode, item: YamlMap, type: FhirType, path: string): Part | undefined {
    if (rows.kind !== 'text') {
      this.#problems.add(rows, 'text-expected', 'an expression that yields rows is expected here');
      return undefined;
    }
    const compiled = this.#expressions.rows(rows);
    if (compiled === undefined) return undefined;
    const { expression, inner } = compiled;
    const template = { ...item, entries: item.entries.filter(({ key }) => key.text !== eachKey) };
    const part = new TemplateCompiler(inner, this.#problems, this.#functions).#object(
      template,
      type,
      path,
    );
    return part && { write: writeEach(expression, part, path) };
  }

  #single(node: YamlNode, type: FhirType, path: string): Part | undefined {
    if (node.kind === 'map') {
      if (!isFunction(node)) return this.#object(node, type, path);
      return this.#functionElement(node, { type, repeats: false }, path);
    }
    if (!isYamlScalar(node)) {
      this.#problems.add(node, 'list-unexpected', 'a list cannot stand in a list');
      return undefined;
    }
    if (node.kind === 'null') {
      this.#problems.add(node, 'value-missing', `${path} has no value`);
      return undefined;
    }
    if (node.kind !== 'text') return this.#literal(node, node.text, type, path);
    if (isLiteral(node)) return this.#literal(node, node.text.slice(1), type, path);
    const expression = this.#expression(node, type, path);
    return expression && { write: this.#writer(expression, type, path) };
  }

  #functionElement(
    node: YamlMap,
    element: Pick<FhirElement, 'type' | 'repeats'>,
    path: string,
  ): Part | undefined {
    const write = this.#function(node, path, (result, json) => result.element(json, element, path));
    const guarded = write && this.#when(node, path, write);
    return guarded && { write: guarded };
  }

  #function(node: YamlMap, path: string, write: WriteResult): Writer | undefined {
    return this.#functions.compile(node, path, this.#expressions, this.#problems, write);
  }

  #object(node: YamlMap, type: FhirType, path: string): Part | undefined {
    const actual = type.name === 'Resource' ? this.#contained(node) : type;
    if (actual === undefined) return undefined;
    if (actual.kind === 'primitive') {
      const fix = `${actual.name} is a single value`;
      this.#problems.add(node, 'object-unexpected', `${path} has no parts`, fix);
      return undefined;
    }
    const { codesAsText } = this.#expressions;
    const before = codesAsText.open;
    const members = this.#members(node, actual, path, new Set());
    const joined = joinObject(members, 'when it has a value');
    const hasText = actual.name === 'CodeableConcept' && yamlEntry(node, 'text') !== undefined;
    const needsText = hasText && codesAsText.open > before;
    if (needsText) codesAsText.close(before);
    const text = needsText ? new Map(members).get('text') : undefined;
    const part = text ? { write: requireText(writerOf(joined), writerOf(text), path) } : joined;
    if (!node.entries.some(({ key }) => key.text === conditionKey)) return part;
    const write = writerOf(part);
    const guarded = this.#when(node, path, write);
    return guarded && { write: guarded };
  }

  /** A contained resource says what it is, by a literal. */
  #contained(node: YamlMap): FhirType | undefined {
    const named = node.entries.find(({ key }) => key.text === 'resourceType')?.value;
    if (named?.kind === 'text' && isLiteral(named)) {
      const type = fhirType(named.text.slice(1));
      if (type?.kind === 'resource' && !type.abstract) return type;
    }
    const fix = 'for example resourceType: =Medication';
    this.#problems.add(named ?? node, 'resource-unknown', 'the kind of resource is not said', fix);
    return undefined;
  }

  #members(
    node: YamlMap,
    type: FhirType,
    path: string,
    reserved: ReadonlySet<string>,
  ): [string, Part][] {
    const elements = jsonElements(type);
    const members: [string, Part][] = [];
    for (const { key, value } of node.entries) {
      const name = key.text;
      if (name === eachKey) {
        const fix = `${path}: [{ $each: …, … }]`;
        this.#problems.add(key, 'each-misplaced', '$each makes the items of a list', fix);
        return [];
      }
      if (ownKeys.has(name)) continue;
      const element = name === 'resourceType' ? resourceTypeElement() : elements.get(name);
      if (reserved.has(name)) {
        const problem = `"${name}" is made by the engine from the source's key`;
        this.#problems.add(key, 'element-reserved', problem, 'remove it');
      } else if (element === undefined || (name === 'resourceType' && type.kind !== 'resource')) {
        const near = nearestName(name, elements.keys());
        this.#problems.add(key, 'element-unknown', `${path} has no "${name}" in FHIR R4`, near);
      } else {
        const part = this.#part(value, element, `${path}.${name}`);
        if (part !== undefined) members.push([name, part]);
      }
    }
    return members;
  }

  #when(node: YamlMap, path: string, write: Writer): Writer | undefined {
    const when = node.entries.find(({ key }) => key.text === conditionKey)?.value;
    if (when === undefined) return write;
    if (!isYamlScalar(when) || when.kind === 'null') {
      this.#problems.add(when, 'text-expected', 'a condition is expected here');
      return undefined;
    }
    const condition = this.#expressions.compile(when);
    return condition && onCondition(condition, `${path}.${conditionKey}`, write);
  }

  #literal(node: YamlScalar, text: string, type: FhirType, path: string): Part | undefined {
    const constant = type.kind === 'primitive' ? valueWriter(type.name)(text) : undefined;
    if (constant !== undefined) return { constant };
    const problem = `${path} is a ${type.name}, and this literal is not`;
    this.#problems.add(node, 'literal-invalid', problem);
    return undefined;
  }

  #values(node: YamlScalar, type: FhirType, path: string): Part | undefined {
    const expression = this.#expression(node, type, path);
    if (expression === undefined) return undefined;
    if (expression.singleton) return { write: this.#writer(expression, type, path) };
    return { write: writeValues(expression, valueWriter(type.name), path) };
  }

  /** Compiles it and refuses what could never be written to an element of this type. */
  #expression(node: YamlScalar, type: FhirType, path: string): CompiledExpression | undefined {
    const expression = this.#expressions.compile(node);
    if (expression === undefined) return undefined;
    const read = this.#columnsAt.get(path) ?? new Set();
    for (const column of expression.columns) read.add(column);
    this.#columnsAt.set(path, read);
    const given = typeName(expression.type);
    if (type.kind !== 'primitive') {
      if (type.name === 'Reference' && given === 'Reference') return expression;
      const fix = type.name === 'Reference' ? "write .reference('stream')" : 'write { … }';
      this.#problems.add(node, 'type-clash', `${path} is a ${type.name}, this is ${given}`, fix);
      return undefined;
    }
    const isText = type.system === 'String';
    const isTarget =
      isText && given === 'Reference' && (path.endsWith('.reference') || type.name === 'url');
    if (isTarget || (given !== 'Reference' && (isText || fits(expression.type, type.system!)))) {
      return expression;
    }
    const fix = conversions.get(type.name);
    this.#problems.add(node, 'type-clash', `${path} is a ${type.name}, this is ${given}`, fix);
    return undefined;
  }

  #writer(expression: CompiledExpression, type: FhirType, path: string): Writer {
    if (type.name === 'Reference') return writeReference(expression, path);
    if (typeName(expression.type) === 'Reference') return writeReferenceText(expression, path);
    if (type.name === 'base64Binary') return writeBytes(expression, path);
    const column = type.system === 'String' ? this.#expressions.textColumn(expression) : undefined;
    if (column !== undefined) return writeColumn(column, quote, path);
    return writeValue(expression, valueWriter(type.name), path);
  }
}

/** Whether a function makes it. */
function isFunction(node: YamlMap): boolean {
  return yamlEntry(node, functionKey) !== undefined;
}

function writerOf(part: Part): Writer {
  return 'write' in part ? part.write : () => part.constant;
}

function isLiteral(node: YamlScalar): boolean {
  return node.text.startsWith('=');
}

function resourceTypeElement(): FhirElement {
  return { type: fhirType('code') as FhirType, repeats: false, definition: 'resourceType' };
}

/** What to write where a text is given for a type that has its own form. */
const conversions: ReadonlyMap<string, string> = new Map([
  ['date', "write .date('pattern')"],
  ['dateTime', "write .dateTime('pattern')"],
  ['instant', "write .instant('pattern')"],
  ['decimal', 'write .decimal()'],
  ['boolean', "compare it: column = 'Y'"],
]);
