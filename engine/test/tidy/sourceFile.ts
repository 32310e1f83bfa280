import { parsers } from 'prettier/plugins/typescript';

/** A node of the syntax tree (ESTree with TypeScript's nodes), as far as tidy looks at it. */
export interface SyntaxNode {
  type: string;
  loc: { start: { line: number }; end: { line: number } };
  [property: string]: unknown;
}

/** One source file, parsed. `path` counts from the root of the checkout, with forward slashes. */
export interface SourceFile {
  path: string;
  lines: number;
  imports: readonly Import[];
  nodes: readonly SyntaxNode[];
}

/** One arrow out of a file: import, re-export, `import()`, type import, or a file named by URL. */
export interface Import {
  specifier: string;
  line: number;
  typeOnly: boolean;
}

export interface Violation {
  path: string;
  line: number;
  what: string;
  why: string;
}

/** The line a reader sees: `file:line: what (why)`. */
export function told({ path, line, what, why }: Violation): string {
  return `${path}:${line}: ${what} (${why})`;
}

export function parseSource(path: string, text: string): SourceFile {
  // Prettier's own parser: no second one to install. Its types say nothing of the tree.
  const parse = parsers.typescript.parse as (text: string, options: object) => unknown;
  const nodes = [...walk(parse(text, { filepath: path }))];
  const imports = nodes.flatMap((node) => importOf(node) ?? []);
  return { path, lines: text.replace(/\n$/, '').split('\n').length, imports, nodes };
}

/** Every node under `value`, parents before children. */
export function* walk(value: unknown): Generator<SyntaxNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* walk(item);
  } else if (isNode(value)) {
    yield value;
    for (const [key, child] of Object.entries(value)) {
      if (key !== 'tokens' && key !== 'comments') yield* walk(child);
    }
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'loc' in value;
}

/** The name of an identifier, or of the last part of a member expression. */
export function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'Identifier') return String(value['name']);
  if (value.type === 'PrivateIdentifier') return `#${String(value['name'])}`;
  return value.type === 'MemberExpression' ? nameOf(value['property']) : undefined;
}

/** The text of a string literal, or of a template without parts. */
export function textOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'TSLiteralType') return textOf(value['literal']);
  if (value.type === 'Literal' && typeof value['value'] === 'string') return value['value'];
  return undefined;
}

function importOf(node: SyntaxNode): Import | undefined {
  const line = node.loc.start.line;
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return arrow(node['source'], line, isTypeOnly(node));
    case 'ImportExpression':
      return arrow(node['source'], line, false);
    case 'TSImportType':
      return arrow(node['source'] ?? node['argument'], line, true);
    case 'NewExpression':
      return urlOf(node, line);
    default:
      return undefined;
  }
}

function isTypeOnly(node: SyntaxNode): boolean {
  return node['importKind'] === 'type' || node['exportKind'] === 'type';
}

/** `new URL('./worker.ts', import.meta.url)`: how a process or thread of its own is named. */
function urlOf(node: SyntaxNode, line: number): Import | undefined {
  const [first] = node['arguments'] as unknown[];
  const text = nameOf(node['callee']) === 'URL' ? textOf(first) : undefined;
  return text !== undefined && /^\.{1,2}\/.*\.ts$/.test(text)
    ? arrow(first, line, false)
    : undefined;
}

function arrow(source: unknown, line: number, typeOnly: boolean): Import | undefined {
  const specifier = textOf(source);
  return specifier === undefined ? undefined : { specifier, line, typeOnly };
}
