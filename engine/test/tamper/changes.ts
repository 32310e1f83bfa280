import type { JsonObject } from '../../src/base/json.ts';
import type { Random } from '../../src/base/random.ts';
import { shuffled } from './change.ts';
import type { Change, Changed } from './change.ts';
import { clinicalChanges } from './clinicalChanges.ts';
import { structureChanges } from './structureChanges.ts';
import { valueChanges } from './valueChanges.ts';

/** Every class of change, each with its own name. */
export const changes: readonly Change[] = [
  ...structureChanges,
  ...clinicalChanges,
  ...valueChanges,
];

/**
 * One change of a class that `random` chooses among those that find a place in the resource.
 * @throws RangeError when none does: the resource has nothing but its type and id.
 */
export function anyElement(resource: JsonObject, random: Random): Changed & { name: string } {
  for (const change of shuffled(changes, random)) {
    const struck = change.apply(resource, random);
    if (struck !== undefined) return { name: change.name, ...struck };
  }
  throw new RangeError('the resource has no element to change');
}
