import { isNode, nameOf, textOf } from '../../engine/test/tidy/sourceFile.ts';
import type { SourceFile, SyntaxNode } from '../../engine/test/tidy/sourceFile.ts';

/** What names stand for at a place of a file: nodes of its syntax tree. */
export type Names = ReadonlyMap<string, unknown>;

/** What is known only at run time stands as this. */
export const gap = '…';

/** Constants as a line of the file sees them: the nearest above it, else one of the module below. */
export function namesAt(file: SourceFile, line: number): Map<string, SyntaxNode> {
  const names = new Map<string, SyntaxNode>();
  for (const node of file.nodes) {
    const [name, value] = [nameOf(node['id']), node['init']];
    if (node.type !== 'VariableDeclarator' || name === undefined || !isNode(value)) continue;
    if (node.loc.start.line <= line || !names.has(name)) names.set(name, value);
  }
  return names;
}

/** A name of the file or a parameter, as what it stands for. */
export function resolved(value: unknown, names: Names): unknown {
  if (!isNode(value)) return value;
  if (value.type === 'TSAsExpression') return resolved(value['expression'], names);
  if (value.type !== 'Identifier') return value;
  const known = names.get(String(value['name']));
  return known === undefined || known === value ? value : resolved(known, names);
}

export function propertiesOf(value: unknown, names: Names): Map<string, unknown> {
  const node = resolved(value, names);
  if (!isNode(node) || node.type !== 'ObjectExpression') return new Map();
  return new Map(
    (node['properties'] as SyntaxNode[]).flatMap((property): [string, unknown][] => {
      if (property.type === 'SpreadElement') return [...propertiesOf(property['argument'], names)];
      const name = nameOf(property['key']);
      return name === undefined ? [] : [[name, resolved(property['value'], names)]];
    }),
  );
}

/** The words of a text; parts that are computed, or that it is a part of itself, stand as a gap. */
export function template(
  value: unknown,
  names: Names,
  around: ReadonlySet<unknown> = new Set(),
): string {
  const node = resolved(value, names);
  if (around.has(node)) return gap;
  const within = new Set(around).add(node);
  const text = textOf(node);
  if (text !== undefined) return text;
  if (!isNode(node)) return gap;
  if (node.type === 'ConditionalExpression') return template(node['alternate'], names, within);
  if (node.type === 'BinaryExpression' && node['operator'] === '+') {
    return template(node['left'], names, within) + template(node['right'], names, within);
  }
  if (node.type !== 'TemplateLiteral') return gap;
  const words = node['quasis'] as { value: { cooked: string } }[];
  const parts = node['expressions'] as unknown[];
  return words
    .map(({ value: { cooked } }, at) => {
      return at < parts.length ? cooked + template(parts[at], names, within) : cooked;
    })
    .join('')
    .replaceAll(/…+/g, gap);
}
