import { isJsonObject } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';

/** A rule between the elements of one type; `code` is the key that FHIR R4 gives it. */
export interface Invariant {
  code: string;
  holds: (object: JsonObject) => boolean;
}

/** Invariants of FHIR R4 by the type that they bind. */
export const invariants: Readonly<Record<string, readonly Invariant[]>> = {
  AllergyIntolerance: [
    // An allergy is not active by silence: either its clinical status is told or it is an error.
    { code: 'ait-1', holds: (allergy) => isError(allergy) || 'clinicalStatus' in allergy },
    { code: 'ait-2', holds: (allergy) => !isError(allergy) || !('clinicalStatus' in allergy) },
  ],
  ContactPoint: [{ code: 'cpt-2', holds: (point) => !('value' in point) || 'system' in point }],
  Extension: [{ code: 'ext-1', holds: (extension) => hasValue(extension) !== nests(extension) }],
  'Patient.contact': [
    {
      code: 'pat-1',
      holds: (contact) =>
        ['name', 'telecom', 'address', 'organization'].some((name) => name in contact),
    },
  ],
  Period: [{ code: 'per-1', holds: startsBeforeEnd }],
};

function isError(allergy: JsonObject): boolean {
  return codings(allergy['verificationStatus']).includes('entered-in-error');
}

function codings(concept: Json | undefined): Json[] {
  const list = isJsonObject(concept) ? concept['coding'] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((coding) => (isJsonObject(coding) ? [coding['code'] ?? null] : []));
}

function hasValue(extension: JsonObject): boolean {
  return Object.keys(extension).some((name) => name.replace('_', '').startsWith('value'));
}

function nests(extension: JsonObject): boolean {
  return 'extension' in extension;
}

/** Compared to the precision that both have; times as instants, whatever their offsets. */
function startsBeforeEnd({ start, end }: JsonObject): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return true;
  if (start.length > 10 && end.length > 10) return !(Date.parse(start) > Date.parse(end));
  const shared = Math.min(start.length, end.length, 10);
  return start.slice(0, shared) <= end.slice(0, shared);
}
