import { stripTypeScriptTypes } from 'node:module';
import { createContext, Script, type Context } from 'node:vm';
import { sha256Hex } from '../../base/digest.ts';
import { FunctionFailure, type FunctionFile } from '../../mapping/functions.ts';
import type { Problem } from '../../model/problem.ts';
import type { ProjectFile } from './read.ts';

/**
 * Make the functions of a project's `.ts` files callable, by path.
 *
 * A file is run in a context of its own that has the language and nothing else: no `process`, no
 * `require`, no timers, no network, no imports, no code from text; the clock and `Math.random` throw. Only
 * JSON texts go in and out, so no object of ours is ever in its hands. This keeps an honest function
 * pure. It is no prison: what runs here is as trusted as the mapping beside it, and a loop that does not
 * end is not stopped.
 */
export function loadFunctions(files: readonly ProjectFile[]): {
  functions: ReadonlyMap<string, FunctionFile>;
  problems: Problem[];
} {
  const functions = new Map<string, FunctionFile>();
  const problems: Problem[] = [];
  for (const file of files) {
    const loaded = loadFile(file);
    if ('message' in loaded) problems.push(loaded);
    functions.set(file.path, 'message' in loaded ? brokenFile(file) : loaded);
  }
  return { functions, problems };
}

function brokenFile({ path, text }: ProjectFile): FunctionFile {
  const call = (): never => {
    throw new FunctionFailure(path);
  };
  return { path, digest: sha256Hex(text), names: [], broken: true, call };
}

function loadFile({ path, text }: ProjectFile): FunctionFile | Problem {
  let script: string;
  try {
    script = withoutTypes(text, path);
  } catch (error) {
    return problemAt(path, placeOfSyntax(error), 'function-syntax', messageOf(error));
  }
  const { body, names, foreign } = asScript(script);
  if (foreign !== undefined) {
    const problem =
      'a file of functions imports types alone, exports functions, and waits for nothing';
    return problemAt(
      path,
      foreign,
      'function-module',
      problem,
      'export function name(values) { … }',
    );
  }
  const context = emptyContext();
  try {
    run(context, body, path, -strict.length);
  } catch (error) {
    const isSyntax = messageOf(error) !== '' && nameOf(error) === 'SyntaxError';
    const place = isSyntax ? placeOfSyntax(error) : placeInStack(error, path);
    const problem = isSyntax ? messageOf(error) : 'the file threw while it was loaded';
    return problemAt(path, place, isSyntax ? 'function-syntax' : 'function-load', problem);
  }
  return callable(context, path, text, names);
}

function callable(context: Context, path: string, text: string, names: string[]): FunctionFile {
  const calls = new Map<string, (values: string) => unknown>();
  for (const name of names) {
    const made = run(context, `(${callSource})(typeof ${name} === 'function' && ${name})`, path);
    if (typeof made === 'function') calls.set(name, made as (values: string) => unknown);
  }
  return {
    path,
    digest: sha256Hex(text),
    names: [...calls.keys()],
    call(name, values) {
      let result: unknown;
      try {
        result = calls.get(name)?.(values);
      } catch (error) {
        throw new FunctionFailure(stackPlace(error, path));
      }
      return typeof result === 'string' ? result : '';
    },
  };
}

/** Runs inside: JSON in, JSON out. A promise would be work that goes on unseen, so it is refused. */
const callSource = `(call) => call && ((values) => {
  const result = call(JSON.parse(values));
  if (result === undefined || result === null) return '';
  if (typeof result.then === 'function') throw new TypeError('a promise');
  return JSON.stringify(result);
})`;

/** Runs inside, first: what would make one call differ from the next is taken away. */
const prelude = `{
  const refuse = (what) => () => { throw new TypeError(what + ' is not for mappings'); };
  Math.random = refuse('Math.random');
  const Clock = Date;
  globalThis.Date = new Proxy(Clock, {
    construct: (made, values, as) =>
      values.length === 0 ? refuse('the clock')() : Reflect.construct(made, values, as),
    apply: refuse('the clock'),
    get: (from, name) => (name === 'now' ? refuse('the clock') : Reflect.get(from, name)),
  });
  Clock.prototype.constructor = globalThis.Date;
  for (const name of ['WebAssembly', 'Atomics', 'SharedArrayBuffer', 'WeakRef', 'console']) {
    delete globalThis[name];
  }
}`;

function emptyContext(): Context {
  const generation = { strings: false, wasm: false };
  const context = createContext(Object.create(null) as object, { codeGeneration: generation });
  run(context, prelude, 'prelude');
  return context;
}

function run(context: Context, source: string, filename: string, columnOffset = 0): unknown {
  return new Script(source, { filename, columnOffset }).runInContext(context, { timeout: 1_000 });
}

/** Types become blanks, so that places stay what they are. */
function withoutTypes(text: string, path: string): string {
  // oxlint-disable-next-line typescript/unbound-method -- it is put back, never called
  const { emitWarning } = process;
  process.emitWarning = () => {}; // the platform calls this function experimental, once, on stderr
  try {
    return stripTypeScriptTypes(text, { sourceUrl: path });
  } finally {
    process.emitWarning = emitWarning;
  }
}

interface Place {
  line: number;
  column: number;
}

/** A module of one file as a script: `export` becomes blanks. `foreign`: a line that cannot. */
function asScript(text: string): { body: string; names: string[]; foreign: Place | undefined } {
  const names: string[] = [];
  const body = text.replace(
    /^export(?= (?:function|const) ([A-Za-z_$][\w$]*))/gm,
    (word, name: string) => {
      names.push(name);
      return ' '.repeat(word.length);
    },
  );
  const lines = body.split('\n');
  const at = lines.findIndex((line) => unfit.test(line));
  const foreign = at === -1 ? undefined : { line: at + 1, column: 1 };
  return { body: `${strict}${body}`, names, foreign };
}

const strict = "'use strict';";

/** Imports, other exports, and what would go on after the function has returned. */
const unfit = /^\s*(?:import|export)\b|\bimport\s*\(|\b(?:async|await|Promise)\b/;

function problemAt(
  file: string,
  { line, column }: Place,
  code: string,
  message: string,
  suggestion?: string,
): Problem {
  return { file, line, column, code, message, ...(suggestion !== undefined && { suggestion }) };
}

/** The platform writes `FILE:LINE`, the line, and a caret below the place. */
function placeOfSyntax(error: unknown): Place {
  const [head = '', , caret = ''] = stackOf(error)
    .split('\n')
    .filter((line) => line !== '');
  return {
    line: Number(/:(\d+)$/.exec(head)?.[1] ?? 1),
    column: Math.max(1, caret.indexOf('^') + 1),
  };
}

function placeInStack(error: unknown, path: string): Place {
  const [, line = '1', column = '1'] = stackPlace(error, path).split(':');
  return { line: Number(line), column: Number(column) };
}

/** `FILE:LINE:COLUMN` where the file itself threw; only the file when that cannot be told. */
function stackPlace(error: unknown, path: string): string {
  const places = stackOf(error).split(path).slice(1);
  const place = places.flatMap((rest) => /^:\d+:\d+/.exec(rest) ?? [])[0];
  return `${path.slice(path.lastIndexOf('/') + 1)}${place ?? ''}`;
}

/** What was thrown may be anything, and may throw when it is looked at. */
function stackOf(error: unknown): string {
  return textAt(error, 'stack');
}
function messageOf(error: unknown): string {
  return textAt(error, 'message');
}
function nameOf(error: unknown): string {
  return textAt(error, 'name');
}

function textAt(error: unknown, name: string): string {
  try {
    const value = (error as Record<string, unknown> | undefined)?.[name];
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}
