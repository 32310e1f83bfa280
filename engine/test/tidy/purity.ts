import {
  inputOutputFolders,
  inputOutputPackages,
  nodeFreeFolders,
  pureFolders,
  pureNodeModules,
} from './floors.ts';
import { folderOf, isForTests } from './house.ts';
import type { House } from './house.ts';
import { nameOf } from './sourceFile.ts';
import type { Import, SourceFile, SyntaxNode, Violation } from './sourceFile.ts';

/** Pure folders do no input or output, nor import what does. */
export function impureImports(house: House): Violation[] {
  return production(house).flatMap(([file, folder]) =>
    file.imports.flatMap((each) => {
      const why = impurity(house, folder, file, each);
      return why === undefined
        ? []
        : [{ path: file.path, line: each.line, what: `imports ${each.specifier}`, why }];
    }),
  );
}

function impurity(
  house: House,
  folder: string,
  file: SourceFile,
  each: Import,
): string | undefined {
  const isNode = each.specifier.startsWith('node:');
  if (isNode && nodeFreeFolders.includes(folder)) return `${folder} imports no node: module`;
  if (!pureFolders.includes(folder) || each.typeOnly) return undefined;
  if (speaks(each.specifier)) return `${folder} is pure`;
  const place = house.pathOf(file, each) ?? '';
  const speaking =
    inputOutputFolders.includes(folderOf(place) ?? '') ||
    house.files.get(place)?.imports.some((next) => !next.typeOnly && speaks(next.specifier));
  return speaking === true ? `${folder} is pure, and that does input or output` : undefined;
}

/** Whether a package or a part of Node speaks to something outside the process. */
function speaks(specifier: string): boolean {
  if (specifier.startsWith('node:')) return !pureNodeModules.includes(specifier);
  return inputOutputPackages.includes(specifier);
}

/** Time, randomness and ids come through `base/`, so that a simulation can own them. */
export function ambientReads(house: House): Violation[] {
  return production(house)
    .filter(([, folder]) => folder !== 'base')
    .flatMap(([file]) =>
      file.nodes.flatMap((node) => {
        const read = ambientRead(node);
        const why = 'time, randomness and ids come through base/';
        const line = node.loc.start.line;
        return read === undefined ? [] : [{ path: file.path, line, what: `uses ${read}`, why }];
      }),
    );
}

const ambientMembers = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'process.hrtime',
  'crypto.randomUUID',
  'crypto.getRandomValues',
]);

const ambientImports = new Set(['randomBytes', 'randomFill', 'randomInt', 'randomUUID', 'uuid']);

function ambientRead(node: SyntaxNode): string | undefined {
  if (node.type === 'MemberExpression') {
    const name = `${nameOf(node['object']) ?? ''}.${nameOf(node['property']) ?? ''}`;
    return ambientMembers.has(name) ? name : undefined;
  }
  if (node.type === 'ImportSpecifier') {
    const name = nameOf(node['imported']) ?? '';
    return ambientImports.has(name) ? name : undefined;
  }
  const isCall = node.type === 'NewExpression' || node.type === 'CallExpression';
  if (!isCall || nameOf(node['callee']) !== 'Date' || !isPlain(node['callee'])) return undefined;
  const given = (node['arguments'] as unknown[]).length > 0;
  return given && node.type === 'NewExpression' ? undefined : 'the present Date';
}

function isPlain(callee: unknown): boolean {
  return (callee as SyntaxNode).type === 'Identifier';
}

/** Files of `engine/src` that are not for tests, each with its folder. */
function production(house: House): [SourceFile, string][] {
  return [...house.files.values()].flatMap((file): [SourceFile, string][] => {
    const folder = folderOf(file.path);
    return folder === undefined || isForTests(file.path) ? [] : [[file, folder]];
  });
}
