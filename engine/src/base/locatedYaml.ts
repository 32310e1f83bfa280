import { isAlias, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Node, Pair, Scalar } from 'yaml';

/** A place in a file; both count from 1. */
export interface FilePlace {
  line: number;
  column: number;
}

/** YAML (1.2, core schema) as a tree in which everything knows its place. */
export type YamlNode = YamlScalar | YamlList | YamlMap;

/**
 * `text` is as written, so that numbers keep their digits; `null` has the text `''`. The place is
 * that of the text's first character, inside the quotes if there are any.
 */
export interface YamlScalar extends FilePlace {
  kind: 'text' | 'number' | 'boolean' | 'null';
  text: string;
}

export interface YamlList extends FilePlace {
  kind: 'list';
  items: readonly YamlNode[];
}

export interface YamlMap extends FilePlace {
  kind: 'map';
  entries: readonly { key: YamlScalar; value: YamlNode }[];
}

export interface YamlProblem extends FilePlace {
  message: string;
}

/**
 * Read one YAML document. Repeated keys, keys that are not text, anchors, aliases and tags are
 * problems: a file that people review must say the same thing to every reader.
 */
export function readLocatedYaml(text: string): {
  root: YamlNode | undefined;
  problems: YamlProblem[];
} {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
  });
  const reader = new TreeReader(lines);
  for (const error of document.errors) reader.report(error.pos[0], error.message);
  const root = document.contents === null ? undefined : reader.node(document.contents, 0);
  return { root: document.errors.length > 0 ? undefined : root, problems: reader.problems };
}

/** The value under a key of a map, if it is there. */
export function yamlEntry(map: YamlMap, name: string): YamlNode | undefined {
  return map.entries.find((entry) => entry.key.text === name)?.value;
}

export function isYamlScalar(node: YamlNode): node is YamlScalar {
  return node.kind !== 'list' && node.kind !== 'map';
}

/** The text of a scalar, or of each scalar of a list; what is no text is left out. */
export function textsIn(node: YamlNode | undefined): string[] {
  if (node === undefined) return [];
  const items = node.kind === 'list' ? node.items : [node];
  return items.flatMap((item) => (isYamlScalar(item) ? [item.text] : []));
}

class TreeReader {
  readonly problems: YamlProblem[] = [];
  readonly #lines: LineCounter;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  report(offset: number, message: string): void {
    this.problems.push({ ...this.#place(offset), message });
  }

  /** `fallback` is where a value that is left out would stand. */
  node(node: Node | null, fallback: number): YamlNode {
    const offset = node?.range?.[0] ?? fallback;
    const place = this.#place(offset);
    if (node === null) return { kind: 'null', text: '', ...place };
    if (isAlias(node)) {
      this.report(offset, 'aliases are not used here: write it out');
      return { kind: 'null', text: '', ...place };
    }
    if ('anchor' in node && node.anchor !== undefined) {
      this.report(offset, 'anchors are not used here');
    }
    if (node.tag?.startsWith('!') === true) this.report(offset, 'tags are not used here');
    if (isScalar(node)) {
      const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
      return { ...scalarOf(node), ...place, column: place.column + (quoted ? 1 : 0) };
    }
    if (isMap(node)) {
      const entries = node.items.map((pair) => this.#entry(pair as Pair<Node, Node | null>));
      return { kind: 'map', entries, ...place };
    }
    const { items } = node as unknown as { items: (Node | null)[] };
    return { kind: 'list', items: items.map((item) => this.node(item, offset)), ...place };
  }

  #entry(pair: Pair<Node, Node | null>): { key: YamlScalar; value: YamlNode } {
    const key = this.node(pair.key, 0);
    const end = pair.key.range?.[1] ?? 0;
    const value = this.node(pair.value, end);
    if (isYamlScalar(key) && key.kind !== 'null') return { key, value };
    this.report(pair.key.range?.[0] ?? 0, 'a key must be a text');
    return { key: { kind: 'text', text: '', line: key.line, column: key.column }, value };
  }

  #place(offset: number): FilePlace {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

function scalarOf(node: Scalar): { kind: YamlScalar['kind']; text: string } {
  if (node.value === null) return { kind: 'null', text: '' };
  if (typeof node.value === 'number') return { kind: 'number', text: node.source ?? '' };
  if (typeof node.value === 'boolean') return { kind: 'boolean', text: String(node.value) };
  return { kind: 'text', text: typeof node.value === 'string' ? node.value : (node.source ?? '') };
}
