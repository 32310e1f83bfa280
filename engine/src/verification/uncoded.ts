import type { JsonObject } from '../base/json.ts';
import { concepts } from './concepts/catalogue.ts';

/** The concept that codes what decision support must see, by resource type. */
export const codedBy: Readonly<Record<string, string>> = {
  AllergyIntolerance: 'allergy-substance',
  MedicationRequest: 'medication-drug',
  MedicationStatement: 'medication-drug',
};

const statuses = ['allergy-verification-status', 'medication-status'] as const;

/** Whether a resource says in words alone what it is about; what was entered in error says nothing. */
export function isUncoded(resource: JsonObject, concept: string): boolean {
  const inError = statuses.some((name) =>
    concepts
      .get(name)
      ?.read(resource)
      .some(({ value }) => value === 'entered-in-error'),
  );
  return !inError && (concepts.get(concept)?.read(resource).length ?? 0) === 0;
}
