import { isObject, type FhirJson, textOf } from './fhirJson.ts';
import type { Walk } from './walk.ts';

interface NativeInvariant {
  /** Of the expression in R4; a profile may give the same key to something else. */
  expression: RegExp;
  holds(value: FhirJson, walk: Walk): boolean;
}

/** Invariants that nearly every element has, without going by way of an expression. */
export const nativeInvariants: ReadonlyMap<string, NativeInvariant> = new Map([
  ['ext-1', { expression: /^extension\.exists\(\) != value\.exists\(\)$/, holds: nestsOrHasValue }],
  [
    'dom-2',
    {
      expression: /^contained\.contained\.empty\(\)$/,
      holds: (resource) => contained(resource).every((inner) => inner['contained'] === undefined),
    },
  ],
  ['dom-3', { expression: /^contained\.where\(/, holds: isReferenced }],
  [
    'dom-4',
    {
      expression: /^contained\.meta\.versionId/,
      holds: (resource) =>
        metas(resource).every(
          (meta) => meta['versionId'] === undefined && meta['lastUpdated'] === undefined,
        ),
    },
  ],
  [
    'dom-5',
    {
      expression: /^contained\.meta\.security/,
      holds: (resource) => metas(resource).every((meta) => meta['security'] === undefined),
    },
  ],
  [
    'dom-6',
    {
      expression: /^text\.`?div`?\.exists\(\)$/,
      holds: ({ text }) => isObject(text) && text['div'] !== undefined,
    },
  ],
  ['ref-1', { expression: /^reference\.startsWith\('#'\)/, holds: pointsInside }],
  ['per-1', { expression: /^start\.hasValue\(\)\.not\(\)/, holds: startsBeforeEnd }],
]);

function nestsOrHasValue(extension: FhirJson): boolean {
  let value = false;
  for (const key in extension) {
    if (key.startsWith('value') || key.startsWith('_value')) value = true;
  }
  return value !== (extension['extension'] !== undefined);
}

function contained(resource: FhirJson): readonly FhirJson[] {
  const list = resource['contained'];
  return Array.isArray(list) ? list.filter(isObject) : nothing;
}

const nothing: readonly FhirJson[] = [];

function metas(resource: FhirJson): readonly FhirJson[] {
  const inside = contained(resource);
  if (inside.length === 0) return inside;
  return inside.map((inner) => inner['meta']).filter(isObject);
}

/** dom-3: a contained resource is referred to from the one around it, or refers to that one. */
function isReferenced(resource: FhirJson): boolean {
  const inner = contained(resource);
  if (inner.length === 0) return true;
  const texts = new Set<string>();
  collectLocal(resource, texts, 0);
  return inner.every((each) => {
    const own = new Set<string>();
    collectLocal(each, own, 0);
    return own.has('#') || texts.has(`#${textOf(each['id'])}`);
  });
}

const inNarrative = /\s(?:src|href)\s*=\s*["'](#[^"']{1,64})["']/g;

function collectLocal(value: unknown, texts: Set<string>, depth: number): void {
  if (depth > 200) return;
  if (typeof value === 'string') {
    if (value.startsWith('#')) texts.add(value);
    // A narrative shows what is contained, or leads to it (R4 §2.4.0).
    else if (value.startsWith('<div')) {
      for (const [, link = ''] of value.matchAll(inNarrative)) texts.add(link);
    }
  } else if (Array.isArray(value)) {
    for (const item of value) collectLocal(item, texts, depth + 1);
  } else if (isObject(value)) {
    for (const key in value) collectLocal(value[key], texts, depth + 1);
  }
}

/** ref-1: what a local reference names is contained; `#` alone is the resource around. */
function pointsInside({ reference }: FhirJson, walk: Walk): boolean {
  if (typeof reference !== 'string' || !reference.startsWith('#')) return true;
  const { resource, root } = walk.holder;
  if (reference === '#') return true;
  const id = reference.slice(1);
  return (
    contained(root).some((each) => each['id'] === id) ||
    contained(resource).some((each) => each['id'] === id)
  );
}

/** per-1: times as instants, whatever their offsets; a draft may name the day of one and the time of the other. */
function startsBeforeEnd({ start, end }: FhirJson, walk: Walk): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return true;
  if (start.length > 10 && end.length > 10) return !(Date.parse(start) > Date.parse(end));
  const shared = Math.min(start.length, end.length, 10);
  const [from, to] = [start.slice(0, shared), end.slice(0, shared)];
  // FHIRPath cannot say which of a day and an hour of it comes first, and asks for a yes.
  return from < to || (from === to && (start.length === end.length || walk.demands.draft));
}
