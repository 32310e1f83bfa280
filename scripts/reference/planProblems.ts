import type { House } from '../../engine/test/tidy/house.ts';
import { isForTests } from '../../engine/test/tidy/house.ts';
import { nameOf, textOf } from '../../engine/test/tidy/sourceFile.ts';
import type { SourceFile, SyntaxNode } from '../../engine/test/tidy/sourceFile.ts';
import { namesAt, propertiesOf, template } from './writtenText.ts';

/** A mistake that `plan check` tells, with what it says of it at each place that finds it. */
export interface PlanProblem {
  code: string;
  messages: readonly string[];
}

const judges = /^engine\/src\/(mapping\/(?!library\/)|terminology\/|fhirpath\/|run\/plan\/)/;

/** Every mistake in plan, mappings and code maps, by code, read from the syntax trees. */
export function planProblems(house: House): PlanProblem[] {
  const found = new Map<string, Set<string>>();
  for (const file of house.matching(judges).filter(({ path }) => !isForTests(path))) {
    for (const node of file.nodes) {
      const told = problemOf(file, node);
      if (told === undefined) continue;
      found.set(told.code, (found.get(told.code) ?? new Set()).add(told.message));
    }
  }
  return [...found]
    .map(([code, messages]) => ({ code, messages: [...messages].toSorted() }))
    .toSorted((one, other) => (one.code < other.code ? -1 : 1));
}

function problemOf(
  file: SourceFile,
  node: SyntaxNode,
): { code: string; message: string } | undefined {
  const names = namesAt(file, node.loc.start.line);
  const [code, message] = partsOf(node, names);
  const text = textOf(code);
  if (text === undefined || message === undefined || !/^[a-z]+(-[a-z]+)*$/.test(text)) return;
  return { code: text, message: template(message, names) };
}

/** Code and message: `report(place, code, message)`, `ExpressionError(code, message)`, a row. */
function partsOf(node: SyntaxNode, names: ReturnType<typeof namesAt>): unknown[] {
  if (node.type === 'ObjectExpression') {
    const row = propertiesOf(node, names);
    return [row.get('code'), row.get('message')];
  }
  const name = nameOf(node['callee']);
  const given = (node['arguments'] ?? []) as unknown[];
  if (node.type === 'NewExpression' && name === 'ExpressionError') return given;
  const reports = node.type === 'CallExpression' && (name === 'add' || name === 'report');
  return reports ? given.slice(1) : [];
}
