import { exitCodes, type FailureClass } from '../../engine/src/base/errors.ts';
import type { House } from '../../engine/test/tidy/house.ts';
import { isForTests } from '../../engine/test/tidy/house.ts';
import { nameOf, textOf, walk } from '../../engine/test/tidy/sourceFile.ts';
import type { SourceFile, SyntaxNode } from '../../engine/test/tidy/sourceFile.ts';
import { namesAt, propertiesOf, resolved, template } from './writtenText.ts';

/** An error of the engine as its source says it; what is known only at run time stands as `…`. */
export interface ThrownError {
  code: string;
  /** The folder of `engine/src` and the file it is thrown in. */
  path: string;
  messages: readonly string[];
  next: readonly string[];
  exitCode: number;
  failure: FailureClass;
}

/** Every error that the engine can end a command with, by code, read from the syntax trees. */
export function thrownErrors(house: House): ThrownError[] {
  const found = new Map<string, ThrownError>();
  const files = house.matching(/^engine\/src\//).filter(({ path }) => !isForTests(path));
  for (const file of files) {
    for (const made of constructions(file)) add(found, file, made);
  }
  return [...found.values()].toSorted((one, other) => (one.code < other.code ? -1 : 1));
}

/** Code, message and details of one construction, each as written. */
interface Construction {
  line: number;
  code: unknown;
  message: unknown;
  details: unknown;
  /** What the parameters of the function around it stand for. */
  given: ReadonlyMap<string, unknown>;
}

function add(found: Map<string, ThrownError>, file: SourceFile, made: Construction): void {
  const names = new Map<string, unknown>([...namesAt(file, made.line), ...made.given]);
  const code = textOf(resolved(made.code, names));
  if (code === undefined) return;
  const details = propertiesOf(made.details, names);
  const former = found.get(code);
  const next = details.get('next');
  found.set(code, {
    code,
    path: former?.path ?? file.path,
    messages: [...new Set([...(former?.messages ?? []), template(made.message, names)])],
    next: [
      ...new Set([...(former?.next ?? []), ...(next === undefined ? [] : [template(next, names)])]),
    ],
    exitCode: Math.max(former?.exitCode ?? 0, exitCodeOf(details.get('exitCode'))),
    failure: (textOf(details.get('failure')) ?? former?.failure ?? 'permanent') as FailureClass,
  });
}

/** `new HandoverError(…)`, calls of a function that hands its parameters on, rows of a table. */
function constructions(file: SourceFile): Construction[] {
  return file.nodes.flatMap((node) => {
    if (node.type === 'ObjectExpression') return tableRow(node);
    if (!isConstruction(node)) return [];
    const [code, message, details] = node['arguments'] as unknown[];
    const made = { line: node.loc.start.line, code, message, details };
    if (nameOf(code) === undefined) return [{ ...made, given: new Map() }];
    return callsAround(file, node).map((given) => ({ ...made, given }));
  });
}

function isConstruction(node: SyntaxNode): boolean {
  return node.type === 'NewExpression' && nameOf(node['callee']) === 'HandoverError';
}

/** `{ code: '…', message: '…', details: { … } }` */
function tableRow(node: SyntaxNode): Construction[] {
  const row = propertiesOf(node, new Map());
  const [code, message, details] = ['code', 'message', 'details'].map((name) => row.get(name));
  if (textOf(code) === undefined || message === undefined || details === undefined) return [];
  return [{ line: node.loc.start.line, code, message, details, given: new Map() }];
}

/** What each call in the file gives to the function around a construction, by parameter. */
function callsAround(file: SourceFile, inner: SyntaxNode): Map<string, unknown>[] {
  const around = file.nodes.find(
    (node) =>
      node.type === 'FunctionDeclaration' && [...walk(node['body'])].some((one) => one === inner),
  );
  if (around === undefined) return [];
  const parameters = (around['params'] as unknown[]).map((one) => nameOf(one) ?? '');
  const name = nameOf(around['id']);
  return file.nodes
    .filter((node) => node.type === 'CallExpression' && nameOf(node['callee']) === name)
    .map((call) => {
      const given = call['arguments'] as unknown[];
      return new Map(parameters.map((parameter, at) => [parameter, given[at]]));
    });
}

function exitCodeOf(value: unknown): number {
  const name = nameOf(value);
  const known = Object.entries(exitCodes).find(([each]) => each === name);
  return known?.[1] ?? exitCodes.unexpected;
}
