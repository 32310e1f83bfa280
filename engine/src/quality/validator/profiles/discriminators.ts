import { fitsPattern, isFixed } from '../matching.ts';
import { bindingTest } from '../bindings.ts';
import { isObject } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';
import { parsePath, valuesAt, type PathStep, type Typed } from './discriminatorPath.ts';
import type { Item, ProfileScope } from './scope.ts';
import type { ProfileNode } from './tree.ts';

/** Whether an item belongs to a slice. */
export type Matcher = (item: Item, walk: Walk) => boolean;

type Test = (value: Typed, walk: Walk) => boolean;

/** What a slice says of the place that a discriminator names. */
interface Told {
  nodes: readonly ProfileNode[];
  /** What fixed values and patterns further up have there. */
  patterns: readonly unknown[];
}

/** All discriminators of a slicing must say that an item is of the slice (R4 §5.1.0.10). */
export function sliceMatcher(
  slice: ProfileNode,
  parent: ProfileNode,
  scope: ProfileScope,
): Matcher {
  const given = parent.definition.slicing?.discriminator ?? [];
  const isChoice = parent.definition.path.endsWith('[x]');
  const usual = isChoice ? { type: 'type', path: '$this' } : usualDiscriminator(slice);
  const discriminators = given.length > 0 ? given : [usual];
  const matchers = discriminators.map(({ type, path }) => matcher(type, path, slice, scope));
  const [only] = matchers;
  if (matchers.length === 1 && only !== undefined) return only;
  return (item, walk) => matchers.every((matches) => matches(item, walk));
}

function usualDiscriminator({ name }: ProfileNode): { type: string; path: string } {
  const isExtension = name === 'extension' || name === 'modifierExtension';
  return { type: 'value', path: isExtension ? 'url' : '$this' };
}

function matcher(type: string, path: string, slice: ProfileNode, scope: ProfileScope): Matcher {
  const steps = parsePath(path);
  const told = tell({ nodes: expanded(slice, scope), patterns: patternsOf(slice) }, steps, scope);
  if (type === 'exists') return existsMatcher(steps, told);
  const tests: Readonly<Record<string, () => Test | undefined>> = {
    value: () => valueTest(told, scope),
    pattern: () => valueTest(told, scope),
    type: () => typeTest(told, steps, scope),
    profile: () => profileTest(told, steps, scope),
  };
  const test = tests[type]?.();
  // A slice that does not say how it is told apart has no items.
  if (test === undefined) return () => false;
  return (item, walk) => {
    for (const value of valuesAt(item, steps, walk)) if (test(value, walk)) return true;
    return false;
  };
}

function existsMatcher(steps: readonly PathStep[], { nodes }: Told): Matcher {
  const absent = nodes.some(({ definition }) => definition.max === '0');
  return (item, walk) => valuesAt(item, steps, walk).length > 0 !== absent;
}

/** A node, and the root of the profile that its type names. */
function expanded(node: ProfileNode, { services }: ProfileScope): ProfileNode[] {
  const [profile, more] = (node.definition.type ?? []).flatMap(({ profile: own = [] }) => own);
  const root =
    profile === undefined || more !== undefined ? undefined : services.profiles.root(profile);
  return root === undefined ? [node] : [node, root];
}

function patternsOf({ definition: { fixed, pattern } }: ProfileNode): unknown[] {
  return [fixed, pattern].filter((each) => each !== undefined);
}

/** Follow a path through what a slice says. */
function tell(told: Told, steps: readonly PathStep[], scope: ProfileScope): Told {
  return steps.reduce((at, step) => {
    const nodes = at.nodes.flatMap((node) => nodesAt(node, step, scope));
    const inside = at.patterns.flatMap((pattern) => partsOf(pattern, step));
    return { nodes, patterns: [...inside, ...nodes.flatMap(patternsOf)] };
  }, told);
}

function nodesAt(node: ProfileNode, step: PathStep, scope: ProfileScope): ProfileNode[] {
  switch (step.kind) {
    case 'name': {
      const child = node.children.get(step.name);
      return child === undefined
        ? []
        : [child, ...child.slices].flatMap((each) => expanded(each, scope));
    }
    case 'extension': {
      const slices = node.children.get('extension')?.slices ?? [];
      return slices
        .flatMap((slice) => expanded(slice, scope))
        .filter((each) => hasUrl(each, step.url));
    }
    case 'resolve':
      return (node.definition.type ?? [])
        .flatMap(({ targetProfile = [] }) => targetProfile)
        .flatMap((profile) => scope.services.profiles.root(profile) ?? []);
    case 'ofType':
      return [node];
  }
}

function hasUrl(node: ProfileNode, url: string): boolean {
  const fixed = node.children.get('url')?.definition.fixed;
  const profiles = (node.definition.type ?? []).flatMap(({ profile = [] }) => profile);
  return fixed === url || profiles.includes(url);
}

function partsOf(pattern: unknown, step: PathStep): unknown[] {
  if (step.kind === 'ofType') return [pattern];
  if (step.kind !== 'name' || !isObject(pattern)) return [];
  const part = pattern[step.name];
  return part === undefined ? [] : Array.isArray(part) ? part : [part];
}

function valueTest({ nodes, patterns }: Told, scope: ProfileScope): Test | undefined {
  const tests = nodes.flatMap((node) => nodeTest(node, scope) ?? []);
  const own = nodes.flatMap(patternsOf);
  // Of several patterns that a list further up has, one is enough.
  const given = patterns.filter((pattern) => !own.includes(pattern));
  if (given.length > 0) {
    tests.push(({ value }) => given.some((pattern) => fitsPattern(value, pattern)));
  }
  return allOf(tests);
}

/** Undefined where there is none. */
function allOf(tests: readonly Test[]): Test | undefined {
  const [only] = tests;
  if (tests.length < 2) return only;
  return (value, walk) => tests.every((test) => test(value, walk));
}

/** What tells the value of a node: it is fixed, has a pattern, is bound, or its parts are. */
function nodeTest(node: ProfileNode, scope: ProfileScope): Test | undefined {
  const { fixed, pattern, binding } = node.definition;
  const tests: Test[] = [];
  if (fixed !== undefined) tests.push(({ value }) => isFixed(value, fixed));
  if (pattern !== undefined) tests.push(({ value }) => fitsPattern(value, pattern));
  if (tests.length === 0 && binding?.strength === 'required' && binding.valueSet !== undefined) {
    tests.push(bindingTest(binding.valueSet, scope.services.terminology));
  }
  for (const child of tests.length === 0 ? node.children.values() : []) {
    const test = partTest(child, scope);
    if (test !== undefined) tests.push(test);
  }
  return allOf(tests);
}

function partTest(child: ProfileNode, scope: ProfileScope): Test | undefined {
  const steps: PathStep[] = [{ kind: 'name', name: child.name }];
  const required = child.slices.filter(({ definition: { min = 0 } }) => min > 0);
  const tests = [child, ...required].flatMap((node) => {
    const { fixed, pattern, binding } = node.definition;
    const tells = fixed !== undefined || pattern !== undefined || node.children.size > 0;
    const bound = binding?.strength === 'required' && (node.definition.min ?? 0) > 0;
    return tells || bound ? (nodeTest(node, scope) ?? []) : [];
  });
  if (tests.length === 0) return undefined;
  return (value, walk) => {
    const parts = valuesAt(value, steps, walk);
    if (parts.length === 0) return (child.definition.min ?? 0) === 0 && required.length === 0;
    return tests.every((test) => parts.some((part) => test(part, walk)));
  };
}

function typeTest(
  { nodes }: Told,
  steps: readonly PathStep[],
  scope: ProfileScope,
): Test | undefined {
  const [codes] = [
    new Set(nodes.flatMap(({ definition }) => (definition.type ?? []).map(({ code }) => code))),
  ];
  if (steps.at(-1)?.kind === 'resolve') {
    for (const { name } of nodes) codes.add(name);
  }
  if (codes.size === 0) return undefined;
  return ({ type }) =>
    type !== undefined && scope.services.types.ancestors(type).some((each) => codes.has(each));
}

function profileTest(
  { nodes }: Told,
  steps: readonly PathStep[],
  scope: ProfileScope,
): Test | undefined {
  const { profiles } = scope.services;
  const resolved = steps.at(-1)?.kind === 'resolve';
  const canonicals = nodes.flatMap(({ definition }) =>
    (definition.type ?? []).flatMap(({ profile = [] }) => profile),
  );
  if (resolved || canonicals.length === 0) return undefined;
  return ({ value }, walk) => canonicals.some((each) => profiles.conforms(each, value, walk));
}
