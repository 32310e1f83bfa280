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
const systems = 'http://terminology.hl7.org/CodeSystem';
const allergySystems = `${systems}/allergyintolerance`;
const financialStatuses = ['active', 'cancelled', 'draft', 'entered-in-error'];

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
  Condition: {
    required: ['subject'],
    concepts: {
      clinicalStatus: {
        system: `${systems}/condition-clinical`,
        codes: words('active recurrence relapse inactive remission resolved'),
      },
      verificationStatus: {
        system: `${systems}/condition-ver-status`,
        codes: words('unconfirmed provisional differential confirmed refuted entered-in-error'),
      },
    },
  },
  Observation: {
    required: ['status', 'code'],
    codes: {
      status: words(
        'registered preliminary final amended corrected cancelled entered-in-error unknown',
      ),
    },
  },
  'Observation.component': { required: ['code'] },
  Immunization: {
    required: ['status', 'vaccineCode', 'patient', 'occurrence'],
    codes: { status: ['completed', 'entered-in-error', 'not-done'] },
  },
  'Immunization.performer': { required: ['actor'] },
  Procedure: {
    required: ['status', 'subject'],
    codes: {
      status: words(
        'preparation in-progress not-done on-hold stopped completed entered-in-error unknown',
      ),
    },
  },
  'Procedure.performer': { required: ['actor'] },
  ServiceRequest: {
    required: ['status', 'intent', 'subject'],
    codes: {
      status: words('draft active on-hold revoked completed entered-in-error unknown'),
      intent: words(
        'proposal plan directive order original-order reflex-order filler-order instance-order option',
      ),
      priority: ['routine', 'urgent', 'asap', 'stat'],
    },
  },
  Appointment: {
    required: ['status', 'participant'],
    codes: {
      status: words(
        'proposed pending booked arrived fulfilled cancelled noshow entered-in-error checked-in ' +
          'waitlist',
      ),
    },
  },
  'Appointment.participant': {
    required: ['status'],
    codes: { status: ['accepted', 'declined', 'tentative', 'needs-action'] },
  },
  Consent: {
    required: ['status', 'scope', 'category'],
    codes: { status: words('draft proposed active rejected inactive entered-in-error') },
  },
  DocumentReference: {
    required: ['status', 'content'],
    codes: {
      status: ['current', 'superseded', 'entered-in-error'],
      docStatus: ['preliminary', 'final', 'amended', 'entered-in-error'],
    },
  },
  'DocumentReference.content': { required: ['attachment'] },
  'DocumentReference.relatesTo': {
    required: ['code', 'target'],
    codes: { code: ['replaces', 'transforms', 'signs', 'appends'] },
  },
  Coverage: {
    required: ['status', 'beneficiary', 'payor'],
    codes: { status: financialStatuses },
  },
  'Coverage.class': { required: ['type', 'value'] },
  RelatedPerson: { required: ['patient'], codes: { gender: genders } },
  Location: { codes: { status: ['active', 'suspended', 'inactive'] } },
  Claim: {
    required: words('status type use patient created provider priority insurance'),
    codes: { status: financialStatuses, use: ['claim', 'preauthorization', 'predetermination'] },
  },
  'Claim.insurance': { required: ['sequence', 'focal', 'coverage'] },
  'Claim.item': { required: ['sequence', 'productOrService'] },
  ChargeItem: {
    required: ['status', 'code', 'subject'],
    codes: {
      status: words('planned billable not-billable aborted billed entered-in-error unknown'),
    },
  },
  PaymentReconciliation: {
    required: ['status', 'created', 'paymentDate', 'paymentAmount'],
    codes: { status: financialStatuses },
  },
  'PaymentReconciliation.detail': { required: ['type'] },
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
