/**
 * The resource types of FHIR R4 (4.0.1). A row holds the type as its place in this list, so the
 * list is append-only: what comes later goes to the end.
 */
const names = `
  Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse
  AuditEvent Basic Binary BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement
  CarePlan CareTeam CatalogEntry ChargeItem ChargeItemDefinition Claim ClaimResponse
  ClinicalImpression CodeSystem Communication CommunicationRequest CompartmentDefinition
  Composition ConceptMap Condition Consent Contract Coverage CoverageEligibilityRequest
  CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric DeviceRequest
  DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference
  EffectEvidenceSynthesis Encounter Endpoint EnrollmentRequest EnrollmentResponse EpisodeOfCare
  EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit
  FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService
  ImagingStudy Immunization ImmunizationEvaluation ImmunizationRecommendation
  ImplementationGuide InsurancePlan Invoice Library Linkage List Location Measure MeasureReport
  Media Medication MedicationAdministration MedicationDispense MedicationKnowledge
  MedicationRequest MedicationStatement MedicinalProduct MedicinalProductAuthorization
  MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient
  MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged
  MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition
  MessageHeader MolecularSequence NamingSystem NutritionOrder Observation ObservationDefinition
  OperationDefinition OperationOutcome Organization OrganizationAffiliation Parameters Patient
  PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner PractitionerRole
  Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup
  ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment
  RiskEvidenceSynthesis Schedule SearchParameter ServiceRequest Slot Specimen
  SpecimenDefinition StructureDefinition StructureMap Subscription Substance
  SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation
  SubstanceSourceMaterial SubstanceSpecification SupplyDelivery SupplyRequest Task
  TerminologyCapabilities TestReport TestScript ValueSet VerificationResult VisionPrescription
`
  .trim()
  .split(/\s+/);

const numbers: ReadonlyMap<string, number> = new Map(names.map((name, at) => [name, at + 1]));

/** Every type that can be stored. */
export const resourceTypes: readonly string[] = names;

/** The number of a type in the tables; undefined when R4 knows no such type. */
export function typeNumber(name: string): number | undefined {
  return numbers.get(name);
}

/** @throws RangeError when the number is not one of ours: a newer program wrote it. */
export function typeName(number: number): string {
  const name = names[number - 1];
  if (name === undefined) throw new RangeError(`no resource type has the number ${number}`);
  return name;
}

/** An id as FHIR allows it (R4, datatypes, `id`). */
export function isFhirId(id: string): boolean {
  if (id.length === 0 || id.length > 64) return false;
  for (let at = 0; at < id.length; at++) if (idCharacters[id.charCodeAt(at)] !== 1) return false;
  return true;
}

/** By code, up to 127: a load asks several times for each id, which a pattern takes twice as long for. */
const idCharacters = new Uint8Array(128);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.') {
  idCharacters[character.charCodeAt(0)] = 1;
}
