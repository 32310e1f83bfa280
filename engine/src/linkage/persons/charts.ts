import type { Persons } from './persons.ts';

/**
 * The FHIR Patient of an id, as canonical bytes: the one a person goes by lists the ids that it replaces,
 * and each of those says by which it was replaced and is no longer active (FHIR R4, Patient.link).
 * A function of the persons alone: when they are as they were, so are the bytes.
 */
export function patientOf(persons: Persons, id: string): string {
  const survivor = persons.survivorOf(id);
  if (survivor !== id) {
    return JSON.stringify({
      resourceType: 'Patient',
      id,
      active: false,
      link: [{ other: { reference: `Patient/${survivor}` }, type: 'replaced-by' }],
    });
  }
  const replaced = persons.replacedBy(id);
  return JSON.stringify({
    resourceType: 'Patient',
    id,
    active: true,
    ...(replaced.length > 0 && {
      link: replaced.map((other) => ({
        other: { reference: `Patient/${other}` },
        type: 'replaces',
      })),
    }),
  });
}

/** What a chart item of a record refers to: the person its record is in. */
export function subjectOf(persons: Persons, record: string): string {
  return JSON.stringify({ subject: { reference: `Patient/${persons.personOf(record)}` } });
}
