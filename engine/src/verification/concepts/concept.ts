import type { Read } from './elements.ts';
import type { FormName } from './forms.ts';

/** What gives a value its meaning besides the concept; compared exactly where it is not `none`. */
export type SystemKind = 'none' | 'code system' | 'identifier system' | 'currency';

/**
 * A word of the catalogue that `facts:` declare: what one thing is called, and how to read it out
 * of a *target* resource. It knows nothing of any mapping, which is the point of it.
 */
export interface Concept {
  name: string;
  /** FHIR R4 resource types that can carry it. */
  types: readonly string[];
  form: FormName;
  system: SystemKind;
  /** Values form a sequence (given names, lines of an address), not a multiset. */
  ordered: boolean;
  /** One sentence for the reference page. */
  doc: string;
  /** Every value in the resource, as it stands there; none when the resource is silent. */
  read: Read;
}

/** Types other than Patient that the catalogue reads; a new domain adds its own. */
export const recordTypes: readonly string[] = [
  'Practitioner',
  'Organization',
  'Location',
  'RelatedPerson',
  'Encounter',
  'AllergyIntolerance',
  'MedicationStatement',
  'MedicationRequest',
  'Condition',
  'Observation',
  'Immunization',
  'Procedure',
  'ServiceRequest',
  'Appointment',
  'Consent',
  'DocumentReference',
  'Binary',
  'Coverage',
  'Claim',
  'ChargeItem',
  'PaymentReconciliation',
  'ExplanationOfBenefit',
];

type Choices = Partial<Pick<Concept, 'form' | 'system' | 'ordered'>>;

/** A word of a value set that FHIR binds to the element, or an identifier: without a system. */
export const word: Choices = { form: 'code' };
export const coded: Choices = { form: 'code', system: 'code system' };
export const identifying: Choices = { form: 'code', system: 'identifier system' };
export const digested: Choices = { form: 'digest' };
export const dated: Choices = { form: 'dateTime' };
export const flag: Choices = { form: 'boolean' };
export const referring: Choices = { form: 'reference' };
export const sequence: Choices = { ordered: true };

/** A concept; unless said otherwise unordered text without a system. */
export function concept(
  name: string,
  types: readonly string[],
  doc: string,
  read: Read,
  choices: Choices = {},
): Concept {
  return { name, types, form: 'text', system: 'none', ordered: false, ...choices, doc, read };
}
