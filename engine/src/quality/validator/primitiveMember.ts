import { bindingCheck } from './bindings.ts';
import type { ElementDefinition } from './definitions/elements.ts';
import { invariantChecks } from './invariants.ts';
import { narrativeProblem } from './narrative.ts';
import { numberText, primitiveCheck, type PrimitiveCheck } from './primitives.ts';
import type { Services } from './services.ts';
import type { ValueCheck } from './objectCheck.ts';
import { isObject } from './fhirJson.ts';
import type { Walk } from './walk.ts';
import { FhirElement } from '../../fhirpath/item.ts';
import { fhirType } from '../../fhirpath/model.ts';
import { objectOf } from '../../model/largeObject.ts';

/** An element of a primitive type, and what may stand beside it: an id and extensions. */
export function primitiveMember(
  code: string,
  element: ElementDefinition,
  services: Services,
): { check: ValueCheck; primitive: true } {
  const form = code === 'xhtml' ? narrativeProblem : formCheck(code);
  const bound = bindingCheck(element.binding, code, services);
  const limits = limitCheck(element);
  const invariants = invariantChecks(element.constraint ?? [], code);
  const type = fhirType(code);
  const check: ValueCheck = (value, extra, walk) => {
    if (value !== undefined) {
      const problem = isPlaceholder(code, value, walk) ? undefined : form(value);
      if (problem !== undefined) return walk.error(problem);
      if (bound !== undefined) bound(value as never, walk);
      if (limits !== undefined) limits(value, walk);
    }
    if (extra !== undefined) besideCheck(services, extra, walk, value !== undefined);
    if (invariants.length === 0 || value === undefined) return;
    const item = isObject(extra) ? new FhirElement(type, value, extra) : value;
    for (const invariant of invariants) invariant(item, walk);
  };
  return { check, primitive: true };
}

function formCheck(code: string): PrimitiveCheck {
  return primitiveCheck(code);
}

/** In a draft, a large object is filled in when it is written. */
function isPlaceholder(code: string, value: unknown, walk: Walk): boolean {
  return (
    code === 'base64Binary' &&
    walk.demands.draft &&
    typeof value === 'string' &&
    objectOf(value) !== undefined
  );
}

/** `_birthDate`: an Element, of which extensions or an id are all (R4 §2.6.2.3). */
function besideCheck(services: Services, extra: unknown, walk: Walk, hasValue: boolean): void {
  if (!isObject(extra)) return walk.error('object-expected');
  for (const key in extra) {
    if (key !== 'id' && key !== 'extension') return walk.error('element-unknown', 'extension');
  }
  services.types.object('Element')?.run(extra, walk);
  if (!hasValue && extra['extension'] === undefined) walk.error('ele-1');
}

export function limitCheck(
  element: ElementDefinition,
): ((value: unknown, walk: Walk) => void) | undefined {
  const { maxLength, minValue, maxValue } = element;
  if (maxLength === undefined && minValue === undefined && maxValue === undefined) return undefined;
  return (value, walk) => {
    if (maxLength !== undefined && typeof value === 'string' && value.length > maxLength) {
      walk.error('value-too-long');
    }
    if (minValue !== undefined && isBelow(value, minValue)) walk.error('value-range');
    if (maxValue !== undefined && isBelow(maxValue, value)) walk.error('value-range');
  };
}

/** Numbers by their size; dates and times of the same precision by their text. */
function isBelow(one: unknown, other: unknown): boolean {
  const [left, right] = [numberText(one), numberText(other)];
  if (left !== undefined && right !== undefined) return Number(left) < Number(right);
  if (typeof one !== 'string' || typeof other !== 'string') return false;
  const shared = Math.min(one.length, other.length);
  return one.slice(0, shared) < other.slice(0, shared);
}
