import type { Services } from '../services.ts';
import type { FhirJson, Walk } from '../walk.ts';

/** What the standard says in words of a resource; its elements have been judged. */
export type ResourceRule = (resource: FhirJson, walk: Walk) => void;

export function resourceRules(_type: string, _services: Services): readonly ResourceRule[] {
  return [];
}
