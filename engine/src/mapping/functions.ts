import { posix } from 'node:path';
import { isYamlScalar, yamlEntry } from '../base/locatedYaml.ts';
import type { YamlMap, YamlNode } from '../base/locatedYaml.ts';
import { canonicalJson, parseJson } from '../base/json.ts';
import type { Json } from '../base/json.ts';
import type { CompiledExpression } from '../fhirpath/compile.ts';
import type { Row } from '../fhirpath/environment.ts';
import { nearestName } from '../fhirpath/expressionError.ts';
import { textOf } from '../fhirpath/value.ts';
import type { Value } from '../fhirpath/value.ts';
import type { RowExpressions } from './expressions.ts';
import { FunctionResult } from './functionResult.ts';
import type { ProblemList } from './problems.ts';
import { isLogicalReference } from './reference.ts';
import type { Work, Writer } from './work.ts';

/** The functions of one `.ts` file of the project, ready to be called. */
export interface FunctionFile {
  /** From the project folder. */
  path: string;
  /** SHA-256 of the source, hex: a changed function changes the digest of every mapping that uses it. */
  digest: string;
  names: readonly string[];
  /** It cannot be loaded, its own problem says why, and every call throws. */
  broken?: true;
  /**
   * JSON of the arguments in, JSON of the result out; `''`: the function returned nothing.
   * @throws FunctionFailure when it threw.
   */
  call(name: string, values: string): string;
}

/** A function threw: where in its file, and never what it said. */
export class FunctionFailure extends Error {
  readonly place: string;

  constructor(place: string) {
    super('a function of the mapping threw');
    this.place = place;
  }
}

/** Names the function, `sig.ts#dosage`. */
export const functionKey = '$function';
/** What it is given. */
export const withKey = '$with';

/** Writes the result of a function, or `''`. */
export type WriteResult = (result: FunctionResult, value: Json) => string;

/** Compiles uses of functions in one mapping, and knows which files they are from. */
export class MappingFunctions {
  readonly #mapping: string;
  readonly #files: ReadonlyMap<string, FunctionFile>;
  readonly #used = new Map<string, string>();

  /** `mapping`: path of the mapping's file, beside which the functions are. */
  constructor(mapping: string, files: ReadonlyMap<string, FunctionFile>) {
    this.#mapping = mapping;
    this.#files = files;
  }

  /** `path digest` of every file that a function is used of. */
  get used(): readonly string[] {
    return [...this.#used].map(([path, digest]) => `${path} ${digest}`).toSorted();
  }

  /**
   * A template that is a function's: `{ $function: sig.ts#dosage, $with: { sig: sig_txt } }`. What is
   * wrong with it is reported and gives undefined.
   */
  compile(
    node: YamlMap,
    path: string,
    expressions: RowExpressions,
    problems: ProblemList,
    write: WriteResult,
  ): Writer | undefined {
    for (const { key } of node.entries) {
      if (ownKeys.includes(key.text)) continue;
      const problem = `a function makes all of ${path}`;
      problems.add(key, 'function-mixed', problem, `put it into what the function returns`);
    }
    const call = this.#function(yamlEntry(node, functionKey) as YamlNode, problems);
    const values = compileArguments(
      { node: yamlEntry(node, withKey), at: node },
      path,
      expressions,
      problems,
    );
    return call && values && writer(call, values, write, path);
  }

  #function(node: YamlNode, problems: ProblemList): Call | undefined {
    const [, file, name] = /^([^#]+\.ts)#(\w+)$/.exec(isYamlScalar(node) ? node.text : '') ?? [];
    if (file === undefined || name === undefined) {
      const fix = 'for example sig.ts#dosage';
      problems.add(node, 'function-name', 'a function is named by its file and name', fix);
      return undefined;
    }
    const beside = posix.dirname(this.#mapping);
    const found = this.#files.get(posix.join(beside, file));
    if (found === undefined) {
      const near = nearestName(file, this.#namesBeside(beside));
      problems.add(node, 'function-file-unknown', `no file ${file} is beside this mapping`, near);
      return undefined;
    }
    if (!found.broken && !found.names.includes(name)) {
      const near = nearestName(name, found.names) ?? found.names.join(', ');
      problems.add(node, 'function-unknown', `${file} exports no function "${name}"`, near);
      return undefined;
    }
    this.#used.set(found.path, found.digest);
    return (values) => found.call(name, values);
  }

  #namesBeside(folder: string): string[] {
    return [...this.#files.keys()].map((path) => posix.relative(folder, path));
  }
}

const ownKeys: readonly string[] = [functionKey, withKey, '$when'];

type Call = (values: string) => string;

interface Argument {
  name: string;
  /** Undefined: a literal. */
  expression: CompiledExpression | undefined;
  literal: string;
}

function compileArguments(
  { node, at }: { node: YamlNode | undefined; at: YamlMap },
  path: string,
  expressions: RowExpressions,
  problems: ProblemList,
): readonly Argument[] | undefined {
  if (node?.kind !== 'map') {
    const fix = '$with: { sig: sig_txt }';
    problems.add(node ?? at, 'map-expected', `what the function of ${path} is given`, fix);
    return undefined;
  }
  return node.entries.flatMap(({ key, value }): Argument[] => {
    const name = key.text;
    if (value.kind === 'text' && !value.text.startsWith('=')) {
      const expression = expressions.compile(value);
      return expression === undefined ? [] : [{ name, expression, literal: '' }];
    }
    if (isYamlScalar(value) && value.kind !== 'null') {
      return [{ name, expression: undefined, literal: value.text.replace(/^=/, '') }];
    }
    problems.add(value, 'text-expected', 'an expression is expected here');
    return [];
  });
}

function writer(call: Call, values: readonly Argument[], write: WriteResult, path: string): Writer {
  return (row, work) => {
    const given = new Set<string>();
    const json: { [name: string]: Json } = {};
    for (const { name, expression, literal } of values) {
      try {
        const value = expression === undefined ? literal : argument(expression, row, work, given);
        if (value !== undefined) json[name] = value;
      } catch (error) {
        work.failWith(error, `${path}.${withKey}.${name}`);
        return '';
      }
    }
    const result = attempt(call, canonicalJson(json), work, path);
    return result === '' ? '' : write(new FunctionResult(work, given), parseJson(result));
  };
}

/** What it returned; `''`, with the record's issue noted, when it threw. */
function attempt(call: Call, values: string, work: Work, path: string): string {
  try {
    return call(values);
  } catch (error) {
    if (!(error instanceof FunctionFailure)) throw error;
    work.fail('function-failed', `${path} (${error.place})`);
    return '';
  }
}

function argument(
  expression: CompiledExpression,
  row: Row,
  work: Work,
  given: Set<string>,
): Json | undefined {
  if (!expression.singleton) {
    return expression.many(row, work.context).map((value) => jsonArgument(value, given));
  }
  const value = expression.one(row, work.context);
  return value === undefined ? undefined : jsonArgument(value, given);
}

/** Numbers and dates as texts: a number of JavaScript would lose their digits. */
function jsonArgument(value: Value, given: Set<string>): Json {
  if (typeof value === 'boolean') return value;
  if (isLogicalReference(value)) {
    given.add(value.reference);
    return { reference: value.reference };
  }
  return textOf(value) ?? null;
}
