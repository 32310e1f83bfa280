import { fhirType } from '../fhirpath/model.ts';
import type { FhirType } from '../fhirpath/model.ts';

/** An element as it stands in JSON. */
export interface FhirElement {
  type: FhirType;
  repeats: boolean;
  /** Its name in the definitions: `onset` for `onsetDateTime`. */
  definition: string;
}

const known = new Map<FhirType, ReadonlyMap<string, FhirElement>>();

/**
 * The elements of a type by their JSON names: one for each type of a choice (`onsetDateTime`), and
 * `_birthDate` for what stands beside a primitive (R4 §2.6.2).
 */
export function jsonElements(type: FhirType): ReadonlyMap<string, FhirElement> {
  let elements = known.get(type);
  if (elements === undefined) {
    elements = collect(type);
    known.set(type, elements);
  }
  return elements;
}

function collect(type: FhirType): ReadonlyMap<string, FhirElement> {
  const elements = new Map<string, FhirElement>();
  const beside = fhirType('Element') as FhirType;
  for (const { name: definition, many: repeats, properties } of type.elements.values()) {
    for (const property of properties) {
      elements.set(property.key, { type: property.type, repeats, definition });
      if (property.type.kind === 'primitive') {
        elements.set(`_${property.key}`, { type: beside, repeats, definition: `_${definition}` });
      }
    }
  }
  return elements;
}

/** Names come from outside and may be anything: only what can be one stands in a path. */
export function tellableName(name: string): string {
  return /^[A-Za-z_][\w-]{0,63}$/.test(name) ? name : '?';
}
