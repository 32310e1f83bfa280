import type { X12Segment } from '../../../formats/x12/segment.ts';
import type { Element } from '../resource.ts';
import { absent, coded, modifierSystem, serviceSystem } from './codes.ts';

/** A service's code, its modifiers and words: SV101, SV202, SVC01 and the like (C003). */
export interface Service {
  code: Element;
  modifiers: Element[];
}

/** Where a line has no code of its own. */
const none: Service = { code: absent('not-applicable'), modifiers: [] };

/** The composite medical procedure identifier of an element. */
export function serviceOf(segment: X12Segment, element: number): Service {
  if (!segment.has(element)) return none;
  const qualifier = segment.part(element, 1);
  const code = segment.part(element, 2);
  const words = segment.part(element, 7);
  // A qualifier and nothing else: parted by something that is not this interchange's separator.
  if (code === '') return { code: { text: words || segment.text(element) }, modifiers: [] };
  const modifiers = [3, 4, 5, 6]
    .map((at) => segment.part(element, at))
    .filter((modifier) => modifier !== '')
    .map((modifier) => coded(modifierSystem(modifier), modifier));
  return {
    code: { ...coded(serviceSystem(qualifier, code), code), ...(words !== '' && { text: words }) },
    modifiers,
  };
}
