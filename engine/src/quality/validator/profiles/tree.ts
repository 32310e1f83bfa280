import type { ElementDefinition, StructureDefinition } from '../definitions/elements.ts';
import type { Definitions } from '../definitions/store.ts';

/** An element as a profile has it; what the profile leaves as its type has it is not there. */
export interface ProfileNode {
  /** Without `[x]`. */
  readonly name: string;
  readonly sliceName?: string;
  definition: ElementDefinition;
  readonly children: Map<string, ProfileNode>;
  readonly slices: ProfileNode[];
}

/**
 * What a profile says, as a tree: from its snapshot or, where it has none, from its differential over
 * the tree of its base (R4 §5.1.0.1). Undefined where a base is not loaded or leads in a circle;
 * `missing` is then told the canonical.
 */
export function profileTree(
  structure: StructureDefinition,
  definitions: Definitions,
  missing: (canonical: string) => void,
  above: ReadonlySet<string> = new Set(),
): ProfileNode | undefined {
  const { snapshot, differential = [], baseDefinition, derivation } = structure;
  if (snapshot !== undefined) return grow(newNode(structure.type, snapshot[0]), snapshot);
  if (derivation !== 'constraint' || baseDefinition === undefined || above.has(structure.url)) {
    missing(structure.url);
    return undefined;
  }
  const base = definitions.structure(baseDefinition);
  if (base === undefined) {
    missing(baseDefinition);
    return undefined;
  }
  const isType = base.derivation !== 'constraint';
  const root = isType
    ? newNode(structure.type, undefined)
    : profileTree(base, definitions, missing, new Set([...above, structure.url]));
  return root && grow(root, differential);
}

function newNode(
  name: string,
  definition: ElementDefinition | undefined,
  sliceName?: string,
): ProfileNode {
  return {
    name,
    ...(sliceName !== undefined && { sliceName }),
    definition: definition ?? { path: name },
    children: new Map(),
    slices: [],
  };
}

function grow(root: ProfileNode, elements: readonly ElementDefinition[]): ProfileNode {
  const open = new Map<string, string>();
  for (const element of elements) {
    const steps = stepsOf(element, open);
    const node = steps.reduce(stepInto, root);
    node.definition = { ...node.definition, ...element };
    if (node.definition.constraint !== undefined && element.constraint !== undefined) {
      node.definition.constraint = element.constraint;
    }
  }
  return root;
}

interface Step {
  name: string;
  slices: readonly string[];
}

/** The way to an element by its id; without ids, by its path and the slices told before it. */
function stepsOf({ id, path, sliceName }: ElementDefinition, open: Map<string, string>): Step[] {
  const names = (id ?? pathWithSlices(path, sliceName, open)).split('.').slice(1);
  return names.map((text) => {
    const [name = '', slice] = text.split(':', 2);
    return { name: name.replace('[x]', ''), slices: slice === undefined ? [] : sliceSteps(slice) };
  });
}

function pathWithSlices(
  path: string,
  sliceName: string | undefined,
  open: Map<string, string>,
): string {
  if (sliceName === undefined) open.delete(path);
  else open.set(path, sliceName);
  let at = '';
  return path
    .split('.')
    .map((name) => {
      at = at === '' ? name : `${at}.${name}`;
      const slice = open.get(at);
      return slice === undefined ? name : `${name}:${slice}`;
    })
    .join('.');
}

/** `a/b` is slice b of slice a (ElementDefinition.sliceName). */
function sliceSteps(slice: string): string[] {
  const parts = slice.split('/');
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

function stepInto(node: ProfileNode, { name, slices }: Step): ProfileNode {
  const child = node.children.get(name) ?? newNode(name, undefined);
  node.children.set(name, child);
  return slices.reduce((at: ProfileNode, sliceName) => {
    const known = at.slices.find((each) => each.sliceName === sliceName);
    if (known !== undefined) return known;
    const slice = newNode(name, undefined, sliceName);
    at.slices.push(slice);
    return slice;
  }, child);
}
