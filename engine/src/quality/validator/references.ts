import { listOf } from './bundleIndex.ts';
import type { TypeReference } from './definitions/elements.ts';
import { isAbsolute } from './primitives.ts';
import type { Services } from './services.ts';
import { isId } from './texts.ts';
import { isObject, type FhirJson } from './fhirJson.ts';
import type { Holder, Walk } from './walk.ts';

/** The resource that a reference means, as far as it stands in the same resource or bundle. */
export function resolveReference(reference: string, holder: Holder): FhirJson | undefined {
  if (reference === '#') return holder.root;
  if (reference.startsWith('#')) {
    const id = reference.slice(1);
    return (
      listOf(holder.root['contained']).find((each) => each['id'] === id) ??
      listOf(holder.resource['contained']).find((each) => each['id'] === id)
    );
  }
  return holder.bundle?.resolve(reference, holder.fullUrl);
}

const restful =
  /^(?:https?:\/\/.+\/)?([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?(?:#.*)?$/;

/** The type that a reference names by its form (R4 §2.3.0.2, literal references). */
export function typeInReference(reference: string): string | undefined {
  const slash = reference.indexOf('/');
  if (slash > 0 && slash === reference.lastIndexOf('/') && isId(reference.slice(slash + 1))) {
    const type = reference.slice(0, slash);
    return /^[A-Z][A-Za-z]+$/.test(type) ? type : undefined;
  }
  return restful.exec(reference)?.[1];
}

/** What holds for every Reference, whatever may stand there. */
export function referenceRule(services: Services): (value: FhirJson, walk: Walk) => void {
  return (value, walk) => {
    const { reference, type } = value;
    if (typeof reference === 'string' && !reference.startsWith('#')) {
      const named = typeInReference(reference);
      const known = named !== undefined && services.types.object(named) !== undefined;
      if (
        !isAbsolute(reference) &&
        !known &&
        !reference.startsWith('?') &&
        !isConditional(reference)
      ) {
        walk.error('reference-format', 'reference');
      }
      const target = known ? resolveReference(reference, walk.holder)?.['resourceType'] : undefined;
      if (typeof target === 'string' && target !== named) walk.error('reference-type', 'reference');
      if (typeof type === 'string' && known && named !== type && !type.includes('/')) {
        walk.error('reference-type', 'type');
      }
    }
    if (
      typeof type === 'string' &&
      !type.includes('/') &&
      services.types.object(type) === undefined
    ) {
      walk.error('reference-type', 'type');
    }
  };
}

/** `Patient?identifier=…`, in transactions (R4 §3.1.0.11.2). */
function isConditional(reference: string): boolean {
  return /^[A-Z][A-Za-z]+\?/.test(reference);
}

/**
 * What an element asks of the target of a reference: its type, and if it is at hand, that it
 * conforms to one of the profiles named. Undefined where any resource may stand.
 */
export function referenceTargets(
  type: TypeReference,
  services: Services,
  about?: string,
): ((value: FhirJson, walk: Walk) => void) | undefined {
  const { targetProfile = [], code } = type;
  if (code !== 'Reference' || targetProfile.length === 0) return undefined;
  if (targetProfile.some((each) => each.endsWith('/StructureDefinition/Resource')))
    return undefined;
  let targets: Targets | undefined;
  return (value, walk) => {
    targets ??= targetsOf(targetProfile, services);
    judgeTarget(value, targets, services, walk, about);
  };
}

interface Targets {
  profiles: readonly string[];
  types: ReadonlySet<string>;
  /** Profiles that are not loaded: their types are not known. */
  missing: readonly string[];
  /** All of them are R4's own types. */
  plain: boolean;
}

function targetsOf(profiles: readonly string[], { definitions }: Services): Targets {
  const structures = profiles.map((each) => definitions.structure(each));
  return {
    profiles,
    types: new Set(structures.flatMap((each) => (each === undefined ? [] : [each.type]))),
    missing: profiles.filter((_, at) => structures[at] === undefined),
    plain: structures.every((each) => each !== undefined && each.derivation !== 'constraint'),
  };
}

function judgeTarget(
  { reference, type }: FhirJson,
  targets: Targets,
  services: Services,
  walk: Walk,
  about: string | undefined,
): void {
  const target =
    typeof reference === 'string' ? resolveReference(reference, walk.holder) : undefined;
  const literal = typeof reference === 'string' ? typeInReference(reference) : undefined;
  const own = target?.['resourceType'];
  const named = typeof own === 'string' ? own : (literal ?? type);
  if (typeof named !== 'string' || services.types.object(named) === undefined) return;
  if (!targets.types.has(named)) {
    const [missing] = targets.missing;
    if (missing !== undefined) return walk.notLoaded('profile', missing);
    return walk.error('reference-target', 'reference', about);
  }
  if (target === undefined || targets.plain || !isObject(target)) return;
  services.profiles.anyOf(targets.profiles, target, walk, 'reference-target-profile');
}
