import { isRestriction } from '../../privacy/protection/restrictions.ts';
import type { PlanDocument } from './schema.ts';

/** Why a target may not hold a resource with these guards, as a code; undefined where it may. */
export type Barrier = (target: string, guards: readonly string[]) => string | undefined;

/**
 * A target holds what it can guard: labels where it keeps them, restrictions that it enforces, and both
 * only under a law that the plan allows.
 */
export function planBarrier(
  { targets, protection }: PlanDocument,
  keepsLabels: (target: string) => boolean,
): Barrier {
  const within = protection?.within ?? {};
  return (target, guards) => {
    const { enforces = [], jurisdiction = '' } = targets[target] ?? {};
    for (const guard of guards) {
      if (!keepsLabels(target)) return 'label-not-held';
      if (isRestriction(guard) && !enforces.includes(guard)) return 'restriction-not-enforced';
      if (within[guard] && !liesIn(jurisdiction, within[guard])) return 'jurisdiction-not-allowed';
    }
    return undefined;
  };
}

/** `US-MA` lies in `US-MA` and in `US`. */
export function liesIn(jurisdiction: string, places: readonly string[]): boolean {
  return places.some((one) => jurisdiction === one || jurisdiction.startsWith(`${one}-`));
}
