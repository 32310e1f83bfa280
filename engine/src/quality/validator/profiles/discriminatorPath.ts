import { listOf } from '../bundleIndex.ts';
import { resolveReference } from '../references.ts';
import { isObject } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';
import type { Item } from './scope.ts';

/** A step of the limited FHIRPath that discriminators are written in (R4 §5.1.0.11). */
export type PathStep =
  | { kind: 'name'; name: string }
  | { kind: 'extension'; url: string }
  | { kind: 'ofType'; type: string }
  | { kind: 'resolve' };

/** A value with its type as far as it is known. */
export interface Typed {
  value: unknown;
  type: string | undefined;
}

export function parsePath(path: string): PathStep[] {
  const steps: PathStep[] = [];
  const pattern =
    /extension\(\s*['"]([^'"]*)['"]\s*\)|ofType\(\s*([\w.]+)\s*\)|(resolve\(\))|([\w$[\]]+)/g;
  for (const [, url, type, resolve, name] of path.matchAll(pattern)) {
    if (url !== undefined) steps.push({ kind: 'extension', url });
    else if (type !== undefined) steps.push({ kind: 'ofType', type: type.replace('FHIR.', '') });
    else if (resolve !== undefined) steps.push({ kind: 'resolve' });
    else if (name !== undefined && name !== '$this') {
      steps.push({ kind: 'name', name: name.replace('[x]', '') });
    }
  }
  return steps;
}

/** The values at a path of an item, or of a value inside one. */
export function valuesAt(
  from: Item | Typed,
  steps: readonly PathStep[],
  walk: Walk,
): readonly Typed[] {
  const start: Typed = 'member' in from ? typedItem(from) : from;
  if (start.value === undefined) return nothing;
  let found: readonly Typed[] = [start];
  for (const step of steps) {
    const [only] = found;
    if (only === undefined) return found;
    found =
      found.length === 1
        ? stepFrom(only, step, walk)
        : found.flatMap((each) => stepFrom(each, step, walk));
  }
  return found;
}

const nothing: readonly Typed[] = [];

function typedItem({ value, extra, member }: Item): Typed {
  const own = isObject(value) ? value['resourceType'] : undefined;
  const isResource = member.type === 'Resource' && typeof own === 'string';
  return { value: value ?? extra, type: isResource ? own : member.type };
}

function stepFrom({ value, type }: Typed, step: PathStep, walk: Walk): readonly Typed[] {
  if (step.kind === 'ofType') return type === step.type ? [{ value, type }] : nothing;
  if (!isObject(value)) return nothing;
  switch (step.kind) {
    case 'extension':
      return listOf(value['extension'])
        .filter(({ url }) => url === step.url)
        .map((each) => ({ value: each, type: 'Extension' }));
    case 'resolve': {
      const { reference } = value;
      const target =
        typeof reference === 'string' ? resolveReference(reference, walk.holder) : undefined;
      const own = target?.['resourceType'];
      return target === undefined
        ? nothing
        : [{ value: target, type: typeof own === 'string' ? own : undefined }];
    }
    case 'name':
      return childrenOf(value, step.name);
  }
}

function childrenOf(value: { readonly [name: string]: unknown }, name: string): readonly Typed[] {
  const own = value[name];
  if (own !== undefined) return listed(own, undefined);
  for (const key in value) {
    if (!key.startsWith(name)) continue;
    const rest = key.slice(name.length);
    if (/^[A-Z]/.test(rest)) return listed(value[key], typeOf(rest));
  }
  return value[`_${name}`] === undefined ? nothing : listed(value[`_${name}`], undefined);
}

const lowerCase =
  /^(?:Base64Binary|Boolean|Canonical|Code|Date|DateTime|Decimal|Id|Instant|Integer|Markdown|Oid|PositiveInt|String|Time|UnsignedInt|Uri|Url|Uuid)$/;

/** The type at the end of the key of a choice. */
function typeOf(suffix: string): string {
  return lowerCase.test(suffix) ? `${suffix.slice(0, 1).toLowerCase()}${suffix.slice(1)}` : suffix;
}

function listed(value: unknown, type: string | undefined): readonly Typed[] {
  if (!Array.isArray(value)) return value === null ? nothing : [typed(value, type)];
  const all: readonly unknown[] = value;
  return all.filter((each) => each !== null).map((each) => typed(each, type));
}

function typed(value: unknown, type: string | undefined): Typed {
  const own = isObject(value) ? value['resourceType'] : undefined;
  return { value, type: typeof own === 'string' ? own : type };
}
