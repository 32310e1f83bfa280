/** The date of a resource that can be searched for, under the name its type gives the parameter. */
export interface DateElement {
  /** FHIR R4 search parameter: `date` for most, `authoredon` for a MedicationRequest … */
  parameter: string;
  /** Elements that carry it, choices written out; the first one present counts. */
  elements: readonly string[];
}

/**
 * One date per type. Birth dates are not among them: what is searched for by date stands in clear,
 * and a birth date points at a person where the date of an encounter does not.
 */
const dateElements: Readonly<Record<string, DateElement>> = {
  AllergyIntolerance: { parameter: 'date', elements: ['recordedDate'] },
  Appointment: { parameter: 'date', elements: ['start'] },
  AuditEvent: { parameter: 'date', elements: ['recorded'] },
  CarePlan: { parameter: 'date', elements: ['period'] },
  CareTeam: { parameter: 'date', elements: ['period'] },
  Claim: { parameter: 'created', elements: ['created'] },
  ClinicalImpression: { parameter: 'date', elements: ['effectiveDateTime', 'effectivePeriod'] },
  Communication: { parameter: 'sent', elements: ['sent'] },
  Composition: { parameter: 'date', elements: ['date'] },
  Condition: { parameter: 'recorded-date', elements: ['recordedDate'] },
  Consent: { parameter: 'date', elements: ['dateTime'] },
  DiagnosticReport: { parameter: 'date', elements: ['effectiveDateTime', 'effectivePeriod'] },
  DocumentReference: { parameter: 'date', elements: ['date'] },
  Encounter: { parameter: 'date', elements: ['period'] },
  EpisodeOfCare: { parameter: 'date', elements: ['period'] },
  ExplanationOfBenefit: { parameter: 'created', elements: ['created'] },
  FamilyMemberHistory: { parameter: 'date', elements: ['date'] },
  Flag: { parameter: 'date', elements: ['period'] },
  Goal: { parameter: 'start-date', elements: ['startDate'] },
  ImagingStudy: { parameter: 'started', elements: ['started'] },
  Immunization: { parameter: 'date', elements: ['occurrenceDateTime'] },
  Invoice: { parameter: 'date', elements: ['date'] },
  List: { parameter: 'date', elements: ['date'] },
  MedicationAdministration: {
    parameter: 'effective-time',
    elements: ['effectiveDateTime', 'effectivePeriod'],
  },
  MedicationDispense: { parameter: 'whenhandedover', elements: ['whenHandedOver'] },
  MedicationRequest: { parameter: 'authoredon', elements: ['authoredOn'] },
  MedicationStatement: {
    parameter: 'effective',
    elements: ['effectiveDateTime', 'effectivePeriod'],
  },
  Observation: {
    parameter: 'date',
    elements: ['effectiveDateTime', 'effectivePeriod', 'effectiveInstant'],
  },
  Procedure: { parameter: 'date', elements: ['performedDateTime', 'performedPeriod'] },
  Provenance: { parameter: 'recorded', elements: ['recorded'] },
  QuestionnaireResponse: { parameter: 'authored', elements: ['authored'] },
  RiskAssessment: { parameter: 'date', elements: ['occurrenceDateTime', 'occurrencePeriod'] },
  ServiceRequest: { parameter: 'authored', elements: ['authoredOn'] },
  Task: { parameter: 'authored-on', elements: ['authoredOn'] },
};

/** What `type` can be searched for by date with; undefined when with nothing. */
export function dateElementOf(type: string): DateElement | undefined {
  return dateElements[type];
}
