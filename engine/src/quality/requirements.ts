/** What FHIR R4 demands of one type beyond the kinds of its elements. */
export interface TypeRequirements {
  /** Elements that must be there; a choice by its name in the definitions (`medication`). */
  required?: readonly string[];
  /** Codes of elements with a required binding. */
  codes?: Readonly<Record<string, readonly string[]>>;
  /** CodeableConcepts with a required binding: every coding of the system must be one of these. */
  concepts?: Readonly<Record<string, { system: string; codes: readonly string[] }>>;
}

/** Codes hold no space. */
function words(list: string): string[] {
  return list.split(' ');
}

const genders = ['male', 'female', 'other', 'unknown'];
const units = ['s', 'min', 'h', 'd', 'wk', 'mo', 'a'];
const encounterStatuses = words(
  'planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown',
);
const allergySystems = 'http://terminology.hl7.org/CodeSystem/allergyintolerance';

/** Types that legacy tables become first, and the datatypes that they use (FHIR R4, by type). */
export const requirements: Readonly<Record<string, TypeRequirements>> = {
  Patient: { codes: { gender: genders } },
  'Patient.contact': { codes: { gender: genders } },
  'Patient.communication': { required: ['language'] },
  'Patient.link': {
    required: ['other', 'type'],
    codes: { type: ['replaced-by', 'replaces', 'refer', 'seealso'] },
  },
  Practitioner: { codes: { gender: genders } },
  'Practitioner.qualification': { required: ['code'] },
  Encounter: { required: ['status', 'class'], codes: { status: encounterStatuses } },
  'Encounter.statusHistory': {
    required: ['status', 'period'],
    codes: { status: encounterStatuses },
  },
  'Encounter.classHistory': { required: ['class', 'period'] },
  'Encounter.diagnosis': { required: ['condition'] },
  'Encounter.location': {
    required: ['location'],
    codes: { status: ['planned', 'active', 'reserved', 'completed'] },
  },
  AllergyIntolerance: {
    required: ['patient'],
    codes: {
      type: ['allergy', 'intolerance'],
      category: ['food', 'medication', 'environment', 'biologic'],
      criticality: ['low', 'high', 'unable-to-assess'],
    },
    concepts: {
      clinicalStatus: {
        system: `${allergySystems}-clinical`,
        codes: ['active', 'inactive', 'resolved'],
      },
      verificationStatus: {
        system: `${allergySystems}-verification`,
        codes: ['unconfirmed', 'confirmed', 'refuted', 'entered-in-error'],
      },
    },
  },
  'AllergyIntolerance.reaction': {
    required: ['manifestation'],
    codes: { severity: ['mild', 'moderate', 'severe'] },
  },
  MedicationRequest: {
    required: ['status', 'intent', 'medication', 'subject'],
    codes: {
      status: words('active on-hold cancelled completed entered-in-error stopped draft unknown'),
      intent: words(
        'proposal plan order original-order reflex-order filler-order instance-order option',
      ),
      priority: ['routine', 'urgent', 'asap', 'stat'],
    },
  },
  'MedicationRequest.substitution': { required: ['allowed'] },
  MedicationStatement: {
    required: ['status', 'medication', 'subject'],
    codes: {
      status: words('active completed entered-in-error intended stopped on-hold unknown not-taken'),
    },
  },
  Address: {
    codes: {
      use: ['home', 'work', 'temp', 'old', 'billing'],
      type: ['postal', 'physical', 'both'],
    },
  },
  Annotation: { required: ['text'] },
  ContactPoint: {
    codes: {
      system: ['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'],
      use: ['home', 'work', 'temp', 'old', 'mobile'],
    },
  },
  Extension: { required: ['url'] },
  HumanName: {
    codes: { use: ['usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden'] },
  },
  Identifier: { codes: { use: ['usual', 'official', 'temp', 'secondary', 'old'] } },
  Narrative: {
    required: ['status', 'div'],
    codes: { status: ['generated', 'extensions', 'additional', 'empty'] },
  },
  Quantity: { codes: { comparator: ['<', '<=', '>=', '>'] } },
  'Timing.repeat': { codes: { durationUnit: units, periodUnit: units } },
};
