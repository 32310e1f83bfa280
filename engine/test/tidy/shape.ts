import { isForTests } from './house.ts';
import type { House } from './house.ts';
import { nameOf, walk } from './sourceFile.ts';
import type { SourceFile, SyntaxNode, Violation } from './sourceFile.ts';

export const longestFile = 500;
export const longestFunction = 80;
/** Nine functions in ten stay under this. */
export const usualFunction = 34;

const refusedNames = /^(common|miscellaneous|misc|utils?|helpers?|lib|types?|interfaces?)$/i;
const backups = /\.(bak|orig|old|rej)$|~$| copy\b|\(\d\)/i;

/** Names that say nothing about what is inside, and copies kept beside the history. */
export function refusedFileNames(paths: readonly string[]): Violation[] {
  return paths.flatMap((path) => {
    const words = path.split('/').map((part) => part.replace(/(\.test)?\.[a-z]+$/, ''));
    const refused = words.find((word) => refusedNames.test(word));
    const backup = backups.test(path.split('/').at(-1) ?? '');
    if (refused === undefined && !backup) return [];
    const what = backup ? 'is a backup copy' : `is called ${refused}`;
    return [{ path, line: 1, what, why: 'a name says what is inside; history is in git' }];
  });
}

export function longFiles(house: House): Violation[] {
  return [...house.files.values()]
    .filter((file) => file.lines > longestFile)
    .map(({ path, lines }) => ({
      path,
      line: longestFile,
      what: `has ${lines} lines`,
      why: `no file has more than ${longestFile}`,
    }));
}

/** A named function with the lines it spans. */
export interface FunctionSize {
  path: string;
  line: number;
  name: string;
  lines: number;
}

/** The functions of one file; those of tests are tables and stories, and do not count. */
export function functionSizes(file: SourceFile): FunctionSize[] {
  if (isForTests(file.path)) return [];
  return file.nodes.flatMap((node) => {
    const name = functionName(node);
    if (name === undefined) return [];
    const { start, end } = node.loc;
    const lines = end.line - start.line + 1;
    return [{ path: file.path, line: start.line, name, lines }];
  });
}

/** Declarations, methods, and functions that a variable or property holds. */
function functionName(node: SyntaxNode): string | undefined {
  if (node.type === 'FunctionDeclaration') return nameOf(node['id']) ?? 'default';
  if (node.type === 'MethodDefinition') return nameOf(node['key']);
  const holder = node.type === 'VariableDeclarator' ? 'init' : 'value';
  if (node.type !== 'VariableDeclarator' && node.type !== 'Property') return undefined;
  const held = node[holder] as SyntaxNode | null;
  if (held?.type !== 'ArrowFunctionExpression' && held?.type !== 'FunctionExpression') {
    return undefined;
  }
  return nameOf(node['id'] ?? node['key']);
}

export function longFunctions(house: House): Violation[] {
  return [...house.files.values()].flatMap(functionSizes).flatMap(({ path, line, name, lines }) => {
    const why = `no function has more than ${longestFunction}`;
    if (lines <= longestFunction) return [];
    return [{ path, line, what: `${name} has ${lines} lines`, why }];
  });
}

/** Where nine functions in ten end, in lines; 0 when there is none. */
export function ninthDecile(sizes: readonly FunctionSize[]): number {
  const sorted = sizes.map(({ lines }) => lines).toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * 0.9)] ?? 0;
}

/** `any` where another file sees it, and default exports. */
export function looseExports(house: House): Violation[] {
  return [...house.files.values()].flatMap((file) =>
    file.nodes.flatMap((node) => {
      const at = { path: file.path, line: node.loc.start.line };
      if (node.type === 'ExportDefaultDeclaration') {
        return [{ ...at, what: 'exports a default', why: 'a thing has one name everywhere' }];
      }
      if (node.type !== 'ExportNamedDeclaration' || !mentionsAny(node['declaration'])) return [];
      return [{ ...at, what: 'exports any', why: 'a seam says what passes through it' }];
    }),
  );
}

/** Whether a declaration says `any` outside the bodies of its functions. */
function mentionsAny(declaration: unknown): boolean {
  const hidden = new Set<unknown>();
  for (const node of walk(declaration)) {
    if (node.type === 'BlockStatement') for (const inner of walk(node['body'])) hidden.add(inner);
    if (node.type === 'TSAnyKeyword' && !hidden.has(node)) return true;
  }
  return false;
}
